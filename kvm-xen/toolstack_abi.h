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

#define KXEN_DOMCTL_createdomain	1
#define KXEN_DOMCTL_destroydomain	2
#define KXEN_DOMCTL_pausedomain		3
#define KXEN_DOMCTL_unpausedomain	4
#define KXEN_DOMCTL_getdomaininfo	5
#define KXEN_DOMCTL_setvcpuaffinity	9
#define KXEN_DOMCTL_getvcpuinfo		14
#define KXEN_DOMCTL_getvcpuaffinity	25
#define KXEN_DOMCTL_vm_event_op		56

#define KXEN_SYSCTL_readconsole		1
#define KXEN_SYSCTL_physinfo		3
#define KXEN_SYSCTL_sched_id		4
#define KXEN_SYSCTL_getdomaininfolist	6
#define KXEN_SYSCTL_cputopoinfo		16
#define KXEN_SYSCTL_numainfo		17
#define KXEN_SYSCTL_cpupool_op		18
#define KXEN_SYSCTL_pcitopoinfo		22

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

/* Bit by bit, in bytes; who calls says how many bits it has room for. */
struct kxen_xenctl_bitmap {
	__u64 bitmap;
	__u32 nr_bits;
	__u32 pad;
};

struct kxen_getvcpuinfo {
	__u32 vcpu;
	__u8 online;
	__u8 blocked;
	__u8 running;
	__u8 pad;
	__u64 cpu_time;		/* ns */
	__u32 cpu;
	__u32 pad2;
};

#define KXEN_VCPUAFFINITY_HARD	0x1
#define KXEN_VCPUAFFINITY_SOFT	0x2

struct kxen_vcpuaffinity {
	__u32 vcpu;
	__u32 flags;
	struct kxen_xenctl_bitmap hard;
	struct kxen_xenctl_bitmap soft;
};

/* vm_event_op: mode, op */
#define KXEN_VM_EVENT_PAGING	1
#define KXEN_VM_EVENT_ENABLE	0
#define KXEN_VM_EVENT_DISABLE	1
#define KXEN_VM_EVENT_RESUME	2
#define KXEN_VM_EVENT_VERSION	3

struct kxen_vm_event_op {
	__u32 op;
	__u32 mode;
	__u32 value;		/* ENABLE: the port; VERSION */
};

struct kxen_domctl {
	__u32 cmd;
	__u32 interface_version;
	__u16 domain;
	__u16 pad[3];
	union {
		struct kxen_getdomaininfo info;
		struct kxen_getvcpuinfo vcpu;
		struct kxen_vcpuaffinity affinity;
		struct kxen_vm_event_op vm_event;
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

struct kxen_readconsole {
	__u8 clear;
	__u8 incremental;
	__u8 pad[2];
	__u32 index;
	__u64 buffer;
	__u32 count;
	__u32 pad2;
};

struct kxen_cputopo {
	__u32 core;
	__u32 socket;
	__u32 node;
};

struct kxen_cputopoinfo {
	__u32 num_cpus;
	__u32 pad;
	__u64 cputopo;
};

struct kxen_meminfo {
	__u64 memsize;
	__u64 memfree;
};

struct kxen_numainfo {
	__u32 num_nodes;
	__u32 pad;
	__u64 meminfo;
	__u64 distance;
};

struct kxen_pci_device {
	__u16 seg;
	__u8 bus;
	__u8 devfn;
};

/* A device's node; of one that has none, of one that is not there. */
#define KXEN_NODE_NONE		(~0U)
#define KXEN_NODE_NO_DEVICE	(~0U - 1)

struct kxen_pcitopoinfo {
	__u32 num_devs;
	__u32 pad;
	__u64 devs;
	__u64 nodes;
};

/* cpupool_op: op */
#define KXEN_CPUPOOL_OP_CREATE		1
#define KXEN_CPUPOOL_OP_DESTROY		2
#define KXEN_CPUPOOL_OP_INFO		3
#define KXEN_CPUPOOL_OP_ADDCPU		4
#define KXEN_CPUPOOL_OP_RMCPU		5
#define KXEN_CPUPOOL_OP_MOVEDOMAIN	6
#define KXEN_CPUPOOL_OP_FREEINFO	7

struct kxen_cpupool_op {
	__u32 op;
	__u32 cpupool_id;
	__u32 sched_id;
	__u32 domid;
	__u32 cpu;
	__u32 n_dom;
	struct kxen_xenctl_bitmap cpumap;
};

struct kxen_sysctl {
	__u32 cmd;
	__u32 interface_version;
	union {
		struct kxen_readconsole console;
		__u32 sched_id;
		struct kxen_cputopoinfo cputopo;
		struct kxen_numainfo numa;
		struct kxen_pcitopoinfo pci;
		struct kxen_cpupool_op cpupool;
		struct kxen_physinfo physinfo;
		struct kxen_getdomaininfolist list;
		__u8 size[128];
	} u;
};

/* --- a pager's ring: one page, of 8 slots -------------------------------------------------- */

#define KXEN_VM_EVENT_INTERFACE	7	/* 4.17 to 4.22 */

#define KXEN_VM_EVENT_PAUSED		0x1	/* flags */
#define KXEN_VM_EVENT_FOREIGN		0x2
#define KXEN_VM_EVENT_REASON_PAGING	3
#define KXEN_MEM_PAGING_DROP		0x1	/* paging_flags */
#define KXEN_MEM_PAGING_EVICT_FAIL	0x2

struct kxen_vm_event {
	__u32 version;
	__u32 flags;
	__u32 reason;
	__u32 vcpu_id;
	__u16 altp2m_idx;
	__u16 pad[3];
	__u64 gfn;
	__u32 p2mt;
	__u32 paging_flags;
	__u8 others[360];	/* of other reasons */
};

struct kxen_vm_event_ring {
	__u32 req_prod;
	__u32 req_event;
	__u32 rsp_prod;
	__u32 rsp_event;
	__u8 pad[48];
	struct kxen_vm_event slot[8];
};

/* memory_op paging_op */
#define KXEN_PAGING_OP_NOMINATE	0
#define KXEN_PAGING_OP_EVICT	1
#define KXEN_PAGING_OP_PREP	2

struct kxen_mem_paging_op {
	__u8 op;
	__u8 pad;
	__u16 domain;
	__u32 pad2;
	__u64 buffer;
	__u64 gfn;
};

#endif
