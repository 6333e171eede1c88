// SPDX-License-Identifier: GPL-2.0
/* Grant tables: frames that are made, placed and given back. */
#include "fnth.h"
#include "../gntab.h"

#define FRAME	((void *)PAGE(24))
#define OTHER	((void *)PAGE(25))

static long first_frame(void)
{
	return gnt_add(0, FRAME);
}

static void take_first(void)
{
	gnt_remove(FRAME);
}

static void with_first(void)
{
	gnt_add(0, FRAME);
}

static long move_first(void)
{
	return gnt_add(0, OTHER);
}

static long sixth_frame(void)
{
	return gnt_add(5, FRAME);
}

/* That there was no memory is no error of the call. */
static long nine_frames(void)
{
	unsigned long list[9];
	long ret = gnt_list(list, 9);

	return ret == GNTST_general_error ? XEN_ENOMEM : ret;
}

static long version_2(void)
{
	return gnt_set_version(2);
}

static void with_version_2(void)
{
	all_new();
	gnt_set_version(2);
}

static long status_frame(void)
{
	return gnt_add(STATUS_FRAME | 1, FRAME);
}

static void with_status_frame(void)
{
	with_version_2();
	status_frame();
}

static long version_1(void)
{
	return gnt_set_version(1);
}

static long swap(void)
{
	struct gnttab_swap_grant_ref s[2] = { { 8, 9, 1 }, { 9, 10, 1 } };

	return gnttab_op(GNTTABOP_swap_grant_ref, s, 2);
}

const struct op gnttab_ops[] = {
	{ "grant frame", nothing, first_frame, take_first },
	{ "grant frame moves", with_first, move_first, all_new },
	{ "grant frames are made", all_new, sixth_frame, all_new },
	{ "setup_table", all_new, nine_frames, all_new },
	{ "set_version 2", all_new, version_2, all_new },
	{ "status frame", with_version_2, status_frame, all_new },
	{ "set_version 1", with_status_frame, version_1, all_new },
	{ "swap_grant_ref", nothing, swap, nothing },
	{ 0 },
};
