/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What region.h and window.h take for granted: they are compiled in the module, in programs of user
 * space, and in one that has no system below it (selftests/mpu).
 */
#ifndef KXEN_DIRECT_SHIM_H
#define KXEN_DIRECT_SHIM_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>
#elif __STDC_HOSTED__
#include "../selftests/user/shim.h"
#else
#include "../selftests/mpu/bare.h"
#endif

#endif
