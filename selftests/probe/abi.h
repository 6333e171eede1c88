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

#define PROBE_MAX	4

/* Pages of the guest that show what is kept: XENMEM_add_to_physmap. */
#define XENMAPSPACE_probe	0x70
#define PROBE_FRAMES	3	/* of which this many may be placed: */
#define PROBE_MAX_PAGES	2

/* A command of memory_op, which is cut so often and then says how often. */
#define XENMEM_probe	63
#define PROBE_STEPS	3

#define KXEN_STAT_PROBES	0x70000000
#define KXEN_STAT_MAX_PROBES	0x70000001
#define KXEN_STAT_PROBES_HIGH	0x70000002
#define KXEN_STAT_PROBE_CALLS	0x70000003
#define KXEN_STAT_PROBE_TRAPS	0x70000004 /* WBINVD of its vCPUs, which a hook sees */

/*
 * struct kxen_probe_arg - KXEN_PROBE: what is kept, and what was before
 * @size: sizeof(struct kxen_probe_arg)
 * @flags: KXEN_PROBE_SET
 * @domid: the domain
 * @reserved: must be 0: EINVAL
 * @value: in, with KXEN_PROBE_SET; out
 */
struct kxen_probe_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 reserved;
	__aligned_u64 value;
};

#define KXEN_PROBE_SET	1

#define KXEN_PROBE	_IO(KXEN_IOC, 0x70)

#endif
