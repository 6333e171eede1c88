// SPDX-License-Identifier: GPL-2.0-only
/* Whoever counts which pages of guests are touched is told, while there is somebody. */
#include <linux/compiler.h>

#include "window.h"

DEFINE_STATIC_KEY_FALSE(kxen_windows_used);

/* Set once, by the first who wants to know, and never taken away: it is of this module. */
static const struct kxen_window_ops *window_ops;

/**
 * kxen_windows_get() - A domain's accesses to pages are to be told of.
 * @ops: whom; there is one in the module.
 *
 * Context: may sleep, no lock held.
 */
void kxen_windows_get(const struct kxen_window_ops *ops)
{
	/* Before the key: whoever sees that looks here. */
	smp_store_release(&window_ops, ops);
	static_branch_inc(&kxen_windows_used);
}

/* And no more. Context: as that. */
void kxen_windows_put(void)
{
	static_branch_dec(&kxen_windows_used);
}

static const struct kxen_window_ops *current_ops(void)
{
	/* Pairs with the release in kxen_windows_get(): a CPU may see the key first. */
	return smp_load_acquire(&window_ops);
}

void kxen_window_touch(const void *p)
{
	const struct kxen_window_ops *ops = current_ops();

	if (ops)
		ops->touch(p);
}

void kxen_window_begin(struct kxen_vcpu *v, u64 nr)
{
	const struct kxen_window_ops *ops = current_ops();

	if (ops)
		ops->begin(v, nr);
}

/* The call may have begun before somebody was there: he sees to that. */
void kxen_window_end(struct kxen_vcpu *v)
{
	const struct kxen_window_ops *ops = current_ops();

	if (ops)
		ops->end(v);
}
