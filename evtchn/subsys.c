// SPDX-License-Identifier: GPL-2.0-only
/* Event channels as a part of a domain: their beginning and their end. */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/types.h>

#include "evtchn_internal.h"

/**
 * kxen_evtchn_create() - Event channels of a new domain.
 * @d: the domain, not yet published; its limit of ports is final.
 *
 * Return: 0, or -ENOMEM with nothing left.
 */
int kxen_evtchn_create(struct kxen_domain *d)
{
	struct kxen_evtchn *e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);

	if (!e)
		return -ENOMEM;
	mutex_init(&e->event_lock);
	e->ops = d->is_host ? &kxen_evtchn_host : &kxen_evtchn_2l;
	d->evtchn = e;
	if (!kxen_ports_init(d))
		return 0;
	kxen_evtchn_destroy(d);
	return -ENOMEM;
}

/* Nobody knows the domain, or any of its ports, any more. */
void kxen_evtchn_destroy(struct kxen_domain *d)
{
	kxen_ports_free(d->evtchn);
	kfree(d->evtchn);
	d->evtchn = NULL;
}

void kxen_evtchn_reopen(struct kxen_domain *d)
{
	mutex_lock(&d->evtchn->event_lock);
	d->evtchn->dying = false;
	/* A reset that the guest will not go on with must not stay in the way. */
	d->evtchn->reset_next = 0;
	d->evtchn->restored = false;
	mutex_unlock(&d->evtchn->event_lock);
}
