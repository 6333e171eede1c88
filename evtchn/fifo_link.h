/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linking in the FIFO ABI (semantics A.4): event words, which the guest changes at the
 * same time, and the queues that are made of them. No locks and no memory management:
 * this also builds in user space, where the tests run it against a hostile guest.
 */
#ifndef KXEN_FIFO_LINK_H
#define KXEN_FIFO_LINK_H

#define KXEN_FIFO_WORD(bit)	(1U << (bit))
#define KXEN_FIFO_PENDING	KXEN_FIFO_WORD(EVTCHN_FIFO_PENDING)
#define KXEN_FIFO_MASKED	KXEN_FIFO_WORD(EVTCHN_FIFO_MASKED)
#define KXEN_FIFO_LINKED	KXEN_FIFO_WORD(EVTCHN_FIFO_LINKED)
#define KXEN_FIFO_BUSY		KXEN_FIFO_WORD(EVTCHN_FIFO_BUSY)

/* A word, and bits in it. All changes are full barriers. */
struct kxen_word {
	struct kxen_gptr page;
	u32 index;
};

static inline struct kxen_gptr kxen_word_at(struct kxen_word w)
{
	return kxen_gptr_at(w.page, w.index * sizeof(u32));
}

static inline u32 kxen_word_read(struct kxen_word w)
{
	return kxen_guest_read32(kxen_word_at(w));
}

static inline bool kxen_word_set(struct kxen_domain *d, struct kxen_word w, u32 bit)
{
	return kxen_guest_test_and_set(d, w.page, w.index * 32 + bit);
}

static inline bool kxen_word_clear(struct kxen_domain *d, struct kxen_word w, u32 bit)
{
	return kxen_guest_test_and_clear(d, w.page, w.index * 32 + bit);
}

/* One attempt to make @port follow the event of word @w; -1: the guest was quicker. */
static inline int kxen_fifo_try_link(struct kxen_domain *d, struct kxen_word w, u32 port)
{
	u32 old = kxen_word_read(w), new;

	if (!(old & KXEN_FIFO_LINKED)) {
		/* The guest has taken it off: there is nothing to follow. */
		if (old & KXEN_FIFO_BUSY)
			kxen_word_clear(d, w, EVTCHN_FIFO_BUSY);
		return 0;
	}
	new = (old & ~(KXEN_FIFO_BUSY | EVTCHN_FIFO_LINK_MASK)) | port;
	return kxen_guest_cmpxchg32(d, kxen_word_at(w), old, new) == old ? 1 : -1;
}

/**
 * kxen_fifo_link() - Append @port behind the event of word @w.
 * @d: the domain.
 * @w: the word of the queue's last event.
 * @port: the event to append.
 * @broken: set if the guest changed the word more often than it may.
 *
 * While a word is LINKED, a guest may set and clear MASKED, clear PENDING, and take the
 * event off; BUSY keeps it from clearing MASKED. So four attempts under BUSY are
 * enough for a guest that keeps the rules; one that does not loses events (A66).
 *
 * Return: false if the event of @w is in no queue any more.
 */
static inline bool kxen_fifo_link(struct kxen_domain *d, struct kxen_word w, u32 port,
				  bool *broken)
{
	int tries, done = kxen_fifo_try_link(d, w, port);

	if (likely(done >= 0))
		return done;
	kxen_word_set(d, w, EVTCHN_FIFO_BUSY);
	for (tries = 0; tries < 4 && done < 0; tries++)
		done = kxen_fifo_try_link(d, w, port);
	if (done < 0) {
		kxen_word_clear(d, w, EVTCHN_FIFO_BUSY);
		*broken = true;
	}
	return done;
}

#endif
