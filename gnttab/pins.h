/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often a grant is in use, and as what: four counters of 8 bits in a word (D6). Nothing but
 * arithmetic: this also builds in user space.
 */
#ifndef KXEN_GNT_PINS_H
#define KXEN_GNT_PINS_H

#define KXEN_PIN_HOST_R		0x00000001U	/* one more that reads */
#define KXEN_PIN_HOST_W		0x00000100U	/* that writes, too */
#define KXEN_PIN_DEV_R		0x00010000U	/* the same by a device: none yet */
#define KXEN_PIN_DEV_W		0x01000000U
#define KXEN_PIN_WRITERS	(0xffU * KXEN_PIN_HOST_W | 0xffU * KXEN_PIN_DEV_W)

static inline u32 kxen_pin_one(bool write)
{
	return write ? KXEN_PIN_HOST_W : KXEN_PIN_HOST_R;
}

/* Is there room for @one more? A counter goes as far as to its uppermost bit. */
static inline bool kxen_pin_full(u32 pin, u32 one)
{
	return pin & (one << 7);
}

static inline bool kxen_pin_written(u32 pin)
{
	return pin & KXEN_PIN_WRITERS;
}

#endif
