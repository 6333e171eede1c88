// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of a domain. The module says what there is and what it is called, so that a
 * newer one shows what this command has never heard of.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm-xen.h"

static void failed(uint32_t domid)
{
	if (errno == ENOTTY)
		fail(EXIT_REFUSED, "this module has no statistics: it is older than this command");
	if (errno == ENOENT || errno == EPERM)
		fail(EXIT_REFUSED, errno == ENOENT ?
		     "there is no domain %u: 'kvm-xen list' shows the ones there are" :
		     "domain %u is another user's: be root to look at it", domid);
	fail(1, "cannot ask for the statistics of domain %u: %s", domid,
	     strerror(errno));
}

/* All elements of one call; how many is known only once it has been asked. */
static void *ask(int ctl, unsigned long call, uint32_t domid, size_t size,
		 unsigned int *nr)
{
	struct kxen_stats_arg a = { .size = sizeof(a), .domid = domid };
	unsigned int room = 0;
	void *buf = NULL;

	for (;;) {
		a.nr = room;
		a.buf = (uintptr_t)buf;
		if (ioctl(ctl, call, &a))
			failed(domid);
		if (a.nr <= room)
			break;
		room = a.nr;
		free(buf);
		buf = calloc(room, size);
		if (!buf)
			fail(1, "out of memory");
	}
	*nr = a.nr;
	return buf;
}

static const char *name_of(const struct kxen_stat_name *names, unsigned int nr,
			   uint32_t id)
{
	static char text[16];
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (names[i].id == id)
			return names[i].name;
	snprintf(text, sizeof(text), "stat%u", id);
	return text;
}

/* Members of an object that has others before them, or lines below a heading. */
void stats_print(int ctl, uint32_t domid, bool json)
{
	unsigned int i, nr, nr_names;
	struct kxen_stat_name *names = ask(ctl, KXEN_STAT_NAMES, 0, sizeof(*names),
					   &nr_names);
	struct kxen_stat *s = ask(ctl, KXEN_STATS, domid, sizeof(*s), &nr);

	for (i = 0; i < nr; i++)
		printf(json ? ", \"%s\": %llu" : "  %-13s %llu\n",
		       name_of(names, nr_names, s[i].id),
		       (unsigned long long)s[i].value);
	free(names);
	free(s);
}

unsigned long long stats_one(int ctl, uint32_t domid, uint32_t id)
{
	struct kxen_stat s[128];
	struct kxen_stats_arg a = { .size = sizeof(a), .domid = domid, .nr = 128,
				    .buf = (uintptr_t)s };
	unsigned int i;

	/* It may have gone by now. */
	if (ioctl(ctl, KXEN_STATS, &a))
		return 0;
	for (i = 0; i < a.nr && i < 128; i++)
		if (s[i].id == id)
			return s[i].value;
	return 0;
}

int cmd_stats(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen stats [OPTIONS] DOMID\n"
		"  --json           for programs\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "json", 0, 0, 'j' }, { "help", 0, 0, 'h' }, { 0 },
	};
	bool json = false;
	uint32_t domid;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	domid = domid_arg(argc - optind + 1, argv + optind - 1);
	printf(json ? "{\"domid\": %u" : "domain %u\n", domid);
	stats_print(ctl_open(), domid, json);
	if (json)
		puts("}");
	return 0;
}
