// SPDX-License-Identifier: GPL-2.0-only
/* What a toolstack prepares for a guest, from options to the module. */
#include <errno.h>
#include <linux/kvm_xen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm-xen.h"
#include "prepare.h"

#define MAX_RANGES	1024	/* of a map */
#define MAX_PARAMS	64
#define MAX_GRANTS	8

static struct kxen_map_entry range[MAX_RANGES];
static struct kxen_param_arg param[MAX_PARAMS];
static struct kxen_grant_arg grant[MAX_GRANTS];
static unsigned int ranges, params, grants;

/* A number at *@at, which moves behind it; false if there is none. */
static bool take_number(const char **at, uint64_t *v)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*v = strtoull(*at, &end, 0);
	*at = end;
	return !errno;
}

/* The same behind that character. */
static bool take_behind(const char **at, char c, uint64_t *v)
{
	if (**at != c)
		return false;
	++*at;
	return take_number(at, v);
}

void prepare_range(const char *text)
{
	struct kxen_map_entry *e = &range[ranges];
	uint64_t addr, len, type = 1;
	const char *at = text;

	if (!take_number(&at, &addr) || !take_behind(&at, ',', &len) ||
	    (*at && !take_behind(&at, ',', &type)) || *at || type > UINT32_MAX)
		fail(EXIT_USAGE, "'%s' is no range of memory such as 0x100000,0x7f00000,1", text);
	if (ranges++ == MAX_RANGES)
		fail(EXIT_USAGE, "a memory map has at most %u ranges", MAX_RANGES);
	e->addr = addr;
	e->len = len;
	e->type = type;
}

void prepare_param(const char *text)
{
	struct kxen_param_arg *p = &param[params];
	uint64_t index, value;
	const char *at = text;

	if (!take_number(&at, &index) || !take_behind(&at, '=', &value) || *at ||
	    index > UINT32_MAX)
		fail(EXIT_USAGE, "'%s' is no parameter such as 17=0xfeffc", text);
	if (params++ == MAX_PARAMS)
		fail(EXIT_USAGE, "that are more than %u parameters", MAX_PARAMS);
	p->index = index;
	p->value = value;
}

void prepare_grant(const char *text)
{
	struct kxen_grant_arg *g = &grant[grants];
	const char *at = text;
	uint64_t ref, to, gfn;

	if (!take_number(&at, &ref) || !take_behind(&at, '=', &to) ||
	    !take_behind(&at, ',', &gfn) || (*at && strcmp(at, ",ro")) ||
	    ref >= MAX_GRANTS || to > MAX_DOMID)
		fail(EXIT_USAGE, "'%s' is no grant such as 0=0,0xfefff or 1=5,0xfeffe,ro: references are 0 to 7",
		     text);
	if (grants++ == MAX_GRANTS)
		fail(EXIT_USAGE, "that are more than %u grants", MAX_GRANTS);
	g->ref = ref;
	g->to = to;
	g->gfn = gfn;
	g->flags = *at ? KXEN_GRANT_READ_ONLY : 0;
}

static void give_map(int ctl, uint32_t domid)
{
	struct kxen_map_arg m = { .size = sizeof(m), .domid = domid, .nr = ranges,
				  .buf = (uintptr_t)range };

	if (ranges && ioctl(ctl, KXEN_GIVE_MAP, &m))
		fail(1, "domain %u cannot be given its memory map: %s", domid, ctl_why(errno));
}

static void give_param(int ctl, uint32_t domid, struct kxen_param_arg *p)
{
	p->size = sizeof(*p);
	p->flags = KXEN_PARAM_GIVE;
	p->domid = domid;
	if (!ioctl(ctl, KXEN_PARAM, p))
		return;
	if (errno == EINVAL)
		fail(EXIT_USAGE, "there is no parameter %u, or not that value of it", p->index);
	if (errno == EOPNOTSUPP)
		fail(EXIT_USAGE, "parameter %u is not one to be given", p->index);
	fail(1, "domain %u cannot be given parameter %u: %s", domid, p->index, ctl_why(errno));
}

static void give_grant(int ctl, uint32_t domid, struct kxen_grant_arg *g)
{
	g->size = sizeof(*g);
	g->domid = domid;
	if (!ioctl(ctl, KXEN_GRANT, g))
		return;
	if (errno == EINVAL)
		fail(EXIT_USAGE, "grant %u: no entry can name frame %#llx for domain %u", g->ref,
		     (unsigned long long)g->gfn, g->to);
	fail(1, "domain %u cannot be given grant %u: %s", domid, g->ref, ctl_why(errno));
}

void prepare_domain(int ctl, uint32_t domid)
{
	unsigned int i;

	give_map(ctl, domid);
	for (i = 0; i < params; i++)
		give_param(ctl, domid, &param[i]);
	for (i = 0; i < grants; i++)
		give_grant(ctl, domid, &grant[i]);
}
