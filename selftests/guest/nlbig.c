// SPDX-License-Identifier: GPL-2.0
/* The N-level ABI at the size of three levels: 262144 ports, leaf by leaf. */
#include "nlrun.h"

#define MANY	262144
#include "many.h"

static bool works(u32 port)
{
	seen[port / 32] = 0;
	rt_send(port);
	sti();
	cli();
	return seen[port / 32] >> (port % 32) & 1;
}

void test_main(void)
{
	u32 i, n, sent = 0, bad = 0;

	rt_map_shinfo();
	cli();
	rt_set_callback(2ULL << 56 | CALLBACK_VECTOR);
	on_event = note_event;
	check("B43 register with one leaf", nl_start(3, 1, 1), 0);
	for (i = 1; i <= MAX_LEAVES; i++) {
		n = i * KXEN_NLEVEL_PAGE_PORTS;
		check("B31 ports to the end of the leaf", bind_many(n),
		      XEN_ENOSPC);
		check("B31 the last one", ports[nr - 1], n - 1);
		bad += !works(ports[nr - 1]);
		if (i < MAX_LEAVES)
			bad += nl_expand(i, 1) ? 1 : 0;
	}
	check("B43 expanded leaf by leaf, each works at once", bad, 0);
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < nr; i += 97, sent++)
		bad += rt_send(ports[i]) ? 1 : 0;
	check("A28 sends all over the tree", bad, 0);
	sti();
	cli();
	check("B36 each is delivered", count_seen() == sent, 1);
	check("B9 262144 ports at three levels", rt_alloc_unbound(DOMID_SELF), 0);
	check("XSA-344 reset of all ports", nl_reset(), 0);
	check("XSA-344 and they are closed", rt_send(ports[nr - 1]), XEN_EINVAL);
}
