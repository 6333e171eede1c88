/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/kvm-xen: create Xen domains and attach KVM virtual machines to them.
 *
 * Every structure starts with its size in bytes, as user space was compiled
 * with it. A field that user space does not know reads as zero; a field that
 * the kernel does not know must be zero.
 *
 * Meaning of errno, for all calls:
 *  - ENOTTY: the ioctl number is not supported at all.
 *  - EINVAL: @size is smaller than the first version of the structure, or a
 *    value makes no sense together with another.
 *  - E2BIG: the structure is longer than the kernel knows it and is not zero
 *    in the part that the kernel does not understand; or longer than a page.
 *  - EINTR: the caller is being killed.
 *  - EOPNOTSUPP: a known field has a flag or value that is not supported.
 *  - EFAULT: the structure cannot be read or written. It is tried before anything is
 *    done; if it becomes unwritable meanwhile, what was asked for has taken effect.
 *  - ENOENT: no such domain.
 *  - EPERM: the domain belongs to another open file (QUERY, STATS, PORT and HOLD: to another
 *    user), and the caller has not CAP_SYS_ADMIN.
 * Further meanings are given with each call.
 */
#ifndef _UAPI_LINUX_KVM_XEN_H
#define _UAPI_LINUX_KVM_XEN_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define KXEN_ABI_VERSION	1

#define KXEN_IOC		0xBE

/* Bits of struct kxen_info.features: what this module can do. Bit 62 is for who tries something. */
#define KXEN_F_EVTCHN_2L	(1ULL << 0)
#define KXEN_F_UNPLUG		(1ULL << 1)
#define KXEN_F_PAUSE		(1ULL << 2)
#define KXEN_F_EVTCHN_FIFO	(1ULL << 3)
#define KXEN_F_EVTCHN_NLEVEL	(1ULL << 4)
#define KXEN_F_SAVE		(1ULL << 5)
#define KXEN_F_VCPU_IDS		(1ULL << 6)
#define KXEN_F_HOLD		(1ULL << 7)
#define KXEN_F_STATS		(1ULL << 8)
#define KXEN_F_GRANTS		(1ULL << 9)
#define KXEN_F_GIVE		(1ULL << 10)
#define KXEN_F_SPECIAL		(1ULL << 11)
#define KXEN_F_PAGING		(1ULL << 12)
#define KXEN_F_DIRECT		(1ULL << 13)

/* Bits of struct kxen_create.flags: what the domain gets. Bit 30 is for who tries something. */
#define KXEN_DOM_UNPLUG		(1U << 0) /* answer I/O port 0x10: KXEN_F_UNPLUG, x86 alone */
#define KXEN_DOM_NLEVEL		(1U << 1) /* offer the N-level event channel ABI */
/*
 * Its memory stays as it is, as on a host that does not translate addresses: nothing is placed over
 * a frame, and what calls touch is counted as a memory protection unit's windows. It takes
 * CAP_SYS_ADMIN (-EPERM), since all domains are slower meanwhile.
 */
#define KXEN_DOM_DIRECT		(1U << 2) /* KXEN_F_DIRECT, x86 alone */

#define KXEN_DOMID_AUTO		0xffffU

/**
 * struct kxen_info - KXEN_INFO: version and features of the module
 * @size: sizeof(struct kxen_info)
 * @abi_version: KXEN_ABI_VERSION of the module
 * @features: KXEN_F_*
 * @max_vcpus: vCPUs that a domain can have
 * @max_ports: largest number of event channels that can be asked for
 * @domains: domains that there are, also dying ones, domain 0 not counted
 * @hooks_armed: 1 while KVM's functions are hooked
 */
struct kxen_info {
	__u32 size;
	__u32 abi_version;
	__aligned_u64 features;
	__u32 max_vcpus;
	__u32 max_ports;
	__u32 domains;
	__u32 hooks_armed;
};

/**
 * struct kxen_create - KXEN_CREATE: make a domain
 * @size: sizeof(struct kxen_create)
 * @flags: KXEN_DOM_*
 * @domid: in: the wanted id, 1 to 0x7fef, or KXEN_DOMID_AUTO; out: the id
 * @xen_major: reported Xen version; 0.0 is the module's default
 * @xen_minor: see @xen_major
 * @max_ports: event channels; 0 is the module's default
 * @max_grant_frames: frames that its grant table can have, 1 to 4096; 0 is the default, 64
 * @max_maptrack_frames: 256 grants of others that it can have mapped for each, 1 to 16384; 0 is
 *	the default, 1024
 * @reserved: must be 0
 * @uuid: what the guest sees as its handle
 *
 * The domain is destroyed with the file that made it, until a VM is attached: from then
 * on it lives as long as that VM, and is dying as long as somebody holds it (KXEN_HOLD).
 *
 * EEXIST: the id is taken. ENOSPC: no id is left. EPERM: a wanted id that was not the
 * caller's user's before; it takes CAP_SYS_ADMIN. EDQUOT: the user has as many domains as
 * the module's parameter user_domains lets it have. EFAULT: nothing was made.
 */
struct kxen_create {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u16 xen_major;
	__u16 xen_minor;
	__u32 max_ports;
	__u32 max_grant_frames;
	__u32 max_maptrack_frames;
	__u32 reserved;
	__u8 uuid[16];
};

/* struct kxen_attach.reason: why an attach was refused. */
#define KXEN_ATTACH_NONE	0
#define KXEN_ATTACH_NOT_A_VM	1 /* EINVAL: the fd is not a KVM VM */
#define KXEN_ATTACH_VM_ATTACHED	2 /* EBUSY: the VM has a domain already */
#define KXEN_ATTACH_DOM_ATTACHED	3 /* EBUSY: the domain has a VM already */
#define KXEN_ATTACH_PROTECTED	4 /* EOPNOTSUPP: memory is encrypted (SEV, TDX) */
#define KXEN_ATTACH_KVM_XEN	5 /* EBUSY: KVM's own Xen support is set up */
#define KXEN_ATTACH_NO_IRQCHIP	6 /* EOPNOTSUPP: no interrupt controller (LAPIC) in the kernel */
#define KXEN_ATTACH_VCPUS	7 /* EOPNOTSUPP: more vCPUs than a domain has */
#define KXEN_ATTACH_DYING	8 /* ESHUTDOWN: the VM is being torn down */
#define KXEN_ATTACH_HOOKS	9 /* KVM cannot be hooked: see the kernel log */
#define KXEN_ATTACH_DIRTY_RING	10 /* EOPNOTSUPP: dirty pages go to a ring, not a bitmap */
#define KXEN_ATTACH_MEMORY	11 /* EOPNOTSUPP: memory that cannot be pinned for long */
#define KXEN_ATTACH_VCPU_IDS	12 /* EINVAL: the numbers of the vCPUs do not fit */

/**
 * struct kxen_vcpu_id - the number that the guest knows a vCPU by
 * @arch_id: what KVM_CREATE_VCPU is given; on x86 the APIC id
 * @vcpu: its number in Xen's calls, which the guest's MADT has as processor id
 */
struct kxen_vcpu_id {
	__u32 arch_id;
	__u32 vcpu;
};

/**
 * struct kxen_attach - KXEN_ATTACH: give a domain its virtual machine
 * @size: sizeof(struct kxen_attach)
 * @flags: must be 0
 * @domid: the domain
 * @vm_fd: a KVM VM's file descriptor
 * @reason: out, on failure too: KXEN_ATTACH_*
 * @reserved: must be 0
 * @vcpu_ids: address of @nr_vcpu_ids struct kxen_vcpu_id, one for each vCPU that the
 *	machine can have
 * @nr_vcpu_ids: 0: vCPUs are numbered in the order in which they are created
 * @reserved2: must be 0
 *
 * The VM must not have run yet for its guest to find Xen. If it fails nothing has changed.
 *
 * From now on KVM_CREATE_VCPU on the VM fails where the vCPU cannot be one of the domain:
 * with ENOMEM; EOPNOTSUPP if the VM has become one that would not be attached; ENOENT for an
 * id that is not in the list. E2BIG: more ids than a domain can have vCPUs.
 */
struct kxen_attach {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__s32 vm_fd;
	__u32 reason;
	__u32 reserved;
	__aligned_u64 vcpu_ids;
	__u32 nr_vcpu_ids;
	__u32 reserved2;
};

#define KXEN_STATE_CREATED	0 /* no VM yet */
#define KXEN_STATE_RUNNING	1
#define KXEN_STATE_SHUTDOWN	2 /* the guest has called SCHEDOP_shutdown */
#define KXEN_STATE_DYING	3 /* its life has ended, and somebody holds it still */
#define KXEN_STATE_HOST		4 /* domain 0 */

/**
 * struct kxen_query - KXEN_QUERY: state and counters of a domain
 * @size: sizeof(struct kxen_query)
 * @flags: KXEN_QUERY_NEXT: the first domain whose id is not below @domid
 * @domid: in: the domain; out: the domain that was found
 * @state: KXEN_STATE_*
 * @shutdown_reason: what the guest gave to SCHEDOP_shutdown
 * @vcpus: vCPUs known
 * @paused: how often KXEN_PAUSE is in force
 * @pid: process that owns the VM, 0 if none
 * @dom_flags: KXEN_DOM_*
 * @width: 32 or 64: layout of the shared pages
 * @xen_version: reported version, major << 16 | minor
 * @max_ports: limit
 * @ports: event channels in use
 * @pinned_pages: guest pages that the domain holds
 * @resets: times that the machine was reset
 * @hypercalls: calls served
 * @sends: EVTCHNOP_send
 * @upcalls: upcalls raised
 * @vectors: vectors handed out at VM entry
 * @timers: timer expiries
 * @uuid: handle
 * @evtchn_abi: KXEN_ABI_*: how the guest is told of events
 * @reserved: 0
 * @ports_high: times that the ports in use have reached 80 % of @max_ports
 * @pinned_high: the same for the pages of each kind: KXEN_STATS tells them apart
 * @max_pinned: pages that the domain can hold
 * @holders: how many hold it: when it has died it stays dying until none does
 *
 * This structure is frozen: no field will be added. What else is counted is a statistic,
 * KXEN_STATS, and so are the counters here.
 */
struct kxen_query {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 state;
	__u32 shutdown_reason;
	__u32 vcpus;
	__u32 paused;
	__s32 pid;
	__u32 dom_flags;
	__u32 width;
	__u32 xen_version;
	__u32 max_ports;
	__u32 ports;
	__u32 pinned_pages;
	__aligned_u64 resets;
	__aligned_u64 hypercalls;
	__aligned_u64 sends;
	__aligned_u64 upcalls;
	__aligned_u64 vectors;
	__aligned_u64 timers;
	__u8 uuid[16];
	__u32 evtchn_abi;
	__u32 reserved;
	__u32 ports_high;
	__u32 pinned_high;
	__u32 max_pinned;
	__u32 holders;
};

#define KXEN_ABI_2L		0
#define KXEN_ABI_FIFO		1
#define KXEN_ABI_HOST		2 /* domain 0 */
#define KXEN_ABI_NLEVEL		3

#define KXEN_QUERY_NEXT		(1U << 0)

/*
 * struct kxen_stat.id. A number is never used again for anything else; new ones come with
 * no change of this interface. A caller looks for those that it knows, in any order, or
 * shows all with the names that KXEN_STAT_NAMES gives. From 0x70000000 on they are for who
 * tries something: no release has one of these.
 */
#define KXEN_STAT_VCPUS		1 /* vCPUs known */
#define KXEN_STAT_RESETS	2 /* times that the machine was reset */
#define KXEN_STAT_HYPERCALLS	3 /* calls served */
#define KXEN_STAT_CONTINUED	4 /* calls that were cut and gone on with */
#define KXEN_STAT_UPCALLS	5 /* upcalls raised */
#define KXEN_STAT_VECTORS	6 /* vectors handed out at VM entry */
#define KXEN_STAT_TIMERS	7 /* timer expiries */
#define KXEN_STAT_PINNED_PAGES	8 /* guest pages that the domain holds, of all kinds */
#define KXEN_STAT_MAX_PINNED	9 /* pages that it can hold */
#define KXEN_STAT_PINNED_HIGH	10 /* times that those of a kind have reached 80 % of its limit */
#define KXEN_STAT_PORTS		11 /* event channels in use */
#define KXEN_STAT_MAX_PORTS	12 /* the limit of their numbers */
#define KXEN_STAT_PORTS_HIGH	13 /* times that those in use have reached 80 % of that */
#define KXEN_STAT_SENDS		14 /* EVTCHNOP_send */
#define KXEN_STAT_BROKEN	15 /* events lost, after the guest broke FIFO's rules */
#define KXEN_STAT_UPCALLS_UNACKED	16 /* upcalls that the guest took and left pending */
#define KXEN_STAT_HOLDERS	17 /* how many hold it: it stays dying until none does */
#define KXEN_STAT_EVENT_PAGES	18 /* pages held for FIFO and N-level event channels */
#define KXEN_STAT_MAX_EVENT_PAGES 19 /* pages that it can hold for them */
#define KXEN_STAT_EVENT_PAGES_HIGH 20 /* times that these have reached 80 % of that */
#define KXEN_STAT_GRANT_FRAMES	21 /* frames that its grant table has */
#define KXEN_STAT_MAX_GRANT_FRAMES 22 /* frames that it can have */
#define KXEN_STAT_GRANT_FRAMES_HIGH 23 /* times that they have reached 80 % of that */
#define KXEN_STAT_MAPPED_GRANTS	24 /* grants of others that it has mapped */
#define KXEN_STAT_MAX_MAPPED_GRANTS 25 /* grants that it can have mapped */
#define KXEN_STAT_MAPS_REFUSED	26 /* grants not mapped because of where they should have been */
#define KXEN_STAT_GRANT_STATUS_FRAMES 27 /* frames of status words, of version 2 */
#define KXEN_STAT_MAX_GRANT_STATUS_FRAMES 28 /* frames of them that it can have */
#define KXEN_STAT_GRANT_STATUS_FRAMES_HIGH 29 /* times that they have reached 80 % of that */
#define KXEN_STAT_GRANTS_IN_USE	30 /* grants of its own that somebody uses: their pages are held */
#define KXEN_STAT_BALLOON_PAGES	31 /* frames whose memory the guest has given up */
#define KXEN_STAT_BALLOON_KEPT	32 /* times that the VMM has kept that memory */
#define KXEN_STAT_FAST		40 /* calls served in KVM's exit fast path, among those served */
#define KXEN_STAT_FAST_LEFT	41 /* calls that are served there otherwise, and were not */
#define KXEN_STAT_PAGED_OUT	42 /* pages of the VMM's that its pager has taken out */
#define KXEN_STAT_PAGING_NOMINATED 43 /* pages that are about to be, with their memory kept */
#define KXEN_STAT_PAGE_OUTS	44 /* pages that were taken out */
#define KXEN_STAT_PAGE_INS	45 /* pages that the pager has brought back */
#define KXEN_STAT_PAGING_WAITS	46 /* times that somebody has waited for a page */
#define KXEN_STAT_EVICT_FAILS	47 /* pages that were used before they were taken out */
#define KXEN_STAT_PAGING_DROPS	48 /* pages whose memory was given up meanwhile */
#define KXEN_STAT_PAGES_LOST	49 /* pages that were out when the pager ended */

/**
 * struct kxen_stat - one statistic of a domain
 * @id: KXEN_STAT_*
 * @reserved: 0
 * @value: what it is now
 */
struct kxen_stat {
	__u32 id;
	__u32 reserved;
	__aligned_u64 value;
};

/* struct kxen_stat_name.flags */
#define KXEN_STAT_GROWS		(1U << 0) /* it counts events, and never becomes less */

/**
 * struct kxen_stat_name - what a statistic is called
 * @id: KXEN_STAT_*
 * @flags: KXEN_STAT_GROWS
 * @name: its name, which ends with a 0
 */
struct kxen_stat_name {
	__u32 id;
	__u32 flags;
	char name[24];
};

/**
 * struct kxen_stats_arg - KXEN_STATS, KXEN_STAT_NAMES
 * @size: sizeof(struct kxen_stats_arg)
 * @flags: must be 0
 * @domid: STATS: the domain; NAMES: must be 0
 * @nr: in: how many elements there is room for at @buf; out: how many there are
 * @buf: address of @nr struct kxen_stat, or struct kxen_stat_name
 *
 * As many as fit are written, always in the same order while the module is loaded; the
 * rest of the room stays as it is. Each value is of its own moment. A domain that can be
 * asked for by KXEN_QUERY can be asked for by STATS.
 */
struct kxen_stats_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 nr;
	__aligned_u64 buf;
};

/**
 * struct kxen_domid_arg - KXEN_DESTROY, KXEN_PAUSE, KXEN_UNPAUSE, KXEN_HOLD, KXEN_UNHOLD
 * @size: sizeof(struct kxen_domid_arg)
 * @flags: must be 0
 * @domid: the domain
 * @reserved: must be 0
 *
 * DESTROY: EBUSY while a VM is attached: end the VM instead. ESHUTDOWN: it is dying.
 * PAUSE returns when no vCPU of the domain executes guest code. EINTR: a signal
 * came first, nothing is paused. UNPAUSE: EINVAL if it is not paused.
 *
 * HOLD: when the domain's VM ends, or it is destroyed, it stays as it was left: in state
 * KXEN_STATE_DYING, with its counters and the reason of its shutdown to be queried, and its
 * number is given to nobody. UNHOLD, or closing the file, ends that. VIRQ_DOM_EXC tells domain
 * 0 when a domain shuts down, when it is dying, and when it is gone. HOLD: EEXIST: this file
 * holds it already; EINVAL for domain 0. UNHOLD: ENOENT: this file does not hold it.
 */
struct kxen_domid_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 reserved;
};

/**
 * struct kxen_port_info - KXEN_PORT: state of one event channel
 * @size: sizeof(struct kxen_port_info)
 * @flags: KXEN_PORT_NEXT: the first channel in use that is not below @port
 * @domid: the domain
 * @port: in: the port; out: the port that was found
 * @state: EVTCHNSTAT_* of the Xen ABI
 * @vcpu: vCPU that is notified
 * @remote_domid: peer (unbound, interdomain)
 * @remote_port: peer's port (interdomain)
 * @virq: virtual interrupt (virq)
 * @pending: 1 if pending
 * @masked: 1 if masked
 * @reserved: 0
 *
 * ENOENT with KXEN_PORT_NEXT: no further channel. EINVAL: never allocated.
 */
struct kxen_port_info {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 port;
	__u32 state;
	__u32 vcpu;
	__u32 remote_domid;
	__u32 remote_port;
	__u32 virq;
	__u8 pending;
	__u8 masked;
	__u16 reserved;
};

#define KXEN_PORT_NEXT		(1U << 0)

/* struct kxen_stream_arg.reason: why a restore was refused. */
#define KXEN_RESTORE_OK		0
#define KXEN_RESTORE_FORMAT	1 /* EINVAL: not a saved domain, or damaged */
#define KXEN_RESTORE_VERSION	2 /* EOPNOTSUPP: a newer module has written it, and something new */
#define KXEN_RESTORE_STATE	3 /* EBUSY: no VM, not paused, or the guest has run */
#define KXEN_RESTORE_VCPUS	4 /* EINVAL: another number of vCPUs, or other vCPUs */
#define KXEN_RESTORE_MEMORY	5 /* a page of the guest is not where it was, or does not stay */
#define KXEN_RESTORE_VALUES	6 /* EINVAL: a value that no guest could have set */
#define KXEN_RESTORE_PORTS	7 /* ENOSPC: the domain can have too few ports */
#define KXEN_RESTORE_FEATURE	8 /* EOPNOTSUPP: it has no N-level, the guest uses it */
#define KXEN_RESTORE_NOMEM	9 /* ENOMEM: the host had no memory; the stream may be good */
#define KXEN_RESTORE_ARCH	10 /* EOPNOTSUPP: it was saved on another architecture */
#define KXEN_RESTORE_OLD	11 /* EOPNOTSUPP: in a form of before, which is read no more */
#define KXEN_RESTORE_GRANTS	12 /* ENOSPC: its grant table can have too few frames */

/**
 * struct kxen_stream_arg - KXEN_SAVE, KXEN_RESTORE
 * @size: sizeof(struct kxen_stream_arg)
 * @flags: must be 0
 * @domid: the domain
 * @reason: restore: out, on failure too: KXEN_RESTORE_*
 * @buf: address of the stream; Documentation/save-stream.rst
 * @len: restore: its length; save: in: room at @buf, out: length, or what is needed
 * @skipped: in: must be 0, also when the call is made again; restore: out, on failure too: parts
 *	of the stream that a newer module has written, and that were left out, since it says that
 *	they may be
 *
 * All of a domain that is not in the guest's memory, which the VMM copies. The guest's
 * clock is the VMM's to carry over (KVM_SET_CLOCK).
 *
 * SAVE: the domain is paused (EBUSY), and stays so. From now on until it is unpaused,
 * nothing is written into the guest's memory: copy it now. Unpausing it makes it
 * go on as if nothing had been; what was sent meanwhile is delivered then. ENOSPC: @len
 * says how much room it needs; that alone stops no writes. EAGAIN: a peer has changed a
 * channel, try again. EINPROGRESS: the machine was reset, or has woken up, and which of the two
 * its guest has not shown yet: let it run, and save it when it has called Xen. EISCONN: it has
 * mapped pages of another domain, or somebody uses pages that it has granted: let its devices be
 * detached, and try again. EOPNOTSUPP: it uses other pages that are not of its VMM's memory, which
 * are not saved yet.
 *
 * RESTORE: the domain has its VM, with as many vCPUs; the guest's memory is back, its
 * vCPUs have not run; the domain is paused. All or nothing, the guest's memory included:
 * whoever is refused may try another stream. The number of the domain may be another one.
 * Channels to other domains are connected again if the peer waits for a domain of this
 * number, and are pending; else they are unbound. A page that the stream names and the VMM
 * has not brought yet is waited for, as long as it takes; meanwhile the domain is as new, and
 * other calls see it. A signal ends that if it kills the caller: EINTR, and the domain is as
 * new. EINVAL, KXEN_RESTORE_MEMORY: a page cannot be held, or each time that it has come it is
 * gone again; to try again helps if the host has too little memory for all of them.
 */
struct kxen_stream_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 reason;
	__aligned_u64 buf;
	__u32 len;
	__u32 skipped;
};

/* struct kxen_evtchn_arg.op */
#define KXEN_EVTCHN_RESET	0 /* close all ports; the domain is paused */
#define KXEN_EVTCHN_ALLOC	1 /* a port for @value, which may be any domain */
#define KXEN_EVTCHN_VIRQ	2 /* the global virtual interrupt @value is sent there */

/**
 * struct kxen_evtchn_arg - KXEN_EVTCHN: what Xen lets a controller do to a domain
 * @size: sizeof(struct kxen_evtchn_arg)
 * @flags: must be 0
 * @domid: the domain; VIRQ: also 0, which gets them all at first
 * @op: KXEN_EVTCHN_*
 * @value: see @op
 * @port: ALLOC: out: the port
 *
 * RESET: EINVAL if the domain is not paused; EBUSY while it resets itself; EAGAIN;
 * EINTR: a signal came first. ALLOC: ENOSPC; EINVAL if it is dying. VIRQ: EINVAL
 * for one that is not global; ESRCH for a domain that is dying.
 */
struct kxen_evtchn_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 op;
	__u32 value;
	__u32 port;
};

/**
 * struct kxen_map_entry - one range of what a guest is told of its memory
 * @addr: its first guest physical address
 * @len: bytes
 * @type: as in an E820 map: 1 is memory for the guest to use, 2 is reserved
 * @reserved: must be 0
 */
struct kxen_map_entry {
	__aligned_u64 addr;
	__aligned_u64 len;
	__u32 type;
	__u32 reserved;
};

/**
 * struct kxen_map_arg - KXEN_GIVE_MAP: what XENMEM_memory_map tells the guest
 * @size: sizeof(struct kxen_map_arg)
 * @flags: must be 0
 * @domid: the domain
 * @nr: elements at @buf, at most 1024; 0: what was given is taken back
 * @buf: address of @nr struct kxen_map_entry
 *
 * The guest gets it as it is, in this order. It may set another one (XENMEM_set_memory_map), and
 * has this one again after a reset of its machine. A domain that was given none tells its guest
 * of all memory of the VM that can be written to, but for 0xa0000 to 0xfffff on x86. A saved
 * domain comes with what its guest saw then; this call is made for the new domain, too.
 *
 * E2BIG: more than 1024. EINVAL: domain 0. ESHUTDOWN: it is dying.
 */
struct kxen_map_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 nr;
	__aligned_u64 buf;
};

#define KXEN_PARAM_GIVE		(1U << 0)

/**
 * struct kxen_param_arg - KXEN_PARAM: a parameter that HVMOP_get_param gives the guest
 * @size: sizeof(struct kxen_param_arg)
 * @flags: KXEN_PARAM_GIVE: it becomes @value; else @value is filled in
 * @domid: the domain
 * @index: HVM_PARAM_* of the Xen ABI
 * @reserved: must be 0
 * @reserved2: must be 0
 * @value: its value
 *
 * For what a toolstack prepares before the guest runs: the pages of xenstore and of the console
 * (STORE_PFN 1, CONSOLE_PFN 17), which the guest may not set, their event channels (2, 18), and
 * all that the guest may set itself (15, 19, 34, 36, 37) but for the callback (0). A machine
 * that is reset begins with these again. A saved domain comes with what its guest saw then; this
 * call is made for the new domain, too.
 *
 * EINVAL: there is no such parameter; domain 0. EOPNOTSUPP: one that is not to be given.
 * ESHUTDOWN: it is dying.
 */
struct kxen_param_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 index;
	__u32 reserved;
	__u32 reserved2;
	__aligned_u64 value;
};

/* struct kxen_grant_arg.flags */
#define KXEN_GRANT_READ_ONLY	(1U << 0)
#define KXEN_GRANT_END		(1U << 1) /* nothing is granted by @ref */

/**
 * struct kxen_grant_arg - KXEN_GRANT: a grant that the guest finds in its table
 * @size: sizeof(struct kxen_grant_arg)
 * @flags: of KXEN_GRANT_READ_ONLY and KXEN_GRANT_END
 * @domid: the domain
 * @ref: the grant reference, 0 to 7; 0 is the console's, 1 xenstore's
 * @to: number of the domain that may use the page
 * @reserved: must be 0
 * @gfn: the page: its frame number in the guest
 *
 * For what a toolstack prepares before the guest runs. It is as if the guest had written it into
 * its table, in version 1, and is there again after each reset of its machine. A saved domain
 * comes with what its guest had then; this call is made for the new domain, too.
 *
 * EINVAL: another reference; a frame or domain that no entry can name; domain 0. EBUSY: the
 * grant is in use, or the guest has switched to version 2. ESHUTDOWN: it is dying.
 */
struct kxen_grant_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 ref;
	__u32 to;
	__u32 reserved;
	__aligned_u64 gfn;
};

#define KXEN_GRANT_NEXT		(1U << 0)

/**
 * struct kxen_grant_info - KXEN_GRANT_INFO: state of one grant of a domain
 * @size: sizeof(struct kxen_grant_info)
 * @flags: KXEN_GRANT_NEXT: the first that is granted or in use, and not below @ref
 * @domid: the domain
 * @ref: in: the reference; out: the one that was found
 * @entry: flags of its entry, GTF_* of the Xen ABI, and of its status
 * @to: domain that may use it
 * @pins: how often it is in use: four numbers of 8 bits, from the lowest: by processors that read,
 *	and that write, by devices that read, and that write
 * @user: by which domain, if it is
 * @frame: the frame that the entry names; the reference, if it is transitive
 * @version: of the table
 * @reserved: 0
 *
 * ENOENT with KXEN_GRANT_NEXT: no further one. EINVAL: in no frame of the table.
 */
struct kxen_grant_info {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 ref;
	__u32 entry;
	__u32 to;
	__u32 pins;
	__u32 user;
	__aligned_u64 frame;
	__u32 version;
	__u32 reserved;
};

/**
 * struct kxen_special_arg - KXEN_SPECIAL: pages for a guest that are not of its VMM's memory
 * @size: sizeof(struct kxen_special_arg)
 * @flags: must be 0
 * @domid: the domain, which has its VM
 * @nr: how many; at most 8 in all
 * @gfn: the frame of the first one in the guest, where the VMM has no memory; the others follow
 *
 * For the rings of xenstore and of the console under a VMM that knows nothing of them: what
 * KXEN_PARAM and KXEN_GRANT name. The guest finds them there with nothing in them. They stay, with
 * what is in them, when its machine is reset, and it cannot give them back. A saved domain comes
 * with its own; so this call is made after a restore, or not at all: one that has any is not
 * restored (EBUSY).
 *
 * EEXIST: there is memory, or something is placed there. EBUSY: the domain has no VM yet. ENOSPC:
 * more than 8. EINVAL: a frame that no machine has; domain 0. ESHUTDOWN: it is dying. ENOMEM. All
 * of them or none.
 */
struct kxen_special_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 nr;
	__aligned_u64 gfn;
};

#define KXEN_PAGER_MAX		512	/* frames in one call of a pager */

/**
 * struct kxen_pager_arg - KXEN_PAGER: take pages of a guest's out of the host's memory
 * @size: sizeof(struct kxen_pager_arg)
 * @flags: must be 0
 * @domid: the domain, which has its VM
 * @fd: out: a descriptor of the pager's
 * @frames: out: no frame from here on has memory of the VMM's now
 * @pages: out: frames that have some which the guest may write to
 *
 * Documentation/mempaging.rst has how it is used: KXEN_PAGER_NOMINATE and the like, read() and
 * poll(). A domain has one pager, and so has a VMM, be it of several domains. With the last
 * reference to the descriptor the pager ends: pages that are out are lost then, and whoever touches
 * one gets an error. This call waits for one that ends.
 *
 * EBUSY: the domain has no VM yet, or its VMM has a pager. EINVAL: domain 0. ENODEV: its VM runs
 * without nested page tables. ESHUTDOWN: it is dying. EOPNOTSUPP: not on this host. EINTR, EMFILE,
 * ENOMEM; or what was said in the kernel log: a function of the host's cannot be hooked.
 */
struct kxen_pager_arg {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__s32 fd;
	__aligned_u64 frames;
	__aligned_u64 pages;
};

/**
 * struct kxen_pager_batch - calls of a pager's descriptor, each for some frames
 * @size: sizeof(struct kxen_pager_batch)
 * @flags: must be 0
 * @nr: frames, from 1 to KXEN_PAGER_MAX
 * @done: out: how many of them have a result
 * @gfns: pointer to their numbers, of 64 bits
 * @results: pointer to a result for each, 0 or a negative errno, of 32 bits
 * @buf: pointer to a page for each: KXEN_PAGER_READ, KXEN_PAGER_FILL; else 0
 *
 * KXEN_PAGER_NOMINATE: nobody reaches the page any more, and its content stays as it is.
 * Whoever touches it gets it back at once, and the pager a notice (KXEN_PAGING_EVICT_FAIL). Result
 * EBUSY: it cannot be paged, or not now; there is no other reason.
 *
 * KXEN_PAGER_READ: what is in a nominated page. Result ENOENT: it is not nominated any more.
 *
 * KXEN_PAGER_EVICT: the memory of a nominated page goes back to the host. Who touches it from now
 * on waits, and the pager is told. Result EBUSY: it is not nominated any more, or somebody looks.
 *
 * KXEN_PAGER_FILL: a page that is out comes back with this content; one that is nominated with its
 * own. Result ENOENT: it is neither, and if it was a notice says why. ENOMEM: no memory now,
 * also in the VMM's memory cgroup. EFAULT: the page in @buf.
 *
 * A call ends early, with less done, when a signal comes. EINTR: then with none. EINVAL: @nr, or
 * a pointer that is not used here. EFAULT. ESHUTDOWN: the VMM has ended.
 */
struct kxen_pager_batch {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__u32 done;
	__aligned_u64 gfns;
	__aligned_u64 results;
	__aligned_u64 buf;
};

/* Bits of struct kxen_pager_event.flags. */
#define KXEN_PAGING_VCPU	(1U << 0) /* it is out, and a vCPU waits for it */
#define KXEN_PAGING_FOREIGN	(1U << 1) /* it is out, and somebody else wants it */
#define KXEN_PAGING_EVICT_FAIL	(1U << 2) /* it was nominated, and is in use again */
#define KXEN_PAGING_DROP	(1U << 3) /* its memory was given up: nobody wants the content */

/**
 * struct kxen_pager_event - what is read from a pager's descriptor
 * @gfn: the frame
 * @vcpu: which vCPU waits, with KXEN_PAGING_VCPU
 * @flags: KXEN_PAGING_*
 *
 * One for each frame at most: what happens before it is read is added. read() returns as many as
 * there are and have room, at least one, or waits; 0 when the VMM has ended.
 */
struct kxen_pager_event {
	__aligned_u64 gfn;
	__u32 vcpu;
	__u32 flags;
};

/* 0x70 to 0x7f are for who tries something: no release has one of these. */
#define KXEN_INFO	_IO(KXEN_IOC, 0x00)
#define KXEN_CREATE	_IO(KXEN_IOC, 0x01)
#define KXEN_ATTACH	_IO(KXEN_IOC, 0x02)
#define KXEN_QUERY	_IO(KXEN_IOC, 0x03)
#define KXEN_DESTROY	_IO(KXEN_IOC, 0x04)
#define KXEN_PAUSE	_IO(KXEN_IOC, 0x05)
#define KXEN_UNPAUSE	_IO(KXEN_IOC, 0x06)
#define KXEN_PORT	_IO(KXEN_IOC, 0x07)
#define KXEN_SAVE	_IO(KXEN_IOC, 0x08)
#define KXEN_RESTORE	_IO(KXEN_IOC, 0x09)
#define KXEN_EVTCHN	_IO(KXEN_IOC, 0x0a)
#define KXEN_HOLD	_IO(KXEN_IOC, 0x0b)
#define KXEN_UNHOLD	_IO(KXEN_IOC, 0x0c)
#define KXEN_STATS	_IO(KXEN_IOC, 0x0d)
#define KXEN_STAT_NAMES	_IO(KXEN_IOC, 0x0e)
#define KXEN_GRANT	_IO(KXEN_IOC, 0x0f)
#define KXEN_GIVE_MAP	_IO(KXEN_IOC, 0x10)
#define KXEN_PARAM	_IO(KXEN_IOC, 0x11)
#define KXEN_GRANT_INFO	_IO(KXEN_IOC, 0x12)
#define KXEN_SPECIAL	_IO(KXEN_IOC, 0x13)
#define KXEN_PAGER	_IO(KXEN_IOC, 0x14)

/* Of a pager's descriptor. */
#define KXEN_PAGER_NOMINATE	_IO(KXEN_IOC, 0x15)
#define KXEN_PAGER_READ		_IO(KXEN_IOC, 0x16)
#define KXEN_PAGER_EVICT	_IO(KXEN_IOC, 0x17)
#define KXEN_PAGER_FILL		_IO(KXEN_IOC, 0x18)

#endif
