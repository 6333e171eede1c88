// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages go out: a clock with two hands.
 *
 * The bit that a processor sets in a guest's page table of KVM's cannot be read from here: what
 * /proc has of it is of the VMM's own page table, and Debian's kernels track no idle pages. But a
 * page that is nominated is out of all page tables with its content kept, and whoever touches it has
 * it back at once, of which the pager is told: that is the bit, for the price of a fault that finds
 * its page. So the first hand nominates, and the second one, which comes some time later, takes out
 * what nobody has touched meanwhile. What was touched, asked for when it was out, or cannot be paged
 * is passed by for 1, 3, 7, 15, 31 turns; what was left alone loses one of these steps.
 *
 * As many pages are between the hands at most as are in the ring, in which each stays for its time
 * even if it is touched: so a guest that uses all of its memory has that many more faults in that
 * time, and no more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kvm-xen.h"
#include "page.h"

#define FULL_MS		1000	/* from one try to write to the next, when the file is full */
#define PASS		65536	/* frames that a hand passes in one go */
#define STARVED_MS	1000	/* from one try to the next, when there is no memory to come back to */

/* Pages that the VMM has now, as the kernel counts them: what is nominated is not among them. */
uint64_t page_resident(const struct pager *p)
{
	unsigned long long pages = 0;
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", p->pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages;
}

/* Pages that it may have. */
uint64_t page_target(const struct pager *p, uint64_t has)
{
	return p->part > 0 ? (has + p->nominated + p->out) * p->part : p->target;
}

/* --- the first hand --------------------------------------------------------------------------- */

/* Locked. */
static bool is_candidate(struct pager *p, uint64_t gfn)
{
	if (p->state[gfn] & FRAME_RINGED || page_state(p, gfn) != FRAME_IN)
		return false;
	if (!(p->heat[gfn] & 31))
		return true;
	p->heat[gfn]--;
	return false;
}

/* The next ones, which are nominated from here on, for all that this process knows. */
static unsigned int choose(struct pager *p, uint64_t *gfn, unsigned int max)
{
	unsigned int n = 0, passed;

	pthread_mutex_lock(&p->lock);
	for (passed = 0; passed < PASS && passed < p->frames && n < max; passed++) {
		if (is_candidate(p, p->hand)) {
			gfn[n++] = p->hand;
			page_set(p, p->hand, FRAME_NOMINATED);
		}
		p->hand = p->hand + 1 < p->frames ? p->hand + 1 : 0;
	}
	p->passed += passed;
	pthread_mutex_unlock(&p->lock);
	return n;
}

static void put_in_ring(struct pager *p, uint64_t gfn)
{
	p->ring[(p->ring_first + p->ring_nr++) % p->ring_size] =
		(struct nominee) { .gfn = gfn, .at = page_ms() };
	p->state[gfn] |= FRAME_RINGED;
}

/* How many there are now that are nominated. */
static unsigned int nominate(struct pager *p, unsigned int max)
{
	unsigned int i, n, done, good = 0;
	uint64_t gfn[PAGE_BATCH];
	int32_t res[PAGE_BATCH];

	n = choose(p, gfn, max);
	done = n ? page_call(p, KXEN_PAGER_NOMINATE, gfn, res, NULL, n) : 0;
	pthread_mutex_lock(&p->lock);
	for (i = 0; i < n; i++) {
		if (i < done && !res[i]) {
			/* It may have been touched already: who reads it will see. */
			page_set(p, gfn[i], FRAME_NOMINATED);
			put_in_ring(p, gfn[i]);
			p->passed = 0;
			good++;
			continue;
		}
		page_set(p, gfn[i], FRAME_IN);
		page_warm(p, gfn[i]);
		p->n.refused++;
	}
	pthread_mutex_unlock(&p->lock);
	return good;
}

/* --- the second hand -------------------------------------------------------------------------- */

/* Those that have been nominated long enough, and are still; @all: at once. */
static unsigned int pop(struct pager *p, uint64_t *gfn, bool all)
{
	uint64_t now = page_ms();
	struct nominee *first;
	unsigned int n = 0;

	pthread_mutex_lock(&p->lock);
	while (p->ring_nr && n < PAGE_BATCH) {
		first = &p->ring[p->ring_first];
		if (!all && first->at + p->idle > now)
			break;
		p->ring_first = (p->ring_first + 1) % p->ring_size;
		p->ring_nr--;
		p->state[first->gfn] &= ~FRAME_RINGED;
		if (page_state(p, first->gfn) == FRAME_NOMINATED)
			gfn[n++] = first->gfn;
	}
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* The notice of it may not have been read yet. Locked. */
static void found_touched(struct pager *p, uint64_t gfn)
{
	if (page_state(p, gfn) == FRAME_IN)
		return;
	p->n.touched++;
	page_warm(p, gfn);
	page_set(p, gfn, FRAME_IN);
}

/* Its blocks in the file are of no use. Locked. */
static void mark_stale(struct pager *p, uint64_t gfn)
{
	if (p->state[gfn] & FRAME_STALE)
		return;
	p->state[gfn] |= FRAME_STALE;
	p->stale++;
}

/* Nothing comes of these: those that are nominated get what they have. @stale: the file has some. */
static void give_back(struct pager *p, uint64_t *gfn, unsigned int n, bool stale)
{
	int32_t res[PAGE_BATCH];
	unsigned int i;

	if (!n)
		return;
	/* What is nominated has its own content: what is in there is not looked at. */
	page_call(p, KXEN_PAGER_FILL, gfn, res, p->buf, n);
	pthread_mutex_lock(&p->lock);
	for (i = 0; i < n; i++) {
		page_set(p, gfn[i], FRAME_IN);
		if (stale)
			mark_stale(p, gfn[i]);
	}
	pthread_mutex_unlock(&p->lock);
}

/* Their content into the buffer; what was touched meanwhile drops out. */
static unsigned int read_nominated(struct pager *p, uint64_t *gfn, unsigned int n)
{
	unsigned int i, done, good = 0;
	int32_t res[PAGE_BATCH];

	done = page_call(p, KXEN_PAGER_READ, gfn, res, p->buf, n);
	pthread_mutex_lock(&p->lock);
	for (i = 0; i < done; i++) {
		if (res[i] || page_state(p, gfn[i]) != FRAME_NOMINATED) {
			found_touched(p, gfn[i]);
			continue;
		}
		gfn[good] = gfn[i];
		if (good != i)
			memmove(p->buf + good * PAGE, p->buf + i * PAGE, PAGE);
		good++;
	}
	pthread_mutex_unlock(&p->lock);
	return good;
}

static void tell_unwritten(struct pager *p, unsigned int n)
{
	int error = errno;

	if (!p->full_until)
		fprintf(stderr, "kvm-xen: %s takes no more pages of domain %u: %s; they stay in memory, and it is tried again each second\n",
			p->file.name, p->domid, strerror(error));
	p->full_until = page_ms() + FULL_MS;
	pthread_mutex_lock(&p->lock);
	p->n.unwritten += n;
	pthread_mutex_unlock(&p->lock);
	/* There may be something of no more use in it. */
	page_punch_stale(p);
}

/*
 * They are in the file. From here on a notice may come that one is wanted: it is out before the
 * module hears of it. How many are to go.
 */
static unsigned int set_out(struct pager *p, uint64_t *gfn, unsigned int n)
{
	unsigned int i, good = 0;

	pthread_mutex_lock(&p->lock);
	for (i = 0; i < n; i++) {
		if (page_state(p, gfn[i]) == FRAME_NOMINATED) {
			page_set(p, gfn[i], FRAME_OUT);
			gfn[good++] = gfn[i];
		} else {
			mark_stale(p, gfn[i]);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return good;
}

static unsigned int evict(struct pager *p, uint64_t *gfn, unsigned int n)
{
	unsigned int i, done, refused = 0;
	int32_t res[PAGE_BATCH];

	n = set_out(p, gfn, n);
	done = n ? page_call(p, KXEN_PAGER_EVICT, gfn, res, NULL, n) : 0;
	pthread_mutex_lock(&p->lock);
	for (i = 0; i < done; i++) {
		if (!res[i]) {
			/* Left alone: the hand is to come by more often. */
			if (p->heat[gfn[i]] >> 5)
				p->heat[gfn[i]] = ((p->heat[gfn[i]] >> 5) - 1) << 5;
			continue;
		}
		gfn[refused++] = gfn[i];
	}
	p->n.outs += done - refused;
	p->n.touched += refused;
	pthread_mutex_unlock(&p->lock);
	give_back(p, gfn, refused, true);
	return done - refused;
}

/* A batch of those that nobody has touched for long enough: how many have gone out. */
static unsigned int take_out(struct pager *p)
{
	uint64_t gfn[PAGE_BATCH];
	unsigned int n, written;

	if (p->full_until > page_ms())
		return 0;
	n = pop(p, gfn, false);
	n = n ? read_nominated(p, gfn, n) : 0;
	if (!n)
		return 0;
	written = page_file_write(&p->file, gfn, n, p->buf);
	if (written < n) {
		tell_unwritten(p, n - written);
		give_back(p, gfn + written, n - written, true);
	} else {
		p->full_until = 0;
	}
	return evict(p, gfn, written);
}

/* --- back ---------------------------------------------------------------------------------- */

/* Up to @max of what is out: how many have come. Nothing is tried for a while once there is no memory. */
static unsigned int bring_some(struct pager *p, unsigned int max, unsigned long long *count)
{
	unsigned int done = 0;
	uint64_t passed;
	int ret;

	for (passed = 0; passed < p->frames && done < max && !p->gone; passed++) {
		ret = page_state(p, p->back) == FRAME_OUT ?
		      page_bring(p, p->back, p->buf, count, false) : 0;
		if (ret < 0) {
			p->starved_until = page_ms() + STARVED_MS;
			break;
		}
		done += ret;
		p->back = p->back + 1 < p->frames ? p->back + 1 : 0;
	}
	return done;
}

/* What is nominated, else up to @max of what is out: has something come? */
static bool bring_back(struct pager *p, unsigned int max)
{
	uint64_t gfn[PAGE_BATCH];
	unsigned int n = pop(p, gfn, true);

	give_back(p, gfn, n, false);
	return n || bring_some(p, max, &p->n.ins_target);
}

static unsigned int at_most(uint64_t a, uint64_t b)
{
	uint64_t least = a < b ? a : b;

	return least < PAGE_BATCH ? least : PAGE_BATCH;
}

/*
 * More than it may have: what has been left alone goes out; and the first hand goes on, but not twice a
 * round: what it has passed by is in use, or cannot be paged.
 */
static bool take_some(struct pager *p, uint64_t has, uint64_t target)
{
	bool done = has + p->nominated > target && take_out(p);
	unsigned int want;

	if (has <= target || p->passed > p->frames || p->full_until > page_ms())
		return done;
	want = at_most(has - target, p->ring_size - p->ring_nr);
	return (want && (nominate(p, want) || p->passed <= p->frames)) || done;
}

/*
 * One step towards the target; false: there is nothing to do now. Pages begin to come back by
 * themselves when there is room for some, so that not the same ones come and go.
 */
bool page_hand_turn(struct pager *p)
{
	uint64_t slack = p->pages / 128 > 64 ? p->pages / 128 : 64;
	uint64_t has = page_resident(p), target = page_target(p, has);
	uint64_t all = has + p->nominated;

	if (!has)
		return false;
	if (all + slack < target)
		p->rising = true;
	if (all >= target || !(p->out + p->nominated) || p->starved_until > page_ms())
		p->rising = false;
	return p->rising ? bring_back(p, at_most(target - all, PAGE_BATCH)) :
			   take_some(p, has, target);
}

/* Some more comes back, as all is to; who wants a page meanwhile does not wait for the others. */
bool page_hand_end(struct pager *p)
{
	uint64_t gfn[PAGE_BATCH];
	unsigned int n = pop(p, gfn, true);

	give_back(p, gfn, n, false);
	if (n)
		return true;
	return p->starved_until <= page_ms() && bring_some(p, PAGE_BATCH, &p->n.ins_end);
}

/* Locked. */
static bool can_punch(const struct pager *p, uint64_t gfn)
{
	return p->state[gfn] & FRAME_STALE && page_state(p, gfn) == FRAME_IN;
}

/*
 * What the file has of pages that are in, a row at a time: nobody but the hand writes there, and only
 * the hand has a page that is in be anything else. One that is nominated may have been written just
 * now, and be about to go: its blocks stay.
 */
void page_punch_stale(struct pager *p)
{
	uint64_t i, n;

	for (i = 0; i < p->frames && p->stale; i += n ? n : 1) {
		n = 0;
		if (!can_punch(p, i))	/* one that is missed has its turn in a second */
			continue;
		pthread_mutex_lock(&p->lock);
		for (; i + n < p->frames && can_punch(p, i + n); n++)
			p->state[i + n] &= ~FRAME_STALE;
		p->stale -= n;
		pthread_mutex_unlock(&p->lock);
		if (n)
			page_file_punch(&p->file, i, n);
	}
}
