/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records of event channels in a saved domain hold, and who reads them. */
#ifndef KXEN_EVTCHN_RECORDS_H
#define KXEN_EVTCHN_RECORDS_H

#include <linux/types.h>

#include "../kvm-xen/stream.h"

/* Ports come behind what tells the guest of them, which says how many there can be. */
#define KXEN_REC_FIFO		KXEN_REC(KXEN_OWNER_EVTCHN, 1, 1)
#define KXEN_REC_FIFO_VCPU	KXEN_REC(KXEN_OWNER_EVTCHN, 2, 1)
#define KXEN_REC_NLEVEL		KXEN_REC(KXEN_OWNER_EVTCHN, 3, 1)
#define KXEN_REC_NLEVEL_VCPU	KXEN_REC(KXEN_OWNER_EVTCHN, 4, 1)
#define KXEN_REC_PORTS		KXEN_REC(KXEN_OWNER_EVTCHN, 16, 1)

/* What a list can have: a tree of four levels, or the whole stream. */
#define KXEN_SAVE_MAX_LEAVES	512
#define KXEN_SAVE_MAX_PORTS	(KXEN_SAVE_MAX / 32)

/* A list of them: the pages of the event array. */
struct kxen_save_fifo {
	u64 gfn;
};

struct kxen_save_fifo_vcpu {
	u32 vcpu;
	u32 offset;
	u64 gfn;
	u32 tail[16];
};

/* Behind it the gfns of the pending bits, then as many of the masks. */
struct kxen_save_nlevel {
	u32 levels;
	u32 reserved;
};

struct kxen_save_nlevel_vcpu {
	u32 vcpu;
	u32 offset;
	u64 l2_gfn;
	u64 l3_gfn[8];
};

/* A list of them. */
struct kxen_save_ports {
	u32 port;
	u8 state;
	u8 priority;
	u8 deferred;
	u8 reserved;
	u32 vcpu;
	u32 virq;
	u32 remote_domid;
	u32 remote_port;
	u32 lastq;
	u32 reserved2;
};

struct kxen_domain;
struct kxen_frames;

extern const struct kxen_rec_desc kxen_evtchn_recs[];

int kxen_fifo_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		      const struct kxen_rec *rec, u32 nr);
void kxen_fifo_frames(const struct kxen_rec *rec, struct kxen_frames *f);
void kxen_fifo_vcpu_frames(const struct kxen_rec *rec, struct kxen_frames *f);
int kxen_nl_restore(struct kxen_domain *d, struct kxen_stream_in *im,
		    const struct kxen_rec *rec, u32 nr);
void kxen_nl_frames(const struct kxen_rec *rec, struct kxen_frames *f);
void kxen_nl_vcpu_frames(const struct kxen_rec *rec, struct kxen_frames *f);

#endif
