// SPDX-License-Identifier: GPL-2.0
/* As sink.c, with the N-level ABI at three levels. */
#include "nlrun.h"

void test_main(void)
{
	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	nl_start(3, 1, 1);
	note("port %u", rt_alloc_unbound(701));
	for (;;) {
		sti();
		cli();
	}
}
