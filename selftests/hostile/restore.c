// SPDX-License-Identifier: GPL-2.0
/*
 * Root restores another user's domain whose pages are not there: they are brought in before the
 * domain is locked, and one that is taken away each time does not keep him. The job makes slow,
 * and counts, where a restore has locked its domain, and looks for faults that are taken then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hostile.h"

#define PAGE		4096
#define LONG		(6 * SOON)	/* ms: each attempt is slow */
#define TRIES		5		/* on a machine that has little time for it */
#define MOST		100		/* attempts of one restore */

#define REC_VCPU	0x10103
#define REC_FIFO	0x10201
#define REC_FIFO_VCPU	0x10202
#define REC_PORTS	0x10210
#define PLACES		5		/* shared_info is in page 1, these are behind it */

/* The owner of the domain, and who restores it. */
static volatile struct {
	unsigned int brought;	/* pages, by the owner */
	bool take_away;		/* page 1 */
	bool left_alone;	/* it is as it should be */
	int ret;
	unsigned int why;
} *both;

static struct placed image;

static uint32_t *put(uint32_t *at, const void *data, size_t words)
{
	memcpy(at, data, words * 4);
	return at + words;
}

/* vcpu_info in page 2, an area for the time in page 3. */
static void place_vcpu(uint32_t *r)
{
	r[2] = 2;
	r[3] = 0;
	r[4] = 0;
	r[22] = 3;
	r[23] = 0;
	r[24] = ~0U;
	r[25] = ~0U;
	r[26] = 0;
	r[27] = 32;
}

/* FIFO, its array in page 4, a control block in page 5. */
static uint32_t *put_fifo(uint32_t *at)
{
	const uint32_t array[4] = { REC_FIFO, 8, 4 };
	const uint32_t block[22] = { REC_FIFO_VCPU, 80, 0, 0, 5 };

	return put(put(at, array, 4), block, 22);
}

static void make_image(void)
{
	static uint32_t stream[8192];
	struct placed from = make_placed(0x31);
	uint32_t *at = put(stream, from.stream, 4), *rec;

	for (rec = from.stream + 4; rec < from.stream + from.len / 4; rec += 2 + rec[1] / 4) {
		if (rec[0] == REC_VCPU)
			place_vcpu(rec + 2);
		else if (rec[0] == REC_PORTS)
			at = put_fifo(at);
		at = put(at, rec, 2 + rec[1] / 4);
	}
	stream[2] = (at - stream) * 4;
	image = (struct placed) { stream, stream[2], from.port };
}

static void own(void *ram)
{
	unsigned int id = KXEN_DOMID_AUTO;
	struct machine m;

	become_nobody();
	m = make_machine(0, 1, ram);
	if (create(&id) || attach(id, m.vm, NULL) || domain_op(KXEN_PAUSE, id))
		die("a domain");
	tell(id);
}

/* Each page comes when somebody waits for it. */
static void *bring_all(void *arg)
{
	const struct stuck *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct uffdio_zeropage z;
	struct uffd_msg m;

	for (;;) {
		poll(&p, 1, -1);
		if (read(s->fd, &m, sizeof(m)) != sizeof(m))
			continue;
		z = (struct uffdio_zeropage) {
			.range = { m.arg.pagefault.address & ~(PAGE - 1ULL), PAGE },
		};
		both->brought += !ioctl(s->fd, UFFDIO_ZEROPAGE, &z);
	}
	return NULL;
}

static void own_absent(void *arg)
{
	static struct stuck hole;
	pthread_t t;

	(void)arg;
	hole = make_stuck();
	pthread_create(&t, NULL, bring_all, &hole);
	own(hole.page);
}

/* As often as it is brought; left alone it is there, but has to be copied to be written to. */
static void *take_away(void *arg)
{
	uint8_t *page = (uint8_t *)arg + PAGE;

	while (both->take_away)
		madvise(page, PAGE, MADV_DONTNEED);
	both->left_alone = !*(volatile uint8_t *)page;
	return NULL;
}

static void own_taken(void *arg)
{
	void *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t;

	(void)arg;
	madvise(ram, RAM, MADV_NOHUGEPAGE);
	pthread_create(&t, NULL, take_away, ram);
	own(ram);
}

/* The job knows it by this name. */
static int restore_it(void *arg)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = *(unsigned int *)arg,
				    .buf = (uintptr_t)image.stream, .len = image.len };

	prctl(PR_SET_NAME, "restorer");
	both->ret = call(KXEN_RESTORE, &a);
	both->why = a.reason;
	return both->ret;
}

static void test_absent(void)
{
	unsigned int before, tried = stalls(), id;
	struct actor owner;

	start_actor(&owner, own_absent, NULL);
	check("a domain whose pages come when somebody waits", actor_says(&owner, 2 * SOON), 1);
	id = owner.said;
	before = both->brought;
	check("it is restored", within(LONG, restore_it, &id), 0);
	/* A fault that is made again, for a signal, say, is told again. */
	check("several pages were waited for", both->brought - before >= PLACES, 1);
	check("all of them before it was locked", stalls() - tried, 1);
	end_actor(&owner);
}

static bool is_left(void *arg)
{
	(void)arg;
	return both->left_alone;
}

static void test_taken(void)
{
	unsigned int tried, id, i;
	struct actor owner;
	int ret = 0;

	for (i = 0; i < TRIES && !ret; i++) {
		if (i)
			end_actor(&owner);
		both->take_away = true;
		start_actor(&owner, own_taken, NULL);
		check("a domain whose page is taken away", actor_says(&owner, 2 * SOON), 1);
		id = owner.said;
		tried = stalls();
		ret = within(LONG, restore_it, &id);
	}
	check("it is refused", ret, EINVAL);
	check("because of the page", both->why, KXEN_RESTORE_MEMORY);
	tried = stalls() - tried;
	note("after %u attempts", tried);
	check("after some attempts", tried > 1 && tried < MOST, 1);
	both->take_away = false;
	check("the page is left alone", wait_until(SOON, is_left, NULL), 1);
	tried = stalls();
	check("it is restored then", within(LONG, restore_it, &id), 0);
	check("the page was copied before it was locked", stalls() - tried, 1);
	end_actor(&owner);
}

void test_restore_absent(void)
{
	both = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make_image();
	test_absent();
	test_taken();
}
