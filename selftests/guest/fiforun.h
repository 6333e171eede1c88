/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's side of the FIFO ABI, for the images that test it (semantics A69). */
#ifndef FIFORUN_H
#define FIFORUN_H

#include "rt.h"

#ifndef NR_CPUS
#define NR_CPUS		4
#endif
#define NR_QUEUES	16
#define WORDS		1024	/* per page */
#define LINK_MASK	((1U << EVTCHN_FIFO_LINK_BITS) - 1)
#define W(bit)		(1U << EVTCHN_FIFO_##bit)

struct control { u32 ready, reserved, head[NR_QUEUES]; };

static struct { struct control c; u8 pad[PAGE_SIZE - sizeof(struct control)]; }
	control[NR_CPUS] page_aligned;
static u32 q_head[NR_CPUS][NR_QUEUES];
static volatile u32 *words;	/* the array, contiguous in our memory */

/* What was delivered, in its order. */
static volatile u32 delivered[4096], nr_delivered;
/* Called for each event, if set. */
static void (*on_event)(unsigned int cpu, u32 port);

static inline u32 word(u32 port)
{
	return words[port];
}

static inline u32 word_and(u32 port, u32 mask)
{
	return __atomic_fetch_and(&words[port], mask, __ATOMIC_SEQ_CST);
}

static inline u32 word_or(u32 port, u32 bits)
{
	return __atomic_fetch_or(&words[port], bits, __ATOMIC_SEQ_CST);
}

static void take_one(unsigned int cpu, u32 q, u32 *ready)
{
	u32 port = q_head[cpu][q], old;

	if (!port)
		port = READ(control[cpu].c.head[q]);
	old = word_and(port, ~(W(LINKED) | LINK_MASK));
	q_head[cpu][q] = old & LINK_MASK;
	if (!(old & LINK_MASK))
		*ready &= ~(1U << q);
	old = word(port);
	if (!(old & W(PENDING)) || (old & W(MASKED)))
		return;
	word_and(port, ~W(PENDING));
	delivered[nr_delivered++ % ARRAY_SIZE(delivered)] = port;
	if (on_event)
		on_event(cpu, port);
}

static inline void fifo_take(unsigned int cpu)
{
	volatile u32 *r = &control[cpu].c.ready;
	u32 ready;

	rt_upcalls[cpu]++;
	rt_vi(cpu)->evtchn_upcall_pending = 0;
	__sync_synchronize();
	ready = __atomic_exchange_n(r, 0, __ATOMIC_SEQ_CST);
	while (ready) {
		take_one(cpu, __builtin_ctz(ready), &ready);
		ready |= __atomic_exchange_n(r, 0, __ATOMIC_SEQ_CST);
	}
}

static inline long init_control(u32 vcpu, unsigned long gfn, u32 offset,
				u8 *link_bits)
{
	struct evtchn_init_control i = { .control_gfn = gfn, .offset = offset,
					 .vcpu = vcpu };
	long ret = evtchn_op(EVTCHNOP_init_control, &i);

	if (link_bits)
		*link_bits = i.link_bits;
	return ret;
}

static inline long init_cpu(u32 vcpu)
{
	memset(&control[vcpu], 0, sizeof(control[vcpu]));
	memset(q_head[vcpu], 0, sizeof(q_head[vcpu]));
	return init_control(vcpu, (unsigned long)&control[vcpu] / PAGE_SIZE, 0,
			    0);
}

static inline long expand_array(unsigned long gfn)
{
	struct evtchn_expand_array e = { .array_gfn = gfn };

	return evtchn_op(EVTCHNOP_expand_array, &e);
}

/* Pages into the array until the first error; how many that were. */
static inline u32 expand_until(u8 (*pages)[PAGE_SIZE], u32 most, long *error)
{
	u32 n;

	for (n = 0; n < most; n++) {
		*error = expand_array((unsigned long)pages[n] / PAGE_SIZE);
		if (*error)
			break;
	}
	return n;
}

static inline long set_priority(u32 port, u32 priority)
{
	struct evtchn_set_priority p = { .port = port, .priority = priority };

	return evtchn_op(EVTCHNOP_set_priority, &p);
}

static inline long reset(u16 dom)
{
	struct evtchn_reset r = { .dom = dom };

	return evtchn_op(EVTCHNOP_reset, &r);
}

static inline long unmask(u32 port)
{
	struct evtchn_unmask u = { .port = port };

	return evtchn_op(EVTCHNOP_unmask, &u);
}

#endif
