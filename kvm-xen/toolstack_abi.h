/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's calls for its own tools, which Linux's headers do not have: numbers and layouts of versions
 * 4.17 to 4.22. They are the same for every width of caller. selftests/user compares them with the
 * headers of libxen-dev. No kernel header but types: this also builds in user space.
 */
#ifndef KXEN_TOOLSTACK_ABI_H
#define KXEN_TOOLSTACK_ABI_H

#include <linux/types.h>

/* interface_version: all that is here is the same in these. */
#define KXEN_DOMCTL_FIRST	0x15	/* 4.17 */
#define KXEN_DOMCTL_LAST	0x18	/* 4.22 */
#define KXEN_DOMCTL_NO_NEXT	0x16	/* from here on a number that is not there has no other */
#define KXEN_SYSCTL_FIRST	0x15
#define KXEN_SYSCTL_LAST	0x16

#define KXEN_DOMCTL_pausedomain		3
#define KXEN_DOMCTL_unpausedomain	4
#define KXEN_DOMCTL_getdomaininfo	5

#define KXEN_SYSCTL_physinfo		3
#define KXEN_SYSCTL_getdomaininfolist	6

/* getdomaininfo: flags */
#define KXEN_DOMINF_dying	0x1
#define KXEN_DOMINF_hvm_guest	0x2
#define KXEN_DOMINF_shutdown	0x4
#define KXEN_DOMINF_paused	0x8
#define KXEN_DOMINF_blocked	0x10
#define KXEN_DOMINF_running	0x20
#define KXEN_DOMINF_hap		0x100
#define KXEN_DOMINF_reason	16	/* shift, 8 bits */

struct kxen_getdomaininfo {
	__u16 domain;
	__u16 pad;
	__u32 flags;
	__u64 tot_pages;
	__u64 max_pages;
	__u64 outstanding_pages;
	__u64 shr_pages;
	__u64 paged_pages;
	__u64 shared_info_frame;
	__u64 cpu_time;		/* ns */
	__u32 nr_online_vcpus;
	__u32 max_vcpu_id;
	__u32 ssidref;
	__u8 handle[16];
	__u32 cpupool;
	__u8 gpaddr_bits;
	__u8 pad2[7];
	__u32 emulation_flags;
	__u32 misc_flags;
};

struct kxen_domctl {
	__u32 cmd;
	__u32 interface_version;
	__u16 domain;
	__u16 pad[3];
	union {
		struct kxen_getdomaininfo info;
		__u8 size[128];
	} u;
};

/* physinfo: capabilities */
#define KXEN_PHYSCAP_hvm	0x1
#define KXEN_PHYSCAP_hap	0x8
#define KXEN_PHYSCAP_gnttab_v1	0x100
#define KXEN_PHYSCAP_gnttab_v2	0x200

struct kxen_physinfo {
	__u32 threads_per_core;
	__u32 cores_per_socket;
	__u32 nr_cpus;
	__u32 max_cpu_id;
	__u32 nr_nodes;
	__u32 max_node_id;
	__u32 cpu_khz;
	__u32 capabilities;
	__u32 arch_capabilities;
	__u32 pad;
	__u64 total_pages;
	__u64 free_pages;
	__u64 scrub_pages;
	__u64 outstanding_pages;
	__u64 max_mfn;
	__u32 hw_cap[8];
};

struct kxen_getdomaininfolist {
	__u16 first_domain;
	__u16 pad;
	__u32 max_domains;
	__u64 buffer;
	__u32 num_domains;
	__u32 pad2;
};

struct kxen_sysctl {
	__u32 cmd;
	__u32 interface_version;
	union {
		struct kxen_physinfo physinfo;
		struct kxen_getdomaininfolist list;
		__u8 size[128];
	} u;
};

#endif
