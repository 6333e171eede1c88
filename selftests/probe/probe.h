/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probe: a part of a domain that is there to show that one can be added, and is the example
 * of how. It has one of each thing that a part can bring, and no use.
 */
#ifndef KXEN_PROBE_H
#define KXEN_PROBE_H

#include <linux/atomic.h>
#include <linux/mutex.h>

#include "../../kvm-xen/hc_arg.h"
#include "../../kvm-xen/kvm/hook.h"
#include "../../kvm-xen/part.h"
#include "abi.h"

/**
 * struct kxen_probe - what it holds of a domain.
 * @lock: the rest.
 * @value: what is kept.
 * @page: where the guest has placed it.
 * @own: pages of the module's own, made when the guest first wants them.
 * @hooked: the domain has taken the hooks.
 * @calls: hypercalls.
 * @slots: changes of the VM's memory slots that a hook has seen.
 */
struct kxen_probe {
	struct mutex lock;	/* inside domain->lock; KXEN_LIMIT_PROBES as well */
	u64 value;
	struct kxen_page page[PROBE_FRAMES];
	struct page *own[PROBE_OWN];
	bool hooked;
	atomic64_t calls;
	atomic64_t slots;
};

/**
 * struct kxen_probe_vcpu - what it holds of a vCPU.
 * @traps: calls that the hook has seen; only the vCPU's own thread writes.
 */
struct kxen_probe_vcpu {
	u64 traps;
};

/* op.c */
long kxen_hc_probe(struct kxen_hc *hc);
long kxen_hc_probe_long(struct kxen_hc *hc);
enum kxen_meaning kxen_probe_means(const struct kxen_hc *hc);
extern const struct kxen_mem_entry kxen_probe_memory_ops[];
extern const struct kxen_space kxen_probe_spaces[];
u64 kxen_probe_keep(struct kxen_domain *d, u64 value);
void kxen_probe_drop(struct kxen_domain *d);

/* place.c */
long kxen_probe_add_own(struct kxen_hc *hc, u64 idx, u64 gfn);
long kxen_probe_add_foreign(struct kxen_hc *hc, u64 idx, u64 gfn);
long kxen_probe_add_out(struct kxen_hc *hc, u64 idx, u64 gfn);
long kxen_probe_look(struct kxen_hc *hc, bool poke);
long kxen_probe_cover(struct kxen_hc *hc);
long kxen_probe_place_out(struct kxen_domain *d, u64 gfn);
long kxen_probe_unplace(struct kxen_domain *d, u64 gfn);
void kxen_probe_free_own(struct kxen_domain *d);
int kxen_probe_placed(void);
int kxen_probe_wanted(void);

/* save.c */
extern const struct kxen_rec_desc kxen_probe_recs[];
void kxen_probe_save(struct kxen_domain *d, struct kxen_stream_out *s);

/* The architecture's. */
extern struct kxen_hook_set kxen_probe_hooks;

#endif
