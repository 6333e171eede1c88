// SPDX-License-Identifier: GPL-2.0
/* The hypercall's number is all of rax in 64-bit mode (semantics 0.1). */
#include "rt.h"

static long call_by(unsigned long number, unsigned long a0, void *a1)
{
	long ret;

	if (is_amd())
		__asm__ volatile("vmmcall" : "=a"(ret), "+D"(a0), "+S"(a1)
				 : "0"(number) : "memory", "rdx", "r10", "r8");
	else
		__asm__ volatile("vmcall" : "=a"(ret), "+D"(a0), "+S"(a1)
				 : "0"(number) : "memory", "rdx", "r10", "r8");
	return ret;
}

void test_main(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF,
					  .remote_dom = DOMID_SELF };
	const unsigned long op = __HYPERVISOR_event_channel_op;

	rt_map_shinfo();
	cli();
	check("0.1 event_channel_op",
	      call_by(op, EVTCHNOP_alloc_unbound, &a), 0);
	a.port = 77;
	check("0.5 with bit 32 set it is another number",
	      call_by(op | 1UL << 32, EVTCHNOP_alloc_unbound, &a), XEN_ENOSYS);
	check("0.5 with bit 63 set too",
	      call_by(op | 1UL << 63, EVTCHNOP_alloc_unbound, &a), XEN_ENOSYS);
	check("0.5 nothing was done", a.port, 77);
}
