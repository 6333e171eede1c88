/* SPDX-License-Identifier: GPL-2.0 */
/* What an image does with the processor it runs on: x86. Included by rt.h. */
#ifndef RT_MACHINE_H
#define RT_MACHINE_H

#include <stdint.h>
#include <xen/arch-x86/hvm/start_info.h>

#define HAS_CPUID	1

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return lo | (uint64_t)hi << 32;
}
static inline void cli(void) { __asm__ volatile("cli" ::: "memory"); }
static inline void sti(void) { __asm__ volatile("sti; nop" ::: "memory"); }
static inline void sti_hlt(void) { __asm__ volatile("sti; hlt; cli" ::: "memory"); }
static inline void relax(void) { __asm__ volatile("pause" ::: "memory"); }

#endif
