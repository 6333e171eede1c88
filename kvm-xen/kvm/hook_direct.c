// SPDX-License-Identifier: GPL-2.0-only
/* Hooks as direct calls of ftrace: the function's own slot jumps to the trampoline. */
#include <linux/module.h>
#include <linux/static_call.h>

#include "hook.h"
#include "../log.h"

static unsigned long find_proto(unsigned long ip)
{
	return 0;
}

DEFINE_STATIC_CALL(kxen_find_direct, find_proto);

/**
 * kxen_hook_place_init() - Find what the kernel does not export of its direct calls.
 *
 * Without it a place that is taken is found when a hook is put there.
 * Context: module load.
 * Return: 0.
 */
int kxen_hook_place_init(void)
{
	unsigned long addr = kxen_hook_lookup("ftrace_find_rec_direct");

	if (addr)
		static_call_update(kxen_find_direct, (typeof(find_proto) *)addr);
	return 0;
}

/**
 * kxen_hook_place_free() - Is a hook's place free?
 * @h: the hook, not in place; its site is known.
 *
 * Context: may sleep.
 * Return: 0, or -EBUSY with one line in the log.
 */
int kxen_hook_place_free(const struct kxen_hook *h)
{
	unsigned long other = static_call(kxen_find_direct)(h->ip);

	if (!other)
		return 0;
	kxen_err("'%s' already carries somebody else's direct hook (%pS): a BPF program or bpftrace on that function has to go first",
		 h->symbol, (void *)other);
	return -EBUSY;
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
