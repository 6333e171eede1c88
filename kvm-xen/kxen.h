/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domain and its vCPUs: what every part of the module shares.
 *
 * Locks, outermost first (Documentation/locking.rst is the master list):
 *   kxen_domains_lock, domain->lock, evtchn event_lock (by domid, 0 last), virq_lock, port->lock
 *   (by address), v->time_lock. domain->pin_lock, p2m_lock and hole_lock are taken alone, below any
 *   mutex.
 */
#ifndef KXEN_H
#define KXEN_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/preempt.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <kvm-xen/domain.h>
#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "arch_types.h"
#include "guest_mem.h"
#include "limits.h"
#include "part.h"

struct kvm;
struct kvm_memory_slot;
struct kvm_vcpu;
struct kxen_create;
struct kxen_page;
struct kxen_map;
struct kxen_vcpu_id;
struct kxen_query;
struct user_struct;

#define KXEN_MAX_VCPUS		512
#define KXEN_FIRST_RESERVED	DOMID_FIRST_RESERVED
#define KXEN_NR_PARAMS		39	/* Xen's HVM_NR_PARAMS; Linux has an older one */
#define KXEN_NR_VIRQS		24
#define KXEN_NR_WATCHDOGS	2
#define KXEN_P2M_NEAR_SHIFT	4	/* 2^ chunks that are found at once; p2m_table.c */
#define KXEN_P2M_SEEN_SHIFT	12	/* 2^ bits that say where there is no chunk */

/* For work that may take its time; the kernel has given it another name. */
#ifdef KXEN_SYSTEM_DFL_WQ
#define kxen_unbound_wq		system_dfl_wq
#else
#define kxen_unbound_wq		system_unbound_wq
#endif

/**
 * struct kxen_shared_info - where a domain's shared_info lies.
 * @at: its first byte.
 * @page: the guest's page that serves, none before the guest has placed it.
 *
 * Replaced, never changed: senders read domain->shared_info under RCU, and whoever
 * replaces it carries over what they set in the old page meanwhile.
 */
struct kxen_shared_info {
	struct kxen_gptr at;
	struct kxen_page page;
};

#define KXEN_SPECIAL_PAGES	8	/* as many as Xen has */

/* A page that the domain has had since before its guest: where, with a reference. */
struct kxen_special {
	u64 gfn;
	struct kxen_p2m_entry *entry;
};

/* Guest memory that is written for one vCPU, at most two pages. */
struct kxen_area {
	struct kxen_page page[2];
	u16 offset;		/* in page[0] */
	u16 len;
	bool active;
};

/* Counters of one vCPU; only its own thread writes, anybody reads. */
struct kxen_vcpu_stats {
	u64 hypercalls;
	u64 sends;
	u64 vectors;
	u64 continued;	/* hypercalls that were cut and gone on with */
};

#define KXEN_FAST_PAGES		4	/* of stacks of a guest's threads, say; a power of two */
#define KXEN_FAST_LEVELS	4

/* A word of the guest's page tables, where it lies in the VMM's memory and what it said. */
struct kxen_fast_word {
	const u64 __user *hva;
	u64 is;
};

/*
 * struct kxen_fast_page - a page of the guest's that an argument was in, and by which words of its
 *	tables: as long as these say the same, the page is there.
 * @gva: its address, and in the lowest bit whether the processor kept a user's pages from the
 *	guest's kernel then; ~0 for none.
 * @top: where the tables began.
 * @hva: it, in the VMM's memory.
 * @word: of each level that there is, the last one again where there is no more.
 */
struct kxen_fast_page {
	u64 gva;
	u64 top;
	unsigned long hva;
	struct kxen_fast_word word[KXEN_FAST_LEVELS];
};

/*
 * struct kxen_fast - calls that are served where nothing may sleep, nor KVM's SRCU is held, if the
 *	architecture has such a place. The vCPU's own thread's.
 * @served: how many, of the hypercalls.
 * @left: how many could have been as a rule, and were not.
 * @gen: of KVM's memory slots, when what follows was looked up; as long as that is the same, so
 *	is this.
 * @mem: where the guest's page tables begin, and where its last argument was.
 * @learn: it would not do: the next copy with SRCU looks anew.
 * @buf: the argument of the call that is being served there.
 * @page: pages that arguments were in.
 */
struct kxen_fast {
	u64 served;
	u64 left;
	u64 gen;
	struct {
		u64 start;
		u64 size;
		unsigned long hva;
	} mem[2];
	bool learn;
	u64 buf[KXEN_FAST_WORDS / 2];
	struct kxen_fast_page page[KXEN_FAST_PAGES];
};

/* Of the pages nothing is known. */
static inline void kxen_fast_forget(struct kxen_fast *f)
{
	int i;

	for (i = 0; i < KXEN_FAST_PAGES; i++)
		f->page[i].gva = ~0ULL;
}

/*
 * struct kxen_vcpu - one vCPU of an attached VM.
 * @preempt_ops: replaces KVM's own in the vCPU's preempt notifier. Being there
 *	is what marks a vCPU as ours: hooks tell it with one compare, and find
 *	this structure from it. Must stay first.
 * @kvm_ops: what was there before.
 * @vcpu: KVM's vCPU; valid until the VM's destruction.
 * @domain: the domain.
 * @id: Xen's vCPU number.
 * @kvm_id: KVM's, on x86 the APIC id.
 * @gaps: how often a call has given KVM's SRCU up, to wait; its own thread.
 * @life: kxen_domain_life() when the call began that may wait for others; its own thread.
 * @arch: the architecture's part.
 * @vcpu_info: the vcpu_info that is in use; RCU.
 * @vcpu_info_page: pinned page of a registered vcpu_info.
 * @poll_port: what the vCPU sleeps for: 0 nothing, U32_MAX any event, or a
 *	port; written by its own thread.
 * @virq_port: here, as @poll_port, and not in a structure of event channels': both are read
 *	on the way of an event, which would cost it one more load.
 *
 * Near its end are pointers to what each part of the domain holds of the vCPU, as parts.h has
 * them.
 */
struct kxen_vcpu {
	struct preempt_ops preempt_ops;
	struct preempt_ops *kvm_ops;
	struct kvm_vcpu *vcpu;
	struct kxen_domain *domain;
	u32 id;
	u32 kvm_id;
	u32 gaps;
	u64 life;
	struct list_head prepared;	/* in domain->prepared, until it is adopted */
	struct kxen_arch_vcpu arch;

	struct kxen_gptr_rcu vcpu_info;
	struct kxen_page vcpu_info_page;
	u64 dummy_vcpu_info[8];	/* stands in before registration, vCPU >= 32 */

	u32 poll_port;
	raw_spinlock_t virq_lock;
	u32 virq_port[KXEN_NR_VIRQS];	/* the per-vCPU ones */

	/* time: written under time_lock, by the vCPU's thread or its timers */
	raw_spinlock_t time_lock;
	struct kxen_area time_area;
	u32 time_area_version;
	bool time_stale;	/* publish again although nothing changed */
	struct mutex timer_lock;	/* starting and stopping what follows */
	struct hrtimer singleshot;
	struct hrtimer periodic;
	u64 period_ns;

	/* runstate: written by the scheduler's callbacks, under time_lock */
	u32 runstate;
	u64 runstate_entry;	/* guest system time, ns */
	u64 runstate_times[4];
	struct kxen_area runstate_area;

	/* a restored vCPU: what waits for the VMM to have set the clock */
	bool resume;
	u64 resume_singleshot;	/* guest system time, ~0 for none */
	u64 resume_periodic;
	u64 resume_period;
	u64 resume_times[4];

	struct kxen_hc hc;	/* the call that it makes; its own thread */
	struct kxen_vcpu_stats stats;
	atomic64_t upcalls;
	atomic64_t timers;

	bool paused;		/* sleeps, in park.c or for a page */
	struct task_struct *pause_task;	/* has a work of pause.c's queued */

	KXEN_PARTS_VCPU(KXEN_PART_VCPU)

	struct kxen_fast fast;
};

enum kxen_state {
	KXEN_CREATED,
	KXEN_RUNNING,
	KXEN_SHUTDOWN,
	KXEN_DYING,
};

struct kxen_watchdog {
	struct hrtimer timer;
	struct kxen_domain *domain;
	bool active;
	bool expired;
};

/*
 * struct kxen_domain - a domain of the world.
 * @domid: its number.
 * @ref: users of the structure; the VM counts as one.
 * @holds: what keeps it dying when it has died, and not gone: its life counts as one.
 * @kvm: the VM, valid from attach until its destruction; NULL for domain 0.
 * @lock: serialises everything that is not a hot path: placement of pages,
 *	HVM parameters, reset, attach.
 * @vcpus: by Xen vCPU number; entries appear once and stay until the end.
 * @evtchn: and others as parts.h has them: what each part holds of the domain.
 * @arch: the architecture's part.
 */
struct kxen_domain {
	u16 domid;
	u16 xen_major;
	u16 xen_minor;
	enum kxen_state state;
	u32 flags;
	u32 shutdown_reason;
	bool is_host;
	bool compat;		/* 32-bit layout of shared pages is latched */
	u8 uuid[16];

	struct kvm *kvm;
	struct kvm *claimed;	/* as @kvm, since the attach began; kxen_domains_lock */
	pid_t pid;		/* of the VM's process */
	struct list_head numbered;	/* all that have a number; kxen_domains_lock */
	u64 owner;		/* id of the control file that made it */
	kuid_t uid;		/* its user */
	struct mutex lock;

	struct kxen_vcpu __rcu *vcpus[KXEN_MAX_VCPUS];
	u32 nr_vcpus;		/* the highest number, and one */
	struct kxen_vcpu_id *vcpu_ids;	/* the VMM's numbers, none: by order */
	u32 nr_vcpu_ids;
	struct list_head prepared;	/* vCPUs that KVM has not made yet */
	u32 nr_prepared;
	bool active;		/* the guest has spoken to us since the last reset */
	bool reset_pending;	/* held: machine_reset.c */
	bool restoring;		/* no pin waits for a page, or takes a fault */
	unsigned long absent;	/* the one that was not there; 0: none */
	bool stuck;		/* guest_word.c: it has kept the host waiting */
	bool killed;		/* kill.c: its VM never runs again; under lock */

	struct kxen_shared_info __rcu *shared_info;
	struct kxen_shared_info own_shared_info;	/* in no guest page, but in the next one */
	void *own_shared_info_page;
	struct kxen_special special[KXEN_SPECIAL_PAGES];	/* special.c; lock */
	u32 nr_special;
	struct kxen_p2m_entry *own_placed;	/* where the VMM has no memory; lock */
	u64 own_gfn;		/* the frame, if it is still there */
	struct ratelimit_state expedite;

	KXEN_PARTS_EACH(KXEN_PART_POINTER)

	raw_spinlock_t virq_lock;
	u32 virq_port[KXEN_NR_VIRQS];	/* the per-domain ones */
	atomic_t pollers;

	u64 params[KXEN_NR_PARAMS];
	u64 given_params[KXEN_NR_PARAMS];	/* by the controller: each life begins with them */
	struct kxen_map *map;	/* the guest's own, of this life; NULL: none */
	struct kxen_map *given_map;	/* by the controller; NULL: the memory that there is */
	struct kxen_arch_domain arch;
	unsigned long vm_assist;

	struct user_struct *user;	/* whose locked memory is charged; NULL: none is */
	long memlock;		/* pages that this user may lock */
	bool memlock_out;	/* said once */
	struct mutex pin_lock;	/* changes of the next two */
	struct xarray pinned_gfns;	/* by gfn: the pinned pages of every kind */
	struct xarray host_mapped;	/* by gfn: what processes of the host have: dom0_page.c */
	struct mutex p2m_lock;	/* entries that are placed over the guest's frames */
	struct xarray p2m_chunks;
	struct kxen_p2m_chunk *p2m_near[BIT(KXEN_P2M_NEAR_SHIFT)];	/* some, by number */
	DECLARE_BITMAP(p2m_seen, BIT(KXEN_P2M_SEEN_SHIFT));	/* numbers there were */
	atomic_t p2m_nr_chunks;
	atomic_t p2m_placed;	/* over how many; 0: look no further */
	struct kxen_p2m_view *p2m_view;	/* slots made for frames that had none; p2m_view.c */
	struct mutex p2m_view_lock;
	bool p2m_view_wanted;	/* there is one to be made */
	u32 p2m_holes;		/* and how many show nothing: p2m_hole.c */
	const struct kxen_frame_ops *frame_ops;	/* of a part that pages; p2m.h */
	bool as_it_is;		/* nothing is placed over its frames; set before anybody knows it */
	/* A part's, or NULL: a page is held, or about to be given back. 0; -EINVAL, -ENOMEM. */
	int (*page_held)(struct kxen_domain *d, const struct kxen_page *p, bool held);
	int p2m_saved;		/* of these, in records of parts; under p2m_lock */
	u32 p2m_held;		/* pages that are held and were placed; under pin_lock */
	bool p2m_closed;
	struct {		/* p2m_iommu.c: devices of the guest's own */
		struct mutex lock;
		struct list_head groups;
		u32 nr;		/* of groups; read without the lock */
		u32 unseen;	/* pages that a device which came late does not see */
		struct xarray mapped;	/* by gfn: what they see of other domains */
		struct list_head node;
	} iommu;
	struct mutex hole_lock;	/* changes of the following, and of p2m_holes */
	struct xarray holes;
	u32 hole_chunks;	/* how many it has, KXEN_HOLE_CHUNKS at most */
	u32 p2m_unplaced;	/* pages of the guest's that have no frame */
	atomic64_t balloon_kept;	/* pages that it gave up, and the VMM has still */
	struct kxen_limit limit[KXEN_NR_LIMITS];
	atomic64_t resets;
	struct kxen_watchdog watchdog[KXEN_NR_WATCHDOGS];

	refcount_t ref;		/* apart from what every send reads */
	refcount_t holds;
	int pause_count;	/* under lock; read by vCPUs */
	int tool_pauses;	/* how many of these are domctl's; under lock */
	u64 told_pages;		/* what tools were told of its memory; under lock */
	u64 told_max;
	int kept_paused;	/* and how many are for nobody to undo; under lock */
	wait_queue_head_t pause_wait;

	struct dentry *debugfs;
	struct work_struct gone_work;
	struct rcu_work free_work;
};

/*
 * Which guest the machine has, and whether it is about to get another one. Whoever has waited with
 * no lock compares: what he was to do was the wish of the one before.
 */
static inline u64 kxen_domain_life(const struct kxen_domain *d)
{
	return (u64)atomic64_read(&d->resets) << 1 | READ_ONCE(d->reset_pending);
}

extern struct kxen_domain *kxen_dom0;

/* world.c; for other modules, too: include/kvm-xen/domain.h */
extern struct mutex kxen_domains_lock;
int kxen_world_init(struct kxen_domain *host);
void kxen_world_exit(void);
int kxen_world_reserve(struct kxen_domain *d, u32 want);
void kxen_world_publish(struct kxen_domain *d);
void kxen_world_unpublish(struct kxen_domain *d);
void kxen_world_release(struct kxen_domain *d);
bool kxen_world_has_vm(struct kvm *kvm);
struct kxen_domain *kxen_domain_next(u32 domid);
bool kxen_domain_hold(struct kxen_domain *d);
struct kxen_domain *kxen_domain_held(u32 domid);
void kxen_domain_unhold(struct kxen_domain *d);
u32 kxen_domain_holders(const struct kxen_domain *d);
bool kxen_domain_visible(const struct kxen_domain *d);
u32 kxen_domains_count(void);

/* domain.c; and there */
int kxen_domains_init(void);
void kxen_domains_exit(void);
void kxen_domain_died(struct kxen_domain *d);
void kxen_domain_release_owner(u64 owner);
void kxen_domain_renew(struct kxen_domain *d);
void kxen_domain_reset(struct kxen_domain *d);
void kxen_domain_mark_dirty(struct kvm *kvm, struct kvm_memory_slot *slot);

/* attach.c; and there */
int kxen_domain_vcpu_coming(struct kvm *kvm, u32 arch_id);
void kxen_domain_vcpu_created(struct kvm_vcpu *vcpu);
void kxen_domain_vm_gone(struct kvm *kvm);
bool kxen_hooks_armed(void);
void kxen_attach_exit(void);

/* vm_hold.c */
void kxen_vm_holds_exit(void);

/* The guest has found us: from now on a machine reset has something to do. */
static inline void kxen_domain_mark_active(struct kxen_domain *d)
{
	if (unlikely(!READ_ONCE(d->active)) && !READ_ONCE(d->reset_pending))
		WRITE_ONCE(d->active, true);
}

/* machine_reset.c */
void kxen_reset_hold(struct kxen_domain *d);
void kxen_reset_new_life(struct kxen_domain *d);
void kxen_reset_first_call(struct kxen_vcpu *v, enum kxen_meaning means);

/* vcpu.c */
struct kxen_vcpu *kxen_vcpu_alloc(struct kxen_domain *d, gfp_t gfp);
void kxen_vcpu_free(struct kxen_vcpu *v);
void kxen_vcpu_bind(struct kxen_vcpu *v, struct kvm_vcpu *vcpu, u32 id);
void kxen_vcpus_reset(struct kxen_domain *d);

/**
 * kxen_domain_vcpu() - vCPU by Xen's number.
 * @d: the domain.
 * @id: the number, may come from a guest.
 *
 * Return: the vCPU or NULL; it lives as long as the domain.
 */
static inline struct kxen_vcpu *kxen_domain_vcpu(struct kxen_domain *d, u32 id)
{
	if (id >= KXEN_MAX_VCPUS)
		return NULL;
	id = array_index_nospec(id, KXEN_MAX_VCPUS);
	return rcu_dereference_check(d->vcpus[id], true);
}

/* Every vCPU that there is; their numbers may have gaps. */
static inline struct kxen_vcpu *kxen_vcpu_from(struct kxen_domain *d, u32 *i)
{
	struct kxen_vcpu *v = NULL;

	while (*i < READ_ONCE(d->nr_vcpus)) {
		v = kxen_domain_vcpu(d, *i);
		if (v)
			break;
		++*i;
	}
	return v;
}

#define kxen_for_each_vcpu(d, i, v) \
	for ((i) = 0; ((v) = kxen_vcpu_from(d, &(i))); (i)++)

/* enter.c */
void kxen_vcpu_enter(struct kxen_vcpu *v);

/* vcpu_info.c */
int kxen_vcpu_set_info(struct kxen_vcpu *v, u64 gfn, u32 offset);
void kxen_vcpu_info_moved(struct kxen_vcpu *v, bool keep);
void kxen_vcpu_use_slot(struct kxen_vcpu *v);
int kxen_vcpu_restore_info(struct kxen_vcpu *v, u64 gfn, u32 offset);

/* shared_info.c */
int kxen_shared_info_init(struct kxen_domain *d);
void kxen_shared_info_free(struct kxen_domain *d);
int kxen_shared_info_set(struct kxen_domain *d, u64 gfn);
u64 kxen_shared_info_gfn(struct kxen_domain *d, bool *own);
int kxen_shared_info_restore(struct kxen_domain *d, u64 gfn, const void *content);
int kxen_shared_info_remove(struct kxen_domain *d, u64 gfn);
bool kxen_shared_info_is_at(struct kxen_domain *d, u64 gfn);
void kxen_shared_info_reset(struct kxen_domain *d);
void kxen_shared_info_latch_width(struct kxen_domain *d, bool compat);
void kxen_shared_info_wallclock(struct kxen_domain *d);

/* runstate.c */
void kxen_runstate_init(struct kxen_vcpu *v);
void kxen_runstate_set(struct kxen_vcpu *v, u32 state);
void kxen_runstate_get(struct kxen_vcpu *v, struct vcpu_runstate_info *out);
int kxen_runstate_register(struct kxen_vcpu *v, const struct kxen_guest_addr *ga);
void kxen_runstate_resume(struct kxen_vcpu *v);

/* timer.c */
void kxen_timer_init(struct kxen_vcpu *v);
void kxen_timer_stop(struct kxen_vcpu *v);
int kxen_timer_register_area(struct kxen_vcpu *v,
			     const struct kxen_guest_addr *ga);
int kxen_timer_singleshot(struct kxen_vcpu *v, u64 abs_ns);
void kxen_timer_singleshot_stop(struct kxen_vcpu *v);
int kxen_timer_periodic(struct kxen_vcpu *v, u64 period_ns);
void kxen_timer_periodic_stop(struct kxen_vcpu *v);
long kxen_set_timer_op(struct kxen_vcpu *v, s64 abs_ns);
void kxen_timer_save(struct kxen_vcpu *v, u64 *singleshot, u64 *periodic,
		     u64 *period);
int kxen_timer_restore(struct kxen_vcpu *v, u64 singleshot, u64 periodic,
		       u64 period);
void kxen_timer_resume(struct kxen_vcpu *v);

/* watchdog.c */
int kxen_watchdog_op(struct kxen_domain *d, u32 id, u32 timeout);
void kxen_watchdog_init(struct kxen_domain *d);
bool kxen_watchdog_stop(struct kxen_domain *d);
u64 kxen_watchdog_save(struct kxen_watchdog *w);
void kxen_watchdog_restore(struct kxen_watchdog *w, u64 left);

/* ctl.c, debugfs.c */
int kxen_ctl_init(void);
bool kxen_ctl_is_core(unsigned int cmd);
void kxen_ctl_exit(void);
int kxen_debugfs_init(void);
void kxen_debugfs_exit(void);
void kxen_debugfs_add(struct kxen_domain *d);
void kxen_debugfs_del(struct kxen_domain *d);

/* query.c */
void kxen_domain_query(struct kxen_domain *d, struct kxen_query *q);

/* limits.c */
void kxen_domain_wait_senders(struct kxen_domain *d);

#endif
