/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the probe serves: for the module, for guest/probe.c, and for hprobe.c. Its numbers are
 * of those that no release uses.
 */
#ifndef KXEN_PROBE_ABI_H
#define KXEN_PROBE_ABI_H

#include <linux/kvm_xen.h>

/* The hypercall: (command, argument). */
#define NR_probe	62

#define PROBEOP_set	0	/* the argument is the address of 64 bits: they are kept */
#define PROBEOP_get	1	/* and are put there */
#define PROBEOP_take	2	/* have one more, of PROBE_MAX; ENOSPC */
#define PROBEOP_give	3	/* and one less; ENOENT */
#define PROBEOP_look	4	/* struct probe_look: what is in a page that is or can be placed */
#define PROBEOP_poke	5	/* and what is to be */
#define PROBEOP_unplace	6	/* the argument is a frame: nothing is placed there; ENOENT */
#define PROBEOP_cover	7	/* struct probe_look: the page goes to frame @value; ~@value back */

/*
 * Another one, which is cut as often as its first argument says: (left, add, sum, more, mix). Each
 * time it has got on in its third and its fifth one, by the others, and counts down.
 */
#define NR_probe_long	61
#define PROBE_MIX	3

struct probe_look {
	__u32 idx;	/* of the module's own; or */
#define PROBE_PLACED	0x80000000U	/* and a frame: what is placed over it */
	__u32 at;	/* bytes, a multiple of 8 */
	__aligned_u64 value;
};

#define PROBE_MAX	4	/* or as many as the domain was made with: its reserved */
#define PROBE_MOST	16

/* Of KXEN_INFO, and of KXEN_CREATE: PROBE_FIRST is kept at first. */
#define KXEN_F_PROBE	0x4000000000000000ULL
#define KXEN_DOM_PROBE	0x40000000U
#define PROBE_FIRST	7

/* Pages of the guest that show what is kept: XENMEM_add_to_physmap. */
#define XENMAPSPACE_probe	0x70
#define PROBE_FRAMES	3	/* of which this many may be placed: */
#define PROBE_MAX_PAGES	2

/* A command of memory_op, which is cut so often and then says how often. */
#define XENMEM_probe	63
#define PROBE_STEPS	3

/* Other pages than the VMM's over frames of the guest's. */
#define XENMAPSPACE_probe_own		0x71	/* idx: one of the module's; or */
#define XENMAPSPACE_probe_foreign	0x72	/* a frame and whose it is; each may be */
#define XENMAPSPACE_probe_out		0x73
#define PROBE_OWN	2
#define PROBE_READ_ONLY	0x80000000U
#define PROBE_LENDER_SHIFT	16	/* a domain's number; 0: the guest's own */
#define PROBE_LENDER	0x7fffU
#define PROBE_GFN	0xffffU

/* While a page is lent: guest/lent.c and hprobe.c wait for each other by what is kept. */
#define PROBE_STEP_BORROWED	0x1ed0000100000001ULL
#define PROBE_STEP_DIED		0x1ed0000100000002ULL
#define PROBE_STEP_USED		0x1ed0000100000003ULL
#define PROBE_STEP_GIVE_BACK	0x1ed0000100000004ULL

/* What is kept when the domain's lock is held: hprobe.c. */
#define PROBE_STEP_LOCKED	0x10c3ed0100000001ULL

#define KXEN_STAT_PROBES	0x70000000
#define KXEN_STAT_MAX_PROBES	0x70000001
#define KXEN_STAT_PROBES_HIGH	0x70000002
#define KXEN_STAT_PROBE_CALLS	0x70000003
#define KXEN_STAT_PROBE_TRAPS	0x70000004 /* WBINVD of its vCPUs, which a hook sees */
#define KXEN_STAT_PROBE_SLOTS	0x70000005 /* changes of its memory slots, another one */

/*
 * struct kxen_probe_arg - KXEN_PROBE: what is kept, and what was before
 * @size: sizeof(struct kxen_probe_arg)
 * @flags: KXEN_PROBE_SET; or one of the others, which place a page over a frame, take it away, or
 *	have the domain's lock
 * @domid: the domain
 * @reserved: must be 0: EINVAL
 * @value: in, with KXEN_PROBE_SET or KXEN_PROBE_LOCK; out; the frame
 */
struct kxen_probe_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 reserved;
	__aligned_u64 value;
};

#define KXEN_PROBE_SET	1
#define KXEN_PROBE_PLACE	2 /* one that is out */
#define KXEN_PROBE_UNPLACE	4
#define KXEN_PROBE_LOCK	8 /* keep @value, and the domain's lock until the caller is killed */

#define KXEN_PROBE	_IO(KXEN_IOC, 0x70)

#endif
