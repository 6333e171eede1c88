// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space, as QEMU's device of this name has it under Xen: one function without
 * capabilities, an I/O BAR, a prefetchable memory BAR, interrupt pin A. A VMM keeps most of it
 * itself and passes on what its guest writes.
 */
#include <linux/build_bug.h>
#include <linux/string.h>

#include "kxen_vfio.h"

#define XEN_VENDOR	0x5853
#define XEN_PLATFORM	0x0001

/* Bits that can be written; all others stay. */
static const u8 writable[KXEN_PCI_CONFIG_SIZE] = {
	[PCI_COMMAND] = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	[PCI_COMMAND + 1] = PCI_COMMAND_INTX_DISABLE >> 8,
	[PCI_CACHE_LINE_SIZE] = 0xff,
	[PCI_LATENCY_TIMER] = 0xff,
	[PCI_BASE_ADDRESS_0 + 1] = 0xff,
	[PCI_BASE_ADDRESS_0 + 2] = 0xff,
	[PCI_BASE_ADDRESS_0 + 3] = 0xff,
	[PCI_BASE_ADDRESS_1 + 3] = 0xff,
	[PCI_INTERRUPT_LINE] = 0xff,
};

static_assert(KXEN_PCI_IO_SIZE == 1 << 8 && KXEN_PCI_MEM_SIZE == 1 << 24);

/* As it is on the bus, the low byte first. */
static void set(u8 *c, u32 v, u32 bytes)
{
	for (; bytes; bytes--, v >>= 8)
		*c++ = v;
}

/* As after power-on: the BARs are nowhere. */
void kxen_pci_config_reset(struct kxen_pci *p)
{
	u8 *c = p->config;

	mutex_lock(&p->config_lock);
	memset(c, 0, sizeof(p->config));
	set(c + PCI_VENDOR_ID, XEN_VENDOR, 2);
	set(c + PCI_DEVICE_ID, XEN_PLATFORM, 2);
	set(c + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY, 2);
	c[PCI_REVISION_ID] = 1;
	/* An unassigned class, 0xff, of which 0x80 is "other". */
	set(c + PCI_CLASS_DEVICE, 0xff80, 2);
	set(c + PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_SPACE_IO, 4);
	set(c + PCI_BASE_ADDRESS_1, PCI_BASE_ADDRESS_MEM_PREFETCH, 4);
	set(c + PCI_SUBSYSTEM_VENDOR_ID, XEN_VENDOR, 2);
	set(c + PCI_SUBSYSTEM_ID, XEN_PLATFORM, 2);
	c[PCI_INTERRUPT_PIN] = 1;
	mutex_unlock(&p->config_lock);
}

/* @at and @len are inside of it. */
void kxen_pci_config_read(struct kxen_pci *p, u32 at, u8 *buf, u32 len)
{
	mutex_lock(&p->config_lock);
	memcpy(buf, p->config + at, len);
	mutex_unlock(&p->config_lock);
}

void kxen_pci_config_write(struct kxen_pci *p, u32 at, const u8 *buf, u32 len)
{
	u32 i;

	mutex_lock(&p->config_lock);
	for (i = 0; i < len; i++) {
		u8 *c = &p->config[at + i], w = writable[at + i];

		*c = (*c & ~w) | (buf[i] & w);
	}
	mutex_unlock(&p->config_lock);
}
