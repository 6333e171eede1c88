// SPDX-License-Identifier: GPL-2.0-only
/* What gntdev and gntalloc do when a page is unmapped by whoever has asked to be missed. */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../kvm-xen/guest_word.h"
#include "dom0_internal.h"
#include "unmap_notify.h"

/**
 * kxen_unmap_notify_make() - What an ioctl asks for, checked.
 * @n: the result; takes the place of another by a plain copy.
 * @action: UNMAP_NOTIFY_*.
 * @at: the byte to be cleared.
 * @port: that an event is sent on, of any file's; it stays open until then.
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int kxen_unmap_notify_make(struct kxen_unmap_notify *n, u32 action, u64 at, u32 port)
{
	*n = (struct kxen_unmap_notify){ .clear = action & UNMAP_NOTIFY_CLEAR_BYTE, .at = at };
	if (action & ~(UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT))
		return -EINVAL;
	if (action & UNMAP_NOTIFY_SEND_EVENT) {
		n->port = kxen_evtchn_dev_get(port);
		if (!n->port)
			return -EINVAL;
	}
	return 0;
}

/* The byte, in its page, which is about to go. Once. */
void kxen_unmap_notify_clear(struct kxen_unmap_notify *n, struct page *page)
{
	if (!n->clear)
		return;
	n->clear = false;
	kxen_guest_zero(kxen_gptr_page(page, offset_in_page(n->at)), 1);
}

/**
 * kxen_unmap_notify_end() - It is over: send the event, or @send does not say so: forget it.
 * @n: the notification; there is none any more.
 * @send: whether it has come to that.
 *
 * Context: may sleep; only locks outside of evtchn's are held.
 */
void kxen_unmap_notify_end(struct kxen_unmap_notify *n, bool send)
{
	kxen_evtchn_dev_put(n->port, send);
	*n = (struct kxen_unmap_notify){ };
}
