// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/xen/gntalloc, by itself and through Debian's unmodified libxengnttab: gntalloc_dev DOMID
 * PID, a guest that runs gnthost, and its VMM, which is killed at the end. Prints "ok - NAME".
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <xengnttab.h>

#include "gnthost.h"

#define RW		(PROT_READ | PROT_WRITE)
#define LIMIT		1024	/* of all files */
#define PARAMETERS	"/sys/module/kvm_xen/parameters/gntalloc_"

static uint16_t domid;
static int fd;

union alloc {
	struct ioctl_gntalloc_alloc_gref op;
	uint32_t word[LIMIT + 8];
};

static uint32_t ref_of(const union alloc *a, int i)
{
	return a->word[offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids) / 4 + i];
}

static long alloc(int f, int nr, int flags, union alloc *a)
{
	memset(a, 0, sizeof(*a));
	a->op.domid = domid;
	a->op.flags = flags;
	a->op.count = nr;
	return ioctl(f, IOCTL_GNTALLOC_ALLOC_GREF, &a->op);
}

static long dealloc(int f, uint64_t index, uint32_t count)
{
	struct ioctl_gntalloc_dealloc_gref d = { .index = index, .count = count };

	return ioctl(f, IOCTL_GNTALLOC_DEALLOC_GREF, &d);
}

static long set_notify(int f, uint64_t index, uint32_t action, uint32_t port)
{
	struct ioctl_gntalloc_unmap_notify n = {
		.index = index, .action = action, .event_channel_port = port,
	};

	return ioctl(f, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, &n);
}

/* A number that the module shows: pages, or deferred. */
static int shown(const char *what)
{
	char name[80];
	int n = -1;
	FILE *in;

	snprintf(name, sizeof(name), PARAMETERS "%s", what);
	in = fopen(name, "r");
	if (!in || fscanf(in, "%d", &n) != 1)
		printf("not ok - %s\n", name);
	if (in)
		fclose(in);
	return n;
}

/* It is looked at once a second. */
static bool becomes(const char *what, int want)
{
	int n;

	for (n = 0; n < 300 && shown(what) != want; n++)
		poll(NULL, 0, 100);
	return shown(what) == want;
}

static void *map_shared(int f, uint64_t index, int nr, int prot)
{
	return mmap(NULL, nr * PAGE, prot, MAP_SHARED, f, index);
}

static int mmap_err(void *p)
{
	return p == MAP_FAILED ? errno : 0;
}

/* --- the device alone ------------------------------------------------------------------ */

static void test_arguments(void)
{
	static union alloc a;
	char *page = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ioctl_gntalloc_alloc_gref *edge;
	uint64_t first;

	check("ALLOC_GREF", alloc(fd, 3, GNTALLOC_FLAG_WRITABLE, &a), 0);
	first = a.op.index;
	check("an index of a page", first % PAGE, 0);
	check("a reference for each", ref_of(&a, 0) && ref_of(&a, 1) && ref_of(&a, 2) &&
	      ref_of(&a, 0) != ref_of(&a, 1) && ref_of(&a, 1) != ref_of(&a, 2), 1);
	check("they are counted", shown("pages"), 3);
	check("ALLOC_GREF: indexes behind those",
	      alloc(fd, 1, 0, &a) || a.op.index != first + 3 * PAGE, 0);
	check("DEALLOC_GREF of what is not there", err(dealloc(fd, first + 4 * PAGE, 1)), EINVAL);
	check("DEALLOC_GREF of more than there is", err(dealloc(fd, first, 5)), EINVAL);
	check("DEALLOC_GREF of none", err(dealloc(fd, first, 0)), EINVAL);
	check("DEALLOC_GREF of very many", err(dealloc(fd, first, ~0U)), EINVAL);
	check("DEALLOC_GREF at no page", err(dealloc(fd, first + 8, 1)), EINVAL);
	check("nothing has gone", shown("pages"), 4);
	check("mmap of what is not there", mmap_err(map_shared(fd, first + 3 * PAGE, 2, RW)),
	      ENOENT);
	check("mmap of more than there is at all", mmap_err(map_shared(fd, first, 5, RW)), ENOENT);
	check("private", mmap_err(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, first)), EINVAL);
	check("DEALLOC_GREF of two", dealloc(fd, first + PAGE, 2), 0);
	check("they are gone", err(dealloc(fd, first + PAGE, 2)), EINVAL);
	check("mmap over the gap", mmap_err(map_shared(fd, first, 4, RW)), ENOENT);
	check("DEALLOC_GREF of the others",
	      dealloc(fd, first, 1) || dealloc(fd, first + 3 * PAGE, 1), 0);
	check("all are gone", shown("pages"), 0);
	check("ALLOC_GREF of none", alloc(fd, 0, 0, &a), 0);
	check("ALLOC_GREF of very many", err(alloc(fd, -1, 0, &a)), ENOSPC);
	check("ALLOC_GREF at no address", err(ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, 8)), EFAULT);
	munmap(page + PAGE, PAGE);
	edge = (void *)(page + PAGE - offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids[1]));
	edge->domid = domid;
	edge->count = 3;
	check("ALLOC_GREF with references over the end of memory",
	      err(ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, edge)), EFAULT);
	check("none of them is there", shown("pages"), 0);
	check("an ioctl that there is not", err(ioctl(fd, _IOC(_IOC_NONE, 'G', 40, 4), edge)),
	      ENOTTY);
	munmap(page, PAGE);
}

static void test_limit(void)
{
	static union alloc a;
	int f = open_node("/dev/xen/gntalloc");

	check("as many as may be", alloc(fd, LIMIT, 0, &a), 0);
	check("and one more", err(alloc(f, 1, 0, &a)), ENOSPC);
	check("are counted", shown("pages"), LIMIT);
	close(fd);
	fd = open_node("/dev/xen/gntalloc");
	check("closed: none is left", shown("pages"), 0);
	check("another file has them", alloc(f, LIMIT, 0, &a), 0);
	close(f);
	check("closed: none is left", shown("pages"), 0);
}

static void test_map(void)
{
	static union alloc a;
	volatile char *p, *q, *r;
	int k, zero = 0, out;
	pid_t pid;

	alloc(fd, 4, GNTALLOC_FLAG_WRITABLE, &a);
	p = map_shared(fd, a.op.index, 4, RW);
	q = map_shared(fd, a.op.index + PAGE, 1, PROT_READ);
	check("mmap, and of a part again", p != MAP_FAILED && q != MAP_FAILED, 1);
	for (k = 0; k < 4 * (int)PAGE; k++)
		zero += !p[k];
	check("there is nothing in them", zero, 4 * PAGE);
	p[PAGE + 5] = 17;
	check("it is one page", q[5], 17);
	check("DEALLOC_GREF while they are mapped", dealloc(fd, a.op.index, 4), 0);
	check("they are there still", shown("pages") == 4 && p[PAGE + 5] == 17, 1);
	munmap((void *)(p + PAGE), PAGE);
	check("a part is unmapped: all stay", shown("pages"), 4);
	r = mremap((void *)(p + 2 * PAGE), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	check("moved", r != MAP_FAILED, 1);
	r[0] = 1;
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(q[5] != 17 || r[0] != 1);
	waitpid(pid, &out, 0);
	check("a child has it, too", out, 0);
	munmap((void *)q, PAGE);
	munmap((void *)p, PAGE);
	check("not all is unmapped", shown("pages"), 4);
	munmap((void *)r, 2 * PAGE);
	check("all is unmapped: none is left", shown("pages"), 0);
}

static void test_notify(void)
{
	static union alloc a;
	int ev = open_node("/dev/xen/evtchn"), hear = open_node("/dev/xen/evtchn");
	int x = unbound_port(ev, 0), y = bind_port(hear, 0, x);
	volatile char *p;

	fired(hear, 10000);
	alloc(fd, 2, GNTALLOC_FLAG_WRITABLE, &a);
	check("notify: no such index", err(set_notify(fd, a.op.index + 2 * PAGE, 2, x)),
	      ENOENT);
	check("notify: no such action", err(set_notify(fd, a.op.index, 8, x)), EINVAL);
	check("notify: no such port", err(set_notify(fd, a.op.index, 2, 1 << 16)), EINVAL);
	check("notify", set_notify(fd, a.op.index + PAGE + 7, 3, x), 0);
	p = map_shared(fd, a.op.index, 2, RW);
	p[PAGE + 7] = 9;
	dealloc(fd, a.op.index, 2);
	check("notify: nothing while it is mapped", fired(hear, 0), -1);
	close(ev);
	munmap((void *)p, 2 * PAGE);
	check("notify: the end of it", fired(hear, 10000), y);
	check("notify: once", fired(hear, 0), -1);
	close(hear);
}

/* --- with a guest -------------------------------------------------------------------------- */

static void test_guest(void)
{
	static union alloc a;
	volatile uint64_t *p;
	long handle;

	alloc(fd, 1, GNTALLOC_FLAG_WRITABLE, &a);
	p = map_shared(fd, a.op.index, 1, RW);
	p[3] = 0x1122;
	check("the guest maps it", ask_at(GNT_MAP, a.op.gref_ids[0], 0, 0), GNTST_okay);
	handle = guest.ctl->value;
	ask_at(GNT_MAP_PEEK, 0, 3, 0);
	check("it sees what we have written", guest.ctl->value, 0x1122);
	ask_at(GNT_MAP_POKE, 0, 4, 0x3344);
	check("we see what it writes", p[4], 0x3344);
	p[5] = 0x5566;
	dealloc(fd, a.op.index, 1);
	munmap((void *)p, PAGE);
	check("nobody here has it: it stays for the guest", shown("pages"), 1);
	check("and is counted", shown("deferred"), 1);
	ask_at(GNT_MAP_PEEK, 0, 5, 0);
	check("the guest sees what was there", guest.ctl->value, 0x5566);
	check("the guest unmaps it", ask_at(GNT_UNMAP, 0, 0, handle), GNTST_okay);
	check("then it goes", becomes("pages", 0) && !shown("deferred"), 1);
	check("it cannot be mapped again", ask_at(GNT_MAP, a.op.gref_ids[0], 0, 0) < 0, 1);
}

static void test_guest_read_only(void)
{
	static union alloc a;

	alloc(fd, 1, 0, &a);
	check("for reading: not to write", ask_at(GNT_MAP, a.op.gref_ids[0], 0, 0) < 0, 1);
	check("for reading: to read", ask_at(GNT_MAP, a.op.gref_ids[0], 0, 1), GNTST_okay);
	check("for reading: the guest unmaps it", ask_at(GNT_UNMAP, 0, 0, guest.ctl->value),
	      GNTST_okay);
	dealloc(fd, a.op.index, 1);
	check("it is gone at once", shown("pages"), 0);
}

/* One that is another domain's. */
static void test_others(void)
{
	static union alloc a;

	a.op.domid = GNT_OTHER;
	a.op.count = 1;
	a.op.flags = GNTALLOC_FLAG_WRITABLE;
	check("for a domain that is not there", ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &a.op), 0);
	check("this one cannot map it", ask_at(GNT_MAP, a.op.gref_ids[0], 0, 0) < 0, 1);
	dealloc(fd, a.op.index, 1);
}

static void test_library(void)
{
	xengntshr_handle *x = xengntshr_open(NULL, 0);
	uint32_t ref[2] = { 0 };
	volatile uint64_t *p;

	check("xengntshr_open", !!x, 1);
	if (!x)
		return;
	p = xengntshr_share_pages(x, domid, 2, ref, 1);
	check("xengntshr_share_pages", !!p, 1);
	p[513] = 0x99;
	check("the guest maps one", ask_at(GNT_MAP, ref[1], 0, 0), GNTST_okay);
	ask_at(GNT_MAP_PEEK, 0, 1, 0);
	check("it is the second", guest.ctl->value, 0x99);
	check("xengntshr_unshare", xengntshr_unshare(x, (void *)p, 2), 0);
	xengntshr_close(x);
	check("one stays", shown("deferred"), 1);
}

/* What a guest has when it dies is given back. */
static void test_end(pid_t vmm)
{
	kill(vmm, SIGKILL);
	check("the guest is gone: none is left", becomes("pages", 0) && !shown("deferred"), 1);
	munmap((void *)guest.ctl, PAGE);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 64;
	domid = atoi(argv[1]);
	fd = open_node("/dev/xen/gntalloc");
	guest_open(domid);
	test_arguments();
	test_limit();
	test_map();
	test_notify();
	test_guest();
	test_guest_read_only();
	test_others();
	test_library();
	test_end(atoi(argv[2]));
	close(fd);
	return !!bad;
}
