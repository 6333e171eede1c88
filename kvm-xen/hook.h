/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks on functions of the running kernel: resolve, arm, disarm.
 *
 * Nothing in here knows what is hooked. The table is the architecture's.
 */
#ifndef KXEN_HOOK_H
#define KXEN_HOOK_H

#include <linux/ftrace.h>
#include <linux/types.h>

/**
 * struct kxen_hook - one hooked function.
 * @symbol: name of the function.
 * @why: what the hook is for, one line, shown in debugfs and in errors.
 * @trampoline: assembly entry that ftrace jumps to.
 * @nargs: arguments the function was compiled against.
 * @is_void: whether it returns nothing.
 * @address: address of the symbol, once resolved.
 * @ip: address of its ftrace site, once resolved.
 * @ops: ftrace's handle where direct hooks need one each.
 * @armed: in place now.
 */
struct kxen_hook {
	const char *symbol;
	const char *why;
	void *trampoline;
	u8 nargs;
	bool is_void;
	unsigned long address;
	unsigned long ip;
	struct ftrace_ops ops;
	bool armed;
};

int kxen_hook_init(void);
unsigned long kxen_hook_lookup(const char *symbol);
unsigned long kxen_hook_find(const char *symbol);
int kxen_hooks_check(struct kxen_hook *hooks, int nr);
int kxen_hooks_arm(struct kxen_hook *hooks, int nr);
void kxen_hooks_disarm(struct kxen_hook *hooks, int nr);
int kxen_hook_pin(const char *symbol);
void kxen_hook_unpin(void);
void kxen_hook_drain(void);

#endif
