/* SPDX-License-Identifier: GPL-2.0 */
/* What an image does with the processor it runs on: arm64. Included by rt.h. */
#ifndef RT_MACHINE_H
#define RT_MACHINE_H

#include <stdint.h>

#define HAS_CPUID	0

static inline uint64_t rdtsc(void)
{
	uint64_t t;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(t) : : "memory");
	return t;
}
static inline void cli(void) { __asm__ volatile("msr daifset, #2" ::: "memory"); }
static inline void sti(void) { __asm__ volatile("msr daifclr, #2; isb" ::: "memory"); }
/* An interrupt that is pending ends the wait, also while it cannot be taken. */
static inline void sti_hlt(void)
{
	__asm__ volatile("wfi; msr daifclr, #2; isb; msr daifset, #2" ::: "memory");
}
static inline void relax(void) { __asm__ volatile("yield" ::: "memory"); }

#endif
