// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypercall table: the core's, and what the parts of a domain add to it.
 *
 * Whoever is not in it gets -ENOSYS, and nothing is logged: what a guest can
 * cause at will must not fill the log. Documentation/hypercalls.rst lists what
 * is behind each number.
 */
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/version.h>

#include "hypercall.h"
#include "kvm/glue.h"
#include "subsys.h"
#include "trace.h"
#include "xen_abi.h"

static long not_for_guests(struct kxen_hc *hc)
{
	return -EPERM;
}

static enum kxen_meaning nothing(const struct kxen_hc *hc)
{
	return KXEN_MEANS_NOTHING;
}

/*
 * Whom a number leads to, and how many arguments it takes: an entry of a multicall has no
 * others. REFUSED: a part of a domain that serves it takes its place. .host: what a process of
 * domain 0 gets that calls it; most calls act upon the caller's vCPU, or upon a guest's memory,
 * and it has neither. Not written to once the parts have been asked.
 */
#define REFUSED	true

static struct kxen_hc_slot table[KXEN_NR_HYPERCALLS] __ro_after_init = {
	[__HYPERVISOR_platform_op] = { not_for_guests, 1, REFUSED },
	[__HYPERVISOR_memory_op] = { kxen_hc_memory_op, 2, .host = kxen_hc_memory_op_host,
				      .means = kxen_hc_memory_means },
	[__HYPERVISOR_multicall] = { kxen_hc_multicall, 2, .host = kxen_hc_multicall },
	[__HYPERVISOR_xen_version] = { kxen_hc_xen_version, 2, .host = kxen_hc_xen_version,
					.means = nothing,
					.fast = { .cmds = BIT(XENVER_version) } },
	[__HYPERVISOR_console_io] = { kxen_hc_console_io, 3, REFUSED, .means = nothing },
	[__HYPERVISOR_vm_assist] = { kxen_hc_vm_assist, 2 },
	[__HYPERVISOR_vcpu_op] = { kxen_hc_vcpu_op, 3, .fast = {
		.cmds = BIT(VCPUOP_is_up) | BIT(VCPUOP_set_singleshot_timer) |
			BIT(VCPUOP_stop_singleshot_timer),
		.copies = BIT(VCPUOP_set_singleshot_timer),
		.at = 2, .len = 12 } },
	[__HYPERVISOR_sched_op] = { kxen_hc_sched_op, 2 },
	[__HYPERVISOR_physdev_op] = { kxen_hc_physdev, 2, REFUSED },
	[__HYPERVISOR_hvm_op] = { kxen_hc_hvm_op, 2, .host = kxen_hc_hvm_op_host,
				   .means = kxen_hc_hvm_means },
	[__HYPERVISOR_sysctl] = { not_for_guests, 1, REFUSED, .host = kxen_hc_sysctl },
	[__HYPERVISOR_domctl] = { not_for_guests, 1, REFUSED, .host = kxen_hc_domctl },
	[__HYPERVISOR_dm_op] = { not_for_guests, 3, REFUSED },
	[__HYPERVISOR_hypfs_op] = { not_for_guests, 5, REFUSED },
};

struct kxen_hc_row kxen_hypercalls_fast[KXEN_NR_HYPERCALLS] __ro_after_init;

/* The others' calls come into the table: at load. 0; -EEXIST if two want the same number. */
int __init kxen_hypercalls_init(void)
{
	int i, ret = kxen_subsys_hypercalls(table, ARRAY_SIZE(table), kxen_arch_hypercalls);

	for (i = 0; i < ARRAY_SIZE(table); i++)
		kxen_hypercalls_fast[i] = (struct kxen_hc_row) {
			.fn = table[i].fn,
			.maybe = table[i].fast.all ? ~0 : table[i].fast.cmds,
			.fast = table[i].fast };
	return ret ?: kxen_hc_memory_init();
}

static long nobody(struct kxen_hc *hc)
{
	return -ENOSYS;
}

/* Not in line: most calls are not traced, and what is handed on would be loaded all the same. */
noinline void kxen_hypercall_trace_enter(const struct kxen_hc *hc)
{
	trace_kxen_hypercall_enter(hc->d->domid, hc->v->id, hc->nr, hc->arg[0], hc->arg[1]);
}

noinline void kxen_hypercall_trace_exit(const struct kxen_hc *hc, long ret)
{
	trace_kxen_hypercall_exit(hc->d->domid, hc->v->id, hc->nr, ret);
}

/**
 * kxen_hypercall() - Serve one hypercall.
 * @hc: the call; a group looks only at the arguments that it takes.
 *
 * Context: the vCPU's own thread, kvm->srcu held, may sleep.
 * Return: what the guest gets.
 */
long kxen_hypercall(struct kxen_hc *hc)
{
	long (*fn)(struct kxen_hc *hc) = NULL;
	u64 nr = hc->nr;

	if (nr < ARRAY_SIZE(table))
		fn = table[array_index_nospec(nr, ARRAY_SIZE(table))].fn;
	return kxen_hypercall_by(hc, fn ?: nobody);
}

/**
 * kxen_hypercall_by_host() - Serve one hypercall of a process of domain 0.
 * @hc: the call, without a vCPU.
 *
 * If it is to be made again, @hc says so, and what is left: the caller does that, and looks
 * before who wants its thread. Counters are a vCPU's, so it is in none.
 * Context: the process's own thread, no lock held, may sleep.
 * Return: what the process gets; -ENOSYS also for what takes a vCPU.
 */
long kxen_hypercall_by_host(struct kxen_hc *hc)
{
	u64 nr = hc->nr;
	long ret = -ENOSYS;

	trace_kxen_hypercall_enter(hc->d->domid, KXEN_NO_VCPU, nr, hc->arg[0], hc->arg[1]);
	if (nr < ARRAY_SIZE(table)) {
		nr = array_index_nospec(nr, ARRAY_SIZE(table));
		if (table[nr].host)
			ret = table[nr].host(hc);
	}
	trace_kxen_hypercall_exit(hc->d->domid, KXEN_NO_VCPU, hc->nr, ret);
	return ret;
}

/**
 * kxen_hypercall_nr_args() - How many arguments a call takes.
 * @nr: its number, the caller's.
 *
 * Context: any.
 * Return: that; 0 if there is no such call.
 */
u32 kxen_hypercall_nr_args(u64 nr)
{
	if (nr >= ARRAY_SIZE(table))
		return 0;
	return table[array_index_nospec(nr, ARRAY_SIZE(table))].nargs;
}

/**
 * kxen_hypercall_first() - A call of a domain that is new, or held, comes before it is served.
 * @hc: the call, with its arguments.
 *
 * Context: the vCPU's own thread, may sleep.
 */
void kxen_hypercall_first(struct kxen_hc *hc)
{
	enum kxen_meaning means = KXEN_MEANS_WOKEN;
	u64 nr = hc->nr;

	if (nr < ARRAY_SIZE(table)) {
		nr = array_index_nospec(nr, ARRAY_SIZE(table));
		if (table[nr].means)
			means = table[nr].means(hc);
	}
	kxen_reset_first_call(hc->v, means);
}

/* --- multicall (G53) ------------------------------------------------------ */

/* Of the caller's longs. */
enum { ENTRY_OP, ENTRY_RESULT, ENTRY_ARGS, ENTRY_LONGS = 8 };

/* Arguments that the call does not take are not looked at. */
static int get_entry(struct kxen_hc *hc, u64 at, struct kxen_hc *call)
{
	u64 entry[ENTRY_LONGS];
	u32 i, nr;

	if (kxen_hc_get_longs(hc, entry, at, ENTRY_LONGS))
		return -EFAULT;
	call->nr = entry[ENTRY_OP];
	nr = kxen_hypercall_nr_args(call->nr);
	for (i = 0; i < nr; i++)
		call->arg[i] = entry[ENTRY_ARGS + i];
	return 0;
}

/* What is left of an entry's call takes the place of what it was (XSA-145). */
static int put_args(struct kxen_hc *hc, u64 at, const struct kxen_hc *call)
{
	u32 size = kxen_hc_long_size(hc);

	return kxen_hc_put_longs(hc, at + ENTRY_ARGS * size, call->arg,
				 kxen_hypercall_nr_args(call->nr));
}

static int put_result(struct kxen_hc *hc, u64 at, u64 ret)
{
	u32 size = kxen_hc_long_size(hc);

	return kxen_hc_put_longs(hc, at + ENTRY_RESULT * size, &ret, 1);
}

/* Calls between two looks at who waits for this one. */
#define BATCH	64

/* A process's signals wait for the end of its call, but for one that kills it. */
static bool somebody_waits(const struct kxen_hc *hc)
{
	if (hc->v)
		return kxen_glue_work_pending(hc->v->vcpu);
	return need_resched() || fatal_signal_pending(current);
}

/*
 * Somebody wants the thread, or long enough was worked without a look. Between this call
 * and the next KVM releases what memory updates wait for.
 */
static long create_continuation(struct kxen_hc *hc, u64 at, u32 nr)
{
	hc->arg[0] = at;
	hc->arg[1] = nr;
	return kxen_hc_restart(hc);
}

/* One entry. 0, -EFAULT; @cut: it is not finished, and has to be made again. */
static int call_entry(struct kxen_hc *hc, u64 at, bool *cut)
{
	struct kxen_hc call = {
		.v = hc->v,
		.d = hc->d,
		.compat = hc->compat,
		.in_multicall = true,
	};
	long ret;

	if (get_entry(hc, at, &call))
		return -EFAULT;
	ret = hc->v ? kxen_hypercall(&call) : kxen_hypercall_by_host(&call);
	hc->exit = call.exit;
	hc->exit_reason = call.exit_reason;
	*cut = call.restart;
	return *cut ? put_args(hc, at, &call) : put_result(hc, at, ret);
}

/* HYPERVISOR_multicall(list, nr) */
long kxen_hc_multicall(struct kxen_hc *hc)
{
	u32 size = ENTRY_LONGS * kxen_hc_long_size(hc);
	u32 i, nr = hc->arg[1];
	u64 at = hc->arg[0];
	bool cut;

	if (hc->in_multicall)
		return -EINVAL;
	for (i = 0; i < nr && !hc->exit; i++, at += size) {
		if (call_entry(hc, at, &cut))
			return -EFAULT;
		if (cut)
			return create_continuation(hc, at, nr - i);
		if (!hc->exit && i + 1 < nr &&
		    (i % BATCH == BATCH - 1 || somebody_waits(hc)))
			return create_continuation(hc, at + size, nr - i - 1);
	}
	return 0;
}
