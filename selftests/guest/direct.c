// SPDX-License-Identifier: GPL-2.0
/*
 * A domain whose memory stays as it is (vmm --direct): nothing can be placed over a frame, what is
 * registered is its own memory. It sends to itself and, as domain 701, to sink, which is 700; the
 * job looks what that was counted as.
 */
#include "rt.h"

#define HOLE	0x40000000ULL	/* nothing is there */
#define SENDS	5

static u8 page[PAGE_SIZE] page_aligned;
static struct vcpu_info info;

static long place(u32 space, u64 idx, u64 gfn)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = gfn,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

void test_main(void)
{
	struct evtchn_bind_interdomain b = { .remote_dom = 700, .remote_port = 1 };
	struct vcpu_register_vcpu_info v = {
		.mfn = (unsigned long)&info / PAGE_SIZE, .offset = (unsigned long)&info % PAGE_SIZE,
	};
	u32 i, l, r, bad = 0;

	check("shared_info is not placed where the VMM has no memory",
	      place(XENMAPSPACE_shared_info, 0, HOLE / PAGE_SIZE), XEN_EINVAL);
	check("nor is a frame of the grant table",
	      place(XENMAPSPACE_grant_table, 0, HOLE / PAGE_SIZE), XEN_EINVAL);
	check("nor over the guest's memory",
	      place(XENMAPSPACE_grant_table, 0, (unsigned long)page / PAGE_SIZE), XEN_EINVAL);
	check("nor is a page moved", place(XENMAPSPACE_gmfn, (unsigned long)page / PAGE_SIZE,
					   HOLE / PAGE_SIZE), XEN_EINVAL);
	check("shared_info is a page of the guest's", rt_map_shinfo(), 0);
	check("and vcpu_info in another one", vcpu_op(VCPUOP_register_vcpu_info, 0, &v), 0);
	rt_vi_use_registered(0, &info);
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	cli();
	l = rt_loop(&r);
	for (i = 0; i < SENDS; i++) {
		bad += !!rt_send(l);
		bad += !rt_pending(r);
		rt_clear(r);
	}
	check("a send to itself arrives", bad, 0);
	check("another domain is bound to", evtchn_op(EVTCHNOP_bind_interdomain, &b), 0);
	for (i = 0; i < SENDS; i++)
		bad += !!rt_send(b.local_port);
	check("and sent to", bad, 0);
}
