// SPDX-License-Identifier: GPL-2.0
/*
 * The tool's device tree: trees as QEMU's machine "virt" makes them, with one thing different each,
 * and what is made of them, read by libfdt; and bytes of one that are damaged. With a file, that
 * tree: QEMU's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/kvm-xen/devtree.c"

static unsigned int bad;

static void check(const char *what, bool good)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	bad += !good;
}

/* What is different from QEMU's of a machine with 512 MB. */
struct variant {
	int address_cells, size_cells, interrupt_cells;
	bool no_parent, no_gic, xen, other, reserved, taken, memreserve, off;
	uint64_t banks[4][2];
	unsigned int frames, major, minor;
};

static const struct variant usual = { 2, 2, 3, .banks = { { 0x40000000, 512 << 20 } } };

static char blob[8192];

static void node_reg(const struct variant *v, uint64_t at, uint64_t size)
{
	fdt32_t reg[8], *p = put(put(reg, at, v->address_cells), size, v->size_cells);

	fdt_property(blob, "reg", reg, (char *)p - (char *)reg);
}

static void make_memory(const struct variant *v)
{
	char name[40];
	int i;

	for (i = 0; i < 4 && v->banks[i][1]; i++) {
		snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)v->banks[i][0]);
		fdt_begin_node(blob, name);
		fdt_property_string(blob, "device_type", "memory");
		if (v->off)
			fdt_property_string(blob, "status", "disabled");
		node_reg(v, v->banks[i][0], v->banks[i][1]);
		fdt_end_node(blob);
	}
}

static void make_gic(const struct variant *v)
{
	fdt_begin_node(blob, "intc@8000000");
	fdt_property_u32(blob, "phandle", 0x8002);
	fdt_property_u32(blob, "#interrupt-cells", v->interrupt_cells);
	if (!v->no_gic)
		fdt_property(blob, "interrupt-controller", NULL, 0);
	fdt_property_string(blob, "compatible", "arm,gic-v3");
	fdt_end_node(blob);
}

static void make_reserved(const struct variant *v)
{
	fdt_begin_node(blob, "reserved-memory");
	fdt_property_u32(blob, "#address-cells", v->address_cells);
	fdt_property_u32(blob, "#size-cells", v->size_cells);
	fdt_property(blob, "ranges", NULL, 0);
	fdt_begin_node(blob, "buffer@48000000");
	node_reg(v, v->taken ? 0x5fff0000 : 0x48000000, 0x10000);
	fdt_end_node(blob);
	fdt_end_node(blob);
}

static void make_hypervisor(const struct variant *v)
{
	static const char xen[] = "xen,xen-4.19\0xen,xen";

	fdt_begin_node(blob, "hypervisor");
	if (v->xen)
		fdt_property(blob, "compatible", xen, sizeof(xen));
	else
		fdt_property_string(blob, "compatible", "linux,kvm");
	fdt_end_node(blob);
}

static const void *tree(const struct variant *v)
{
	memset(blob, 0, sizeof(blob));
	fdt_create(blob, sizeof(blob));
	if (v->memreserve)
		fdt_add_reservemap_entry(blob, 0x5ff00000, 0x1000);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	if (!v->no_parent)
		fdt_property_u32(blob, "interrupt-parent", 0x8002);
	fdt_property_u32(blob, "#size-cells", v->size_cells);
	fdt_property_u32(blob, "#address-cells", v->address_cells);
	fdt_property_string(blob, "compatible", "linux,dummy-virt");
	make_memory(v);
	make_gic(v);
	if (v->reserved || v->taken)
		make_reserved(v);
	if (v->xen || v->other)
		make_hypervisor(v);
	fdt_end_node(blob);
	fdt_finish(blob);
	return blob;
}

static struct domain_options options(const struct variant *v)
{
	struct domain_options o = { .max_grant_frames = v->frames, .xen_major = v->major,
				    .xen_minor = v->minor };

	return o;
}

/* --- what is right ---------------------------------------------------------------------- */

static bool has_range(const void *fdt, const char *path, int a, int s, uint64_t at, uint64_t size)
{
	struct cells c = { a, s };
	struct range r = { 0 };

	return ranges_of(fdt, fdt_path_offset(fdt, path), &c, &r, 1) == 1 && r.at == at &&
	       r.size == size;
}

static bool is_like(const void *fdt, const char *path, const char *compatible)
{
	return !fdt_node_check_compatible(fdt, fdt_path_offset(fdt, path), compatible);
}

/* The same place in all three: told by the node, kept free, and said to the caller. */
static bool is_at(const struct devtree *t, int a, int s, uint64_t at, uint64_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/reserved-memory/xen-grant-frames@%llx",
		 (unsigned long long)at);
	return t->at == at && t->size == size &&
	       has_range(t->blob, "/hypervisor", a, s, at, size) &&
	       has_range(t->blob, path, a, s, at, size) &&
	       fdt_getprop(t->blob, fdt_path_offset(t->blob, path), "no-map", NULL);
}

static bool has_upcall(const void *fdt)
{
	static const uint8_t ppi31[] = { 0, 0, 0, 1, 0, 0, 0, 15, 0, 0, 0xf, 8 };
	int len;
	const void *p = fdt_getprop(fdt, fdt_path_offset(fdt, "/hypervisor"), "interrupts", &len);

	return p && len == sizeof(ppi31) && !memcmp(p, ppi31, sizeof(ppi31));
}

static bool made(struct variant v, struct devtree *t)
{
	struct domain_options o = options(&v);
	const char *why = devtree_make(tree(&v), fdt_totalsize(blob), &o, t);

	if (why)
		printf("# %s\n", why);
	return !why && !fdt_check_full(t->blob, t->len);
}

static void good(void)
{
	struct variant v = usual;
	struct devtree t;

	check("QEMU's tree is taken", made(v, &t));
	check("2 MB at the end of memory are for grant frames", is_at(&t, 2, 2, 0x5fe00000, 2 << 20));
	check("the interrupt is PPI 31, a level", has_upcall(t.blob));
	check("it is Xen 4.17", is_like(t.blob, "/hypervisor", "xen,xen-4.17") &&
	      is_like(t.blob, "/hypervisor", "xen,xen"));
	check("what was there is there", is_like(t.blob, "/intc@8000000", "arm,gic-v3") &&
	      has_range(t.blob, "/memory@40000000", 2, 2, 0x40000000, 512 << 20));
	free(t.blob);
	v.major = 4;
	v.minor = 20;
	v.frames = 4096;
	check("another version, and the longest table", made(v, &t) &&
	      is_like(t.blob, "/hypervisor", "xen,xen-4.20") &&
	      is_at(&t, 2, 2, 0x5f000000, 16 << 20));
	free(t.blob);
	v = usual;
	v.address_cells = v.size_cells = 1;
	v.banks[0][1] += 0x1000;
	check("addresses of 32 bits, and an end that is nowhere near", made(v, &t) &&
	      is_at(&t, 1, 1, 0x5fe00000, 2 << 20));
	free(t.blob);
	v = usual;
	v.banks[1][0] = 0x880000000;
	v.banks[1][1] = 256 << 20;
	v.banks[2][0] = 0x200000000;
	v.banks[2][1] = 256 << 20;
	v.reserved = true;
	check("several banks of memory, and something reserved", made(v, &t) &&
	      is_at(&t, 2, 2, 0x88fe00000, 2 << 20) &&
	      has_range(t.blob, "/reserved-memory/buffer@48000000", 2, 2, 0x48000000, 0x10000));
	free(t.blob);
	v.banks[1][1] = 2 << 20;
	check("none of a bank that is too small", made(v, &t) && is_at(&t, 2, 2, 0x20fe00000, 2 << 20));
	free(t.blob);
}

/* --- what is not ------------------------------------------------------------------------ */

static void refused(const char *what, struct variant v, const char *word)
{
	struct domain_options o = options(&v);
	struct devtree t;
	const char *why = devtree_make(tree(&v), fdt_totalsize(blob), &o, &t);

	check(what, why && strstr(why, word) && !t.blob);
	if (!why || !strstr(why, word))
		printf("# %s\n", why ?: "it is taken");
	free(t.blob);
}

#define REFUSED(what, word, ...) do { \
	struct variant v = usual; \
	__VA_ARGS__; \
	refused(what, v, word); \
} while (0)

static void not_good(void)
{
	struct domain_options o = { 0 };
	struct devtree t;

	REFUSED("a tree that has Xen is left", DEVTREE_HAS_XEN, v.xen = true);
	REFUSED("another hypervisor", "another hypervisor", v.other = true);
	REFUSED("no controller of interrupts", "no GIC", v.no_parent = true);
	REFUSED("one that is none", "no GIC", v.no_gic = true);
	REFUSED("one of another kind", "no GIC", v.interrupt_cells = 2);
	REFUSED("addresses that nobody has", "32 or 64", v.address_cells = 3);
	REFUSED("no memory", "give it more", v.banks[0][1] = 0);
	REFUSED("memory that is off", "give it more", v.off = true);
	REFUSED("too little memory", "give it more", v.banks[0][1] = 33 << 20);
	REFUSED("memory that ends nowhere", "give it more", v.banks[0][1] = -4096ULL);
	REFUSED("its end is reserved", "is reserved", v.taken = true);
	REFUSED("its end is reserved in the header", "is reserved", v.memreserve = true);
	check("a file that is empty", devtree_make("", 0, &o, &t));
	tree(&usual);
	check("one that is cut", devtree_make(blob, fdt_totalsize(blob) - 4, &o, &t));
}

/* Each byte of a tree, with others in its place: it is taken, or not, and that is all. */
static void damaged(void)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 4, 9, 0x7f, 0x80, 0xff };
	struct variant v = usual;
	struct domain_options o = { 0 };
	unsigned int i, j, size, taken = 0;
	struct devtree t;
	char *own;

	v.reserved = true;
	size = fdt_totalsize(tree(&v));
	for (i = 0; i < size; i++) {
		for (j = 0; j < sizeof(values); j++) {
			/* Of its own size, so that what is read beyond that is found. */
			own = malloc(size);
			memcpy(own, blob, size);
			own[i] = values[j];
			if (!devtree_make(own, size, &o, &t)) {
				taken++;
				free(t.blob);
			}
			free(own);
		}
	}
	check("damaged trees do no harm", taken && taken < size * sizeof(values));
}

static void of_file(const char *name)
{
	static char own[2 << 20];
	struct domain_options o = { 0 };
	FILE *f = fopen(name, "r");
	size_t len = f ? fread(own, 1, sizeof(own), f) : 0;
	struct devtree t;
	const char *why = devtree_make(own, len, &o, &t);

	if (f)
		fclose(f);
	check("QEMU's own tree is taken", !why && is_at(&t, 2, 2, 0x5fe00000, 2 << 20) &&
	      has_upcall(t.blob));
	check("and has no empty megabyte any more", !why && t.len < 65536);
	if (why)
		printf("# %s\n", why);
	free(t.blob);
}

int main(int argc, char **argv)
{
	good();
	not_good();
	damaged();
	if (argc > 1)
		of_file(argv[1]);
	return bad != 0;
}
