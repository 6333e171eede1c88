/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to the administrator. Guests never cause a line each. */
#ifndef KXEN_LOG_H
#define KXEN_LOG_H

#include <linux/printk.h>

/* Why something the administrator asked for is not done: one clear sentence. */
#define kxen_err(fmt, ...) \
	pr_err_ratelimited("kvm-xen: refused: " fmt "\n", ##__VA_ARGS__)
#define kxen_info(fmt, ...) \
	pr_info("kvm-xen: " fmt "\n", ##__VA_ARGS__)
#define kxen_warn_guest(d, fmt, ...) \
	pr_warn_ratelimited("kvm-xen: d%u: " fmt "\n", (d)->domid, ##__VA_ARGS__)

#endif
