/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of a domain: event channels, and what comes to stand beside them. What it gives the
 * core: hooks in a domain's life, and tables of what it serves, counts and saves.
 */
#ifndef KXEN_PART_H
#define KXEN_PART_H

#include <linux/stddef.h>
#include <linux/types.h>

#include "parts.h"

struct dentry;
struct kvm_memory_slot;
struct kxen_create;
struct kxen_domain;
struct kxen_domctl;
struct kxen_hc;
struct kxen_hook_set;
struct kxen_stream_in;
struct kxen_query;
struct kxen_rec_desc;
struct kxen_shared_info;
struct kxen_stream_out;
struct kxen_vcpu;

#define KXEN_CTL_ARG_MAX	256	/* bytes of the largest argument */
#define KXEN_HC_ARGS		6	/* of a hypercall, at most */

/**
 * struct kxen_ctl_call - a call of the control device that belongs to a part.
 * @cmd: its number.
 * @size: of its argument, as the kernel knows it.
 * @min_size: as the first version had it.
 * @flags: what its argument's flags may have set.
 * @own: the caller must own the domain; else it is enough that it may see it.
 * @fn: the call; 0 or -errno. Context: may sleep, no lock held; a reference is held. Its argument
 *	has KXEN_CTL_ARG_MAX bytes, of which those behind it are its own.
 * @done: or NULL: @fn was good, and the caller has its answer; or that could not be written, and
 *	nobody knows of what was made. With the same bytes; the domain may have gone.
 *
 * Each argument begins with size, flags and the domain's number, 32 bits each.
 */
struct kxen_ctl_call {
	unsigned int cmd;
	u32 size;
	u32 min_size;
	u32 flags;
	bool own;
	int (*fn)(struct kxen_domain *d, void *arg);
	void (*done)(void *arg, bool told);
};

/* One entry: @last is the last member of the argument's first version. */
#define KXEN_CTL_CALL(nr, type, last, allowed, owner, func) {			\
	.cmd = nr,								\
	.size = sizeof(struct type) +						\
		BUILD_BUG_ON_ZERO(sizeof(struct type) > KXEN_CTL_ARG_MAX) +	\
		BUILD_BUG_ON_ZERO(offsetof(struct type, flags) != 4) +		\
		BUILD_BUG_ON_ZERO(offsetof(struct type, domid) != 8),		\
	.min_size = offsetofend(struct type, last),				\
	.flags = allowed, .own = owner, .fn = func }

/*
 * What a call says of a domain that is held, since its machine was reset or has slept
 * (machine_reset.c).
 */
enum kxen_meaning {
	KXEN_MEANS_WOKEN,	/* only a guest that was here before makes it */
	KXEN_MEANS_NOTHING,	/* it asks for something, and any guest may */
	KXEN_MEANS_NEW_LIFE,	/* a new guest begins with it */
};

/**
 * struct kxen_hc - one hypercall in progress.
 * @v: the caller, in whose memory arguments are; NULL: a process of the host, whose own they
 *	are in. Only handlers that kxen_hypercall_by_host() leads to see that.
 * @d: its domain; domain 0 for a process of the host.
 * @nr: hypercall number; all of the register counts in 64-bit mode.
 * @compat: the caller is not in 64-bit mode: @arg holds zero-extended 32-bit
 *	values, and structures have the 32-bit layout.
 * @in_multicall: this is an entry of a multicall.
 * @restart: the call is cut: kxen_hc_restart(). arch.h says what its hook does then.
 * @exit: the VMM has to be told: end KVM_RUN after this call.
 * @exit_reason: SHUTDOWN_*, if @exit.
 * @arg: its arguments.
 * @fetched: what kxen_hc_get() gets, where nothing may sleep (struct kxen_hc_fast); else NULL.
 */
struct kxen_hc {
	struct kxen_vcpu *v;
	struct kxen_domain *d;
	u64 nr;
	bool compat;
	bool in_multicall;
	bool restart;
	bool exit;
	u32 exit_reason;
	u64 arg[KXEN_HC_ARGS];
	u32 *fetched;
};

#define KXEN_FAST_WORDS	4	/* 32-bit words of the longest argument that is copied there */
#define KXEN_FAST_ARGS	3	/* and how many such a call takes, at most */

/**
 * struct kxen_hc_fast - which commands of a call are served where nothing may sleep, if the
 *	architecture has such a place: interrupts are off, KVM's SRCU is not held.
 * @cmds: a bit for each, by the call's first argument; commands beyond it are not.
 * @copies: those of them that read an argument from the guest's memory: it is there already when
 *	they are called, and nothing else of that memory is reached through the call.
 * @all: the first argument is no command: the call is, always.
 * @at: which of the call's arguments is the address of what is copied.
 * @len: its bytes, whole words.
 */
struct kxen_hc_fast {
	u32 cmds;
	u32 copies;
	bool all;
	u8 at;
	u8 len;
};

/**
 * struct kxen_hc_entry - a hypercall that belongs to a part.
 * @nr: its number.
 * @nargs: how many arguments it takes: an entry of a multicall has no others.
 * @fn: -errno or a value, as the guest gets it. Context: the vCPU's own thread, kvm->srcu
 *	held, may sleep.
 * @host: the same call by a process of domain 0, which has no vCPU; NULL: none may make it.
 *	Context: the process's own thread, may sleep, no lock held.
 * @means: what it says of a domain that is held; NULL: KXEN_MEANS_WOKEN. Nothing is done yet.
 * @fast: what of it may be called where nothing may sleep.
 */
struct kxen_hc_entry {
	u32 nr;
	u32 nargs;
	long (*fn)(struct kxen_hc *hc);
	long (*host)(struct kxen_hc *hc);
	enum kxen_meaning (*means)(const struct kxen_hc *hc);
	struct kxen_hc_fast fast;
};

/**
 * struct kxen_mem_entry - a command of HYPERVISOR_memory_op that belongs to a part.
 * @cmd: XENMEM_*.
 * @fn: as in struct kxen_hc_entry. In the call's first argument it finds its progress, above
 *	KXEN_MEM_CMD_BITS: how much was done before the call was cut, or what the guest says.
 * @means: what it says of a domain that is held.
 * @host: the same by a process of domain 0, as there; without @fn no guest may.
 */
struct kxen_mem_entry {
	u32 cmd;
	long (*fn)(struct kxen_hc *hc);
	enum kxen_meaning means;
	long (*host)(struct kxen_hc *hc);
};

#define KXEN_MEM_CMD_BITS	6

/**
 * struct kxen_domctl_entry - a call of HYPERVISOR_domctl that names a domain that there is.
 * @cmd: KXEN_DOMCTL_*.
 * @host: what it is for domain 0: 0, the same; or the error.
 * @out: the structure goes back, if it returns 0.
 * @fn: 0 or -errno, as a process of domain 0 gets it. Context: the process's own thread, may sleep,
 *	no lock held; the domain has a reference.
 */
struct kxen_domctl_entry {
	u32 cmd;
	int host;
	bool out;
	long (*fn)(struct kxen_hc *hc, struct kxen_domain *d, struct kxen_domctl *c);
};

/**
 * struct kxen_space - where pages come from that XENMEM_add_to_physmap places, if they are a
 *	part's.
 * @space: XENMAPSPACE_*.
 * @add: place page @idx at frame @gfn of the caller, which is its own domain; -errno or 0, as
 *	the guest gets it. Context: as a hypercall.
 * @remove: take away what is placed at @gfn; -ENOENT if none of this space is. Likewise.
 */
struct kxen_space {
	u32 space;
	long (*add)(struct kxen_hc *hc, u64 idx, u64 gfn);
	long (*remove)(struct kxen_hc *hc, u64 gfn);
};

/**
 * struct kxen_create_limit - a limit that a domain can be made with, if it is a part's.
 * @at: where in struct kxen_create, in bytes: one of the words from max_ports to uuid.
 * @max: the largest that can be asked for; 0 ends a table.
 *
 * What no part takes is refused: no limit is taken that would not hold.
 */
struct kxen_create_limit {
	u32 at;
	u32 max;
};

/**
 * struct kxen_stat_desc - one statistic; a table ends with one that has no name.
 * @id: KXEN_STAT_*.
 * @flags: KXEN_STAT_GROWS.
 * @name: what everybody calls it, shorter than the name in struct kxen_stat_name.
 * @vcpu: its value for one vCPU, a sum over all is the domain's; or
 * @domain: its value; or neither, and
 * @word: where it lies in the domain, 32 bits wide.
 *
 * The functions are called with no lock held, for any domain that can be found.
 */
struct kxen_stat_desc {
	u32 id;
	u32 flags;
	const char *name;
	u64 (*vcpu)(struct kxen_vcpu *v);
	u64 (*domain)(struct kxen_domain *d);
	size_t word;
};

/* What a limit counts. */
#define KXEN_STAT_LIMIT(stat, what, kind, member)			\
	{ .id = (stat), .name = (what),					\
	  .word = offsetof(struct kxen_domain, limit[kind].member) }

/**
 * struct kxen_subsys - a part of every domain. All hooks may be NULL.
 * @name: what the log calls it.
 * @features: KXEN_F_* that there are with it.
 * @create_flags: KXEN_DOM_* that it knows.
 * @create_limits: what else of struct kxen_create is its own.
 * @create: the domain is made, as whoever makes it wants it, and nobody knows it; 0, or -errno
 *	with nothing left.
 * @destroy: nobody knows it any more.
 * @attach: it is about to get its VM, and is the calling thread's alone; 0, or -errno with
 *	nothing changed.
 * @detach: it does not get it after all.
 * @vcpu_create: it is about to get a vCPU, which nobody knows, nor has it a number. Memory is had
 *	with @gfp: where that cannot fail, nothing else does; else 0, or -errno with nothing left.
 *	May come before @attach. Domain locked.
 * @vcpu_destroy: nobody knows it, or any more.
 * @stop: it dies; no vCPU of it runs any more, its memory is there still. Afterwards nobody
 *	else writes into it.
 * @reset: a life of its guest ends. Its memory may belong to the next one already.
 * @reset_done: and the next one begins, with all as new.
 * @freeze: nothing is written into its memory from now on; may be so already. Domain
 *	locked, its vCPUs do not run.
 * @thaw: it is again, also what came meanwhile. Domain locked.
 * @in_use: does it hold anything that a guest has made? Domain locked.
 * @frame_in_use: does another domain use the memory of this frame? Context: may sleep, no lock
 *	held.
 * @may_save: 0, or -errno while it has what no record can tell of, as KXEN_SAVE documents.
 *	Domain locked, its vCPUs do not run.
 * @save: write records. Domain locked; frozen, unless they are only counted.
 * @recs: the records that can be read, in the order in which they are written, behind those of
 *	the parts before it, and what is done with each.
 * @restore_done: all of them have been, and nothing can fail any more. Domain locked.
 * @width_changed: the layout of shared pages is about to be another one. Domain locked.
 * @shared_info_moved: shared_info has another place or layout; nobody writes to the old
 *	one (NULL: it is the same page) any more. Domain locked.
 * @vcpu_info_set: the guest has registered a vcpu_info; nobody writes to its old place any
 *	more. Domain locked.
 * @mark_dirty: the dirty log of a part of its memory is about to be read: what others may write to
 *	there without KVM's knowing is in it, by kxen_glue_slot_dirty(). kvm->slots_lock is held:
 *	nobody is waited for outside the kernel, nor who waits for memory.
 * @state_changed: it is shut down, dying, or gone. No lock held.
 * @query: fill in what is this part's. No lock held.
 * @stats: what is counted here.
 * @debugfs: make files in the domain's directory.
 * @hooks: its own on functions of KVM, if any. Registered at load, behind the architecture's,
 *	and checked with those; it takes them itself, kxen_hook_set_get(), while it needs them.
 * @hypercalls: calls of its guest; ends with one that has no @fn.
 * @memory_ops: commands of memory_op; ends with one that has neither @fn nor @host.
 * @domctls: calls of domctl; ends with one that has no @fn.
 * @spaces: whose pages its guest can place; ends with one that has no @add.
 * @ctl: calls of the control device; ends with one that has no @fn.
 *
 * Context: process context, may sleep. @destroy to @reset_done are called with no lock held.
 */
struct kxen_subsys {
	const char *name;
	u64 features;
	u32 create_flags;
	const struct kxen_create_limit *create_limits;
	int (*create)(struct kxen_domain *d, const struct kxen_create *c);
	void (*destroy)(struct kxen_domain *d);
	int (*attach)(struct kxen_domain *d);
	void (*detach)(struct kxen_domain *d);
	int (*vcpu_create)(struct kxen_vcpu *v, gfp_t gfp);
	void (*vcpu_destroy)(struct kxen_vcpu *v);
	void (*stop)(struct kxen_domain *d);
	void (*reset)(struct kxen_domain *d);
	void (*reset_done)(struct kxen_domain *d);
	void (*freeze)(struct kxen_domain *d);
	void (*thaw)(struct kxen_domain *d);
	bool (*in_use)(struct kxen_domain *d);
	bool (*frame_in_use)(struct kxen_domain *d, u64 gfn);
	int (*may_save)(struct kxen_domain *d);
	void (*save)(struct kxen_domain *d, struct kxen_stream_out *s);
	const struct kxen_rec_desc *recs;
	void (*restore_done)(struct kxen_domain *d, const struct kxen_stream_in *im);
	void (*width_changed)(struct kxen_domain *d);
	void (*shared_info_moved)(struct kxen_domain *d,
				  const struct kxen_shared_info *old);
	void (*vcpu_info_set)(struct kxen_vcpu *v);
	void (*mark_dirty)(struct kxen_domain *d, struct kvm_memory_slot *slot);
	void (*state_changed)(struct kxen_domain *d);
	void (*query)(struct kxen_domain *d, struct kxen_query *q);
	const struct kxen_stat_desc *stats;
	void (*debugfs)(struct kxen_domain *d, struct dentry *dir);
	struct kxen_hook_set *hooks;
	const struct kxen_hc_entry *hypercalls;
	const struct kxen_mem_entry *memory_ops;
	const struct kxen_domctl_entry *domctls;
	const struct kxen_space *spaces;
	const struct kxen_ctl_call *ctl;
};

KXEN_PARTS_EACH(KXEN_PART_SUBSYS)

#endif
