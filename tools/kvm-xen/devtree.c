// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device tree that tells of Xen (Linux: Documentation/devicetree/bindings/arm/xen.txt): a node
 * /hypervisor with the interrupt of upcalls and the place of the grant table's frames, and that
 * place kept free of all else the guest has memory for.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devtree.h"
#include "kvm-xen.h"

#define MORE_BYTES	4096	/* than the tree has, for what is added */
#define BLOCK		(2ULL << 20)	/* as much as a guest maps at once */
#define PAGE		4096ULL
#define FRAMES		64	/* of a grant table, where nobody says how many: the module's */
#define LEAST_BANK	(32ULL << 20)	/* below this the kernel itself may need all of it */
#define MAX_BANKS	64

/* PPI 31, a level, of each CPU: as the module raises it, and as Xen has it. */
#define UPCALL_CELLS	3
static const uint32_t upcall[UPCALL_CELLS] = { 1, 15, 0xf08 };

const char DEVTREE_HAS_XEN[] = "the guest's device tree tells of Xen already";

/* How addresses are written below the root. */
struct cells {
	int address, size;
};

struct range {
	uint64_t at, size;
};

static uint64_t get(const fdt32_t *p, int cells)
{
	uint64_t v = 0;

	while (cells--)
		v = v << 32 | fdt32_ld(p++);
	return v;
}

static fdt32_t *put(fdt32_t *p, uint64_t v, int cells)
{
	while (cells--)
		*p++ = cpu_to_fdt32(cells ? v >> 32 : v);
	return p;
}

/* The ranges of a node's reg, @max of them at most; how many there are. */
static int ranges_of(const void *fdt, int node, const struct cells *c, struct range *r, int max)
{
	int len, n = 0, one = c->address + c->size;
	const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);

	if (!p)
		return 0;
	for (len /= sizeof(*p); len >= one && n < max; len -= one, p += one, n++) {
		r[n].at = get(p, c->address);
		r[n].size = get(p + c->address, c->size);
	}
	return n;
}

static bool is_memory(const void *fdt, int node)
{
	const char *status = fdt_stringlist_get(fdt, node, "status", 0, NULL);

	return fdt_stringlist_search(fdt, node, "device_type", "memory") == 0 &&
	       (!status || !strcmp(status, "okay") || !strcmp(status, "ok"));
}

/* The last bank of the guest's memory: a VMM puts what it loads into the first, or to its start. */
static bool last_bank(const void *fdt, const struct cells *c, struct range *last)
{
	struct range r[MAX_BANKS];
	bool found = false;
	int node, n;

	fdt_for_each_subnode(node, fdt, 0) {
		if (!is_memory(fdt, node))
			continue;
		for (n = ranges_of(fdt, node, c, r, MAX_BANKS); n--; ) {
			if (r[n].size < LEAST_BANK || r[n].at + r[n].size < r[n].at ||
			    (found && r[n].at < last->at))
				continue;
			*last = r[n];
			found = true;
		}
	}
	return found;
}

static bool overlap(const struct range *a, const struct range *b)
{
	return b->size && a->at < b->at + b->size && b->at < a->at + a->size;
}

/* Somebody else has a part of that range already. */
static bool is_reserved(const void *fdt, int reserved, const struct cells *c, const struct range *r)
{
	struct range other[MAX_BANKS];
	int node, n;

	for (n = fdt_num_mem_rsv(fdt); n-- > 0; )
		if (!fdt_get_mem_rsv(fdt, n, &other[0].at, &other[0].size) &&
		    overlap(r, &other[0]))
			return true;
	if (reserved < 0)
		return false;
	fdt_for_each_subnode(node, fdt, reserved)
		for (n = ranges_of(fdt, node, c, other, MAX_BANKS); n--; )
			if (overlap(r, &other[n]))
				return true;
	return false;
}

static bool get_u32(const void *fdt, int node, const char *name, uint32_t *v)
{
	int len;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

	if (!p || len != sizeof(*p))
		return false;
	*v = fdt32_ld(p);
	return true;
}

/* The controller of interrupts that a node at the root has its own from is a GIC, by its cells. */
static bool has_gic(const void *fdt)
{
	uint32_t parent, cells;
	int gic;

	if (!get_u32(fdt, 0, "interrupt-parent", &parent))
		return false;
	gic = fdt_node_offset_by_phandle(fdt, parent);
	return gic >= 0 && fdt_getprop(fdt, gic, "interrupt-controller", NULL) &&
	       get_u32(fdt, gic, "#interrupt-cells", &cells) && cells == UPCALL_CELLS;
}

static int set_reg(void *fdt, int node, const struct cells *c, const struct range *r)
{
	fdt32_t reg[4], *p = put(put(reg, r->at, c->address), r->size, c->size);

	return fdt_setprop(fdt, node, "reg", reg, (char *)p - (char *)reg);
}

/* No memory of the guest's kernel: it would map it as such, beside what it has for frames. */
static int reserve(void *fdt, int reserved, const struct cells *c, const struct range *r)
{
	int node, bad = 0;
	char name[40];

	if (reserved < 0) {
		reserved = fdt_add_subnode(fdt, 0, "reserved-memory");
		if (reserved < 0)
			return reserved;
		bad = fdt_setprop_u32(fdt, reserved, "#address-cells", c->address) ?:
		      fdt_setprop_u32(fdt, reserved, "#size-cells", c->size) ?:
		      fdt_setprop_empty(fdt, reserved, "ranges");
	}
	snprintf(name, sizeof(name), "xen-grant-frames@%llx", (unsigned long long)r->at);
	node = bad ? bad : fdt_add_subnode(fdt, reserved, name);
	if (node < 0)
		return node;
	return set_reg(fdt, node, c, r) ?: fdt_setprop_empty(fdt, node, "no-map");
}

static int tell(void *fdt, const struct cells *c, const struct range *r,
		const struct domain_options *o)
{
	fdt32_t irq[UPCALL_CELLS], *p = irq;
	char compatible[64];
	unsigned int i;
	int node, len;

	/* Linux takes the version from there. */
	len = snprintf(compatible, sizeof(compatible), "xen,xen-%u.%u", o->xen_major ?: 4,
		       o->xen_major ? o->xen_minor : 17) + 1;
	len += snprintf(compatible + len, sizeof(compatible) - len, "xen,xen") + 1;
	for (i = 0; i < UPCALL_CELLS; i++)
		p = put(p, upcall[i], 1);
	node = fdt_add_subnode(fdt, 0, "hypervisor");
	if (node < 0)
		return node;
	return fdt_setprop(fdt, node, "compatible", compatible, len) ?: set_reg(fdt, node, c, r) ?:
	       fdt_setprop(fdt, node, "interrupts", irq, sizeof(irq));
}

static uint64_t frames_size(const struct domain_options *o)
{
	uint64_t size = (o->max_grant_frames ?: FRAMES) * PAGE;

	return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* All that is read of the tree, before anything is changed. */
static const char *find_place(const void *fdt, const struct domain_options *o,
			      struct cells *c, struct range *r, int *reserved)
{
	struct range bank;

	if (fdt_node_offset_by_compatible(fdt, -1, "xen,xen") >= 0)
		return DEVTREE_HAS_XEN;
	if (fdt_subnode_offset(fdt, 0, "hypervisor") >= 0)
		return "the guest's device tree tells of another hypervisor";
	c->address = fdt_address_cells(fdt, 0);
	c->size = fdt_size_cells(fdt, 0);
	if (c->address < 1 || c->address > 2 || c->size < 1 || c->size > 2)
		return "addresses in the guest's device tree are not of 32 or 64 bits";
	if (!has_gic(fdt))
		return "the guest's device tree has no GIC, whose PPI 31 Xen's upcalls are";
	*reserved = fdt_subnode_offset(fdt, 0, "reserved-memory");
	if (*reserved >= 0 && (fdt_address_cells(fdt, *reserved) != c->address ||
			       fdt_size_cells(fdt, *reserved) != c->size))
		return "reserved memory has other addresses than the rest in the guest's device tree";
	r->size = frames_size(o);
	if (!last_bank(fdt, c, &bank) || bank.size < LEAST_BANK + r->size)
		return "the guest has no memory to spare for grant frames: give it more by -m";
	r->at = (bank.at + bank.size - r->size) / BLOCK * BLOCK;
	if (is_reserved(fdt, *reserved, c, r))
		return "the end of the guest's memory, where grant frames would be, is reserved in its device tree";
	return NULL;
}

const char *devtree_make(const void *blob, size_t len, const struct domain_options *o,
			 struct devtree *t)
{
	const char *why;
	struct range r;
	struct cells c;
	int reserved;

	memset(t, 0, sizeof(*t));
	if (fdt_check_full(blob, len))
		return "what the VMM gives as the guest's device tree is none";
	why = find_place(blob, o, &c, &r, &reserved);
	if (why)
		return why;
	t->len = fdt_totalsize(blob) + MORE_BYTES;
	t->blob = calloc(1, t->len);
	if (!t->blob)
		return "no memory";
	if (fdt_open_into(blob, t->blob, t->len) || tell(t->blob, &c, &r, o) ||
	    reserve(t->blob, fdt_subnode_offset(t->blob, 0, "reserved-memory"), &c, &r) ||
	    fdt_pack(t->blob)) {
		free(t->blob);
		t->blob = NULL;
		return "the guest's device tree cannot be added to";
	}
	t->len = fdt_totalsize(t->blob);
	t->at = r.at;
	t->size = r.size;
	return NULL;
}
