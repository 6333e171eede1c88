// SPDX-License-Identifier: GPL-2.0
/*
 * A guest whose disk and network interface have backends, and who means them harm. It has no
 * xenstore of its own: whoever runs it writes the nodes of its front ends, with these references,
 * and with the first ports behind those of its special pages. First it uses each ring as one should;
 * then it makes requests that say anything, in rings that are kept well, so that each is answered;
 * then it writes anything into the rings, their indices above all, until it is ended.
 */
#include "gnttab.h"
#include "random.h"
#include "until.h"
#include <xen/io/blkif.h>
#include <xen/io/netif.h>

#define FIRST	8		/* references: the rings, and pages behind them */
#define LAST	32
#define GOOD	(FIRST + RINGS)	/* one that may be written */
#define FRAME_SIZE 60		/* of Ethernet: the smallest one */
#define LIMIT	300000		/* ms: for what hangs */
#define STORM	10000		/* rounds until the host may look */

enum { DISK, SENT, CAME, RINGS };
enum { REQ_PROD, REQ_EVENT, RSP_PROD, RSP_EVENT, INDICES };

static struct {
	union {
		blkif_sring_t blk;
		netif_tx_sring_t tx;
		netif_rx_sring_t rx;
		u32 word[PAGE_SIZE / 4];
	} *page;
	u32 size, port, enough;	/* slots; answers to requests that say anything */
} rings[RINGS] = {
	[DISK] = { .size = 32, .enough = 200 },
	[SENT] = { .size = 256, .enough = 1000 },
	[CAME] = { .size = 256, .enough = 20 },
};

static u8 ring_pages[RINGS][PAGE_SIZE] page_aligned;

static volatile u32 *indices(u32 which)
{
	return rings[which].page->word;
}

static void tell(u32 which)
{
	struct evtchn_send s = { .port = rings[which].port };

	evtchn_op(EVTCHNOP_send, &s);
}

/* The processor is for those who serve, meanwhile. */
static bool nap(void)
{
	struct sched_poll p = { .timeout = now_ns() + 10000000 };

	sched_op(SCHEDOP_poll, &p);
	return false;
}

/* --- as one should ------------------------------------------------------------------ */

/* One request, which is in its slot. */
static void push(u32 which)
{
	barrier();
	indices(which)[REQ_PROD]++;
	tell(which);
}

static bool answered(u32 which)
{
	return until(LIMIT, indices(which)[RSP_PROD] == indices(which)[REQ_PROD] || nap());
}

static void use_disk(void)
{
	blkif_request_t *r = &rings[DISK].page->blk.ring[0].req;
	blkif_response_t *answer = &rings[DISK].page->blk.ring[0].rsp;

	*r = (blkif_request_t){ .operation = BLKIF_OP_READ, .nr_segments = 1, .id = 77,
				.seg = { { .gref = GOOD, .first_sect = 0, .last_sect = 7 } } };
	push(DISK);
	check("the disk's first request is answered", answered(DISK), 1);
	check("by its own number", READ(answer->id), 77);
	check("it has gone well", READ(answer->status), BLKIF_RSP_OKAY);
	check("what was read is what is there", READ(pages[GOOD % PAGES][4095]), 'S');
}

/* To everybody; of a type that is for experiments. */
static void use_sent(void)
{
	netif_tx_request_t *r = &rings[SENT].page->tx.ring[0].req;
	netif_tx_response_t *answer = &rings[SENT].page->tx.ring[0].rsp;
	u8 *packet = pages[GOOD % PAGES];

	memset(packet, 0xff, 6);
	memset(packet + 6, 0, FRAME_SIZE - 6);
	packet[6] = 2;
	packet[12] = 0x88;
	packet[13] = 0xb5;
	*r = (netif_tx_request_t){ .gref = GOOD, .id = 78, .size = FRAME_SIZE };
	push(SENT);
	check("the first packet is answered", answered(SENT), 1);
	check("by its own number", READ(answer->id), 78);
	check("it has gone well", READ(answer->status), NETIF_RSP_OKAY);
}

static void use_came(void)
{
	netif_rx_request_t *r = &rings[CAME].page->rx.ring[0].req;
	netif_rx_response_t *answer = &rings[CAME].page->rx.ring[0].rsp;

	*r = (netif_rx_request_t){ .id = 79, .gref = GOOD };
	push(CAME);
	check("a packet comes", answered(CAME), 1);
	check("by its own number", READ(answer->id), 79);
	check("there is something in it", (int16_t)READ(answer->status) > 0, 1);
}

/* --- requests that say anything --------------------------------------------------------- */

static u32 first_ref = GOOD;

/* Mostly one that is granted: in the end a ring now and then, which the disk is read into. */
static u32 some_ref(void)
{
	return random() % 8 ? first_ref + random() % (LAST - first_ref) : random();
}

static void spoil_disk(blkif_request_t *b)
{
	u32 i;

	b->operation = random() % 8;
	b->nr_segments = random() % 4 ? random() % 13 : random();
	b->id = random();
	b->sector_number = random() % 3 ? random() % 8192 : (u64)random() << random() % 33;
	for (i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		b->seg[i] = (struct blkif_request_segment){
			.gref = some_ref(), .first_sect = random() % 10, .last_sect = random() % 10,
		};
	/*
	 * QEMU takes a discard apart, in pieces of 2 GiB each of which has its own memory: what the
	 * segments say would be millions of them. Either no more than one piece, or refused.
	 */
	if (b->operation == BLKIF_OP_DISCARD)
		((blkif_request_discard_t *)b)->nr_sectors = random() % 4 ? random() % 16384 : -1ULL;
}

static void spoil_sent(netif_tx_request_t *t)
{
	*t = (netif_tx_request_t){
		.gref = some_ref(), .offset = random() % 6000, .flags = random() % 32,
		.id = random(), .size = random() % 3 ? random() % 1600 : random(),
	};
}

static void spoil_request(u32 which)
{
	u32 at = indices(which)[REQ_PROD] % rings[which].size;

	if (which == DISK)
		spoil_disk(&rings[DISK].page->blk.ring[at].req);
	else if (which == SENT)
		spoil_sent(&rings[SENT].page->tx.ring[at].req);
	else
		rings[CAME].page->rx.ring[at].req =
			(netif_rx_request_t){ .id = random(), .gref = some_ref() };
	barrier();
	indices(which)[REQ_PROD]++;
}

/* As many as there is room for. Have enough been answered? */
static bool has_enough(u32 which)
{
	volatile u32 *i = indices(which);

	if (i[RSP_PROD] >= rings[which].enough)
		return true;
	while (i[REQ_PROD] - i[RSP_PROD] < rings[which].size)
		spoil_request(which);
	tell(which);
	return nap();
}

static void say_anything(void)
{
	check("bad requests of a disk are answered", until(LIMIT, has_enough(DISK)), 1);
	check("so are those to send", until(LIMIT, has_enough(SENT)), 1);
	check("and those for what comes", until(LIMIT, has_enough(CAME)), 1);
	note("answers %u %u %u", indices(DISK)[RSP_PROD], indices(SENT)[RSP_PROD],
	     indices(CAME)[RSP_PROD]);
}

/* --- indices that are anything ------------------------------------------------------------ */

static void spoil_ring(u32 which)
{
	static const u32 far[] = { 0x80000000, 0x7fffffff, 0xffffffff, -32, 33, 257, -256, 0xffff };
	volatile u32 *w = indices(which);

	switch (random() % 8) {
	case 0:
		w[REQ_PROD] += far[random() % ARRAY_SIZE(far)];
		break;
	case 1:
		w[REQ_PROD] = w[RSP_PROD] + far[random() % ARRAY_SIZE(far)];
		break;
	case 2:
		w[random() % INDICES] = random();
		break;
	case 3:
		w[random() % (PAGE_SIZE / 4)] = random();
		break;
	default:
		spoil_request(which);
	}
}

/* Whoever serves may hang or end: that is for the host to see. */
static void __attribute__((noreturn)) storm(void)
{
	u32 i;

	first_ref = FIRST;
	for (i = 0; ; i++) {
		spoil_ring(i % RINGS);
		if (i % 8 == 0)
			tell(i / 8 % RINGS);
		if (i == STORM)
			note("the storm goes on");
		/* From then on the host has its processors for the others, too. */
		if (i > STORM && i % 64 == 0)
			nap();
	}
}

/* --- both ------------------------------------------------------------------------------- */

static void prepare(void)
{
	u32 i;

	for (i = 0; i < RINGS; i++) {
		rings[i].page = (void *)ring_pages[i];
		rings[i].port = i == CAME ? rings[SENT].port : rt_alloc_unbound(0);
		indices(i)[REQ_EVENT] = 1;
		indices(i)[RSP_EVENT] = 1;
	}
	for (i = FIRST; i < LAST; i++)
		gt_set(i, GTF_permit_access | (i <= GOOD || i % 5 ? 0 : GTF_readonly), 0,
		       i < GOOD ? GFN(ring_pages[i - FIRST]) : GFN(pages[i % PAGES]));
}

/* Has its backend bound the port? */
static bool bound(u32 which)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = rings[which].port };

	return !evtchn_op(EVTCHNOP_status, &s) && s.status == EVTCHNSTAT_interdomain;
}

void test_main(void)
{
	rt_map_shinfo();
	cli();
	check("the table of grants is there", gt_place(), 0);
	prepare();
	check("the disk's port is the one that is said", rings[DISK].port, 3);
	check("the interface's is", rings[SENT].port, 4);
	check("there are backends", until(LIMIT, (bound(DISK) && bound(SENT)) || nap()), 1);
	use_disk();
	use_sent();
	use_came();
	say_anything();
	storm();
}
