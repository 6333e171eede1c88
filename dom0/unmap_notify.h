/* SPDX-License-Identifier: GPL-2.0-only */
/* What somebody can have done when he has a page mapped no more: a byte cleared, an event sent. */
#ifndef KXEN_UNMAP_NOTIFY_H
#define KXEN_UNMAP_NOTIFY_H

#include <linux/types.h>
#include <xen/interface/grant_table.h>
#include <xen/gntdev.h>

struct evtchn_port;
struct page;

/**
 * struct kxen_unmap_notify - what happens then; all 0: nothing.
 * @clear: a byte is cleared.
 * @at: which, from the first page on.
 * @port: where an event is sent, held; NULL: nowhere.
 */
struct kxen_unmap_notify {
	bool clear;
	u64 at;
	struct evtchn_port *port;
};

int kxen_unmap_notify_make(struct kxen_unmap_notify *n, u32 action, u64 at, u32 port);
void kxen_unmap_notify_clear(struct kxen_unmap_notify *n, struct page *page);
void kxen_unmap_notify_end(struct kxen_unmap_notify *n, bool send);

#endif
