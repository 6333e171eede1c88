// SPDX-License-Identifier: GPL-2.0
/*
 * Regions and windows of a memory protection unit (direct/), on a unit that is a model and looks
 * at each register that is written: nothing overlaps at any time, the hypervisor's own stays, and
 * an access finds what it wants if, and only if, it was asked for. The fuzzer's bytes are a
 * schedule: what is registered, who runs, which pages a call touches.
 */
#include "shim.h"

/* Counted as well as seen; selftests/mpu has the same code without counting. */
struct kxen_mpu;
static void kxen_mpu_prbar(struct kxen_mpu *m, u32 i, unsigned long value);
static void kxen_mpu_prlar(struct kxen_mpu *m, u32 i, unsigned long value);
static void kxen_mpu_sync(struct kxen_mpu *m);

#include "../../direct/window.h"

#define PAGE		KXEN_WINDOW_SIZE
#define GUESTS		3
#define GUEST_PAGES	8
#define FIRST_PAGE	16	/* of the first guest's; below it is the hypervisor's */
#define MOST		64	/* bytes of a schedule that count */
#define PAGES		(FIRST_PAGE + GUESTS * GUEST_PAGES)

/* --- the unit ---------------------------------------------------------------------------- */

static struct kxen_pr reg[KXEN_MPU_REGIONS];
static u32 regs;	/* that it has */
static bool synced;
static u64 writes, barriers;

/* Which regions have this byte: how many. */
static u32 reached(unsigned long addr)
{
	u32 i, n = 0;

	for (i = 0; i < regs; i++)
		n += kxen_pr_is_on(&reg[i]) && kxen_pr_first(&reg[i]) <= addr &&
		     kxen_pr_last(&reg[i]) >= addr;
	return n;
}

static void changed(u32 i)
{
	u32 k;

	if (i >= regs)
		fail("region %u is written, and there are %u", i, regs);
	for (k = 0; k < regs; k++)
		if (k != i && kxen_pr_is_on(&reg[i]) && kxen_pr_is_on(&reg[k]) &&
		    kxen_pr_first(&reg[i]) <= kxen_pr_last(&reg[k]) &&
		    kxen_pr_first(&reg[k]) <= kxen_pr_last(&reg[i]))
			fail("regions %u and %u overlap, after a write to the first", i, k);
	/* Where the code is, and what it works with. */
	if (reached(0) != 1 || reached(PAGE) != 1)
		fail("the hypervisor has lost its own, by a write to %u", i);
	synced = false;
	writes++;
}

static void kxen_mpu_prbar(struct kxen_mpu *m, u32 i, unsigned long value)
{
	(void)m;
	reg[i].prbar = value;
	changed(i);
}

static void kxen_mpu_prlar(struct kxen_mpu *m, u32 i, unsigned long value)
{
	(void)m;
	reg[i].prlar = value;
	changed(i);
}

static void kxen_mpu_sync(struct kxen_mpu *m)
{
	(void)m;
	synced = true;
	barriers += 2;
}

/* --- regions ----------------------------------------------------------------------------- */

/* The same table, as which granule has which region. */
#define GRANULES	96
static u8 owner[GRANULES];
static u32 used;

static void add(struct kxen_view *v, u32 first, u32 n)
{
	int want = 0, got;
	u32 i;

	for (i = first; i < first + n; i++)
		if (owner[i])
			want = -EEXIST;
	if (!n)
		want = -EINVAL;
	if (!want && used == v->max)
		want = -ENOSPC;
	got = kxen_region_register(v, first * KXEN_MPU_GRANULE, n * KXEN_MPU_GRANULE, 1, 2);
	if (got < 0 ? got != want : want)
		fail("region %u+%u: %d, not %d", first, n, got, want);
	if (got < 0)
		return;
	if ((u32)got >= v->max || (u32)got >= v->nr)
		fail("region %d of %u, %u in use", got, v->max, v->nr);
	for (i = first; i < first + n; i++)
		owner[i] = got + 1;
	used++;
}

static void del(struct kxen_view *v, u32 first)
{
	bool begins = owner[first] && (!first || owner[first - 1] != owner[first]);
	int got = kxen_region_unregister(v, first * KXEN_MPU_GRANULE);
	u8 whose = owner[first];
	u32 i;

	if (got != (begins ? 0 : -ENOENT))
		fail("region at %u goes: %d", first, got);
	for (i = first; !got && i < GRANULES && owner[i] == whose; i++)
		owner[i] = 0;
	used -= !got;
}

static void look(const struct kxen_view *v)
{
	u32 i;

	if (v->used != used || v->most < used || v->nr > v->max || v->nr < used)
		fail("%u regions, %u are known", used, v->used);
	for (i = 0; i < GRANULES; i++) {
		unsigned long at = i * KXEN_MPU_GRANULE;

		if (kxen_view_has(v, at, at + KXEN_MPU_LOW) != !!owner[i])
			fail("granule %u is %sthere", i, owner[i] ? "not " : "");
		if (kxen_view_overlap(v, at, at) != owner[i] - 1)
			fail("granule %u is in another region", i);
	}
}

static void regions(const u8 *data, size_t size)
{
	struct kxen_view v;
	size_t i;

	memset(owner, 0, sizeof(owner));
	used = 0;
	if (!size)
		return;
	kxen_view_init(&v, data[0] % (KXEN_MPU_REGIONS + 8));
	if (v.max > KXEN_MPU_REGIONS)
		fail("a table of %u", v.max);
	for (i = 1; i + 1 < size && i < MOST; i += 2) {
		if (data[i] & 1)
			add(&v, (data[i] >> 1) % 80, data[i + 1] % 16);
		else
			del(&v, (data[i] >> 1) % GRANULES);
		look(&v);
	}
}

/* --- windows ----------------------------------------------------------------------------- */

static struct kxen_view view[GUESTS], all;
static struct kxen_mpu mpu;
static struct kxen_mpu_count count;
static enum kxen_mpu_policy policy;
static u32 guest;	/* whose view is loaded */
static u64 moved;	/* windows of this call */

/* The hypervisor's code and its data, in each view; what is left of 16 pages is of no view. */
static void fixed(struct kxen_view *v, u32 max)
{
	kxen_view_init(v, max);
	kxen_region_register(v, 0, PAGE, 0, 0);
	kxen_region_register(v, PAGE, 2 * PAGE, 0, 0);
}

/* The guest's memory, in @n regions next to each other. */
static bool make_view(u32 g, u32 max, u32 n)
{
	u32 i, each = GUEST_PAGES / n;

	fixed(&view[g], max);
	for (i = 0; i < n; i++)
		if (kxen_region_register(&view[g],
					 (FIRST_PAGE + g * GUEST_PAGES + i * each) * PAGE,
					 each * PAGE, 0, 0) < 0)
			return false;
	return true;
}

static bool is_of(u32 g, u32 page)
{
	return page / GUEST_PAGES == (FIRST_PAGE + g * GUEST_PAGES) / GUEST_PAGES;
}

/* As between two calls. */
static void is_loaded(void)
{
	u32 i, page;

	for (i = 0; i < regs; i++) {
		bool on = i < view[guest].nr && kxen_pr_is_on(&view[guest].pr[i]);

		if (kxen_pr_is_on(&reg[i]) != on ||
		    (on && memcmp(&reg[i], &view[guest].pr[i], sizeof(reg[i]))))
			fail("region %u is not what guest %u has", i, guest);
	}
	for (page = FIRST_PAGE; page < PAGES; page++)
		if (reached(page * PAGE) != is_of(guest, page))
			fail("guest %u sees page %u", guest, page);
	if (!synced)
		fail("nothing has been waited for");
}

static void counted(void)
{
	if (count.writes != writes || count.barriers != barriers)
		fail("%llu writes and %llu barriers, not %llu and %llu",
		     (unsigned long long)count.writes, (unsigned long long)count.barriers,
		     (unsigned long long)writes, (unsigned long long)barriers);
}

static void access_page(u32 page, bool knows)
{
	struct kxen_mpu_count was = count;
	bool own = is_of(guest, page) || page < 3;
	unsigned long addr = page * PAGE + page * 8 % PAGE;

	if (page >= 3 && page < FIRST_PAGE)
		return;
	if (own && knows)
		return;
	if (knows)
		kxen_window_to(&mpu, addr, policy);
	else
		kxen_window_find(&mpu, addr, policy);
	if (reached(addr) != 1 || !synced)
		fail("page %u is in %u regions, %s", page, reached(addr), synced ? "" : "not yet");
	if (count.own != was.own + own)
		fail("page %u is %sthe caller's own", page, own ? "not " : "");
	if (own && (count.writes != was.writes || count.windows != was.windows))
		fail("page %u is the caller's own, and a register was written", page);
	moved += count.windows - was.windows;
	if (count.windows != was.windows && count.writes != was.writes + 3)
		fail("a window takes %llu writes", (unsigned long long)(count.writes - was.writes));
	if (count.windows + count.hits + count.own + count.switches !=
	    was.windows + was.hits + was.own + was.switches + 1)
		fail("page %u was reached in more than one way", page);
	counted();
}

static void end_call(void)
{
	struct kxen_mpu_count was = count;

	kxen_mpu_end(&mpu);
	counted();
	is_loaded();
	if (policy == KXEN_MPU_WINDOW && count.switches != was.switches)
		fail("the view was exchanged");
	if (policy == KXEN_MPU_SWITCH && moved)
		fail("there was a window");
	if (policy == KXEN_MPU_BOTH && moved > mpu.budget)
		fail("%llu windows, and %u are allowed", (unsigned long long)moved, mpu.budget);
}

static void windows(const u8 *data, size_t size)
{
	u32 max, n, budget, g;
	bool room, open = false;
	int ret;
	size_t i;

	if (size < 4)
		return;
	policy = 1 + data[0] % 3;
	max = 4 + data[1] % 12;
	n = 1 << data[2] % 4;
	budget = data[3] % 8 == 7 ? KXEN_MPU_NO_BUDGET : data[3] % 8;
	fixed(&all, max);
	kxen_region_register(&all, FIRST_PAGE * PAGE, (PAGES - FIRST_PAGE) * PAGE, 0, 0);
	for (g = 0; g < GUESTS; g++)
		if (!make_view(g, max, n))
			return;
	room = 2 + n < max;
	memset(&count, 0, sizeof(count));
	writes = 0;
	barriers = 0;
	ret = kxen_mpu_init(&mpu, &view[0], &all, 2, budget, policy, &count);
	if (ret != (policy == KXEN_MPU_WINDOW && !room ? -ENOSPC : 0))
		fail("policy %d with %u of %u regions: %d", policy, 2 + n, max, ret);
	if (ret)
		return;
	guest = 0;
	regs = max;
	synced = true;
	memset(reg, 0, sizeof(reg));
	memcpy(reg, view[0].pr, sizeof(reg[0]) * view[0].nr);
	for (i = 4; i < size && i < MOST; i++) {
		if (!open && data[i] < 48) {
			guest = data[i] % GUESTS;
			kxen_mpu_enter(&mpu, &view[guest]);
			is_loaded();
		} else if (!open) {
			kxen_mpu_begin(&mpu);
			open = true;
			moved = 0;
		}
		if (open && data[i] >= 224) {
			end_call();
			open = false;
		} else if (open) {
			access_page(data[i] % PAGES, data[i] & 128);
		}
	}
	if (open)
		end_call();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		regions(data + 1, size - 1);
	else
		windows(data + 1, size - 1);
	return 0;
}

/* --- step by step ------------------------------------------------------------------------ */

#ifdef STEPS

static u32 checks;

static void step(void)
{
}

static void is(const char *what, u64 got, u64 want)
{
	if (got != want)
		fail("%s: %lld, not %lld", what, (long long)got, (long long)want);
	checks++;
}

static void table(void)
{
	struct kxen_view v;
	u32 i;

	kxen_view_init(&v, 3);
	is("empty", kxen_region_register(&v, 0, 0, 0, 0), -EINVAL);
	is("begins within a granule", kxen_region_register(&v, 32, 64, 0, 0), -EINVAL);
	is("ends within one", kxen_region_register(&v, 0, 96, 0, 0), -EINVAL);
	is("behind all addresses", kxen_region_register(&v, -64UL, 128, 0, 0), -EINVAL);
	is("an attribute that is none", kxen_region_register(&v, 0, 64, 64, 0), -EINVAL);
	is("up to the last byte", kxen_region_register(&v, -64UL, 64, 0, 0), 0);
	is("and gone", kxen_region_unregister(&v, -64UL), 0);
	for (i = 0; i < 3; i++)
		is("there is room", kxen_region_register(&v, i * 128, 64, 0, 0), i);
	is("full", kxen_region_register(&v, 4096, 64, 0, 0), -ENOSPC);
	is("an overlap is said first", kxen_region_register(&v, 64, 128, 0, 0), -EEXIST);
	is("the same again", kxen_region_register(&v, 128, 64, 0, 0), -EEXIST);
	is("none begins there", kxen_region_unregister(&v, 64), -ENOENT);
	is("one in the middle goes", kxen_region_unregister(&v, 128), 0);
	is("a hit", kxen_view_has(&v, 256, 319), true);
	is("no hit", kxen_view_has(&v, 128, 191), false);
	is("half a hit", kxen_view_has(&v, 0, 64), false);
	is("its place is taken", kxen_region_register(&v, 64, 192, 0, 0), 1);
	is("what ends behind it", kxen_region_register(&v, 256, 128, 0, 0), -EEXIST);
	is("the most there were", v.most, 3);
}

/* A unit of 8 regions; the guest has one. Pages of the second guest are touched. */
static void start(enum kxen_mpu_policy p, u32 budget)
{
	const u8 setup[] = { p - 1, 8 - 4, 0, budget > 6 ? 7 : budget };

	windows(setup, sizeof(setup));
	kxen_mpu_begin(&mpu);
	moved = 0;
}

#define B	(FIRST_PAGE + GUEST_PAGES)	/* the second guest's first page */

static void touch(u32 page, u64 w, u64 hits, u64 switches)
{
	access_page(page, true);
	is("windows", count.windows, w);
	is("hits", count.hits, hits);
	is("switches", count.switches, switches);
}

static void policies(void)
{
	struct kxen_mpu_price price = {
		.window = 10, .hit = 3, .change = 7, .write = 2, .barrier = 5,
	};

	start(KXEN_MPU_WINDOW, 7);
	touch(B, 1, 0, 0);
	touch(B, 1, 1, 0);
	touch(B + 1, 2, 1, 0);
	touch(B, 3, 1, 0);
	end_call();
	is("window: writes", count.writes, 3 * 3 + 1);
	is("window: barriers", count.barriers, 3 * 2 + 2);
	is("window: cost", kxen_mpu_cost(&count, &price), 3 * 10 + 3 + 10 * 2 + 8 * 5);

	start(KXEN_MPU_SWITCH, 7);
	touch(B, 0, 0, 1);
	touch(B + 1, 0, 1, 1);
	end_call();
	is("switch: there and back", count.switches, 2);
	/* One region is off, one is written; and again. */
	is("switch: writes", count.writes, 2 * 3);
	is("switch: cost", kxen_mpu_cost(&count, &price), 3 + 2 * 7 + 6 * 2 + 4 * 5);

	start(KXEN_MPU_BOTH, 2);
	touch(B, 1, 0, 0);
	touch(B + 1, 2, 0, 0);
	touch(B + 1, 2, 1, 0);
	touch(B + 2, 2, 1, 1);
	touch(B + 3, 2, 2, 1);
	end_call();
	is("both: there and back", count.switches, 2);
	kxen_mpu_begin(&mpu);
	moved = 0;
	touch(B, 3, 2, 2);
	end_call();

	start(KXEN_MPU_BOTH, 0);
	touch(B, 0, 0, 1);
	end_call();

	/* From above the guest that runs to below it. */
	start(KXEN_MPU_WINDOW, 7);
	end_call();
	guest = 1;
	kxen_mpu_enter(&mpu, &view[guest]);
	kxen_mpu_begin(&mpu);
	moved = 0;
	touch(B + GUEST_PAGES, 1, 0, 1);
	touch(FIRST_PAGE, 2, 0, 1);
	end_call();

	start(KXEN_MPU_WINDOW, 7);
	end_call();
	is("a call that touches nothing", count.writes + count.barriers, 0);
	kxen_mpu_begin(&mpu);
	access_page(FIRST_PAGE, false);
	access_page(1, false);
	end_call();
	is("nor one that touches its own", count.writes + count.barriers, 0);
	is("which is counted", count.own, 2);
}

static void misfits(void)
{
	struct kxen_view a, b;
	struct kxen_mpu m;

	fixed(&a, 3);
	fixed(&b, 3);
	is("two views", kxen_mpu_init(&m, &a, &b, 2, 0, KXEN_MPU_WINDOW, &count), 0);
	is("more fixed than there are", kxen_mpu_init(&m, &a, &b, 3, 0, KXEN_MPU_WINDOW, &count),
	   -EINVAL);
	b.pr[1].prbar |= 2;
	is("what is fixed differs", kxen_mpu_init(&m, &a, &b, 2, 0, KXEN_MPU_WINDOW, &count),
	   -EINVAL);
	is("what is not may", kxen_mpu_init(&m, &a, &b, 1, 0, KXEN_MPU_WINDOW, &count), 0);
	kxen_region_register(&a, FIRST_PAGE * PAGE, PAGE, 0, 0);
	is("no room for a window", kxen_mpu_init(&m, &a, &b, 1, 0, KXEN_MPU_WINDOW, &count),
	   -ENOSPC);
	is("none is wanted", kxen_mpu_init(&m, &a, &b, 1, 9, KXEN_MPU_BOTH, &count), 0);
	is("so it gets none", m.budget, 0);
	b.max = 4;
	is("views of two processors", kxen_mpu_init(&m, &a, &b, 1, 0, KXEN_MPU_BOTH, &count),
	   -EINVAL);
}

int main(void)
{
	table();
	policies();
	misfits();
	printf("%u checks\n", checks);
	return 0;
}

#endif
