/* SPDX-License-Identifier: GPL-2.0 */
/* A 64-bit image's page tables, for those that map more than the runtime does. */
#ifndef TABLES_H
#define TABLES_H

#include "rt.h"

#define PTE_P	(1ULL << 0)
#define PTE_W	(1ULL << 1)
#define PTE_U	(1ULL << 2)
#define PTE_A	(1ULL << 5)
#define PTE_D	(1ULL << 6)
#define PTE_PS	(1ULL << 7)
#define PTE_OLD	(PTE_P | PTE_W | PTE_A)		/* a table that has been used */

#define CR0_WP		(1UL << 16)
#define CR0_PG		(1UL << 31)
#define CR4_PSE		(1UL << 4)
#define CR4_SMAP	(1UL << 21)
#define CR4_PKE		(1UL << 22)

static inline unsigned long read_cr0(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v));
	return v;
}

static inline void write_cr0(unsigned long v)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline unsigned long read_cr4(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static inline void write_cr4(unsigned long v)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

static inline u64 *top_table(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr3, %0" : "=r"(v));
	return (u64 *)(v & ~0xfffUL);
}

/* Also forgets what the CPU knows of the old one. */
static inline void use_table(u64 *top)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(top) : "memory");
}

static inline u64 phys(const void *p)
{
	return (unsigned long)p;	/* the runtime maps one to one */
}

#endif
