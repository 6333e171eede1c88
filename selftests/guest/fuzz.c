// SPDX-License-Identifier: GPL-2.0
/*
 * Random hypercalls from all CPUs: SEED,CPUS,SECONDS[,no-reset] on the command line. It
 * prints what it has done every so many calls, and ends with the totals.
 */
#include "fuzz/fuzz.h"

#define EVERY	2048

extern u64 start_info_addr;

u32 fuzz_cpus;
bool fuzz_no_reset;

static u32 seed;
static u64 end;		/* by the TSC */
static volatile u32 calls[FUZZ_CPUS], good[FUZZ_CPUS], good_in[FUZZ_CPUS][FUZZ_GROUPS];
static volatile bool stop, stopped[FUZZ_CPUS];

static u32 total(volatile u32 *of)
{
	u32 i, n = 0;

	for (i = 0; i < fuzz_cpus; i++)
		n += of[i];
	return n;
}

static void say_totals(const char *what)
{
	note("%s: seed %u, %u hypercalls, %u of them good", what, seed, total(calls),
	     total(good));
	fuzz_say_grants();
}

/* --- what calls have changed ------------------------------------------------------- */

/*
 * Only what was offered: an argument may have been overwritten since by another call's
 * result, and what it says then is not where a flag is.
 */
static bool offered(u64 gfn)
{
	return (gfn >= POOL_GFN && gfn < END_GFN) ||
	       gfn == (unsigned long)&shinfo_page / PAGE_SIZE;
}

static void note_vcpu_info(const struct fuzz_call *k)
{
	const struct vcpu_register_vcpu_info *a = (void *)k->arg[2];

	if (k->arg[1] >= FUZZ_CPUS || !offered(a->mfn))
		return;
	fuzz_vi_offset[k->arg[1]] = a->offset & (PAGE_SIZE - 1);
	fuzz_vi_gfn[k->arg[1]] = a->mfn;
}

static void note_shinfo(const struct fuzz_call *k)
{
	const struct xen_add_to_physmap *a = (void *)k->arg[1];

	if (offered(a->gpfn))
		fuzz_shinfo_gfn = a->gpfn;
}

static void note_all_new(void)
{
	u32 i;

	for (i = 0; i < FUZZ_CPUS; i++)
		fuzz_vi_gfn[i] = 0;
	fuzz_shinfo_gfn = 0;
	rt_map_shinfo();
	fuzz_place_grants();
}

static void note_good(unsigned int c, const struct fuzz_call *k)
{
	good[c]++;
	good_in[c][k->group]++;
	if (k->group == FUZZ_VCPU && k->arg[0] == VCPUOP_register_vcpu_info)
		note_vcpu_info(k);
	if (k->group == FUZZ_MEMORY && k->arg[0] == XENMEM_add_to_physmap)
		note_shinfo(k);
	if (k->group == FUZZ_SCHED && k->arg[0] == SCHEDOP_shutdown &&
	    ((struct sched_shutdown *)k->arg[1])->reason == SHUTDOWN_soft_reset)
		note_all_new();
}

/* --- the loop ---------------------------------------------------------------------- */

static void count(unsigned int c, const struct fuzz_call *k, long ret)
{
	calls[c]++;
	if (k->group == FUZZ_GRANT)
		fuzz_note_grant(c, k, ret);
	if (ret >= 0)
		note_good(c, k);
}

static void one_call(unsigned int c)
{
	struct fuzz_call k;
	long ret;

	fuzz_place(c, 0);
	fuzz_any(c, &k);
	ret = hypercall(k.nr, k.arg[0], k.arg[1], k.arg[2], k.arg[3], k.arg[4]);
	cli();
	count(c, &k, ret);
}

/* The list is a call of its own. */
static void one_list(unsigned int c)
{
	struct fuzz_call k = { .nr = __HYPERVISOR_multicall, .group = FUZZ_MULTICALL };
	u32 i = 0;
	long ret;

	count(c, &k, fuzz_list(c));
	while (fuzz_list_next(c, &i, &k, &ret))
		count(c, &k, ret);
}

static void loop(unsigned int c)
{
	u32 said = 0;

	fuzz_load_tss(c);
	while (!stop) {
		if (fuzz_one_in(c, 2))
			one_list(c);
		else
			one_call(c);
		fuzz_act(c);
		/* By whoever sees it first: another one may be slow, or asleep. */
		if (rdtsc() >= end)
			stop = true;
		if (c)
			continue;
		if (calls[0] - said >= EVERY) {
			said = calls[0];
			say_totals("so far");
		}
	}
	stopped[c] = true;
}

/* --- command line ------------------------------------------------------------------ */

static u32 number(const char **s)
{
	u32 n = 0;

	while (**s >= '0' && **s <= '9')
		n = n * 10 + *(*s)++ - '0';
	if (**s == ',')
		(*s)++;
	return n;
}

static void read_command_line(void)
{
	const struct hvm_start_info *si = (void *)(unsigned long)start_info_addr;
	const char *line = (void *)(unsigned long)si->cmdline_paddr;
	u32 seconds;

	seed = number(&line);
	fuzz_cpus = number(&line);
	seconds = number(&line);
	fuzz_no_reset = !strcmp(line, "no-reset");
	/* Xen's time leaf gives the TSC's frequency in kHz. */
	end = rdtsc() + (u64)cpuid(xen_base() + 3, 0).c * 1000 * seconds;
}

static void say_groups(void)
{
	static const char * const names[FUZZ_GROUPS] = {
		"evtchn", "N-level and batch", "vcpu", "hvm", "memory", "sched", "grants",
		"multicall", "other", "wild",
	};
	u32 i, c, n;

	for (i = 0; i < FUZZ_GROUPS; i++) {
		for (c = n = 0; c < fuzz_cpus; c++)
			n += good_in[c][i];
		note("good of %s: %u", names[i], n);
	}
}

void test_main(void)
{
	u32 i;

	rt_map_shinfo();
	read_command_line();
	if (!fuzz_cpus || fuzz_cpus > FUZZ_CPUS) {
		check("the command line gives the CPUs", fuzz_cpus, FUZZ_CPUS);
		return;
	}
	for (i = 0; i < fuzz_cpus; i++)
		fuzz_seed(i, seed);
	cli();
	fuzz_start_clock();
	fuzz_act_init();
	fuzz_place_grants();
	note("fuzz: seed %u, %u CPUs", seed, fuzz_cpus);
	check("the CPUs start", rt_start_cpus(fuzz_cpus, loop), 1);
	loop(0);
	for (i = 1; i < fuzz_cpus; i++)
		while (!stopped[i])
			relax();
	say_groups();
	say_totals("total");
	for (i = 0; i < fuzz_cpus; i++)
		check("this CPU has made calls", calls[i] > 0, 1);
}
