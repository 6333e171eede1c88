/* SPDX-License-Identifier: GPL-2.0-only */
/* Xen's platform device for a VMM that is to be started: a mediated device of kvm-xen-vfio.ko. */
#ifndef KVM_XEN_PLATFORM_H
#define KVM_XEN_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "kvm-xen.h"

enum platform_use { PLATFORM_IF_THERE, PLATFORM_YES, PLATFORM_NO };

/*
 * Make one for a VMM with this command line, which may become another one, with the words for
 * the device. False: there is none, since it is of no use, not wanted or not to be had. It goes
 * when this program ends, which has to be after the VMM.
 */
bool platform_make(char ***args, int *argc, const struct domain_options *o,
		   enum platform_use use);

/* Does it attach the VM by itself? Else the caller does. */
bool platform_attaches(void);

/* The domain of the VMM that was started with it. */
uint32_t platform_domain(void);

/* Its name, "" if there is none. */
const char *platform_made(void);

/*
 * One that another process has made: is there such a device, and no domain has it? And take it
 * away, which waits until nobody has it open. A name that is none, or another kind of device's, is
 * left alone.
 */
bool platform_idle(const char *which);
void platform_remove(const char *which);

/* A kernel that can be entered by PVH is such a file. */
bool platform_is_elf(const char *file);

#endif
