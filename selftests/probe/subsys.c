// SPDX-License-Identifier: GPL-2.0-only
/* The probe as a part of a domain: what the core calls, and its tables. */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "probe.h"

static atomic_t nr_vcpus;	/* of all domains */

static int probe_create(struct kxen_domain *d, const struct kxen_create *c)
{
	struct kxen_probe *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return -ENOMEM;
	mutex_init(&p->lock);
	p->value = c->flags & KXEN_DOM_PROBE ? PROBE_FIRST : 0;
	d->probe = p;
	d->limit[KXEN_LIMIT_PROBES].max = c->reserved ?: PROBE_MAX;
	d->limit[KXEN_LIMIT_PROBE_PAGES].max = PROBE_MAX_PAGES;
	return 0;
}

static void probe_destroy(struct kxen_domain *d)
{
	kxen_probe_free_own(d);
	kfree(d->probe);
	d->probe = NULL;
}

static int probe_attach(struct kxen_domain *d)
{
	int ret = kxen_hook_set_get(&kxen_probe_hooks);

	d->probe->hooked = !ret;
	return ret;
}

static void probe_detach(struct kxen_domain *d)
{
	if (d->probe->hooked)
		kxen_hook_set_put(&kxen_probe_hooks);
	d->probe->hooked = false;
}

static void probe_stop(struct kxen_domain *d)
{
	kxen_probe_drop(d);
	probe_detach(d);
}

static int probe_vcpu_create(struct kxen_vcpu *v, gfp_t gfp)
{
	v->probe = kzalloc(sizeof(*v->probe), gfp);
	if (!v->probe)
		return -ENOMEM;
	atomic_inc(&nr_vcpus);
	return 0;
}

static void probe_vcpu_destroy(struct kxen_vcpu *v)
{
	kfree(v->probe);
	v->probe = NULL;
	atomic_dec(&nr_vcpus);
}

static bool probe_in_use(struct kxen_domain *d)
{
	return kxen_limit_used(&d->limit[KXEN_LIMIT_PROBES]) ||
	       kxen_limit_used(&d->limit[KXEN_LIMIT_PROBE_PAGES]);
}

static int probe_show(struct seq_file *m, void *v)
{
	struct kxen_domain *d = m->private;

	mutex_lock(&d->probe->lock);
	seq_printf(m, "kept %llu\n", d->probe->value);
	mutex_unlock(&d->probe->lock);
	seq_printf(m, "placed %d\n", kxen_probe_placed());
	seq_printf(m, "wanted %d\n", kxen_probe_wanted());
	seq_printf(m, "vcpus %d\n", atomic_read(&nr_vcpus));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(probe);

static void probe_debugfs(struct kxen_domain *d, struct dentry *dir)
{
	debugfs_create_file("probe", 0400, dir, d, &probe_fops);
}

static u64 probe_calls(struct kxen_domain *d)
{
	return atomic64_read(&d->probe->calls);
}

static u64 probe_traps(struct kxen_vcpu *v)
{
	return READ_ONCE(v->probe->traps);
}

static u64 probe_slots(struct kxen_domain *d)
{
	return atomic64_read(&d->probe->slots);
}

static const struct kxen_stat_desc probe_stats[] = {
	KXEN_STAT_LIMIT(KXEN_STAT_PROBES, "probes", KXEN_LIMIT_PROBES, used),
	KXEN_STAT_LIMIT(KXEN_STAT_MAX_PROBES, "max_probes", KXEN_LIMIT_PROBES, max),
	KXEN_STAT_LIMIT(KXEN_STAT_PROBES_HIGH, "probes_high", KXEN_LIMIT_PROBES, high),
	{ KXEN_STAT_PROBE_CALLS, KXEN_STAT_GROWS, "probe_calls", .domain = probe_calls },
	{ KXEN_STAT_PROBE_TRAPS, KXEN_STAT_GROWS, "probe_traps", .vcpu = probe_traps },
	{ KXEN_STAT_PROBE_SLOTS, KXEN_STAT_GROWS, "probe_slots", .domain = probe_slots },
	{ }
};

static const struct kxen_hc_entry probe_hypercalls[] = {
	{ NR_probe, 2, kxen_hc_probe, .means = kxen_probe_means },
	{ NR_probe_long, 5, kxen_hc_probe_long },
	{ }
};

static_assert(sizeof(struct kxen_probe_arg) == 24);

/* As a call that waits, under the lock, for what the domain's owner does. */
static int hold_lock(struct kxen_domain *d, u64 value)
{
	mutex_lock(&d->lock);
	kxen_probe_keep(d, value);
	while (!fatal_signal_pending(current))
		schedule_timeout_killable(HZ);
	mutex_unlock(&d->lock);
	return -EINTR;
}

static int ctl_probe(struct kxen_domain *d, void *arg)
{
	struct kxen_probe_arg *a = arg;

	if (a->reserved)
		return -EINVAL;
	if (a->flags & KXEN_PROBE_PLACE)
		return kxen_probe_place_out(d, a->value);
	if (a->flags & KXEN_PROBE_UNPLACE)
		return kxen_probe_unplace(d, a->value);
	if (a->flags & KXEN_PROBE_LOCK)
		return hold_lock(d, a->value);
	if (a->flags & KXEN_PROBE_SET) {
		a->value = kxen_probe_keep(d, a->value);
		return 0;
	}
	mutex_lock(&d->probe->lock);
	a->value = d->probe->value;
	mutex_unlock(&d->probe->lock);
	return 0;
}

static const struct kxen_ctl_call probe_ctl[] = {
	KXEN_CTL_CALL(KXEN_PROBE, kxen_probe_arg, value,
		      KXEN_PROBE_SET | KXEN_PROBE_PLACE | KXEN_PROBE_UNPLACE | KXEN_PROBE_LOCK,
		      true, ctl_probe),
	{ }
};

/* A word that no part of a release has. */
static const struct kxen_create_limit probe_create_limits[] = {
	{ offsetof(struct kxen_create, reserved), PROBE_MOST },
	{ }
};

const struct kxen_subsys kxen_probe_subsys = {
	.name = "probe",
	.features = KXEN_F_PROBE,
	.create_flags = KXEN_DOM_PROBE,
	.create_limits = probe_create_limits,
	.create = probe_create,
	.destroy = probe_destroy,
	.attach = probe_attach,
	.detach = probe_detach,
	.vcpu_create = probe_vcpu_create,
	.vcpu_destroy = probe_vcpu_destroy,
	.stop = probe_stop,
	.reset = kxen_probe_drop,
	.in_use = probe_in_use,
	.save = kxen_probe_save,
	.recs = kxen_probe_recs,
	.stats = probe_stats,
	.debugfs = probe_debugfs,
	.hooks = &kxen_probe_hooks,
	.hypercalls = probe_hypercalls,
	.memory_ops = kxen_probe_memory_ops,
	.spaces = kxen_probe_spaces,
	.ctl = probe_ctl,
};
