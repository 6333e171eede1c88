// SPDX-License-Identifier: GPL-2.0-only
/* kvm-xen: run Xen guests on KVM, and look at them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm-xen.h"

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "create", cmd_create, "make a guest, with its devices, of a configuration" },
	{ "shutdown", cmd_shutdown, "ask a guest to power off" },
	{ "destroy", cmd_destroy, "end a guest, whatever it does" },
	{ "console", cmd_console, "talk to a guest's console" },
	{ "run", cmd_run, "start a VMM with its VM attached to a new domain" },
	{ "attach", cmd_attach, "attach the VM of a running VMM to a new domain" },
	{ "save", cmd_save, "save a domain and its VMM's machine to files" },
	{ "restore", cmd_restore, "start a VMM and go on with what was saved" },
	{ "list", cmd_list, "list the domains" },
	{ "dump", cmd_dump, "show one domain: state, counters, event channels" },
	{ "stats", cmd_stats, "show a domain's counters alone" },
	{ "page", cmd_page, "take pages of a guest's out of the host's memory, and back" },
	{ "evtchn", cmd_evtchn, "what a controller may do to a domain's event channels" },
	{ "pause", cmd_pause, "stop the vCPUs of a domain" },
	{ "unpause", cmd_unpause, "have them run again" },
	{ "info", cmd_info, "version and features of the module" },
};

void fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "kvm-xen: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(status);
}

uint32_t number(const char *s, const char *what, uint32_t max)
{
	char *end;
	unsigned long v = strtoul(s, &end, 0);

	if (*s < '0' || *s > '9' || *end || v > max)
		fail(EXIT_USAGE, "%s '%s' is not a number up to %u", what, s, max);
	return v;
}

static void usage(FILE *f)
{
	unsigned int i;

	fprintf(f, "usage: kvm-xen COMMAND [OPTIONS]\n\ncommands:\n");
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(f, "  %-9s %s\n", commands[i].name, commands[i].help);
	fprintf(f, "\n'kvm-xen COMMAND --help' tells the options; kvm-xen(8) the rest.\n");
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("kvm-xen " KXEN_VERSION);
		return 0;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].fn(argc - 1, argv + 1);
	fail(EXIT_USAGE, "there is no command '%s'; 'kvm-xen --help' lists them",
	     argv[1]);
}
