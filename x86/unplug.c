// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O port 0x10: how an HVM guest asks for its emulated devices to go.
 *
 * A per-domain option and off by default: nothing behind this port unplugs
 * QEMU's own devices, and one image written through an emulated and a
 * paravirtual disk is lost. With it on, the VMM must have no emulated disk or
 * network card that a paravirtual one stands for.
 */
#include <linux/err.h>

#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"

#define PORT		0x10
#define MAGIC		0x49d2
#define PROTOCOL	1	/* in8(0x12) */

static bool unplug_read(u16 port, u32 len, void *val)
{
	if (port == PORT && len == 2) {
		*(u16 *)val = MAGIC;
		return true;
	}
	if (port == PORT + 2 && len == 1) {
		*(u8 *)val = PROTOCOL;
		return true;
	}
	return false;
}

static bool unplug_io(struct kxen_domain *d, u16 port, bool write, u32 len,
		      void *val)
{
	if (!write)
		return unplug_read(port, len, val);
	/*
	 * What is written: the mask of devices to unplug (2 bytes to 0x10),
	 * driver version (4 bytes to 0x10), product (2 bytes to 0x12) and its
	 * log characters (1 byte to 0x12). Nothing to do for any of them.
	 */
	return port == PORT || port == PORT + 2;
}

int kxen_unplug_init(struct kxen_domain *d, struct kvm *kvm)
{
	struct kxen_pio *p;

	/* Given back when the range goes, whenever that comes. */
	refcount_inc(&d->ref);
	p = kxen_glue_pio_add(kvm, PORT, 4, unplug_io, kxen_domain_put, d);
	if (IS_ERR(p)) {
		kxen_domain_put(d);
		return PTR_ERR(p);
	}
	/* Not kept: KVM may take it away at any time. */
	return 0;
}
