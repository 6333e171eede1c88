// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest of type "pv": what the VMM boots is Xen's pv-shim, and the guest's kernel, with its
 * command line, and its ramdisk are the shim's modules.
 */
#include <string.h>

#include "cfg.h"

#define MAX_CMDLINE	1024	/* of a PV guest, the end included: MAX_GUEST_CMDLINE of Xen's ABI */
#define MAX_VCPUS	32	/* of the shim, as Xen's tree builds it */
#define MIN_MEMORY	64	/* in MiB; the shim has some 20 of it */
#define GOOD_MEMORY	512	/* with which Debian's kernels do; they do not with 256 */

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
	if (c->memory < MIN_MEMORY)
		cfg_wrong(s, c->memory_line, "a guest of type \"pv\" cannot have less than %d MiB, of which Xen's pv-shim takes some 20",
			  MIN_MEMORY);
	if (c->vcpus > MAX_VCPUS)
		cfg_wrong(s, c->vcpus_line, "a guest of type \"pv\" can have %d vCPUs", MAX_VCPUS);
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
	static const char bad[] = " \t\n\v\f\r\"";

	if (*file == '/')
		dir = "";
	if (!strpbrk(file, bad) && !strpbrk(dir, bad))
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
	if (c->pvshim_path)
		module_name(c->pvshim_path, c->pvshim_path_line, dir, s);
	/* The name is the first word, and may be longer by the two characters that plan.c adds. */
	if (name && name + 2 + 1 + words >= MAX_CMDLINE)
		cfg_wrong(s, words ? c->cmdline_line : c->kernel_line, "a guest of type \"pv\" has %d characters for its kernel's name from the root and 'cmdline'",
			  MAX_CMDLINE - 4);
	if (c->memory < GOOD_MEMORY)
		s->say(s->to, c->memory_line, "note: with less than 512 MiB a guest of type \"pv\" may have no room for its kernel, as with 256 for Debian's; Xen's pv-shim says so on the guest's console, and crashes");
}
