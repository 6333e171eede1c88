/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory protection unit of Cortex-R52's exception level 2 (Arm DDI 0568, PMSAv8-32), and how
 * window.h writes it: by a register for each region (FORM_DIRECT), or by a selected one.
 */
#ifndef R52_H
#define R52_H

#include "bare.h"

#define R52_REGIONS	16	/* HMPUIR says so, too: main.c looks */

#define R52_FIXED	2	/* code, and data */

/* HPRBAR: never executed, not shared; for exception level 2 alone, or for the guest as well. */
#define R52_XN		1U
#define R52_EL2		(0U << 1)
#define R52_GUEST	(1U << 1)

#define READ_REG(a, b, c, d)	({						\
	u32 v_;									\
	asm volatile("mrc p15, " #a ", %0, " #b ", " #c ", " #d : "=r"(v_));	\
	v_;									\
})
#define WRITE_REG(v, a, b, c, d) \
	asm volatile("mcr p15, " #a ", %0, " #b ", " #c ", " #d : : "r"((u32)(v)) : "memory")

#define HSCTLR		4, c1, c0, 0
#define HSR		4, c5, c2, 0
#define HDFAR		4, c6, c0, 0
#define HMPUIR		4, c0, c0, 4
#define HMAIR0		4, c10, c2, 0
#define HVBAR		4, c12, c0, 0
#define HPRSELR		4, c6, c2, 1
#define HPRBAR		4, c6, c3, 0
#define HPRLAR		4, c6, c3, 1

#define R52_READ(reg)	R52_READ_(reg)
#define R52_READ_(...)	READ_REG(__VA_ARGS__)
#define R52_WRITE(v, reg)	R52_WRITE_(v, reg)
#define R52_WRITE_(v, ...)	WRITE_REG(v, __VA_ARGS__)

static __always_inline void r52_sync(void)
{
	asm volatile("dsb sy\n\tisb" : : : "memory");
}

#ifdef FORM_DIRECT

/* Region 2n and 2n + 1 are in one CRm, each with two of opc2. */
#define PAIR(n, crm, even, odd)							\
	case 2 * (n): WRITE_REG(value, 4, c6, crm, even); break;		\
	case 2 * (n) + 1: WRITE_REG(value, 4, c6, crm, odd); break;
#define EACH(even, odd)								\
	PAIR(0, c8, even, odd) PAIR(1, c9, even, odd)		\
	PAIR(2, c10, even, odd) PAIR(3, c11, even, odd)		\
	PAIR(4, c12, even, odd) PAIR(5, c13, even, odd)		\
	PAIR(6, c14, even, odd) PAIR(7, c15, even, odd)

/* The compiler knows @i, and leaves one instruction of this. */
static __always_inline void r52_prbar(u32 i, u32 value)
{
	switch (i) {
	EACH(0, 4)
	}
}

static __always_inline void r52_prlar(u32 i, u32 value)
{
	switch (i) {
	EACH(1, 5)
	}
}

#define kxen_mpu_for_each(i)	\
	_Pragma("clang loop unroll(full)") for ((i) = 0; (i) < R52_REGIONS; (i)++)
#define kxen_mpu_prbar(m, i, v)	r52_prbar(i, v)
#define kxen_mpu_prlar(m, i, v)	r52_prlar(i, v)

#else

#define kxen_mpu_for_each(i)	for ((i) = 0; (i) < R52_REGIONS; (i)++)
#define kxen_mpu_select(m, i)	do {						\
	R52_WRITE(i, HPRSELR);							\
	asm volatile("isb" : : : "memory");					\
} while (0)
#define kxen_mpu_prbar(m, i, v)	R52_WRITE(v, HPRBAR)
#define kxen_mpu_prlar(m, i, v)	R52_WRITE(v, HPRLAR)

#endif

/* What the compiler knows. */
#define kxen_mpu_window(m)	(R52_REGIONS - 1)
#define kxen_mpu_fixed(m)	R52_FIXED
#define kxen_mpu_how(m)		(R52_XN | R52_EL2)
#define kxen_mpu_attr(m)	0
#define kxen_mpu_sync(m)	r52_sync()

#endif
