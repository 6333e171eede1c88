// SPDX-License-Identifier: GPL-2.0-only
/*
 * The numbers that a guest has for its vCPUs. It takes them from the ACPI tables (the
 * processor ids of the MADT), where QEMU writes the place of each possible vCPU in the
 * order of the topology; KVM knows vCPUs by their APIC ids, in which every level of the
 * topology has whole bits, so that there are holes. KVM alone cannot tell one from the
 * other, and vCPUs may come in any order.
 */
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "kvm-xen.h"
#include "qmp.h"

/* From the highest to the lowest; a machine that has no such level does not name it. */
static const char *const level_names[] = {
	"socket-id", "die-id", "module-id", "core-id", "thread-id",
};

#define LEVELS	(sizeof(level_names) / sizeof(level_names[0]))
#define MAX_ID	0xffffff	/* beyond any topology: products stay in 64 bits */

struct place {
	unsigned int at[LEVELS];
};

/* Where a possible vCPU sits; false if that is no answer of a PC's. */
static bool read_place(const char *vcpu, struct place *p)
{
	const char *props = json_member(vcpu, "props"), *v;
	unsigned int i;

	if (!json_member(props, "socket-id"))
		return false;
	for (i = 0; i < LEVELS; i++) {
		p->at[i] = 0;
		v = json_member(props, level_names[i]);
		if (v && (!json_number(v, &p->at[i]) || p->at[i] > MAX_ID))
			return false;
	}
	return true;
}

static unsigned int bits(unsigned int count)
{
	return count > 1 ? 32 - __builtin_clz(count - 1) : 0;
}

/* @count: how many there are of each level, in the one above. */
static struct kxen_vcpu_id name(const struct place *p, const unsigned int *count)
{
	struct kxen_vcpu_id id = { 0 };
	unsigned int i;

	for (i = 0; i < LEVELS; i++) {
		id.vcpu = id.vcpu * count[i] + p->at[i];
		id.arch_id = id.arch_id << bits(count[i]) | p->at[i];
	}
	return id;
}

/* Does the VMM know this vCPU by the same APIC id? True if it is not there yet. */
static bool same_id(struct qmp *m, const char *path, unsigned int arch_id)
{
	unsigned int apic_id;
	char json[400];

	snprintf(json, sizeof(json),
		 "{\"execute\": \"qom-get\", \"arguments\": {\"path\": \"%s\", \"property\": \"apic-id\"}}\n",
		 path);
	return json_number(qmp_ask(m, json, -1), &apic_id) && apic_id == arch_id;
}

struct list {
	struct kxen_vcpu_id *ids;
	unsigned int n;
	char (*paths)[200];	/* of those that are there; else empty */
};

static unsigned int length(const char *list)
{
	const char *v;
	unsigned int n = 0;

	for (v = json_first(list); v; v = json_next(v))
		n++;
	return n;
}

/* All possible vCPUs of an answer, in any order; false if they make no machine. */
static bool read_list(const char *answer, struct list *l)
{
	unsigned int count[LEVELS] = { 0 }, i, n = length(answer);
	struct place *places = calloc(n, sizeof(*places));
	const char *v;
	bool ok = places && n;

	l->ids = calloc(n, sizeof(*l->ids));
	l->paths = calloc(n, sizeof(*l->paths));
	if (!l->ids || !l->paths)
		fail(1, "no memory");
	for (v = json_first(answer); v && ok; v = json_next(v), l->n++) {
		ok = read_place(v, &places[l->n]);
		for (i = 0; ok && i < LEVELS; i++)
			if (places[l->n].at[i] >= count[i])
				count[i] = places[l->n].at[i] + 1;
		json_string(json_member(v, "qom-path"), l->paths[l->n],
			    sizeof(l->paths[0]));
	}
	for (i = 0; ok && i < n; i++) {
		l->ids[i] = name(&places[i], count);
		ok = l->ids[i].vcpu < n;
	}
	free(places);
	return ok;
}

unsigned int vcpu_ids(struct qmp *m, unsigned int max, struct kxen_vcpu_id **ids)
{
	const char *answer = max ? qmp_ask(m, "{\"execute\": \"query-hotpluggable-cpus\"}\n", -1) : NULL;
	struct list l = { 0 };
	unsigned int i, n = 0;

	*ids = NULL;
	/* A machine whose vCPUs are all there from the start has no such list. */
	if (!answer || !read_list(answer, &l))
		return 0;
	for (i = 0; i < l.n; i++) {
		if (l.paths[i][0] && !same_id(m, l.paths[i], l.ids[i].arch_id)) {
			fprintf(stderr, "kvm-xen: the VMM numbers vCPUs in a way that is not known here: they get numbers in the order in which they are made\n");
			free(l.ids);
			l.ids = NULL;
			break;
		}
		/* More than a domain can have may be possible: those cannot come. */
		if (l.ids[i].vcpu < max)
			l.ids[n++] = l.ids[i];
	}
	free(l.paths);
	*ids = l.ids;
	return l.ids ? n : 0;
}
