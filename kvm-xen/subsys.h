/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a domain, as the core has them: it walks a table of them at each turn of a
 * domain's life and names none.
 *
 * What makes and gives is walked in the order of the table: a part may use those before it.
 * What takes away is walked in the mirror order.
 */
#ifndef KXEN_SUBSYS_H
#define KXEN_SUBSYS_H

#include "part.h"

/**
 * struct kxen_hc_slot - what a number of a hypercall leads to.
 * @fn: as in struct kxen_hc_entry; NULL: nobody serves it.
 * @nargs: likewise.
 * @refused: what is there is how the core refuses it while no part serves it.
 * @host: as in struct kxen_hc_entry.
 * @means: likewise.
 * @fast: likewise.
 */
struct kxen_hc_slot {
	long (*fn)(struct kxen_hc *hc);
	u8 nargs;
	bool refused;
	long (*host)(struct kxen_hc *hc);
	enum kxen_meaning (*means)(const struct kxen_hc *hc);
	struct kxen_hc_fast fast;
};

/**
 * struct kxen_mem_slot - what a command of memory_op leads to.
 * @fn: as in struct kxen_mem_entry; NULL: nobody serves it.
 * @refused: as in struct kxen_hc_slot.
 * @part: it may go on with a call that was cut: a part's, and those of the core that say so.
 * @means: as in struct kxen_mem_entry.
 * @host: likewise.
 */
struct kxen_mem_slot {
	long (*fn)(struct kxen_hc *hc);
	bool refused;
	bool part;
	enum kxen_meaning means;
	long (*host)(struct kxen_hc *hc);
};

const struct kxen_subsys *kxen_subsys_at(int i);

/* What a load has to know of those above. */
typedef const struct kxen_stat_desc *(*kxen_stat_at_fn)(u32 n);
typedef bool (*kxen_ctl_is_core_fn)(unsigned int cmd);

int kxen_subsys_load(kxen_stat_at_fn stat_at, kxen_ctl_is_core_fn is_core);
int kxen_subsys_hypercalls(struct kxen_hc_slot *table, u32 nr, const struct kxen_hc_entry *arch);
int kxen_subsys_memory_ops(struct kxen_mem_slot *table, u32 nr);

/* What a domain can be made with, and what a caller is told that there is. */
u64 kxen_subsys_features(void);
u32 kxen_subsys_create_flags(void);
u32 kxen_subsys_create_max(size_t at);
int kxen_subsys_check_limits(const struct kxen_create *c);

/* Of each part: see the hook of that name. What fails has been undone. */
int kxen_subsys_create(struct kxen_domain *d, const struct kxen_create *c);
void kxen_subsys_destroy(struct kxen_domain *d);
int kxen_subsys_attach(struct kxen_domain *d);
void kxen_subsys_detach(struct kxen_domain *d);
int kxen_subsys_vcpu_create(struct kxen_vcpu *v, gfp_t gfp);
void kxen_subsys_vcpu_destroy(struct kxen_vcpu *v);
void kxen_subsys_stop(struct kxen_domain *d);
void kxen_subsys_reset(struct kxen_domain *d);
void kxen_subsys_reset_done(struct kxen_domain *d);
void kxen_subsys_freeze(struct kxen_domain *d);
void kxen_subsys_thaw(struct kxen_domain *d);
bool kxen_subsys_in_use(struct kxen_domain *d);
bool kxen_subsys_frame_in_use(struct kxen_domain *d, u64 gfn);
int kxen_subsys_may_save(struct kxen_domain *d);
void kxen_subsys_save(struct kxen_domain *d, struct kxen_stream_out *s);
void kxen_subsys_restore_done(struct kxen_domain *d, const struct kxen_stream_in *im);
void kxen_subsys_width_changed(struct kxen_domain *d);
void kxen_subsys_shared_info_moved(struct kxen_domain *d,
				   const struct kxen_shared_info *old);
void kxen_subsys_vcpu_info_set(struct kxen_vcpu *v);
void kxen_subsys_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot);
void kxen_subsys_state_changed(struct kxen_domain *d);
void kxen_subsys_query(struct kxen_domain *d, struct kxen_query *q);
void kxen_subsys_debugfs(struct kxen_domain *d, struct dentry *dir);
const struct kxen_space *kxen_subsys_space(u32 space);
long kxen_subsys_space_remove(struct kxen_hc *hc, u64 gfn);
const struct kxen_ctl_call *kxen_subsys_ctl(unsigned int cmd);
const struct kxen_domctl_entry *kxen_subsys_domctl(u32 cmd);

#endif
