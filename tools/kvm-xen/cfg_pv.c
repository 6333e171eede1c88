// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest of type "pv": what the VMM boots is Xen's pv-shim, and the guest's kernel, with its
 * command line, and its ramdisk are the shim's modules.
 */
#include <string.h>

#include "cfg.h"

#define MAX_CMDLINE	1024	/* of a PV guest, the end included: MAX_GUEST_CMDLINE of Xen's ABI */

static void only_pv(const char *text, unsigned int line, const char *key, struct cfg_say_to *s)
{
	if (text)
		cfg_wrong(s, line, "'%s' is for a guest of type \"pv\"", key);
}

void cfg_check_pv(const struct cfg *c, struct cfg_say_to *s)
{
	unsigned int i;

	if (c->type != CFG_PV) {
		only_pv(c->pvshim_path, c->pvshim_path_line, "pvshim_path", s);
		only_pv(c->pvshim_cmdline, c->pvshim_cmdline_line, "pvshim_cmdline", s);
		return;
	}
	if (c->serial)
		cfg_wrong(s, c->serial_line, "a guest of type \"pv\" has no emulated serial line");
	for (i = 0; i < c->disks; i++)
		if (c->disk[i].vmm)
			cfg_wrong(s, c->disk[i].line, "a guest of type \"pv\" does not see the VMM's disk %s: the vdev of one that it has begins with xvd",
				  c->disk[i].vdev);
}

/* The length of a module's name from the root; 0: a blank ends it, and a quote Linux would join. */
static size_t module_name(const char *file, unsigned int line, const char *dir, struct cfg_say_to *s)
{
	if (*file == '/')
		dir = "";
	if (!strpbrk(file, " \"") && !strpbrk(dir, " \""))
		return strlen(dir) + !!*dir + strlen(file);
	cfg_wrong(s, line, "%s%s%s has a blank or a quote in its name, and a guest of type \"pv\" has its command line behind that: name it by a link",
		  dir, *dir ? "/" : "", file);
	return 0;
}

void cfg_check_pv_words(const struct cfg *c, const char *dir, struct cfg_say_to *s)
{
	size_t name = module_name(c->kernel, c->kernel_line, dir, s);
	size_t words = c->cmdline ? strlen(c->cmdline) : 0;

	if (c->ramdisk)
		module_name(c->ramdisk, c->ramdisk_line, dir, s);
	/* The name is the first word, and may be longer by the two characters that plan.c adds. */
	if (name && name + 2 + 1 + words >= MAX_CMDLINE)
		cfg_wrong(s, words ? c->cmdline_line : c->kernel_line, "a guest of type \"pv\" has %d characters for its kernel's name from the root and 'cmdline'",
			  MAX_CMDLINE - 4);
}
