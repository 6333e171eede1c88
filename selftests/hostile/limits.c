// SPDX-License-Identifier: GPL-2.0
/* What one user may take, see and ask for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define MANY_DOMAINS	2000

/* --- numbers of domains -------------------------------------------------------------- */

static int create_77(void *arg)
{
	unsigned int id = 77;

	(void)arg;
	open_as_nobody();
	return create(&id);
}

/* As many as he gets, at most @most; the error that ended it. */
static int create_many(unsigned int most, unsigned int *got)
{
	int ret = 0;

	for (*got = 0; *got < most && !ret; *got += !ret) {
		unsigned int id = KXEN_DOMID_AUTO;

		ret = create(&id);
	}
	return ret;
}

static unsigned int allowed(void)
{
	FILE *f = fopen("/sys/module/kvm_xen/parameters/user_domains", "r");
	unsigned int n = 0;

	if (f) {
		if (fscanf(f, "%u", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

/* Another of his files does not help him. */
static int create_beyond(void *arg)
{
	unsigned int got, most = *(unsigned int *)arg;
	int ret;

	open_as_nobody();
	ret = create_many(most, &got);
	if (ret || got != most)
		return 100;
	open_as_nobody();
	return create_many(1, &got);
}

static void test_numbers(void)
{
	unsigned int most = allowed(), got, id = 77;

	check("a number of his own choice: not for a user without rights",
	      within(SOON, create_77, NULL), EPERM);
	check("it is for root", create(&id), 0);
	check("there is a limit of domains for a user", most > 0, 1);
	if (!most)
		return;
	check("one more than that: EDQUOT, by another file too",
	      within(3 * SOON, create_beyond, &most), EDQUOT);
	check("root has none", create_many(most + 1, &got), 0);
}

static int close_many(void *arg)
{
	struct timespec a, b;
	unsigned int got;
	long ms;

	(void)arg;
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (create_many(MANY_DOMAINS, &got))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &a);
	close(ctl);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
	note("%u domains closed in %ld ms", got, ms);
	return ms > QUICK * slower;
}

static void test_close(void)
{
	check("a file with 2000 domains is closed at once",
	      within(6 * SOON, close_many, NULL), 0);
}

/* --- arguments ------------------------------------------------------------------------- */

static int info_of_4gb(void *arg)
{
	const size_t size = 0xfffff000UL;
	uint32_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)arg;
	if (p == MAP_FAILED)
		return 100;
	p[0] = size - 8;
	return call(KXEN_INFO, p);
}

static void test_size(void)
{
	check("a structure of 4 GB", within(SOON, info_of_4gb, NULL), E2BIG);
}

/* --- what a user may see ----------------------------------------------------------------- */

static int port_of(unsigned int domid)
{
	struct kxen_port_info p = { .size = sizeof(p), .domid = domid,
				    .flags = KXEN_PORT_NEXT };

	return call(KXEN_PORT, &p);
}

static int see_query(void *arg)
{
	open_as_nobody();
	return query(*(unsigned int *)arg);
}

static int see_port(void *arg)
{
	open_as_nobody();
	return port_of(*(unsigned int *)arg);
}

/* Does the walk through all domains show it? Does it show his own? */
static int see_next(void *arg)
{
	unsigned int theirs = *(unsigned int *)arg, own = KXEN_DOMID_AUTO, seen = 0;
	struct kxen_query q = { .flags = KXEN_QUERY_NEXT };

	open_as_nobody();
	if (create(&own))
		return 100;
	for (q.size = sizeof(q); !call(KXEN_QUERY, &q); q.domid++) {
		seen |= q.domid == theirs ? 1 : q.domid == own ? 2 : 0;
		q.flags = KXEN_QUERY_NEXT;
	}
	return seen;
}

static void test_sight(void)
{
	unsigned int id;

	make_domain(&id, 1, false);
	check("QUERY of another user's domain", within(SOON, see_query, &id),
	      EPERM);
	check("PORT of another user's domain", within(SOON, see_port, &id), EPERM);
	check("QUERY_NEXT shows a user his own alone", within(SOON, see_next, &id),
	      2);
	check("root's QUERY", query(id), 0);
	check("root's PORT", port_of(id), 0);
}

/* --- a stream ------------------------------------------------------------------------------ */

#define HEADER		4	/* words */
#define PORT_WORDS	8
#define REC_PORTS	0x10210
#define REC_UNKNOWN	0x18205	/* may be skipped, and comes before the ports */
#define NR_REFUSED	2000000U
#define NR_SKIPPED	16000U	/* nearly as many as may be in a stream */
#define NR_PORTS	2000U

static unsigned int saved_len;
static uint32_t *saved(unsigned int *domid)
{
	static uint32_t buf[RAM / 4];
	struct kxen_stream_arg a = { .size = sizeof(a), .buf = (uintptr_t)buf,
				    .len = sizeof(buf) };

	make_domain(domid, 1, true);
	a.domid = *domid;
	if (call(KXEN_SAVE, &a))
		die("KXEN_SAVE");
	saved_len = a.len;
	return buf;
}

/* Very many records that nobody knows, and many ports. */
static uint32_t *put_many(uint32_t *at, unsigned int unknown)
{
	unsigned int i;

	for (i = 0; i < unknown; i++, at += 2)
		at[0] = REC_UNKNOWN;
	at[0] = REC_PORTS;
	at[1] = NR_PORTS * PORT_WORDS * 4;
	for (at += 2, i = 0; i < NR_PORTS; i++, at += PORT_WORDS) {
		at[0] = i + 1;
		at[1] = 5 | 7 << 8;	/* an IPI of the default priority */
	}
	return at;
}

/* A saved domain with many ports behind so many records that nobody knows. */
static uint32_t *long_stream(unsigned int unknown)
{
	unsigned int id, pos;
	const uint32_t *good = saved(&id), *rec;
	uint32_t *out, *at;

	out = calloc(2 * unknown + NR_PORTS * PORT_WORDS + RAM / 4, 4);
	memcpy(out, good, HEADER * 4);
	at = out + HEADER;
	for (pos = HEADER; pos + 2 <= saved_len / 4; pos += 2 + rec[1] / 4) {
		rec = good + pos;
		if (rec[0] == REC_PORTS) {
			at = put_many(at, unknown);
			continue;
		}
		memcpy(at, rec, 8 + rec[1]);
		at += 2 + rec[1] / 4;
	}
	out[2] = (at - out) * 4;
	return out;
}

/* Whoever searches from the front for each port is at it for long. The reason, 0 if it is taken. */
static int restore_long(void *arg)
{
	struct kxen_stream_arg b = { .size = sizeof(b) };
	unsigned int unknown = *(unsigned int *)arg;
	uint32_t *stream = long_stream(unknown);

	make_domain(&b.domid, 1, true);
	b.buf = (uintptr_t)stream;
	b.len = stream[2];
	if (call(KXEN_RESTORE, &b))
		return b.reason ?: 100;
	return b.skipped == unknown ? 0 : 101;
}

static void test_stream(void)
{
	unsigned int many = NR_REFUSED, some = NR_SKIPPED;

	check("a stream of two million records that may be skipped is refused at once",
	      within(QUICK, restore_long, &many), KXEN_RESTORE_FORMAT);
	check("16000 of them are skipped as quickly",
	      within(QUICK, restore_long, &some), 0);
}

/* --- results that cannot be written -------------------------------------------------------- */

/* A copy of an argument that the caller lets nobody write to. */
static void *read_only(const void *arg, size_t size)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("a page");
	memcpy(p, arg, size);
	mprotect(p, 4096, PROT_READ);
	return p;
}

/* The result cannot be written back: nobody would know the number. */
static void test_no_result(void)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	unsigned int before = count_domains();

	check("CREATE from read-only memory", call(KXEN_CREATE, read_only(&c, sizeof(c))),
	      EFAULT);
	check("it leaves no domain", count_domains() - before, 0);
}

/* A call that says that it has failed has not been made. */
static void test_no_effect(void)
{
	struct kxen_query q = { .size = sizeof(q) };
	struct kxen_stream_arg b = { .size = sizeof(b) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	unsigned int id;

	b.buf = (uintptr_t)saved(&id);
	b.len = saved_len;
	make_domain(&id, 1, true);
	b.domid = d.domid = q.domid = id;
	check("RESTORE from read-only memory", call(KXEN_RESTORE, read_only(&b, sizeof(b))),
	      EFAULT);
	/* A domain that was restored would be none to restore into. */
	check("it has restored nothing", call(KXEN_RESTORE, &b), 0);
	check("UNPAUSE from read-only memory", call(KXEN_UNPAUSE, read_only(&d, sizeof(d))),
	      EFAULT);
	check("QUERY", call(KXEN_QUERY, &q), 0);
	check("the domain is still paused", q.paused, 1);
}

const struct test limit_tests[] = {
	{ "sizes", test_size },
	{ "no result", test_no_result },
	{ "no effect", test_no_effect },
	{ "what a user sees", test_sight },
	{ "numbers", test_numbers },
	{ "stream", test_stream },
	{ "close", test_close },
	{ }
};

/* --- a restore that is killed ----------------------------------------------------------------- */

#define HITS	"/sys/module/kxen_stall/parameters/hits"

unsigned int stalls(void)
{
	FILE *f = fopen(HITS, "r");
	unsigned int n;

	if (!f || fscanf(f, "%u", &n) != 1)
		die(HITS);
	fclose(f);
	return n;
}

static bool some_placed(void *arg)
{
	(void)arg;
	return stalls() > 0;
}

static void restore_it(void *arg)
{
	tell(call(KXEN_RESTORE, arg));
}

static bool has_ended(void *arg)
{
	return waitpid(*(pid_t *)arg, NULL, WNOHANG) == *(pid_t *)arg;
}

/* By another process than the one that holds the domain and its VM: they outlive it. */
void test_killed_restore(void)
{
	struct kxen_stream_arg b = { .size = sizeof(b) };
	struct kxen_query q = { .size = sizeof(q) };
	uint32_t *stream = long_stream(0);
	struct actor a;
	unsigned int id, n;

	make_domain(&id, 1, true);
	b.domid = q.domid = id;
	b.buf = (uintptr_t)stream;
	b.len = stream[2];
	start_actor(&a, restore_it, &b);
	check("a RESTORE places its ports", wait_until(SOON, some_placed, NULL), 1);
	kill(a.pid, SIGKILL);
	check("killed, it ends", wait_until(CASE_LIMIT * 1000, has_ended, &a.pid), 1);
	n = stalls();
	note("%u of %u ports were placed", n, NR_PORTS);
	check("it has not gone on to the last port", n > 0 && n < NR_PORTS, 1);
	check("QUERY", call(KXEN_QUERY, &q), 0);
	check("the domain has no port", q.ports, 0);
	check("it is paused as before", q.paused, 1);
	b.buf = (uintptr_t)saved(&id);
	b.len = saved_len;
	check("and another stream is taken", call(KXEN_RESTORE, &b), 0);
}
