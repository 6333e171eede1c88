// SPDX-License-Identifier: GPL-2.0
/* I/O port 0x10 of a domain that has the option. */
#include "rt.h"

static void out16(u16 port, u16 v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

void test_main(void)
{
	u16 magic;
	u8 version;

	__asm__ volatile("inw $0x10, %0" : "=a"(magic));
	check("unplug: the magic number", magic, 0x49d2);
	__asm__ volatile("inb $0x12, %0" : "=a"(version));
	check("unplug: the protocol", version, 1);
	out16(0x12, 3);				/* product: Linux */
	__asm__ volatile("outl %0, $0x10" : : "a"(0xff));
	__asm__ volatile("inw $0x10, %0" : "=a"(magic));
	check("unplug: our driver is not refused", magic, 0x49d2);
	out16(0x10, 7);				/* all disks, all cards */
	check("unplug: done", 1, 1);
}
