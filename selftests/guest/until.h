/* SPDX-License-Identifier: GPL-2.0 */
/* Waiting for a condition, with a limit by Xen's clock: a test never hangs. */
#ifndef UNTIL_H
#define UNTIL_H

#include "rt.h"

static inline u64 now_ns(void)
{
	return rt_now(rt_vi(0));
}

/* Is @cond true within @ms milliseconds? */
#define until(ms, cond) ({						\
	u64 end_ = now_ns() + (ms) * 1000000ULL;			\
	bool yes_;							\
									\
	while (!(yes_ = (cond)) && now_ns() < end_)			\
		relax();						\
	yes_;								\
})

/* What vCPU @cpu does, by Xen's account: RUNSTATE_*. */
static inline int state_of(unsigned int cpu)
{
	struct vcpu_runstate_info r = { .state = -1 };

	vcpu_op(VCPUOP_get_runstate_info, cpu, &r);
	return r.state;
}

/* Sleeping or down: it executes nothing. */
static inline bool is_still(unsigned int cpu)
{
	return state_of(cpu) >= RUNSTATE_blocked;
}

#endif
