// SPDX-License-Identifier: GPL-2.0
/* The FIFO ABI at its full size: 131072 words, every port that the domain may have. */
#include "fiforun.h"

#define MANY	131072
#include "many.h"

#define PAGES	128

static u32 array[PAGES * WORDS] page_aligned;
static u32 extra[WORDS] page_aligned;
void test_main(void)
{
	u32 i, bad = 0, sent = 0;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	words = array;
	check("A36 init_control", init_cpu(0), 0);
	rt_take_events = fifo_take;
	rt_vi(0)->evtchn_upcall_pending = 0;
	for (i = 0; i < PAGES; i++)
		bad += expand_array((unsigned long)&array[i * WORDS] /
				    PAGE_SIZE) ? 1 : 0;
	check("A41 128 pages", bad, 0);
	check("A41 one page more", expand_array((unsigned long)extra /
						PAGE_SIZE), XEN_ENOSPC);
	check("A4 100001 ports", bind_many(100001), 0);
	check("A3 they are in order", ports[100000] - ports[0], 100000);
	on_event = note_event;
	for (i = 0; i < nr; i += 97, sent++)
		bad += rt_send(ports[i]) ? 1 : 0;
	check("A28 sends all over the array", bad, 0);
	sti();
	cli();
	check("A69 each is delivered", count_seen() == sent, 1);
	check("A3 then to the limit", bind_many(131072), XEN_ENOSPC);
	check("XSA-317 one more", rt_alloc_unbound(DOMID_SELF), 0);
	check("A28 the last one works", rt_send(ports[nr - 1]), 0);
	check("XSA-344 reset of all ports", reset(DOMID_SELF), 0);
	check("XSA-344 and they are closed", rt_send(ports[nr - 1]), XEN_EINVAL);
	check("XSA-338 the lowest is free again",
	      rt_alloc_unbound(DOMID_SELF) <= ports[0], 1);
}
