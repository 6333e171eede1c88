// SPDX-License-Identifier: GPL-2.0
/*
 * Multicalls of random calls. An exit costs a hundred times what a call costs, so most
 * calls are made here: one exit for all that a list has. What sleeps or ends the machine
 * is called outside of a list.
 */
#include "fuzz.h"

/* No call returns it: whose result it still is was not made. */
#define NOT_MADE	((xen_ulong_t)0x5a5a1234)

static struct multicall_entry list[FUZZ_CPUS][FUZZ_LIST] page_aligned;
static struct fuzz_call made[FUZZ_CPUS][FUZZ_LIST];

static void fill(unsigned int c, u32 n)
{
	struct fuzz_call *in;
	u32 i, j;

	for (i = 0; i < n; i++) {
		in = &made[c][i];
		fuzz_place(c, i);
		do
			fuzz_any(c, in);
		while (in->group == FUZZ_SCHED && in->op != SCHEDOP_yield);
		/* In a list there is no list. */
		if (fuzz_one_in(c, 200))
			in->nr = __HYPERVISOR_multicall;
		list[c][i].op = in->nr;
		for (j = 0; j < ARRAY_SIZE(in->arg); j++)
			list[c][i].args[j] = in->arg[j];
	}
}

/*
 * A list in a bad place now and then, and one that is longer than what was filled: there
 * it has what it had before, whose arguments are others by now.
 */
long fuzz_list(unsigned int c)
{
	u32 i, filled = fuzz_below(c, FUZZ_LIST + 1), n = filled;
	unsigned long at = (unsigned long)list[c];

	fill(c, filled);
	for (i = 0; i < FUZZ_LIST; i++)
		list[c][i].result = NOT_MADE;
	if (fuzz_one_in(c, 64))
		at = fuzz_odd(c);
	if (fuzz_one_in(c, 16))
		n = fuzz_below(c, FUZZ_LIST + 1);
	for (i = filled; i < n; i++)
		if (fuzz_harms_image(&made[c][i]))
			n = i;
	return hc2(__HYPERVISOR_multicall, at, n);
}

/* What was made of the list, one after the other: false at the end. */
bool fuzz_list_next(unsigned int c, u32 *i, struct fuzz_call *k, long *ret)
{
	while (*i < FUZZ_LIST && list[c][*i].result == NOT_MADE)
		++*i;
	if (*i == FUZZ_LIST)
		return false;
	*k = made[c][*i];
	*ret = (long)list[c][(*i)++].result;
	return true;
}
