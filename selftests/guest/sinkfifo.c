// SPDX-License-Identifier: GPL-2.0
/* As sink.c, with the FIFO ABI. */
#include "fiforun.h"

static u32 array[WORDS] page_aligned;

void test_main(void)
{
	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	words = array;
	init_cpu(0);
	expand_array((unsigned long)array / PAGE_SIZE);
	rt_take_events = fifo_take;
	note("port %u", rt_alloc_unbound(701));
	for (;;) {
		sti();
		cli();
	}
}
