// SPDX-License-Identifier: GPL-2.0
/*
 * Long multicalls, while the VMM takes its thread back by signals again and again:
 * each entry is executed once, whichever way the call was cut.
 */
#include "rt.h"

#define ENTRIES	900
#define ROUNDS	12

static struct multicall_entry list[ENTRIES];
static struct evtchn_alloc_unbound ports[ENTRIES];

static u32 allocate(void)
{
	u32 i, bad = 0;

	for (i = 0; i < ENTRIES; i++) {
		ports[i] = (struct evtchn_alloc_unbound) {
			.dom = DOMID_SELF, .remote_dom = DOMID_SELF,
		};
		list[i].op = __HYPERVISOR_event_channel_op;
		list[i].result = 0x5a5a;
		list[i].args[0] = EVTCHNOP_alloc_unbound;
		list[i].args[1] = (unsigned long)&ports[i];
	}
	bad += hc2(__HYPERVISOR_multicall, list, ENTRIES) ? 1 : 0;
	/* Lowest first: one that was run twice would leave a hole. */
	for (i = 0; i < ENTRIES; i++)
		bad += list[i].result || ports[i].port != ports[0].port + i;
	return bad;
}

static u32 release(void)
{
	u32 i, bad = 0;

	for (i = 0; i < ENTRIES; i++) {
		list[i].result = 0x5a5a;
		list[i].args[0] = EVTCHNOP_close;
		list[i].args[1] = (unsigned long)&ports[i].port;
	}
	bad += hc2(__HYPERVISOR_multicall, list, ENTRIES) ? 1 : 0;
	for (i = 0; i < ENTRIES; i++)
		bad += list[i].result != 0;
	return bad;
}

void test_main(void)
{
	u32 i, bad = 0;

	for (i = 0; i < ROUNDS && !bad; i++) {
		bad += allocate();
		bad += release();
	}
	check("XSA-145 each entry of a multicall is executed once", bad, 0);
	check("XSA-145 all rounds were made", i, ROUNDS);
}
