/* SPDX-License-Identifier: GPL-2.0-only */
/* What a hook's trampoline and its handler have between them: for trampoline.S, and for C. */
#ifndef KXEN_ARM64_ENTRY_H
#define KXEN_ARM64_ENTRY_H

/*
 * Offset of kvm_vcpu.preempt_notifier.ops. Assembly cannot ask the compiler:
 * hooks.c asserts it at build time, and the load checks it against BTF.
 */
#define KXEN_VCPU_PREEMPT_OPS	24

#ifndef __ASSEMBLER__

#include <linux/types.h>

/**
 * struct kxen_hook_args - arguments of a hooked call, as the trampoline keeps them.
 * @ret: what the caller gets when the handler deals with the call.
 * @arg: the arguments; a handler that lets the function run may change them.
 * @result_at: where a function that returns a structure puts it.
 */
struct kxen_hook_args {
	u64 ret;
	u64 arg[8];
	u64 result_at;
};

/* What trampoline.S makes for a hook, and the fields of its struct kxen_hook. */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
#define KXEN_DECLARE_TRAMPOLINE(name)	void kxen_tramp_##name(void)
#define KXEN_TRAMPOLINE_OF(name)	.trampoline = kxen_tramp_##name
#else
#define KXEN_DECLARE_TRAMPOLINE(name)	\
	void kxen_tramp_##name(void); \
	void kxen_redirect_##name(void); \
	extern unsigned long kxen_body_##name
#define KXEN_TRAMPOLINE_OF(name)	\
	.trampoline = kxen_tramp_##name, .redirect = kxen_redirect_##name, \
	.body = &kxen_body_##name
#endif

#endif

#endif
