/* SPDX-License-Identifier: GPL-2.0-only */
/* What a hook's trampoline and its handler have between them: for trampoline.S, and for C. */
#ifndef KXEN_X86_ENTRY_H
#define KXEN_X86_ENTRY_H

/*
 * Offset of kvm_vcpu.preempt_notifier.ops. Assembly cannot ask the compiler:
 * hooks.c asserts it at build time, and the load checks it against BTF.
 */
#define KXEN_VCPU_PREEMPT_OPS	24

#ifndef __ASSEMBLER__

#include <linux/types.h>

/**
 * struct kxen_hook_args - arguments of a hooked call, as the trampoline pushes them.
 * @ret: what the caller gets when the handler deals with the call.
 * @arg: the arguments; a handler that lets the function run may change them.
 * @frame: of an unwinder that wants one.
 * @into: where the call goes on in the function.
 * @caller: and behind it.
 * @stack: further arguments, of a function that has more.
 */
struct kxen_hook_args {
	u64 ret;
	u64 arg[6];
#ifdef CONFIG_FRAME_POINTER
	u64 frame;
#endif
	u64 into;
	u64 caller;
	u64 stack[];
};

#endif

#endif
