// SPDX-License-Identifier: GPL-2.0-only
/* What a VMM's command line may not have, and what to do instead. */
#include <string.h>

#include "kvm-xen.h"
#include "vmm.h"

bool vmm_is_option(const char *word, const char *name)
{
	if (word[0] == '-' && word[1] == '-')
		word++;
	return !strcmp(word, name);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char **vmm_own_args(char **args)
{
	char **p;

	for (p = args; *p; p++) {
		const char *name = name_of(*p);

		if (!strncmp(name, "qemu-system-", 12) || !strcmp(name, "qemu") ||
		    !strcmp(name, "kvm"))
			return p + 1;
	}
	return args[0] ? args + 1 : args;
}

const char *vmm_name(char **args)
{
	char **own = vmm_own_args(args);

	return own == args ? "" : name_of(own[-1]);
}

bool vmm_has_option(char **args, const char *name)
{
	for (args = vmm_own_args(args); *args; args++)
		if (vmm_is_option(*args, name))
			return true;
	return false;
}

const char *vmm_value_of(char **args, const char *name)
{
	const char *value = NULL;

	for (args = vmm_own_args(args); *args; args++)
		if (vmm_is_option(*args, name) && args[1])
			value = args[1];
	return value;
}

bool vmm_value_has(char **args, const char *name, const char *text)
{
	for (args = vmm_own_args(args); *args; args++)
		if (vmm_is_option(*args, name) && args[1] && strstr(args[1], text))
			return true;
	return false;
}

static bool is_word(const char *arg, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(arg, *words))
			return true;
	return false;
}

/*
 * Port 0x10 tells the guest that its emulated devices are gone, but QEMU does
 * not take them away: one image reached through both is lost.
 */
static void check_unplug(char **args)
{
	static const char *const emulated[] = {
		"-hda", "-hdb", "-hdc", "-hdd", "-cdrom", "-sd", "-net", "-nic",
		NULL
	};
	bool nodefaults = false;

	for (; *args; args++) {
		const char *v = args[1];

		if (!strcmp(*args, "-nodefaults"))
			nodefaults = true;
		if (is_word(*args, emulated) &&
		    !(v && !strcmp(v, "none")))
			fail(EXIT_REFUSED, "--unplug with '%s': the guest would reach that device twice; leave one of them out",
			     *args);
		if (!strcmp(*args, "-drive") && v && !strstr(v, "if=none") &&
		    !strstr(v, "if=virtio") && !strstr(v, "if=pflash"))
			fail(EXIT_REFUSED, "--unplug with an emulated '-drive %s': add if=none",
			     v);
		if (!strcmp(*args, "-device") && v &&
		    (!strncmp(v, "ide-", 4) || !strncmp(v, "e1000", 5) ||
		     !strncmp(v, "rtl8139", 7)))
			fail(EXIT_REFUSED, "--unplug with '-device %s': the guest would reach that device twice",
			     v);
	}
	if (!nodefaults)
		fail(EXIT_REFUSED, "--unplug needs '-nodefaults': QEMU's default devices are emulated ones");
}

enum vmm_how vmm_check(char **args, bool unplug)
{
	static const struct {
		const char *option, *what;
	} refused[] = {
		{ "-daemonize", "it would leave this command, which waits for the VMM and passes signals on; leave it out and put this command into the background, as in 'systemd-run kvm-xen run ...' or with '&'" },
		{ "-incoming", "a domain cannot take over a migration: its event channels would stay behind. 'kvm-xen save' and 'kvm-xen restore' move a guest" },
		{ "-preconfig", "the VM has to be complete before it becomes a domain; leave it out" },
	};
	unsigned int i;

	if (unplug)
		check_unplug(args);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (vmm_has_option(args, refused[i].option))
			fail(EXIT_REFUSED, "not with '%s': %s", refused[i].option,
			     refused[i].what);
	return vmm_has_option(args, "-S") ? VMM_STAYS_PAUSED : VMM_RUNS;
}
