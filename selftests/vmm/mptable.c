// SPDX-License-Identifier: GPL-2.0
/*
 * A table of processors and interrupts in the format of the MultiProcessor
 * Specification 1.4: all that a Linux kernel without ACPI asks for.
 */
#include <string.h>

#include "vmm.h"

#define AT		0xf0000
#define LAPIC		0xfee00000
#define IOAPIC		0xfec00000
#define IOAPIC_ID	0xf0

enum { PROCESSOR, BUS, IO_APIC, IO_INT, LOCAL_INT };

struct floating {
	char signature[4];
	uint32_t config;
	uint8_t length, revision, checksum, features[5];
} __attribute__((packed));

struct config {
	char signature[4];
	uint16_t length;
	uint8_t revision, checksum;
	char oem[8], product[12];
	uint32_t oem_table;
	uint16_t oem_size, entries;
	uint32_t lapic, reserved;
} __attribute__((packed));

static uint8_t sum(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint8_t s = 0;

	while (len--)
		s += *b++;
	return -s;
}

static uint8_t *put(uint8_t *p, const void *entry, size_t len, struct config *c)
{
	memcpy(p, entry, len);
	c->entries++;
	return p + len;
}

static uint8_t *processors(uint8_t *p, struct config *c)
{
	unsigned int i;

	for (i = 0; i < vm.cpus; i++) {
		/* number, version, enabled and for the first: boots */
		uint8_t e[20] = { PROCESSOR, 2 * i, 0x14, i ? 1 : 3 };

		p = put(p, e, sizeof(e), c);
	}
	return p;
}

static uint8_t *interrupts(uint8_t *p, struct config *c)
{
	static const uint8_t bus[8] = { BUS, 0, 'I', 'S', 'A', ' ', ' ', ' ' };
	uint8_t ioapic[8] = { IO_APIC, IOAPIC_ID, 0x11, 1 };
	uint8_t local[8] = { LOCAL_INT, 3, 0, 0, 0, 0, 0xff, 0 };
	uint32_t addr = IOAPIC;
	uint8_t i;

	memcpy(ioapic + 4, &addr, sizeof(addr));
	p = put(p, bus, sizeof(bus), c);
	p = put(p, ioapic, sizeof(ioapic), c);
	for (i = 0; i < 16; i++) {
		uint8_t e[8] = { IO_INT, 0, 0, 0, 0, i, IOAPIC_ID, i };

		p = put(p, e, sizeof(e), c);
	}
	p = put(p, local, sizeof(local), c);	/* LINT0: the 8259 */
	local[1] = 1;
	local[7] = 1;
	return put(p, local, sizeof(local), c);	/* LINT1: NMI */
}

void make_mptable(void)
{
	struct floating *f = (void *)(vm.ram + AT);
	struct config *c = (void *)(f + 1);
	uint8_t *p = (uint8_t *)(c + 1);

	memcpy(c->signature, "PCMP", 4);
	memcpy(c->oem, "KVM-XEN ", 8);
	memcpy(c->product, "SELFTEST    ", 12);
	c->revision = 4;
	c->lapic = LAPIC;
	p = processors(p, c);
	p = interrupts(p, c);
	c->length = p - (uint8_t *)c;
	c->checksum = sum(c, c->length);

	memcpy(f->signature, "_MP_", 4);
	f->config = AT + sizeof(*f);
	f->length = 1;
	f->revision = 4;
	f->checksum = sum(f, sizeof(*f));
}
