// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload of domain 0's device nodes, another one is a line here, and of /proc/xen. */
#include <linux/kernel.h>
#include <linux/miscdevice.h>

#include "../kvm-xen/dom0_page.h"
#include "dom0.h"
#include "dom0_internal.h"
#include "privcmd.h"

static struct miscdevice * const nodes[] = {
	&kxen_evtchn_dev,
	&kxen_gntalloc_dev,
	&kxen_gntdev_dev,
	&kxen_privcmd_dev,
};

/* Those below @i, the last one first. */
static void deregister_below(int i)
{
	while (i-- > 0)
		misc_deregister(nodes[i]);
}

/**
 * kxen_dom0_init() - Make the nodes, and /proc/xen.
 *
 * Context: load, when there is domain 0.
 * Return: 0, -ENOMEM, or what misc_register() returns, with none of them there.
 */
int kxen_dom0_init(void)
{
	int i, ret = kxen_xsd_init();

	kxen_dom0_page_set_maps(&kxen_privcmd_maps);
	for (i = 0; !ret && i < (int)ARRAY_SIZE(nodes); i++)
		ret = misc_register(nodes[i]);
	if (ret) {
		deregister_below(i - 1);
		kxen_xsd_exit();
	}
	return ret;
}

/* Unload: nobody has any of them open. */
void kxen_dom0_exit(void)
{
	deregister_below(ARRAY_SIZE(nodes));
	kxen_gntalloc_exit();
	kxen_xsd_exit();
}
