// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks where ftrace has no direct calls: it is told to go on elsewhere (IPMODIFY).
 *
 * It leaves the function's slot for the entry in front of the trampoline, with all registers as
 * they were. That entry finds in a word where the function goes on behind its slot (hook.h).
 */
#include <linux/module.h>

#include "hook.h"
#include "../log.h"

/**
 * kxen_hook_place_init() - Find what the kernel does not export: nothing.
 *
 * Context: module load.
 * Return: 0.
 */
int kxen_hook_place_init(void)
{
	return 0;
}

/**
 * kxen_hook_place_free() - Is a hook's place free?
 * @h: the hook, not in place; its site is known.
 *
 * Nobody says: one that is taken is found when the hook is put there.
 * Context: may sleep.
 * Return: 0.
 */
int kxen_hook_place_free(const struct kxen_hook *h)
{
	return 0;
}

/* Called with the kernel's guard against recursion, or without: it calls nothing that is traced. */
static void notrace redirect(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, struct ftrace_regs *fregs)
{
	const struct kxen_hook *h = container_of(op, struct kxen_hook, ops);
	struct pt_regs *regs = ftrace_get_regs(fregs);

	if (regs)
		instruction_pointer_set(regs, (unsigned long)h->redirect);
}

/**
 * kxen_hook_place() - Put a hook in place.
 * @h: the hook, checked.
 *
 * Context: may sleep.
 * Return: 0, or a negative errno: somebody else has the function.
 */
int kxen_hook_place(struct kxen_hook *h)
{
	int ret;

	h->ops = (struct ftrace_ops) {
		.func = redirect,
		.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY |
			 FTRACE_OPS_FL_RECURSION,
	};
	/* Before the first call comes by. */
	*h->body = h->ip + MCOUNT_INSN_SIZE;
	ret = ftrace_set_filter_ip(&h->ops, h->ip, 0, 0);
	if (ret)
		return ret;
	ret = register_ftrace_function(&h->ops);
	if (ret)
		ftrace_free_filter(&h->ops);
	return ret;
}

/**
 * kxen_hook_remove() - Take a hook away that is in place.
 * @h: the hook.
 *
 * Context: may sleep. On return no new call is redirected; a call that was may still be inside:
 * see kxen_hook_drain().
 */
void kxen_hook_remove(struct kxen_hook *h)
{
	int ret = unregister_ftrace_function(&h->ops);

	/* Nothing can be done: text that is still jumped to must not go. */
	if (WARN_ONCE(ret, "kvm-xen: hook on %s stays (%d)\n", h->symbol, ret))
		__module_get(THIS_MODULE);
	ftrace_free_filter(&h->ops);
}
