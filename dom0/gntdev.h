/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of /dev/xen/gntdev. */
#ifndef KXEN_GNTDEV_H
#define KXEN_GNTDEV_H

#include <linux/compiler.h>

struct ioctl_gntdev_grant_copy;

long kxen_gntdev_copy(const struct ioctl_gntdev_grant_copy __user *user);

#endif
