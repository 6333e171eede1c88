/* SPDX-License-Identifier: GPL-2.0-only */
/* From a frame that a guest names to what is behind it: the only way there. */
#ifndef KXEN_P2M_H
#define KXEN_P2M_H

#include <linux/types.h>

#include "kvm/glue.h"

struct kxen_domain;

/* What is behind a frame. Whoever switches over it refuses what he does not know. */
enum kxen_p2m_kind {
	KXEN_P2M_NONE,	/* nothing, or nothing that can be written to */
	KXEN_P2M_RAM,	/* the VMM's memory */
};

/**
 * struct kxen_p2m - what is behind a frame of a guest's.
 * @kind: which of the following are set.
 * @hva: RAM: where the VMM has the host's page that it is in.
 * @offset: in that page; 0 where the host's pages are of Xen's size.
 */
struct kxen_p2m {
	enum kxen_p2m_kind kind;
	unsigned long hva;
	u32 offset;
};

struct kxen_p2m kxen_p2m_lookup(struct kxen_domain *d, u64 gfn);
int kxen_p2m_write(struct kxen_domain *d, u64 gfn, const void *src);

/**
 * kxen_p2m_ram() - The VMM's memory around a guest frame, of KVM's size.
 * @vcpu: the vCPU, its own thread, SRCU held.
 * @gfn: the frame, not trusted.
 * @m: filled in; good as long as SRCU is held. Nothing says that a page of it is there: the
 *	caller disables page faults, or may sleep.
 *
 * For accesses of a few bytes on fast paths, which hold no page. What is not plain memory of
 * the VMM, or will not be any more, must not be in the range: the caller takes a slower way.
 * Return: false if the frame is not plain memory.
 */
static __always_inline bool kxen_p2m_ram(struct kvm_vcpu *vcpu, u64 gfn, struct kxen_mem *m)
{
	return kxen_glue_mem(vcpu, gfn, m);
}

#endif
