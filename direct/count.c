// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting: each access to a page of a guest's goes through the unit of the vCPU that this CPU has
 * loaded, as it would if there were such a unit and the page where the guest says it is.
 */
#include <linux/irqflags.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/trace.h"
#include "../kvm-xen/window.h"
#include "direct.h"

/* The hypervisor's own regions, the same in each view: code, and all the rest. */
#define OWN_REGIONS	2
#define OWN_SIZE	BIT(38)

static uint direct_regions = 16;
module_param(direct_regions, uint, 0644);
MODULE_PARM_DESC(direct_regions, "regions of the modelled unit of new domains (16)");

static uint direct_view = 1;
module_param(direct_view, uint, 0644);
MODULE_PARM_DESC(direct_view, "of these, so many for a guest's memory (1)");

static uint direct_policy = KXEN_MPU_WINDOW;
module_param(direct_policy, uint, 0644);
MODULE_PARM_DESC(direct_policy, "1: a window, 2: a switch of the view, 3: windows, then a switch (1)");

static uint direct_budget = 2;
module_param(direct_budget, uint, 0644);
MODULE_PARM_DESC(direct_budget, "windows of a call, then a switch (2)");

/* Instructions of a Cortex-R52, as scripts/mpu.py finds them. */
static uint direct_price[5] = { 11, 4, 25, 1, 1 };
module_param_array(direct_price, uint, NULL, 0644);
MODULE_PARM_DESC(direct_price, "cost of a window, hit, switch, register, barrier (11,4,25,1,1)");

/* --- views ------------------------------------------------------------------------------- */

static int own_regions(struct kxen_view *v)
{
	int i, slot = 0;

	kxen_view_init(v, direct_regions);
	for (i = 0; i < OWN_REGIONS && slot >= 0; i++)
		slot = kxen_region_register(v, i * OWN_SIZE, OWN_SIZE, 0, 0);
	return slot < 0 ? slot : 0;
}

/* Memory in @n regions, one behind the other. */
static int add_guest_memory(struct kxen_view *v, unsigned long first, unsigned long end, u32 n)
{
	unsigned long size = (end - first) / n & ~KXEN_MPU_LOW;
	int slot = 0;
	u32 i;

	for (i = 0; i < n && slot >= 0; i++, first += size)
		slot = kxen_region_register(v, first, i == n - 1 ? end - first : size, 0, 0);
	return slot < 0 ? slot : 0;
}

/**
 * kxen_direct_setup() - How a new domain is counted, by what the module's parameters are now.
 * @x: it, with its base.
 *
 * Return: 0; -EINVAL for what is no policy, or no number of regions; -ENOSPC if they do not
 * suffice.
 */
int kxen_direct_setup(struct kxen_direct *x)
{
	u32 n = READ_ONCE(direct_view);
	struct kxen_mpu m;
	int ret;

	x->policy = READ_ONCE(direct_policy);
	x->budget = READ_ONCE(direct_budget);
	if (x->policy < KXEN_MPU_WINDOW || x->policy > KXEN_MPU_BOTH || !n || n > KXEN_MPU_REGIONS)
		return -EINVAL;
	ret = own_regions(&x->view) ?: own_regions(&x->all) ?:
	      add_guest_memory(&x->view, x->base, x->base + KXEN_DIRECT_SIZE, n) ?:
	      add_guest_memory(&x->all, KXEN_DIRECT_SIZE,
			       (KXEN_DIRECT_MAX + 1) * KXEN_DIRECT_SIZE, 1);
	return ret ?: kxen_mpu_init(&m, &x->view, &x->all, OWN_REGIONS, x->budget, x->policy, NULL);
}

/* A vCPU's unit, or NULL without memory. */
struct kxen_direct_vcpu *kxen_direct_vcpu(const struct kxen_direct *x, gfp_t gfp)
{
	struct kxen_direct_vcpu *xv = kzalloc(sizeof(*xv), gfp);

	if (!xv)
		return NULL;
	xv->policy = x->policy;
	/* It was good when the domain was made. */
	kxen_mpu_init(&xv->mpu, &x->view, &x->all, OWN_REGIONS, x->budget, x->policy,
		      &xv->count[KXEN_DIRECT_CALLS]);
	return xv;
}

/* --- accesses and calls ------------------------------------------------------------------ */

/* In no call: an interrupt, or on the way into the guest. It is one by itself. */
static void touch_alone(struct kxen_direct_vcpu *xv, unsigned long addr)
{
	xv->mpu.count = &xv->count[KXEN_DIRECT_CALLS];
	kxen_mpu_begin(&xv->mpu);
	kxen_window_find(&xv->mpu, addr, xv->policy);
	kxen_mpu_end(&xv->mpu);
}

static void direct_touch(const void *p)
{
	struct kxen_direct_vcpu *xv;
	struct kxen_vcpu *v;
	unsigned long flags;

	local_irq_save(flags);
	v = kxen_glue_running();
	xv = v ? v->direct : NULL;
	if (xv && xv->depth)
		kxen_window_find(&xv->mpu, kxen_direct_address(p), xv->policy);
	else if (xv)
		touch_alone(xv, kxen_direct_address(p));
	local_irq_restore(flags);
}

static void direct_begin(struct kxen_vcpu *v, u64 nr)
{
	struct kxen_direct_vcpu *xv = v->direct;
	unsigned long flags;

	if (!xv)
		return;
	if (WARN_ON_ONCE(xv->depth == ARRAY_SIZE(xv->nr)))
		return;
	nr = min_t(u64, nr, KXEN_DIRECT_CALLS);
	local_irq_save(flags);
	xv->nr[xv->depth] = nr;
	xv->before[xv->depth] = xv->count[nr];
	xv->mpu.count = &xv->count[nr];
	/* What is within a multicall goes on with its windows. */
	if (xv->depth++)
		xv->mpu.count->calls++;
	else
		kxen_mpu_begin(&xv->mpu);
	local_irq_restore(flags);
}

static void trace_call(const struct kxen_vcpu *v, u32 nr, const struct kxen_mpu_count *now,
		       const struct kxen_mpu_count *was)
{
	if (now->own != was->own || now->windows != was->windows || now->hits != was->hits ||
	    now->switches != was->switches)
		trace_kxen_windows(v->domain->domid, v->id, nr, now->own - was->own,
				   now->windows - was->windows, now->hits - was->hits,
				   now->switches - was->switches, now->writes - was->writes,
				   now->barriers - was->barriers);
}

static void direct_end(struct kxen_vcpu *v)
{
	struct kxen_direct_vcpu *xv = v->direct;
	unsigned long flags;
	u32 nr;

	/* It began before this domain's was the first that is counted: there is none such. */
	if (!xv || !xv->depth)
		return;
	local_irq_save(flags);
	nr = xv->nr[--xv->depth];
	if (!xv->depth)
		kxen_mpu_end(&xv->mpu);
	trace_call(v, nr, &xv->count[nr], &xv->before[xv->depth]);
	xv->mpu.count = &xv->count[xv->depth ? xv->nr[xv->depth - 1] : KXEN_DIRECT_CALLS];
	local_irq_restore(flags);
}

const struct kxen_window_ops kxen_direct_windows = {
	.touch = direct_touch,
	.begin = direct_begin,
	.end = direct_end,
};

/* --- what was counted ---------------------------------------------------------------------- */

static void sum(struct kxen_domain *d, u32 nr, struct kxen_mpu_count *c)
{
	const struct kxen_mpu_count *one;
	struct kxen_vcpu *v;
	u32 i;

	*c = (struct kxen_mpu_count) { };
	kxen_for_each_vcpu(d, i, v) {
		one = &v->direct->count[nr];
		c->calls += one->calls;
		c->own += one->own;
		c->windows += one->windows;
		c->hits += one->hits;
		c->switches += one->switches;
		c->writes += one->writes;
		c->barriers += one->barriers;
	}
}

/* debugfs: a line for each hypercall that was made, and the last one for what was in none. */
int kxen_direct_show(struct seq_file *m, void *unused)
{
	const struct kxen_mpu_price price = {
		direct_price[0], direct_price[1], direct_price[2], direct_price[3],
		direct_price[4],
	};
	struct kxen_domain *d = m->private;
	struct kxen_direct *x = d->direct;
	struct kxen_mpu_count c;
	u32 nr;

	seq_printf(m, "policy %u budget %u regions %u of %u\n", x->policy, x->budget, x->view.used,
		   x->view.max);
	seq_puts(m, "call calls own windows hits switches writes barriers cost\n");
	for (nr = 0; nr <= KXEN_DIRECT_CALLS; nr++) {
		sum(d, nr, &c);
		if (!c.calls)
			continue;
		if (nr < KXEN_DIRECT_CALLS)
			seq_printf(m, "%u", nr);
		else
			seq_puts(m, "none");
		seq_printf(m, " %llu %llu %llu %llu %llu %llu %llu %llu\n", c.calls, c.own,
			   c.windows, c.hits, c.switches, c.writes, c.barriers,
			   kxen_mpu_cost(&c, &price));
	}
	return 0;
}
