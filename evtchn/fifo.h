/* SPDX-License-Identifier: GPL-2.0-only */
/* The FIFO ABI: between its delivery (fifo.c) and its set-up (fifo_setup.c). */
#ifndef KXEN_FIFO_H
#define KXEN_FIFO_H

#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "evtchn_internal.h"

#define KXEN_FIFO_WORDS	(XEN_PAGE_SIZE / sizeof(u32))
#define KXEN_FIFO_PAGES	(EVTCHN_FIFO_NR_CHANNELS / KXEN_FIFO_WORDS)

/* Host memory only, and a line of its own: the guest's words are elsewhere. */
struct kxen_fifo_queue {
	raw_spinlock_t lock;
	u32 tail;		/* 0: empty */
} ____cacheline_aligned;

/* One vCPU's queues and the control block that tells the guest of them. */
struct kxen_fifo_vcpu {
	struct kxen_fifo_queue queue[EVTCHN_FIFO_MAX_QUEUES];
	struct kxen_gptr control;
	struct kxen_page page;
};

/* The control block begins with the word of ready bits. */
static_assert(!offsetof(struct evtchn_fifo_control_block, ready));

static inline struct kxen_gptr kxen_fifo_head(const struct kxen_fifo_vcpu *fv,
					      u32 priority)
{
	return kxen_gptr_at(fv->control,
			    offsetof(struct evtchn_fifo_control_block, head) +
			    priority * sizeof(event_word_t));
}

/**
 * struct kxen_fifo - FIFO state of a domain.
 * @nr_words: words that exist; published after their page.
 * @pages: the array, page by page.
 * @vcpu: entries appear once, complete.
 *
 * Readers have interrupts off, which the teardown waits for.
 */
struct kxen_fifo {
	u32 nr_words;
	struct kxen_page pages[KXEN_FIFO_PAGES];
	struct kxen_fifo_vcpu *vcpu[KXEN_MAX_VCPUS];
};

/* fifo_setup.c */
void kxen_fifo_save(struct kxen_domain *d, struct kxen_stream_out *s);
void kxen_fifo_stop(struct kxen_domain *d);

#endif
