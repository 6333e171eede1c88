// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics: the tables, the core's own one, and copies of all of them for user space.
 *
 * Nothing is locked: whoever asks must not have to wait for what the domain's owner does.
 * So values are of the moment, each for itself.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm_xen.h>

#include "arch.h"
#include "stats.h"
#include "subsys.h"

static u64 one(struct kxen_vcpu *v)
{
	return 1;
}

static u64 hypercalls(struct kxen_vcpu *v)
{
	return READ_ONCE(v->stats.hypercalls);
}

static u64 continued(struct kxen_vcpu *v)
{
	return READ_ONCE(v->stats.continued);
}

static u64 fast_served(struct kxen_vcpu *v)
{
	return READ_ONCE(v->fast.served);
}

static u64 fast_left(struct kxen_vcpu *v)
{
	return READ_ONCE(v->fast.left);
}

static u64 upcalls(struct kxen_vcpu *v)
{
	return atomic64_read(&v->upcalls);
}

static u64 vectors(struct kxen_vcpu *v)
{
	return READ_ONCE(v->stats.vectors);
}

static u64 timers(struct kxen_vcpu *v)
{
	return atomic64_read(&v->timers);
}

static u64 holders(struct kxen_domain *d)
{
	return kxen_domain_holders(d);
}

static u64 balloon_pages(struct kxen_domain *d)
{
	return READ_ONCE(d->p2m_holes);
}

static u64 balloon_kept(struct kxen_domain *d)
{
	return atomic64_read(&d->balloon_kept);
}

/* Of pages of all kinds. */
static u64 pinned_pages(struct kxen_domain *d)
{
	u64 sum = 0;
	int i;

	for (i = KXEN_LIMIT_FIRST_PAGES; i < KXEN_NR_LIMITS; i++)
		sum += kxen_limit_used(&d->limit[i]);
	return sum;
}

static u64 max_pinned(struct kxen_domain *d)
{
	u64 sum = 0;
	int i;

	for (i = KXEN_LIMIT_FIRST_PAGES; i < KXEN_NR_LIMITS; i++)
		sum += d->limit[i].max;
	return sum;
}

static u64 pinned_high(struct kxen_domain *d)
{
	u64 sum = 0;
	int i;

	for (i = KXEN_LIMIT_FIRST_PAGES; i < KXEN_NR_LIMITS; i++)
		sum += READ_ONCE(d->limit[i].high);
	return sum;
}

static u64 resets(struct kxen_domain *d)
{
	return atomic64_read(&d->resets);
}

static const struct kxen_stat_desc core_stats[] = {
	{ KXEN_STAT_VCPUS, 0, "vcpus", .vcpu = one },
	{ KXEN_STAT_HOLDERS, 0, "holders", .domain = holders },
	{ KXEN_STAT_RESETS, KXEN_STAT_GROWS, "resets", .domain = resets },
	{ KXEN_STAT_HYPERCALLS, KXEN_STAT_GROWS, "hypercalls", .vcpu = hypercalls },
	{ KXEN_STAT_CONTINUED, KXEN_STAT_GROWS, "continued", .vcpu = continued },
	{ KXEN_STAT_FAST, KXEN_STAT_GROWS, "fast", .vcpu = fast_served },
	{ KXEN_STAT_FAST_LEFT, KXEN_STAT_GROWS, "fast_left", .vcpu = fast_left },
	{ KXEN_STAT_UPCALLS, KXEN_STAT_GROWS, "upcalls", .vcpu = upcalls },
	{ KXEN_STAT_VECTORS, KXEN_STAT_GROWS, "vectors", .vcpu = vectors },
	{ KXEN_STAT_TIMERS, KXEN_STAT_GROWS, "timers", .vcpu = timers },
	{ KXEN_STAT_PINNED_PAGES, 0, "pinned_pages", .domain = pinned_pages },
	{ KXEN_STAT_MAX_PINNED, 0, "max_pinned", .domain = max_pinned },
	{ KXEN_STAT_PINNED_HIGH, 0, "pinned_high", .domain = pinned_high },
	{ KXEN_STAT_BALLOON_PAGES, 0, "balloon_pages", .domain = balloon_pages },
	{ KXEN_STAT_BALLOON_KEPT, KXEN_STAT_GROWS, "balloon_kept", .domain = balloon_kept },
	{ }
};

/* The @n-th of a table; NULL, and @n less by all that it has. */
static const struct kxen_stat_desc *at(const struct kxen_stat_desc *table, u32 *n)
{
	for (; table->name; table++)
		if (!(*n)--)
			return table;
	return NULL;
}

/* The @n-th statistic of all tables, NULL behind the last one. */
const struct kxen_stat_desc *kxen_stat_at(u32 n)
{
	const struct kxen_stat_desc *desc = at(core_stats, &n);
	const struct kxen_subsys *part;
	int i;

	for (i = 0; !desc && (part = kxen_subsys_at(i)); i++)
		if (part->stats)
			desc = at(part->stats, &n);
	return desc ?: at(kxen_arch_stats, &n);
}

/**
 * kxen_stat_value() - What a statistic says of a domain now.
 * @d: the domain.
 * @desc: the statistic.
 *
 * Context: any that may be preempted; takes no lock.
 */
u64 kxen_stat_value(struct kxen_domain *d, const struct kxen_stat_desc *desc)
{
	struct kxen_vcpu *v;
	u64 sum = 0;
	u32 i;

	if (desc->domain)
		return desc->domain(d);
	if (!desc->vcpu)
		return READ_ONCE(*(u32 *)((u8 *)d + desc->word));
	kxen_for_each_vcpu(d, i, v)
		sum += desc->vcpu(v);
	return sum;
}

/* As above, by number; 0 for one that there is not. */
u64 kxen_stat(struct kxen_domain *d, u32 id)
{
	const struct kxen_stat_desc *desc;
	u32 n;

	for (n = 0; (desc = kxen_stat_at(n)); n++)
		if (desc->id == id)
			return kxen_stat_value(d, desc);
	return 0;
}

/**
 * kxen_stats_copy() - KXEN_STATS.
 * @d: the domain.
 * @ubuf: where to.
 * @nr: in: room there, in elements; out: how many there are.
 *
 * Context: may sleep, for as long as user space's memory takes: holds no lock.
 * Return: 0 or -EFAULT.
 */
int kxen_stats_copy(struct kxen_domain *d, u64 ubuf, u32 *nr)
{
	struct kxen_stat __user *to = u64_to_user_ptr(ubuf);
	const struct kxen_stat_desc *desc;
	u32 n;

	for (n = 0; (desc = kxen_stat_at(n)); n++) {
		struct kxen_stat s = { .id = desc->id };

		if (n >= *nr)
			continue;
		s.value = kxen_stat_value(d, desc);
		if (copy_to_user(&to[n], &s, sizeof(s)))
			return -EFAULT;
	}
	*nr = n;
	return 0;
}

/**
 * kxen_stat_names_copy() - KXEN_STAT_NAMES.
 * @ubuf: where to.
 * @nr: in: room there, in elements; out: how many there are.
 *
 * Context and return as kxen_stats_copy(), whose order this is.
 */
int kxen_stat_names_copy(u64 ubuf, u32 *nr)
{
	struct kxen_stat_name __user *to = u64_to_user_ptr(ubuf);
	const struct kxen_stat_desc *desc;
	u32 n;

	for (n = 0; (desc = kxen_stat_at(n)); n++) {
		struct kxen_stat_name s = { .id = desc->id, .flags = desc->flags };

		if (n >= *nr)
			continue;
		strscpy(s.name, desc->name, sizeof(s.name));
		if (copy_to_user(&to[n], &s, sizeof(s)))
			return -EFAULT;
	}
	*nr = n;
	return 0;
}
