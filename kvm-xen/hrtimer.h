/* SPDX-License-Identifier: GPL-2.0-only */
/* Setting up a timer that fires in hard interrupt context, under either of the kernel's names. */
#ifndef KXEN_HRTIMER_H
#define KXEN_HRTIMER_H

#include <linux/hrtimer.h>

static inline void kxen_hrtimer_setup(struct hrtimer *t,
				      enum hrtimer_restart (*fn)(struct hrtimer *),
				      clockid_t clock)
{
#ifdef KXEN_HRTIMER_SETUP
	hrtimer_setup(t, fn, clock, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init(t, clock, HRTIMER_MODE_REL_HARD);
	t->function = fn;
#endif
}

/* The same for a timer on the stack, which destroy_hrtimer_on_stack() ends. */
static inline void kxen_hrtimer_setup_on_stack(struct hrtimer *t,
					       enum hrtimer_restart (*fn)(struct hrtimer *),
					       clockid_t clock)
{
#ifdef KXEN_HRTIMER_SETUP
	hrtimer_setup_on_stack(t, fn, clock, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init_on_stack(t, clock, HRTIMER_MODE_REL_HARD);
	t->function = fn;
#endif
}

#endif
