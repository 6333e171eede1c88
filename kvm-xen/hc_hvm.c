// SPDX-License-Identifier: GPL-2.0-only
/* HYPERVISOR_hvm_op(op, arg): semantics G.4. */
#include <linux/err.h>
#include <linux/nospec.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/hvm/params.h>

#include "arch.h"
#include "hypercall.h"
#include "p2m.h"
#include "xen_abi.h"

static bool deprecated(u32 index)
{
	switch (index) {
	case HVM_PARAM_PAE_ENABLED:
	case HVM_PARAM_MEMORY_EVENT_CR0 ... HVM_PARAM_MEMORY_EVENT_INT3:
	case HVM_PARAM_MEMORY_EVENT_SINGLE_STEP:
	case HVM_PARAM_MEMORY_EVENT_MSR:
		return true;
	default:
		return false;
	}
}

static bool guest_may_set(u32 index)
{
	switch (index) {
	case HVM_PARAM_CALLBACK_IRQ:
	case HVM_PARAM_STORE_EVTCHN:
	case HVM_PARAM_CONSOLE_EVTCHN:
		return true;
	default:
		return kxen_arch_param(index, true);
	}
}

static bool guest_may_get(u32 index)
{
	return guest_may_set(index) || index == HVM_PARAM_STORE_PFN ||
	       index == HVM_PARAM_CONSOLE_PFN || kxen_arch_param(index, false);
}

/* Checks that set and get share, in Xen's order (G30). */
static long check_param(struct kxen_hc *hc, const struct xen_hvm_param *p)
{
	if (p->index >= KXEN_NR_PARAMS)
		return -EINVAL;
	return kxen_hc_own_domain(hc, p->domid);
}

static long set_callback(struct kxen_hc *hc, u64 value)
{
	/* The guest's width is latched here, too (A90). */
	kxen_shared_info_latch_width(hc->d, hc->compat);
	return kxen_arch_set_callback(hc->v, value);
}

static long set_param(struct kxen_hc *hc)
{
	struct xen_hvm_param p;
	long ret;

	if (kxen_hc_get(hc, &p, hc->arg[1], sizeof(p)))
		return -EFAULT;
	ret = check_param(hc, &p);
	if (ret)
		return ret;
	if (deprecated(p.index))
		return -EINVAL;
	if (!guest_may_set(p.index))
		return -EPERM;
	p.index = array_index_nospec(p.index, KXEN_NR_PARAMS);
	mutex_lock(&hc->d->lock);
	if (p.index == HVM_PARAM_CALLBACK_IRQ)
		ret = set_callback(hc, p.value);
	if (!ret)
		hc->d->params[p.index] = p.value;
	mutex_unlock(&hc->d->lock);
	return ret;
}

static long get_param(struct kxen_hc *hc)
{
	struct xen_hvm_param p;
	struct kxen_arg a;
	long ret;

	if (kxen_arg_get(&a, hc, hc->arg[1], &p, sizeof(p)))
		return -EFAULT;
	ret = check_param(hc, &p);
	if (ret)
		return ret;
	if (deprecated(p.index))
		return -EINVAL;
	if (!guest_may_get(p.index))
		return -EPERM;
	p.index = array_index_nospec(p.index, KXEN_NR_PARAMS);
	p.value = READ_ONCE(hc->d->params[p.index]);
	return kxen_arg_put(&a, 0, &p, sizeof(p));
}

/**
 * kxen_hvm_param_give() - A parameter that a guest begins with.
 * @d: the domain, not that of the host.
 * @index: HVM_PARAM_*.
 * @value: its value, of which nothing is known.
 *
 * It is the guest's at once, and each life of the domain's begins with it. The callback is
 * for the guest to say, and a parameter that nobody here serves is not taken.
 * Context: may sleep; takes d->lock.
 * Return: 0; -EINVAL for none of Xen's; -EOPNOTSUPP for one that it has no use for; -EINTR.
 */
int kxen_hvm_param_give(struct kxen_domain *d, u32 index, u64 value)
{
	if (index >= KXEN_NR_PARAMS || deprecated(index))
		return -EINVAL;
	if (index == HVM_PARAM_CALLBACK_IRQ || index == HVM_PARAM_ALTP2M || !guest_may_get(index))
		return -EOPNOTSUPP;
	index = array_index_nospec(index, KXEN_NR_PARAMS);
	if (mutex_lock_killable(&d->lock))
		return -EINTR;
	d->given_params[index] = value;
	WRITE_ONCE(d->params[index], value);
	mutex_unlock(&d->lock);
	return 0;
}

/*
 * As the guest would read it: 0; -EINVAL for none of Xen's. Where a pager's ring is no guest is
 * told, and no record has it: that is where it is. Context: any.
 */
int kxen_hvm_param_read(struct kxen_domain *d, u32 index, u64 *value)
{
	if (index >= KXEN_NR_PARAMS || deprecated(index))
		return -EINVAL;
	if (index == HVM_PARAM_PAGING_RING_PFN) {
		*value = d->frame_ops ? d->frame_ops->ring : 0;
		return 0;
	}
	*value = READ_ONCE(d->params[array_index_nospec(index, KXEN_NR_PARAMS)]);
	return 0;
}

/* --- by a process of domain 0 ----------------------------------------------------------- */

/* A guest, with a reference: domain 0 has no parameters. */
static struct kxen_domain *hvm_domain(struct kxen_hc *hc, const struct xen_hvm_param *p)
{
	struct kxen_domain *d;

	if (p->index >= KXEN_NR_PARAMS)
		return ERR_PTR(-EINVAL);
	d = kxen_hc_domain(hc, p->domid);
	if (!d)
		return ERR_PTR(-ESRCH);
	if (!d->is_host)
		return d;
	kxen_domain_put(d);
	return ERR_PTR(-EINVAL);
}

/* What a controller may give (kxen_hvm_param_give()), with Xen's word for what is given once. */
static long set_by_host(struct kxen_domain *d, const struct xen_hvm_param *p)
{
	/* The page has its place, and a toolstack that knows it may say so. */
	if (kxen_p2m_is_ring(d, p->value) && p->index == HVM_PARAM_PAGING_RING_PFN)
		return 0;
	return p->index == HVM_PARAM_ALTP2M ? -EEXIST : kxen_hvm_param_give(d, p->index, p->value);
}

/**
 * kxen_hc_hvm_op_host() - HYPERVISOR_hvm_op by a process of domain 0: parameters of guests.
 * @hc: the call, without a vCPU.
 *
 * Context: the process's own thread, no lock held, may sleep.
 * Return: as Xen's; -EOPNOTSUPP for a parameter that is not for a toolstack to set here.
 */
long kxen_hc_hvm_op_host(struct kxen_hc *hc)
{
	struct xen_hvm_param p;
	struct kxen_domain *d;
	long ret;

	if (hc->arg[0] != HVMOP_set_param && hc->arg[0] != HVMOP_get_param)
		return -ENOSYS;
	if (kxen_hc_get(hc, &p, hc->arg[1], sizeof(p)))
		return -EFAULT;
	d = hvm_domain(hc, &p);
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (hc->arg[0] == HVMOP_set_param)
		ret = set_by_host(d, &p);
	else
		ret = kxen_hvm_param_read(d, p.index, &p.value) ?:
			kxen_hc_put(hc, hc->arg[1], &p, sizeof(p));
	kxen_domain_put(d);
	return ret;
}

enum kxen_meaning kxen_hc_hvm_means(const struct kxen_hc *hc)
{
	switch ((u32)hc->arg[0]) {
	case HVMOP_set_param:
		return KXEN_MEANS_NEW_LIFE;
	case HVMOP_get_param:
	case HVMOP_get_time:
		return KXEN_MEANS_NOTHING;
	default:
		return KXEN_MEANS_WOKEN;
	}
}

long kxen_hc_hvm_op(struct kxen_hc *hc)
{
	switch (hc->arg[0]) {
	case HVMOP_set_param:
		return set_param(hc);
	case HVMOP_get_param:
		return get_param(hc);
	case HVMOP_guest_request_vm_event:
		return hc->arg[1] ? -EINVAL : 0;
	default:
		return kxen_arch_hvm_op(hc);
	}
}
