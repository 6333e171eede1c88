/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to the administrator: why a VMM does not get its device, which it hears as a number. */
#ifndef KXEN_VFIO_LOG_H
#define KXEN_VFIO_LOG_H

#include <linux/printk.h>

#define kxen_pci_err(p, fmt, ...) \
	pr_err_ratelimited("kvm-xen: refused: device %pUb: " fmt "\n", &(p)->uuid, ##__VA_ARGS__)

#endif
