// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks as direct calls of ftrace: the function's own slot jumps to the trampoline. What
 * places hooks on an architecture that has them; one that has not brings another file.
 */
#include <linux/module.h>

#include "hook.h"
#include "../log.h"

/**
 * kxen_hook_place() - Put a hook in place.
 * @h: the hook, checked.
 *
 * Context: may sleep.
 * Return: 0, or a negative errno: somebody else has the function.
 */
int kxen_hook_place(struct kxen_hook *h)
{
#ifdef KXEN_FTRACE_DIRECT_OPS
	int ret;

	memset(&h->ops, 0, sizeof(h->ops));
	ret = ftrace_set_filter_ip(&h->ops, h->ip, 0, 0);
	if (ret)
		return ret;
	ret = register_ftrace_direct(&h->ops, (unsigned long)h->trampoline);
	if (ret)
		ftrace_free_filter(&h->ops);
	return ret;
#else
	return register_ftrace_direct(h->ip, (unsigned long)h->trampoline);
#endif
}

/**
 * kxen_hook_remove() - Take a hook away that is in place.
 * @h: the hook.
 *
 * Context: may sleep. On return no new call enters the trampoline; a call that was inside
 * may still be: see kxen_hook_drain().
 */
void kxen_hook_remove(struct kxen_hook *h)
{
#ifdef KXEN_FTRACE_DIRECT_OPS
	int ret = unregister_ftrace_direct(&h->ops,
					   (unsigned long)h->trampoline, true);
#else
	int ret = unregister_ftrace_direct(h->ip,
					   (unsigned long)h->trampoline);
#endif

	/* Nothing can be done: text that is still jumped to must not go. */
	if (WARN_ONCE(ret, "kvm-xen: hook on %s stays (%d)\n", h->symbol, ret))
		__module_get(THIS_MODULE);
}
