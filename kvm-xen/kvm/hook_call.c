// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks on a static call of somebody else's: every place that makes it calls us instead, by the
 * kernel's own means. No function is touched, so whoever traces or patches the one that the call
 * leads to is in nobody's way, nor is ftrace asked.
 */
#include <linux/module.h>
#include <linux/static_call.h>

#include "hook.h"
#include "../log.h"

static struct static_call_key *call_key(const struct kxen_hook *h)
{
	return (struct static_call_key *)h->address;
}

/* The key and the trampoline of a call have names of their own. */
static unsigned long call_symbol(const char *prefix, const struct kxen_hook *h)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", prefix, h->symbol);
	return h->optional ? kxen_hook_find(name) : kxen_hook_lookup(name);
}

static int call_check(struct kxen_hook *h)
{
	void *now;

	h->address = call_symbol(STATIC_CALL_KEY_PREFIX_STR, h);
	h->ip = call_symbol(STATIC_CALL_TRAMP_PREFIX_STR, h);
	if (!h->address || !h->ip) {
		h->address = 0;
		return h->optional ? 0 : -ENOENT;
	}
	now = READ_ONCE(call_key(h)->func);
	if (h->armed || now == *h->leads_to)
		return 0;
	kxen_err("the call '%s' leads to somebody else's %pS, who has to go first",
		 h->symbol, now);
	return -EBUSY;
}

static int call_place(struct kxen_hook *h)
{
	__static_call_update(call_key(h), (void *)h->ip, h->trampoline);
	return 0;
}

/**
 * kxen_hook_call_is_ours() - Does a call that was made to lead to us do so still?
 * @h: the hook, in place.
 *
 * Context: any.
 * Return: false: somebody else has taken it over, and may lead it on to us.
 */
bool kxen_hook_call_is_ours(const struct kxen_hook *h)
{
	return READ_ONCE(call_key(h)->func) == h->trampoline;
}

static void call_remove(struct kxen_hook *h)
{
	/* Nothing can be done: text that somebody may jump to must not go. */
	if (WARN_ONCE(!kxen_hook_call_is_ours(h),
		      "kvm-xen: the call %s was taken over\n", h->symbol))
		__module_get(THIS_MODULE);
	else
		__static_call_update(call_key(h), (void *)h->ip, *h->leads_to);
}

const struct kxen_hook_way kxen_hook_call = {
	.check = call_check,
	.place = call_place,
	.remove = call_remove,
};
