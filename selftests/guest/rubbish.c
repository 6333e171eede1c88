// SPDX-License-Identifier: GPL-2.0
/*
 * Writes rubbish into the rings of xenstore and of the console, and says each time that there is
 * something: Xen's daemons serve everybody else all the same.
 */
#include "random.h"
#include "rt.h"

#define ROUNDS	20000

static u64 param(u32 index)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

	return hvm_op(HVMOP_get_param, &p) ? 0 : p.value;
}

/* The indices of a ring are among its last words: those more often than by chance. */
static void spoil(volatile u32 *page, u32 round)
{
	u32 at = random() % (PAGE_SIZE / 4);

	if (round % 3 == 0)
		at = 2048 / 4 + random() % 8;
	page[at] = round % 2 ? random() : random() % 5000;
}

void test_main(void)
{
	volatile u32 *store = (volatile u32 *)(unsigned long)(param(HVM_PARAM_STORE_PFN) * PAGE_SIZE);
	volatile u32 *console = (volatile u32 *)(unsigned long)(param(HVM_PARAM_CONSOLE_PFN) * PAGE_SIZE);
	u32 i, sent = 0;

	rt_map_shinfo();
	cli();
	check("there are rings", store && console, 1);
	for (i = 0; i < ROUNDS; i++) {
		struct evtchn_send s = { .port = param(i % 2 ? HVM_PARAM_STORE_EVTCHN :
						       HVM_PARAM_CONSOLE_EVTCHN) };

		spoil(store, i);
		spoil(console, i);
		if (i % 16 == 0)
			sent += !evtchn_op(EVTCHNOP_send, &s);
	}
	check("somebody was told", sent > 0, 1);
}
