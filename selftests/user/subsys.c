// SPDX-License-Identifier: GPL-2.0
/*
 * The walks over the parts of a domain, with three parts of our own and two that have no
 * hooks: in which order they are called, and what is undone when one of them fails.
 */
#include <stddef.h>
#include <uapi/linux/kvm_xen.h>

#include "shim.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define KXEN_TEST_SUBSYS
#define KXEN_TEST_HOOKS

typedef unsigned int gfp_t;

struct ftrace_ops { int none; };

static char said[128];	/* what the log got */

#define kxen_err(...)	snprintf(said, sizeof(said), __VA_ARGS__)

#include "../../kvm-xen/kvm/hook.h"
#include "../../kvm-xen/stream.h"
#include "../../kvm-xen/subsys.h"

static char trail[64];	/* who was called */
static char fails;	/* who fails */
static char uses;	/* who has something of the guest's */

static int note(char who)
{
	size_t n = strlen(trail);

	trail[n] = who;
	trail[n + 1] = 0;
	return who == fails ? -ENOMEM : 0;
}

/* A set has no hooks here, but as many as its letter says. */
int kxen_hook_set_add(struct kxen_hook_set *s)
{
	return note(s->nr);
}

/* What the last part was asked for. */
static const struct kxen_create *wanted;

/* Capital letters where something is made or given, small ones where it is taken away. */
#define PART(who, up, down, most)						\
static int who##_create(struct kxen_domain *d, const struct kxen_create *c)	\
{ return wanted = c, note(up); }						\
static int who##_attach(struct kxen_domain *d) { return note(up); }		\
static void who##_destroy(struct kxen_domain *d) { note(down); }		\
static int who##_vcpu_create(struct kxen_vcpu *v, gfp_t gfp) { return note(gfp ? up : '-'); } \
static void who##_vcpu_destroy(struct kxen_vcpu *v) { note(down); }		\
static void who##_given(struct kxen_domain *d) { note(up); }			\
static bool who##_in_use(struct kxen_domain *d) { return note(up), uses == up; } \
static void who##_save(struct kxen_domain *d, struct kxen_stream_out *s) { note(up); } \
static const struct kxen_create_limit who##_limits[] = {				\
	{ offsetof(struct kxen_create, most), up }, { } };			\
static int who##_call(struct kxen_domain *d, void *arg) { return 0; }		\
static const struct kxen_ctl_call who##_ctl[] = {				\
	{ .cmd = up, .fn = who##_call }, { .cmd = down, .fn = who##_call }, { } }; \
static long who##_hc(struct kxen_hc *hc) { return up; }				\
static long who##_host(struct kxen_hc *hc) { return down; }			\
static const struct kxen_hc_entry who##_hypercalls[] = {			\
	{ up - 'A' + 1, 2, who##_hc, up == 'A' ? NULL : who##_host }, { } };	\
static const struct kxen_mem_entry who##_memory_ops[] = {			\
	{ up - 'A' + 1, who##_hc }, { } };					\
static long who##_add(struct kxen_hc *hc, u64 idx, u64 gfn) { return up; }	\
static long who##_remove(struct kxen_hc *hc, u64 gfn)				\
{ return note(up), gfn == up ? 0 : gfn == down ? -EBUSY : -ENOENT; }		\
static const struct kxen_space who##_spaces[] = {				\
	{ up, who##_add, who##_remove }, { } };					\
static struct kxen_hook_set who##_hooks = { .nr = up };				\
static const struct kxen_rec_desc who##_recs[] = {				\
	{ .id = KXEN_REC(up - 'A' + 2, 1, 1) }, { .id = KXEN_REC(up - 'A' + 2, 1, 2) }, { } }; \
static const struct kxen_subsys who = {						\
	.name = #who, .features = 1ULL << (up - 'A'), .create_flags = 1U << (down - 'a' + 8), \
	.create_limits = who##_limits, .create = who##_create, .destroy = who##_destroy,		\
	.attach = who##_attach, .detach = who##_destroy,			\
	.vcpu_create = who##_vcpu_create, .vcpu_destroy = who##_vcpu_destroy,	\
	.stop = who##_destroy, .reset = who##_destroy,				\
	.reset_done = who##_given, .freeze = who##_destroy,			\
	.thaw = who##_given, .in_use = who##_in_use, .save = who##_save,	\
	.hooks = &who##_hooks, .hypercalls = who##_hypercalls,			\
	.memory_ops = who##_memory_ops,						\
	.spaces = who##_spaces, .ctl = who##_ctl, .recs = who##_recs }

#pragma clang diagnostic ignored "-Wunused-parameter"
PART(first, 'A', 'a', max_ports);
PART(second, 'B', 'b', max_maptrack_frames);
PART(third, 'C', 'c', reserved);
/* What another part has, if anything: it comes behind A. */
static struct kxen_space more_spaces[2];
static struct kxen_ctl_call more_ctl[2];
static struct kxen_rec_desc more_recs[2];
static struct kxen_create_limit more_limits[2];
static const struct kxen_subsys empty = {
	.name = "empty", .spaces = more_spaces, .ctl = more_ctl, .recs = more_recs,
	.create_limits = more_limits };

/* And one that comes before A. */
static struct kxen_rec_desc early_recs[2];
static const struct kxen_subsys early = { .name = "early", .recs = early_recs };

static const struct kxen_subsys * const parts[] = { &early, &first, &empty, &second, &third };

#include "../../kvm-xen/subsys.c"

static int bad;

static void check(const char *name, int got, int want, const char *called)
{
	if (got == want && !strcmp(trail, called)) {
		printf("ok - %s\n", name);
	} else {
		printf("not ok - %s: %d for %d, %s for %s\n", name, got, want, trail, called);
		bad = 1;
	}
	trail[0] = 0;
}

/* What the core, the parts and the architecture count, and the core's calls of the device. */
static struct kxen_stat_desc stats[4] = {
	{ .id = 1, .name = "core" }, { .id = 2, .name = "part" }, { .id = 3, .name = "arch" } };

static const struct kxen_stat_desc *stat_at(u32 n)
{
	return n < ARRAY_SIZE(stats) && stats[n].name ? &stats[n] : NULL;
}

static bool is_core(unsigned int cmd)
{
	return cmd == 'x';
}

static int load(void)
{
	return kxen_subsys_load(stat_at, is_core);
}

#define CHECK_VOID(name, call, called)	(call, check(name, 0, 0, called))

static void what_fails(void)
{
	fails = 'A';
	check("the first is not made: nothing to undo", kxen_subsys_create(NULL, NULL), -ENOMEM, "A");
	fails = 'C';
	check("the last is not made: the others go, last one first",
	      kxen_subsys_create(NULL, NULL), -ENOMEM, "ABCba");
	check("the last is not attached: the same", kxen_subsys_attach(NULL), -ENOMEM, "ABCba");
	check("the last cannot have a vCPU: the same", kxen_subsys_vcpu_create(NULL, 1), -ENOMEM, "ABCba");
	fails = 'B';
	check("the second is not attached", kxen_subsys_attach(NULL), -ENOMEM, "ABa");
	check("a hook of the second cannot be placed: no other is told", load(),
	      -ENOMEM, "AB");
	fails = 0;
}

static long core_call(struct kxen_hc *hc)
{
	return 0;
}

/* A has 1, B has 2, C has 3. */
static void hypercalls(void)
{
	struct kxen_hc_slot table[4] = { { core_call, 3, false, core_call },
					 [2] = { core_call, 3, true, core_call } };
	struct kxen_hc_slot served[4] = { [2] = { core_call, 3, false } };
	struct kxen_hc_slot again[5] = { [2] = { core_call, 3, true } };
	const struct kxen_hc_entry arch[] = { { 4, 1, core_call }, { } };
	const struct kxen_hc_entry arch_too[] = { { 3, 1, core_call }, { } };
	const struct kxen_hc_entry arch_args[] = { { 4, KXEN_HC_ARGS + 1, core_call }, { } };

	check("each call gets into the table", kxen_subsys_hypercalls(table, 4, NULL), 0, "");
	check("with its arguments", table[1].fn == first_hc && table[1].nargs == 2 &&
	      table[3].fn == third_hc, 1, "");
	check("in place of what the core refuses", table[2].fn == second_hc &&
	      table[2].nargs == 2, 1, "");
	check("what the core serves stays", table[0].fn == core_call && table[0].nargs == 3, 1, "");
	check("those of the architecture, too", kxen_subsys_hypercalls(again, 5, arch), 0, "");
	check("beside those of the parts", again[4].fn == core_call && again[4].nargs == 1 &&
	      again[3].fn == third_hc, 1, "");
	check("a process of the host makes those that say so, and no other",
	      !table[1].host && table[2].host == second_host && table[0].host == core_call, 1, "");
	memset(again, 0, sizeof(again));
	check("a call with more arguments than there are",
	      kxen_subsys_hypercalls(again, 5, arch_args), -EEXIST, "");
	memset(again, 0, sizeof(again));
	check("a part with a call of the architecture's", kxen_subsys_hypercalls(again, 4, arch_too),
	      -EEXIST, "");
	memcpy(again, table, sizeof(table));
	check("two parts with the same call", kxen_subsys_hypercalls(again, 4, NULL), -EEXIST, "");
	check("one that the core serves", kxen_subsys_hypercalls(served, 4, NULL), -EEXIST, "");
	memset(again, 0, sizeof(again));
	check("a number behind the table", kxen_subsys_hypercalls(again, 3, NULL), -EEXIST, "");
	check("the space of the last part", kxen_subsys_space('C') == third_spaces, 1, "");
	check("no part has that space", !kxen_subsys_space('a'), 1, "");
}

static int one_fast(u32 nargs, struct kxen_hc_fast f)
{
	const struct kxen_hc_entry arch[] = { { 4, nargs, core_call, .fast = f }, { } };
	struct kxen_hc_slot table[5] = { };

	return kxen_subsys_hypercalls(table, 5, arch);
}

/* Of 3 arguments, one of which is of 4 words at most. */
static void fast_calls(void)
{
	struct kxen_hc_fast f = { .cmds = 6, .copies = 2, .at = 2, .len = 16 };

	check("a call where nothing may sleep", one_fast(3, f), 0, "");
	check("with more arguments than there is room for", one_fast(4, f), -EEXIST, "");
	check("with a place that is none of its arguments", one_fast(2, f), -EEXIST, "");
	f.len = 20;
	check("with a longer argument than there is room for", one_fast(3, f), -EEXIST, "");
	f.len = 6;
	check("with half a word", one_fast(3, f), -EEXIST, "");
	f.len = 0;
	check("with an argument of nothing", one_fast(3, f), -EEXIST, "");
	f = (struct kxen_hc_fast) { .cmds = 4, .copies = 2, .at = 2, .len = 4 };
	check("with an argument of a command that is not served", one_fast(3, f), -EEXIST, "");
	check("one without an argument", one_fast(2, (struct kxen_hc_fast) { .all = true }), 0, "");
}

static void memory_ops(void)
{
	struct kxen_mem_slot table[4] = { { core_call, false, false }, [2] = { core_call, true, false } };
	struct kxen_mem_slot served[4] = { [3] = { core_call, false, false } };

	check("each command gets into the table", kxen_subsys_memory_ops(table, 4), 0, "");
	check("as a part's", table[1].fn == first_hc && table[1].part && !table[1].refused, 1, "");
	check("in place of what the core refuses", table[2].fn == second_hc && table[2].part, 1, "");
	check("what the core serves stays", table[0].fn == core_call && !table[0].part, 1, "");
	check("two parts with the same command", kxen_subsys_memory_ops(table, 4), -EEXIST, "");
	check("one that the core serves", kxen_subsys_memory_ops(served, 4), -EEXIST, "");
	memset(table, 0, sizeof(table));
	check("a number behind the table", kxen_subsys_memory_ops(table, 3), -EEXIST, "");
	check("who has placed a page is found", kxen_subsys_space_remove(NULL, 'B'), 0, "AB");
	check("nobody has", kxen_subsys_space_remove(NULL, 'x'), -ENOENT, "ABC");
	check("an error is the end", kxen_subsys_space_remove(NULL, 'a'), -EBUSY, "A");
}

/* A takes ports and B maptrack frames, as many as their letters say; grant frames nobody. */
static void limits(void)
{
	struct kxen_create c = { .max_ports = 'A', .max_maptrack_frames = 'B', .reserved = 'C' };

	check("what all parts bring is told", kxen_subsys_features(), 7, "");
	check("and what they know", kxen_subsys_create_flags(), 7 << 8, "");
	check("limits of each", kxen_subsys_check_limits(&c), 0, "");
	c.max_ports++;
	check("one that is too large", kxen_subsys_check_limits(&c), -EINVAL, "");
	c.max_ports = 0;
	c.max_grant_frames = 1;
	check("one that nobody takes", kxen_subsys_check_limits(&c), -EOPNOTSUPP, "");
	check("of which there is none at all",
	      kxen_subsys_create_max(offsetof(struct kxen_create, max_grant_frames)), 0, "");
	more_limits[0] = (struct kxen_create_limit){ offsetof(struct kxen_create, max_grant_frames), 1 };
	check("somebody does", kxen_subsys_check_limits(&c), 0, "");
	check("of the last part, the same",
	      kxen_subsys_create_max(offsetof(struct kxen_create, reserved)), 'C', "");
	more_limits[0].at = offsetof(struct kxen_create, max_ports);
	check("two parts with the same limit", load(), -EEXIST, "A");
	more_limits[0].at = offsetof(struct kxen_create, domid);
	check("what is no limit", load(), -EEXIST, "A");
	more_limits[0].at = offsetof(struct kxen_create, uuid);
	check("nor is this", load(), -EEXIST, "A");
	more_limits[0].at = offsetof(struct kxen_create, max_grant_frames) + 2;
	check("nor half of one", load(), -EEXIST, "A");
	more_limits[0].max = 0;
}

static void tables(void)
{
	more_spaces[0] = first_spaces[0];
	check("two parts with the same space", load(), -EEXIST, "A");
	check("the log names the second", !!strstr(said, "empty of a domain cannot have space 0x41"), 1, "");
	more_spaces[0] = (struct kxen_space){ };
	more_ctl[0] = first_ctl[1];
	check("two parts with the same call of the device", load(), -EEXIST, "A");
	more_ctl[0].cmd = 'x';
	check("a part with a call of the core's", load(), -EEXIST, "A");
	more_ctl[0] = (struct kxen_ctl_call){ };
	more_recs[0].id = KXEN_REC(2, 1, 3);
	check("a record of a part before", load(), -EEXIST, "A");
	more_recs[0].id = KXEN_REC(2, 2, 1);
	check("another one of that part's owner", load(), -EEXIST, "A");
	early_recs[0].id = KXEN_REC(KXEN_OWNER_CORE, 0xfe, 1);
	check("one of the core's owner", load(), -EEXIST, "");
	early_recs[0].id = 0;
	more_recs[0].id = KXEN_REC(3, 2, 1);
	check("one that is behind the next part's", load(), -EEXIST, "A");
	check("the log names that one", !!strstr(said, "second of a domain cannot have record"), 1, "");
	more_recs[0].id = KXEN_REC(KXEN_ARCH_OWNERS, 1, 1);
	check("one of the architecture's", load(), -EEXIST, "A");
	more_recs[0].id = 0;
}

static void statistics(void)
{
	u32 i;

	for (i = 1; i <= 3; i++) {
		stats[3] = (struct kxen_stat_desc){ .id = i, .name = "one more" };
		check("two statistics with the same number", load(), -EEXIST, "");
		check("the log names it", !!strstr(said, "one more of a domain cannot have the number of a statistic"),
		      1, "");
	}
	stats[3].id = 4;
	check("one with a number of its own", load(), 0, "ABC");
	stats[3] = (struct kxen_stat_desc){ };
}

int main(void)
{
	what_fails();
	hypercalls();
	fast_calls();
	memory_ops();
	limits();
	tables();
	statistics();
	check("hooks registered in order", load(), 0, "ABC");
	check("made in order", kxen_subsys_create(NULL, (const void *)trail), 0, "ABC");
	check("as is wanted", wanted == (const void *)trail, 1, "");
	check("attached in order", kxen_subsys_attach(NULL), 0, "ABC");
	check("a vCPU is made in order", kxen_subsys_vcpu_create(NULL, 1), 0, "ABC");
	CHECK_VOID("and goes in the mirror order", kxen_subsys_vcpu_destroy(NULL), "cba");
	CHECK_VOID("saved in order", kxen_subsys_save(NULL, NULL), "ABC");
	CHECK_VOID("frozen in the mirror order", kxen_subsys_freeze(NULL), "cba");
	CHECK_VOID("thawed in order", kxen_subsys_thaw(NULL), "ABC");
	CHECK_VOID("reset in the mirror order", kxen_subsys_reset(NULL), "cba");
	CHECK_VOID("and new in order", kxen_subsys_reset_done(NULL), "ABC");
	CHECK_VOID("stopped in the mirror order", kxen_subsys_stop(NULL), "cba");
	CHECK_VOID("detached in the mirror order", kxen_subsys_detach(NULL), "cba");
	CHECK_VOID("destroyed in the mirror order", kxen_subsys_destroy(NULL), "cba");
	check("nothing in use: all are asked", kxen_subsys_in_use(NULL), 0, "ABC");
	uses = 'B';
	check("one is in use", kxen_subsys_in_use(NULL), 1, "AB");
	check("the call of the last part", kxen_subsys_ctl('c') == &third_ctl[1], 1, "");
	check("no part has that call", !kxen_subsys_ctl('x'), 1, "");
	return bad;
}
