// SPDX-License-Identifier: GPL-2.0
/*
 * FIFO linking against a guest. The fuzzer's bytes are a schedule: senders, a consumer
 * that keeps the rules, and a guest that does not. Without it, no event may be lost, and
 * with it every call ends and stays inside the array.
 */
#include "shim.h"

#define EVTCHN_FIFO_PENDING	31
#define EVTCHN_FIFO_MASKED	30
#define EVTCHN_FIFO_LINKED	29
#define EVTCHN_FIFO_BUSY	28
#define EVTCHN_FIFO_LINK_MASK	((1U << 17) - 1)

#include "../../kvm-xen/guest_word.h"
#include "../../evtchn/fifo_link.h"

#define PORTS	32

static u64 memory[PORTS / 2];
static u32 *const words = (u32 *)memory;
static u32 tail, head, ready;	/* the host's tail; the control block's head and bit */
static u32 local_head, local_ready;	/* the guest's */
static u32 raised[PORTS], taken[PORTS];
static bool broken;

#ifdef THREADS
#include <pthread.h>
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
#define QUEUE_LOCK()	pthread_mutex_lock(&queue)
#define QUEUE_UNLOCK()	pthread_mutex_unlock(&queue)
#else
#define QUEUE_LOCK()
#define QUEUE_UNLOCK()
#endif

static struct kxen_word word(u32 port)
{
	return (struct kxen_word) { kxen_gptr_own(memory), port };
}

/* What set_pending() of fifo.c comes to, with one queue. */
static void raise(u32 port)
{
	bool linked = false, first = false;

	kxen_word_set(&dom, word(port), EVTCHN_FIFO_PENDING);
	if (kxen_word_read(word(port)) & (KXEN_FIFO_MASKED | KXEN_FIFO_LINKED))
		return;
	QUEUE_LOCK();
	if (!kxen_word_set(&dom, word(port), EVTCHN_FIFO_LINKED)) {
		if (tail == port)
			tail = 0;
		if (tail)
			linked = kxen_fifo_link(&dom, word(tail), port, &broken);
		if (!linked)
			__atomic_store_n(&head, port, __ATOMIC_SEQ_CST);
		first = !linked;
		tail = port;
	}
	QUEUE_UNLOCK();
	if (first)
		__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
}

/* A guest by the book (A69): one event; false if there is none. */
static bool take_one(void)
{
	u32 port, old;

	local_ready |= __atomic_exchange_n(&ready, 0, __ATOMIC_SEQ_CST);
	if (!local_ready)
		return false;
	port = local_head ?: __atomic_load_n(&head, __ATOMIC_SEQ_CST);
	if (port >= PORTS)
		fail("a head of %u", port);
	old = __atomic_fetch_and(&words[port], ~(KXEN_FIFO_LINKED | EVTCHN_FIFO_LINK_MASK),
				 __ATOMIC_SEQ_CST);
	local_head = old & EVTCHN_FIFO_LINK_MASK;
	if (!local_head)
		local_ready = 0;
	old = kxen_word_read(word(port));
	if ((old & KXEN_FIFO_PENDING) && !(old & KXEN_FIFO_MASKED)) {
		kxen_word_clear(&dom, word(port), EVTCHN_FIFO_PENDING);
		__atomic_fetch_add(&taken[port], 1, __ATOMIC_SEQ_CST);
	}
	return true;
}

static void unmask(u32 port)
{
	kxen_word_clear(&dom, word(port), EVTCHN_FIFO_MASKED);
	if (kxen_word_read(word(port)) & KXEN_FIFO_PENDING)
		raise(port);
}

static void check_kept(void)
{
	u32 port, turns = 0;

	while (take_one())
		if (++turns > 10 * PORTS)
			fail("the queue has no end");
	for (port = 1; port < PORTS; port++) {
		bool waits = words[port] & KXEN_FIFO_PENDING;

		if (waits && !(words[port] & KXEN_FIFO_MASKED))
			fail("port %u is lost", port);
		if (words[port] & KXEN_FIFO_LINKED)
			fail("port %u is linked in no queue", port);
		if (raised[port] && !taken[port] && !waits)
			fail("port %u was raised and not seen", port);
	}
	if (broken)
		fail("a guest that keeps the rules was found to break them");
}

#ifdef STEPS

/*
 * A guest that changes the tail's word between a look of the host's and what the host
 * makes of it, so often; with the last change it may take the event off. Deterministic.
 */
#define LAST	8	/* changes that it takes to break the rules */

static u32 now, changes;
static bool takes_off;

static void step(void)
{
	if (now >= changes)
		return;
	if (++now == changes && takes_off)
		take_one();
	else
		words[1] ^= KXEN_FIFO_MASKED;
}

static void each_change(bool off)
{
	u32 nr;

	for (nr = 0; nr <= LAST; nr++) {
		memset(memory, 0, sizeof(memory));
		tail = head = ready = local_head = local_ready = 0;
		now = changes = 0;
		takes_off = off;
		broken = false;
		raise(1);
		changes = nr;
		raise(2);
		changes = 0;
		if (words[1] & KXEN_FIFO_BUSY || words[2] & KXEN_FIFO_BUSY)
			fail("BUSY stays set behind %u changes", nr);
		if (broken != (nr == LAST))
			fail("%u changes: the guest %s", nr, broken ? "breaks the rules" :
			     "keeps the rules");
		unmask(1);
		if (!broken)
			check_kept();
	}
	printf("ok - the tail's word is changed up to %u times%s: BUSY is taken back\n", LAST,
	       off ? ", and taken off" : "");
}

int main(void)
{
	each_change(false);
	each_change(true);
	return 0;
}

#elif !defined(THREADS)

/* A guest that writes what it likes where it likes. */
static void hostile(u32 port, u8 how)
{
	switch (how % 5) {
	case 0: words[port] ^= KXEN_FIFO_LINKED; break;
	case 1: words[port] ^= KXEN_FIFO_BUSY; break;
	case 2: words[port] |= EVTCHN_FIFO_LINK_MASK; break;
	case 3: words[port] = ~0U; break;
	case 4: words[port] = 0; break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	bool evil = size && data[0] & 1;
	size_t i;

	memset(memory, 0, sizeof(memory));
	memset(raised, 0, sizeof(raised));
	memset(taken, 0, sizeof(taken));
	tail = head = ready = local_head = local_ready = 0;
	broken = false;
	for (i = 1; i + 1 < size; i += 2) {
		u32 port = data[i + 1] % (PORTS - 1) + 1;

		switch (data[i] % (evil ? 6 : 4)) {
		case 0: raise(port); raised[port]++; break;
		case 1: take_one(); if (local_head >= PORTS) local_head = 0; break;
		case 2: words[port] |= KXEN_FIFO_MASKED; break;
		case 3: unmask(port); break;
		default: hostile(port, data[i]); head %= PORTS; break;
		}
	}
	if (!evil)
		check_kept();
	return 0;
}

#else

#define RAISERS	3
#define ROUNDS	30000

static bool over;

static void *raiser(void *arg)
{
	u32 i, n = (uintptr_t)arg;

	for (i = 0; i < ROUNDS; i++) {
		u32 port = (n * 13 + i * 7) % (PORTS - 1) + 1;

		__atomic_fetch_add(&raised[port], 1, __ATOMIC_SEQ_CST);
		raise(port);
		/* What a guest does on another CPU, by the book. */
		if (i % 16 == n) {
			kxen_word_set(&dom, word(port), EVTCHN_FIFO_MASKED);
			unmask(port);
		}
	}
	return NULL;
}

static void *consumer(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST))
		take_one();
	return NULL;
}

int main(void)
{
	pthread_t r[RAISERS], c;
	u32 i;

	pthread_create(&c, NULL, consumer, NULL);
	for (i = 0; i < RAISERS; i++)
		pthread_create(&r[i], NULL, raiser, (void *)(uintptr_t)i);
	for (i = 0; i < RAISERS; i++)
		pthread_join(r[i], NULL);
	__atomic_store_n(&over, true, __ATOMIC_SEQ_CST);
	pthread_join(c, NULL);
	check_kept();
	printf("ok - one queue, %u raisers that mask and unmask, a consumer: none is lost\n", RAISERS);
	return 0;
}

#endif
