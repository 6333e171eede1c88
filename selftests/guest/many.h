/* SPDX-License-Identifier: GPL-2.0 */
/* As many ports as a domain can have, for the images that test an ABI at its full size. */
#ifndef MANY_H
#define MANY_H

#include "rt.h"

#define BATCH	512

static struct multicall_entry list[BATCH];
static struct evtchn_bind_ipi ipi[BATCH];
static u32 ports[MANY], nr;

/* IPIs, since each can be sent to; returns the first error. */
static long bind_many(u32 want)
{
	u32 i;

	while (nr < want) {
		u32 n = want - nr < BATCH ? want - nr : BATCH;

		for (i = 0; i < n; i++) {
			ipi[i] = (struct evtchn_bind_ipi) { .vcpu = 0 };
			list[i].op = __HYPERVISOR_event_channel_op;
			list[i].args[0] = EVTCHNOP_bind_ipi;
			list[i].args[1] = (unsigned long)&ipi[i];
		}
		hc2(__HYPERVISOR_multicall, list, n);
		for (i = 0; i < n; i++) {
			if (list[i].result)
				return list[i].result;
			ports[nr++] = ipi[i].port;
		}
	}
	return 0;
}

static u32 seen[MANY / 32];

static void note_event(unsigned int cpu, u32 port)
{
	seen[port / 32] |= 1U << (port % 32);
}

static u32 count_seen(void)
{
	u32 i, n = 0;

	for (i = 0; i < MANY; i++)
		n += seen[i / 32] >> (i % 32) & 1;
	return n;
}

#endif
