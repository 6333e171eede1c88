// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of a domain: parts.h has them, and here they are walked.
 *
 * Nothing but walks: this also builds in user space, where a test has parts of its own.
 */
#include <linux/kernel.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "kvm/hook.h"
#include "stream.h"
#include "subsys.h"

#ifndef KXEN_TEST_SUBSYS	/* selftests/user/subsys.c */
#include "log.h"

static const struct kxen_subsys * const parts[] = {
	KXEN_PARTS_EACH(KXEN_PART_ENTRY)
};
#endif

#define NR_PARTS	((int)ARRAY_SIZE(parts))

/* The @i-th part, NULL behind the last one: for whoever wants a table of each. */
const struct kxen_subsys *kxen_subsys_at(int i)
{
	return i < NR_PARTS ? parts[i] : NULL;
}

static int refuse_part(const char *name, const char *what, u32 nr)
{
	kxen_err("%s of a domain cannot have %s %#x: something else has it, or it is out of order",
		 name, what, nr);
	return -EEXIST;
}

/*
 * A stream has its records in the order of their types, and of one type there may be versions.
 * An owner's are all in one table: @last is the highest that those before could have.
 */
static int check_recs(const struct kxen_subsys *part, u32 *last)
{
	const struct kxen_rec_desc *r;
	u32 first = *last + 1;

	for (r = part->recs; r && r->id; r++) {
		u32 type = KXEN_REC_TYPE(r->id);

		if (type < first || type < *last || type >> 8 >= KXEN_ARCH_OWNERS)
			return refuse_part(part->name, "record", type);
		*last = type;
	}
	*last |= 0xff;
	return 0;
}

/* The words of struct kxen_create that a part can have for its own. */
#define FIRST_LIMIT	offsetof(struct kxen_create, max_ports)
#define LIMITS_END	offsetof(struct kxen_create, uuid)

static const struct kxen_create_limit *create_limit(size_t at)
{
	const struct kxen_create_limit *l;
	int i;

	for (i = 0; i < NR_PARTS; i++)
		for (l = parts[i]->create_limits; l && l->max; l++)
			if (l->at == at)
				return l;
	return NULL;
}

static int check_limits(const struct kxen_subsys *part)
{
	const struct kxen_create_limit *l;

	for (l = part->create_limits; l && l->max; l++)
		if (l->at < FIRST_LIMIT || l->at >= LIMITS_END || l->at % sizeof(u32) ||
		    create_limit(l->at) != l)
			return refuse_part(part->name, "limit", l->at);
	return 0;
}

/* The first part that serves something is the one that is found: no other may want it. */
static int check_tables(const struct kxen_subsys *part, kxen_ctl_is_core_fn is_core,
			u32 *last_rec)
{
	const struct kxen_domctl_entry *e;
	const struct kxen_ctl_call *c;
	const struct kxen_space *s;

	for (e = part->domctls; e && e->fn; e++)
		if (kxen_subsys_domctl(e->cmd) != e)
			return refuse_part(part->name, "domctl", e->cmd);
	for (s = part->spaces; s && s->add; s++)
		if (kxen_subsys_space(s->space) != s)
			return refuse_part(part->name, "space", s->space);
	for (c = part->ctl; c && c->fn; c++)
		if (is_core(c->cmd) || kxen_subsys_ctl(c->cmd) != c)
			return refuse_part(part->name, "ioctl", c->cmd);
	return check_limits(part) ?: check_recs(part, last_rec);
}

/* All that is counted: who asks for one by its number gets the first. */
static int check_stats(kxen_stat_at_fn stat_at)
{
	const struct kxen_stat_desc *s;
	u32 n, i;

	for (n = 0; (s = stat_at(n)); n++)
		for (i = 0; i < n; i++)
			if (stat_at(i)->id == s->id)
				return refuse_part(s->name, "the number of a statistic", s->id);
	return 0;
}

/**
 * kxen_subsys_load() - Check the tables of the parts, and tell their hooks.
 * @stat_at: the n-th of all statistics, the core's and the architecture's too; NULL behind them.
 * @is_core: whether the core serves a call of the control device.
 *
 * Context: load, between the architecture's hooks and the check of types.
 * Return: 0; -EEXIST if two serve the same; or another negative errno; with one line in
 * the log. Nothing has been changed in the kernel, so that there is nothing to undo.
 */
int kxen_subsys_load(kxen_stat_at_fn stat_at, kxen_ctl_is_core_fn is_core)
{
	u32 last_rec = KXEN_REC_TYPE(KXEN_REC(KXEN_OWNER_CORE, 0xff, 0));
	int i, ret = check_stats(stat_at);

	for (i = 0; !ret && i < NR_PARTS; i++) {
		ret = check_tables(parts[i], is_core, &last_rec);
		if (!ret && parts[i]->hooks)
			ret = kxen_hook_set_add(parts[i]->hooks);
	}
	return ret;
}

/* Whoever serves a call where nothing may sleep has room for so much of it, and no more. */
static bool fast_fits(const struct kxen_hc_entry *e)
{
	const struct kxen_hc_fast *f = &e->fast;

	if (!f->cmds && !f->all)
		return true;
	if (e->nargs > KXEN_FAST_ARGS || f->copies & ~f->cmds)
		return false;
	return !f->copies || (f->at < e->nargs && f->len && f->len % 4 == 0 &&
			      f->len <= KXEN_FAST_WORDS * 4);
}

static int add_hypercalls(struct kxen_hc_slot *table, u32 nr, const char *name,
			  const struct kxen_hc_entry *e)
{
	for (; e && e->fn; e++) {
		if (e->nr >= nr || e->nargs > KXEN_HC_ARGS || !fast_fits(e) ||
		    (table[e->nr].fn && !table[e->nr].refused))
			return refuse_part(name, "hypercall", e->nr);
		table[e->nr] = (struct kxen_hc_slot){
			.fn = e->fn, .nargs = e->nargs, .means = e->means, .host = e->host,
			.fast = e->fast };
	}
	return 0;
}

/**
 * kxen_subsys_hypercalls() - Put the calls of the parts into the table.
 * @table: the core's; what it only refuses gives way.
 * @nr: its length.
 * @arch: the architecture's, which come first.
 *
 * Context: load, before there is a domain.
 * Return: 0; -EEXIST, with one line in the log, if the table has no such number, two serve
 * the same one, or it has more arguments than there is room for.
 */
int kxen_subsys_hypercalls(struct kxen_hc_slot *table, u32 nr, const struct kxen_hc_entry *arch)
{
	int i, ret = add_hypercalls(table, nr, "the architecture", arch);

	for (i = 0; !ret && i < NR_PARTS; i++)
		ret = add_hypercalls(table, nr, parts[i]->name, parts[i]->hypercalls);
	return ret;
}

static int add_memory_ops(struct kxen_mem_slot *table, u32 nr, const struct kxen_subsys *part)
{
	const struct kxen_mem_entry *e;

	for (e = part->memory_ops; e && (e->fn || e->host); e++) {
		if (e->cmd >= nr ||
		    ((table[e->cmd].fn || table[e->cmd].host) && !table[e->cmd].refused))
			return refuse_part(part->name, "command of memory_op", e->cmd);
		table[e->cmd] = (struct kxen_mem_slot){
			.fn = e->fn, .host = e->host, .part = true, .means = e->means };
	}
	return 0;
}

/* The same for the commands of memory_op. */
int kxen_subsys_memory_ops(struct kxen_mem_slot *table, u32 nr)
{
	int i, ret = 0;

	for (i = 0; !ret && i < NR_PARTS; i++)
		ret = add_memory_ops(table, nr, parts[i]);
	return ret;
}

/* KXEN_F_* of all parts. */
u64 kxen_subsys_features(void)
{
	u64 all = 0;
	int i;

	for (i = 0; i < NR_PARTS; i++)
		all |= parts[i]->features;
	return all;
}

/* KXEN_DOM_* of all parts. */
u32 kxen_subsys_create_flags(void)
{
	u32 all = 0;
	int i;

	for (i = 0; i < NR_PARTS; i++)
		all |= parts[i]->create_flags;
	return all;
}

/* The most that can be asked for at that place of struct kxen_create; 0: no part takes it. */
u32 kxen_subsys_create_max(size_t at)
{
	const struct kxen_create_limit *l = create_limit(at);

	return l ? l->max : 0;
}

/**
 * kxen_subsys_check_limits() - Can a domain be made with these limits?
 * @c: what is wanted of it.
 *
 * Context: any.
 * Return: 0; -EOPNOTSUPP for one that no part takes; -EINVAL for one that is too large.
 */
int kxen_subsys_check_limits(const struct kxen_create *c)
{
	const void *p = c;
	size_t at;

	for (at = FIRST_LIMIT; at < LIMITS_END; at += sizeof(u32)) {
		u32 want = *(const u32 *)(p + at), max = kxen_subsys_create_max(at);

		if (want > max)
			return max ? -EINVAL : -EOPNOTSUPP;
	}
	return 0;
}

/* Those below @i, the last one first. */
static void destroy_below(struct kxen_domain *d, int i)
{
	while (i-- > 0)
		if (parts[i]->destroy)
			parts[i]->destroy(d);
}

int kxen_subsys_create(struct kxen_domain *d, const struct kxen_create *c)
{
	int i, ret;

	for (i = 0; i < NR_PARTS; i++) {
		ret = parts[i]->create ? parts[i]->create(d, c) : 0;
		if (ret) {
			destroy_below(d, i);
			return ret;
		}
	}
	return 0;
}

void kxen_subsys_destroy(struct kxen_domain *d)
{
	destroy_below(d, NR_PARTS);
}

static void detach_below(struct kxen_domain *d, int i)
{
	while (i-- > 0)
		if (parts[i]->detach)
			parts[i]->detach(d);
}

int kxen_subsys_attach(struct kxen_domain *d)
{
	int i, ret;

	for (i = 0; i < NR_PARTS; i++) {
		ret = parts[i]->attach ? parts[i]->attach(d) : 0;
		if (ret) {
			detach_below(d, i);
			return ret;
		}
	}
	return 0;
}

void kxen_subsys_detach(struct kxen_domain *d)
{
	detach_below(d, NR_PARTS);
}

static void vcpu_destroy_below(struct kxen_vcpu *v, int i)
{
	while (i-- > 0)
		if (parts[i]->vcpu_destroy)
			parts[i]->vcpu_destroy(v);
}

int kxen_subsys_vcpu_create(struct kxen_vcpu *v, gfp_t gfp)
{
	int i, ret;

	for (i = 0; i < NR_PARTS; i++) {
		ret = parts[i]->vcpu_create ? parts[i]->vcpu_create(v, gfp) : 0;
		if (ret) {
			vcpu_destroy_below(v, i);
			return ret;
		}
	}
	return 0;
}

void kxen_subsys_vcpu_destroy(struct kxen_vcpu *v)
{
	vcpu_destroy_below(v, NR_PARTS);
}

void kxen_subsys_stop(struct kxen_domain *d)
{
	int i = NR_PARTS;

	while (i-- > 0)
		if (parts[i]->stop)
			parts[i]->stop(d);
}

void kxen_subsys_reset(struct kxen_domain *d)
{
	int i = NR_PARTS;

	while (i-- > 0)
		if (parts[i]->reset)
			parts[i]->reset(d);
}

void kxen_subsys_reset_done(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->reset_done)
			parts[i]->reset_done(d);
}

void kxen_subsys_freeze(struct kxen_domain *d)
{
	int i = NR_PARTS;

	while (i-- > 0)
		if (parts[i]->freeze)
			parts[i]->freeze(d);
}

void kxen_subsys_thaw(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->thaw)
			parts[i]->thaw(d);
}

bool kxen_subsys_in_use(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->in_use && parts[i]->in_use(d))
			return true;
	return false;
}

bool kxen_subsys_frame_in_use(struct kxen_domain *d, u64 gfn)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->frame_in_use && parts[i]->frame_in_use(d, gfn))
			return true;
	return false;
}

int kxen_subsys_may_save(struct kxen_domain *d)
{
	int i, ret = 0;

	for (i = 0; i < NR_PARTS && !ret; i++)
		if (parts[i]->may_save)
			ret = parts[i]->may_save(d);
	return ret;
}

void kxen_subsys_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->save)
			parts[i]->save(d, s);
}

void kxen_subsys_restore_done(struct kxen_domain *d, const struct kxen_stream_in *im)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->restore_done)
			parts[i]->restore_done(d, im);
}

void kxen_subsys_width_changed(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->width_changed)
			parts[i]->width_changed(d);
}

void kxen_subsys_shared_info_moved(struct kxen_domain *d,
				   const struct kxen_shared_info *old)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->shared_info_moved)
			parts[i]->shared_info_moved(d, old);
}

void kxen_subsys_vcpu_info_set(struct kxen_vcpu *v)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->vcpu_info_set)
			parts[i]->vcpu_info_set(v);
}

void kxen_subsys_mark_dirty(struct kxen_domain *d, struct kvm_memory_slot *slot)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->mark_dirty)
			parts[i]->mark_dirty(d, slot);
}

void kxen_subsys_state_changed(struct kxen_domain *d)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->state_changed)
			parts[i]->state_changed(d);
}

void kxen_subsys_query(struct kxen_domain *d, struct kxen_query *q)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->query)
			parts[i]->query(d, q);
}

void kxen_subsys_debugfs(struct kxen_domain *d, struct dentry *dir)
{
	int i;

	for (i = 0; i < NR_PARTS; i++)
		if (parts[i]->debugfs)
			parts[i]->debugfs(d, dir);
}

/* Where the pages of that space come from, or NULL. */
const struct kxen_space *kxen_subsys_space(u32 space)
{
	const struct kxen_space *s;
	int i;

	for (i = 0; i < NR_PARTS; i++)
		for (s = parts[i]->spaces; s && s->add; s++)
			if (s->space == space)
				return s;
	return NULL;
}

/* Whoever has placed something there takes it away: 0 or -errno, -ENOENT if nobody has. */
long kxen_subsys_space_remove(struct kxen_hc *hc, u64 gfn)
{
	const struct kxen_space *s;
	long ret = -ENOENT;
	int i;

	for (i = 0; ret == -ENOENT && i < NR_PARTS; i++)
		for (s = parts[i]->spaces; ret == -ENOENT && s && s->add; s++)
			if (s->remove)
				ret = s->remove(hc, gfn);
	return ret;
}

/* The call of that number, or NULL. */
const struct kxen_ctl_call *kxen_subsys_ctl(unsigned int cmd)
{
	const struct kxen_ctl_call *c;
	int i;

	for (i = 0; i < NR_PARTS; i++)
		for (c = parts[i]->ctl; c && c->fn; c++)
			if (c->cmd == cmd)
				return c;
	return NULL;
}

/* Likewise, of domctl. */
const struct kxen_domctl_entry *kxen_subsys_domctl(u32 cmd)
{
	const struct kxen_domctl_entry *e;
	int i;

	for (i = 0; i < NR_PARTS; i++)
		for (e = parts[i]->domctls; e && e->fn; e++)
			if (e->cmd == cmd)
				return e;
	return NULL;
}
