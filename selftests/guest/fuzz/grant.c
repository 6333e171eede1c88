// SPDX-License-Identifier: GPL-2.0
/*
 * Grants: entries of one's own that change all the time, and maps, unmaps and copies of those and
 * of the other guest's; frames that are given up, come back, are moved. All of them are the
 * arena's, or where no memory is: what others write over must not be what this guest runs by. So no
 * array has elements, which are answered in place, but in pages that are for that.
 */
#include "fuzz.h"

#include <xen/grant_table.h>

#define REFS		64	/* used most often */
#define FOR_HOST	48	/* from here on they are for domain 0 as a rule: hfuzz knows it */
#define FRAMES		4	/* of entries */
#define BATCH		8
#define ROOM		1024	/* of a call in a list */
#define HANDLES		256

/* Pages of the pool that others map and write to, which come and go. */
#define ARENA_GFN	(POOL_GFN + 0x2000)
#define ARENA_PAGES	64
/* Where the table is, as a rule. */
#define TABLE_GFN	(ARENA_GFN + 0x100)
#define STATUS_GFN	(TABLE_GFN + FRAMES)
/* Behind all memory. */
#define WINDOW_GFN	(END_GFN + 0x100)
#define WINDOW_PAGES	64

static u8 arrays[FUZZ_CPUS][FUZZ_LIST][ROOM] page_aligned;
/* Maps that were made, which others may have unmapped since. */
static volatile struct { u32 handle; u64 at; } made[HANDLES];
static volatile u32 version = 1;
static u32 self;

/* What has been done: by kind, and by CPU. */
enum { MAPS, OTHERS, UNMAPS, COPIES, BY_REF, SWAPS, VERSIONS, RESERVATION, MOVES, KINDS };
static volatile u32 done[KINDS][FUZZ_CPUS];

static u32 total_of(u32 kind)
{
	u32 i, n = 0;

	for (i = 0; i < FUZZ_CPUS; i++)
		n += done[kind][i];
	return n;
}

void fuzz_say_grants(void)
{
	note("grants: %u maps, %u others, %u unmaps, %u copies, %u granted, %u swaps, %u versions, "
	     "%u reservations, %u moves", total_of(MAPS), total_of(OTHERS),
	     total_of(UNMAPS), total_of(COPIES), total_of(BY_REF), total_of(SWAPS),
	     total_of(VERSIONS), total_of(RESERVATION), total_of(MOVES));
}

static struct xen_add_to_physmap frame_at(u32 idx, u64 gfn)
{
	return (struct xen_add_to_physmap) {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx, .gpfn = gfn,
	};
}

/* At the start, and for the guest after a reset. */
void fuzz_place_grants(void)
{
	struct xen_add_to_physmap a;
	u32 i;

	self = cpuid(xen_base() + 4, 0).c;
	version = 1;
	for (i = 0; i < FRAMES; i++) {
		a = frame_at(i, TABLE_GFN + i);
		memory_op(XENMEM_add_to_physmap, &a);
	}
}

/* --- numbers --------------------------------------------------------------------------- */

static u64 arena(unsigned int c)
{
	return ARENA_GFN + fuzz_below(c, ARENA_PAGES);
}

/* No memory of this guest's is there: a device's registers, nothing at all, or no frame. */
static u64 far(unsigned int c)
{
	switch (fuzz_below(c, 8)) {
	case 0: return fuzz_one_in(c, 16) ? 0xfec00 : 0xfed00;
	case 1: return END_GFN + fuzz_below(c, 3);
	case 2: return (1ULL << 45) + fuzz_below(c, 3) - 1;
	case 3: return ~0ULL - fuzz_below(c, 3);
	case 4: return (1ULL << 52) - 1 - fuzz_below(c, 3);
	case 5: return 0xffffffff - fuzz_below(c, 3);
	default: return END_GFN + fuzz_below(c, 1 << 20);
	}
}

static u64 frame(unsigned int c)
{
	return fuzz_one_in(c, 16) ? far(c) : arena(c);
}

/* Where something can be mapped, or placed. */
static u64 window(unsigned int c)
{
	switch (fuzz_below(c, 16)) {
	case 0: return far(c);
	case 1 ... 6: return arena(c);
	default: return WINDOW_GFN + fuzz_below(c, WINDOW_PAGES);
	}
}

static u32 a_ref(unsigned int c)
{
	switch (fuzz_below(c, 24)) {
	case 0: return fuzz_odd(c);
	case 1: return fuzz_below(c, 3000);
	default: return fuzz_below(c, REFS);
	}
}

static u16 a_peer(unsigned int c)
{
	return fuzz_one_in(c, 12) ? fuzz_domid(c) : 700 + fuzz_below(c, 2);
}

/* --- the table --------------------------------------------------------------------------- */

static u32 some_flags(unsigned int c)
{
	if (fuzz_one_in(c, 10))
		return fuzz_random(c) & 0xffff;
	if (fuzz_one_in(c, 10))
		return 0;
	return GTF_permit_access | (fuzz_one_in(c, 4) ? GTF_readonly : 0) |
	       (fuzz_one_in(c, 8) && version == 2 ? GTF_sub_page : 0);
}

/* In the form of the version that there is, as a rule; in neither it names a page of the image. */
static void write_entry(unsigned int c)
{
	unsigned long table = TABLE_GFN * PAGE_SIZE;
	u32 ref = fuzz_one_in(c, 40) ? fuzz_below(c, 1000) : fuzz_below(c, REFS);
	u32 domid = ref >= FOR_HOST && !fuzz_one_in(c, 8) ? 0 : a_peer(c);
	u32 word = some_flags(c) | domid << 16;
	volatile u32 *e;

	if ((version == 2) == !fuzz_one_in(c, 40)) {
		e = (u32 *)(table + ref * 16);
		/* A part; in the other version's eyes the frame, and then behind all memory. */
		e[1] = fuzz_below(c, 4000) | (1 + fuzz_below(c, 300)) << 16;
		*(volatile u64 *)(e + 2) = frame(c);
	} else {
		e = (u32 *)(table + ref * 8);
		e[1] = frame(c);
	}
	barrier();
	e[0] = word;
}

/* --- elements ------------------------------------------------------------------------------ */

static void fill_map(unsigned int c, void *to)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = window(c) * PAGE_SIZE +
			     (fuzz_one_in(c, 16) ? fuzz_below(c, PAGE_SIZE) : 0),
		.ref = a_ref(c), .dom = a_peer(c), .status = 77,
		.flags = fuzz_one_in(c, 12) ? fuzz_below(c, 0x80) :
			 GNTMAP_host_map | (fuzz_one_in(c, 3) ? GNTMAP_readonly : 0),
	};

	memcpy(to, &m, sizeof(m));
}

static void fill_unmap(unsigned int c, void *to)
{
	u32 i = fuzz_below(c, HANDLES);
	struct gnttab_unmap_grant_ref u = {
		.handle = fuzz_one_in(c, 12) ? fuzz_odd(c) : made[i].handle,
		.host_addr = fuzz_one_in(c, 12) ? window(c) * PAGE_SIZE : made[i].at,
		.status = 77,
	};

	memcpy(to, &u, sizeof(u));
}

static void fill_side(unsigned int c, struct gnttab_copy_ptr *p, bool by_ref)
{
	p->domid = by_ref ? a_peer(c) : fuzz_one_in(c, 20) ? fuzz_domid(c) : DOMID_SELF;
	p->offset = fuzz_one_in(c, 8) ? fuzz_offset(c) : fuzz_below(c, 4000);
	if (by_ref)
		p->u.ref = a_ref(c);
	else
		p->u.gmfn = fuzz_one_in(c, 16) ? window(c) : arena(c);
}

static void fill_copy(unsigned int c, void *to)
{
	struct gnttab_copy p = {
		.len = fuzz_one_in(c, 8) ? fuzz_odd(c) : fuzz_below(c, 128), .status = 77,
		.flags = fuzz_one_in(c, 20) ? fuzz_below(c, 8) : fuzz_below(c, 4),
	};

	fill_side(c, &p.source, p.flags & GNTCOPY_source_gref);
	fill_side(c, &p.dest, p.flags & GNTCOPY_dest_gref);
	memcpy(to, &p, sizeof(p));
}

static void fill_swap(unsigned int c, void *to)
{
	struct gnttab_swap_grant_ref s = { .ref_a = a_ref(c), .ref_b = a_ref(c), .status = 77 };

	memcpy(to, &s, sizeof(s));
}

struct array {
	u32 op, size;
	void (*fill)(unsigned int c, void *to);
};

static const struct array arrays_of[] = {
	{ GNTTABOP_map_grant_ref, sizeof(struct gnttab_map_grant_ref), fill_map },
	{ GNTTABOP_unmap_grant_ref, sizeof(struct gnttab_unmap_grant_ref), fill_unmap },
	{ GNTTABOP_copy, sizeof(struct gnttab_copy), fill_copy },
	{ GNTTABOP_swap_grant_ref, sizeof(struct gnttab_swap_grant_ref), fill_swap },
};

/* So many that none is below zero are all in memory that is for it. */
static unsigned long how_many(unsigned int c)
{
	switch (fuzz_below(c, 40)) {
	case 0: return 0x80000000 | fuzz_odd(c);
	case 1: return 0;
	default: return 1 + fuzz_below(c, BATCH);
	}
}

static void batched(unsigned int c, struct fuzz_call *k, const struct array *a)
{
	u8 *to = arrays[c][fuzz_slot(c)];
	u32 i;

	/* Now and then across two pages. */
	if (fuzz_one_in(c, 8) && fuzz_slot(c) % 4 == 0)
		to += ROOM / 2;
	for (i = 0; i < BATCH; i++)
		a->fill(c, to + i * a->size);
	k->arg[0] = a->op;
	k->arg[1] = (unsigned long)to;
	k->arg[2] = how_many(c);
	/* At the end of all memory, with elements of those who come later; or nowhere. */
	if (fuzz_one_in(c, 64))
		k->arg[1] = END_GFN * PAGE_SIZE - fuzz_below(c, BATCH * a->size);
	else if (fuzz_one_in(c, 64))
		k->arg[1] = (unsigned long)BAD_PTR;
}

/* --- the other calls ------------------------------------------------------------------------ */

static void others(unsigned int c, struct fuzz_call *k)
{
	u8 *to = arrays[c][fuzz_slot(c)];
	struct gnttab_setup_table setup = {
		.dom = fuzz_one_in(c, 4) ? fuzz_domid(c) : DOMID_SELF,
		.nr_frames = fuzz_one_in(c, 8) ? fuzz_odd(c) : fuzz_below(c, 6),
	};
	struct gnttab_get_status_frames status = {
		.dom = setup.dom, .nr_frames = setup.nr_frames,
	};
	u64 raw[4] = { fuzz_domid(c), fuzz_odd(c) };

	set_xen_guest_handle(setup.frame_list, (void *)(to + 128));
	set_xen_guest_handle(status.frame_list, (void *)(to + 128));
	k->arg[0] = fuzz_below(c, 13);
	k->arg[1] = (unsigned long)to;
	k->arg[2] = 1;
	switch (k->arg[0]) {
	case GNTTABOP_setup_table: memcpy(to, &setup, sizeof(setup)); break;
	case GNTTABOP_get_status_frames: memcpy(to, &status, sizeof(status)); break;
	case GNTTABOP_map_grant_ref: case GNTTABOP_unmap_grant_ref: case GNTTABOP_copy:
	case GNTTABOP_swap_grant_ref: case GNTTABOP_set_version:
		k->arg[0] = GNTTABOP_query_size;
		memcpy(to, raw, sizeof(raw));
		break;
	default: memcpy(to, raw, sizeof(raw));
	}
}

/* It waits for everybody who looks at an entry. */
static void set_version(unsigned int c, struct fuzz_call *k)
{
	struct gnttab_set_version v = { .version = 3 - version };

	if (fuzz_one_in(c, 6))
		v.version = fuzz_below(c, 4);
	k->arg[0] = GNTTABOP_set_version;
	k->arg[1] = fuzz_put_well(c, &v, sizeof(v));
	k->arg[2] = 1;
}

static void reservation(unsigned int c, struct fuzz_call *k)
{
	static const u8 ops[] = { XENMEM_decrease_reservation, XENMEM_populate_physmap,
				  XENMEM_populate_physmap, XENMEM_increase_reservation };
	u8 *to = arrays[c][fuzz_slot(c)];
	xen_pfn_t *list = (void *)(to + 128);
	struct xen_memory_reservation r = {
		.nr_extents = 1 + fuzz_below(c, 4), .domid = DOMID_SELF,
		.extent_order = fuzz_one_in(c, 12) ? fuzz_below(c, 3) : 0,
		.mem_flags = fuzz_one_in(c, 12) ? fuzz_odd(c) : 0,
	};
	u32 i;

	for (i = 0; i < 4; i++)
		list[i] = (fuzz_one_in(c, 30) ? far(c) : arena(c)) & -(1UL << r.extent_order);
	set_xen_guest_handle(r.extent_start, list);
	memcpy(to, &r, sizeof(r));
	k->nr = __HYPERVISOR_memory_op;
	k->arg[0] = ops[fuzz_below(c, ARRAY_SIZE(ops))];
	k->arg[1] = (unsigned long)to;
}

/* A frame of the table, of status words, or of the arena, to somewhere; or what is there goes. */
static void physmap(unsigned int c, struct fuzz_call *k)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF, .gpfn = window(c) };
	struct xen_add_to_physmap a;
	u32 i = fuzz_below(c, FRAMES);

	k->nr = __HYPERVISOR_memory_op;
	k->arg[0] = XENMEM_add_to_physmap;
	switch (fuzz_below(c, 8)) {
	case 0:
		k->arg[0] = XENMEM_remove_from_physmap;
		k->arg[1] = fuzz_put_well(c, &r, sizeof(r));
		return;
	case 1:
		a = frame_at(fuzz_below(c, 12), window(c));
		break;
	case 2:
		a = frame_at(fuzz_below(c, 2) | XENMAPIDX_grant_table_status, STATUS_GFN);
		break;
	case 3:
		a = (struct xen_add_to_physmap) { .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn,
						  .idx = frame(c), .gpfn = arena(c) };
		break;
	default:	/* back where entries are written */
		a = frame_at(i, TABLE_GFN + i);
	}
	k->arg[1] = fuzz_put_well(c, &a, sizeof(a));
}

void fuzz_grant(unsigned int c, struct fuzz_call *k)
{
	u32 i, n = 1 + fuzz_below(c, 8);

	for (i = 0; i < n; i++)
		write_entry(c);
	k->nr = __HYPERVISOR_grant_table_op;
	k->group = FUZZ_GRANT;
	switch (fuzz_below(c, 48)) {
	case 0 ... 17: batched(c, k, &arrays_of[0]); break;
	case 18 ... 27: batched(c, k, &arrays_of[1]); break;
	case 28 ... 36: batched(c, k, &arrays_of[2]); break;
	case 37: batched(c, k, &arrays_of[3]); break;
	case 38 ... 39: others(c, k); break;
	case 40: set_version(c, k); break;
	case 41 ... 44: reservation(c, k); break;
	default: physmap(c, k); break;
	}
	k->op = k->arg[0];
}

/* --- what became of it ---------------------------------------------------------------------- */

static void note_map(unsigned int c, const struct gnttab_map_grant_ref *m)
{
	u32 i = fuzz_below(c, HANDLES);

	done[MAPS][c]++;
	done[OTHERS][c] += m->dom != self;
	made[i].handle = m->handle;
	made[i].at = m->host_addr;
}

static void note_element(unsigned int c, u32 op, const void *element)
{
	const struct gnttab_map_grant_ref *m = element;
	const struct gnttab_unmap_grant_ref *u = element;
	const struct gnttab_copy *p = element;
	const struct gnttab_swap_grant_ref *s = element;

	switch (op) {
	case GNTTABOP_map_grant_ref:
		if (m->status == GNTST_okay)
			note_map(c, m);
		break;
	case GNTTABOP_unmap_grant_ref:
		done[UNMAPS][c] += u->status == GNTST_okay && u->host_addr;
		break;
	case GNTTABOP_copy:
		done[COPIES][c] += p->status == GNTST_okay && p->len;
		done[BY_REF][c] += p->status == GNTST_okay && p->len && p->flags;
		break;
	case GNTTABOP_swap_grant_ref:
		done[SWAPS][c] += s->status == GNTST_okay;
		break;
	}
}

/* A call that was made, of an array in this CPU's own pages. */
void fuzz_note_grant(unsigned int c, const struct fuzz_call *k, long ret)
{
	bool moves = k->op == XENMEM_add_to_physmap || k->op == XENMEM_remove_from_physmap;
	u32 i, j;

	if (k->nr == __HYPERVISOR_memory_op) {
		done[moves ? MOVES : RESERVATION][c] += moves ? !ret : ret > 0;
		return;
	}
	if (k->op == GNTTABOP_set_version && !ret) {
		version = ((struct gnttab_set_version *)k->arg[1])->version;
		done[VERSIONS][c]++;
	}
	if (k->arg[1] < (unsigned long)arrays[c] || k->arg[1] >= (unsigned long)arrays[c + 1])
		return;
	for (i = 0; i < ARRAY_SIZE(arrays_of); i++)
		for (j = 0; k->op == arrays_of[i].op && j < k->arg[2] && j < BATCH; j++)
			note_element(c, k->op, (u8 *)k->arg[1] + j * arrays_of[i].size);
}
