// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/xen/gntdev, by itself and through Debian's unmodified libxengnttab: gntdev_dev DOMID PID, a
 * guest that runs gnthost, and its VMM, which is killed at the end. Prints "ok - NAME".
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <xengnttab.h>

#include "gnthost.h"
#include "touch.h"

#define NO_DOMAIN	999
#define RW		(PROT_READ | PROT_WRITE)

static uint16_t domid;
static int fd;

/* --- indexes ----------------------------------------------------------------------- */

static void test_indexes(void)
{
	struct ioctl_gntdev_map_grant_ref *u;
	struct ioctl_gntdev_set_max_grants m = { .count = 32752 };
	long a, b;
	char *two;

	check("MAP of nothing", err(map_refs(fd, domid, GNT_FIRST, 0, 1)), EINVAL);
	a = map_refs(fd, domid, GNT_FIRST, 3, 1);
	b = map_refs(fd, domid, GNT_FIRST, 2, 1);
	check("MAP", a >= 0 && a % PAGE == 0, 1);
	check("MAP once more: behind it", b >= a + 3 * (long)PAGE, 1);
	check("MAP maps nothing", flags_of(GNT_FIRST) & (GTF_reading | GTF_writing), 0);
	check("UNMAP with another count", err(unmap_refs(fd, a, 2)), ENOENT);
	check("UNMAP in the middle", err(unmap_refs(fd, a + PAGE, 2)), ENOENT);
	check("UNMAP at no page", err(unmap_refs(fd, a + 1, 3)), ENOENT);
	check("mmap of a part", mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, a) == MAP_FAILED ?
	      errno : 0, EINVAL);
	check("UNMAP", unmap_refs(fd, a, 3), 0);
	check("UNMAP again", err(unmap_refs(fd, a, 3)), ENOENT);
	check("mmap of what has no index any more", mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED,
							 fd, a) == MAP_FAILED ? errno : 0, EINVAL);
	check("private and writable", mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, b) == MAP_FAILED ?
	      errno : 0, EINVAL);
	check("UNMAP of the other", unmap_refs(fd, b, 2), 0);
	check("SET_MAX_GRANTS, as Linux", err(ioctl(fd, IOCTL_GNTDEV_SET_MAX_GRANTS, &m)), ENOTTY);
	check("an ioctl that there is not", err(ioctl(fd, _IOC(_IOC_NONE, 'G', 40, 4), &m)),
	      ENOTTY);
	check("MAP at no address", err(ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, 8)), EFAULT);
	two = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(two + PAGE, PAGE);
	u = (void *)(two + PAGE - offsetof(struct ioctl_gntdev_map_grant_ref, refs[1]));
	u->count = 2;
	check("MAP with references over the end", err(ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, u)),
	      EFAULT);
	u->count = 0xffffffff;
	check("MAP of too many", err(ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, u)), EINVAL);
	mprotect(two, PAGE, PROT_READ);
	munmap(two, PAGE);
}

/* --- maps ---------------------------------------------------------------------------- */

static int refused(uint32_t dom, uint32_t ref, int prot)
{
	long i = map_refs(fd, dom, ref, 1, 1);
	void *p = map_at(fd, i, 1, prot);
	int ret = p == MAP_FAILED ? errno : 0;

	if (p != MAP_FAILED)
		munmap(p, PAGE);
	unmap_refs(fd, i, 1);
	return ret;
}

static void test_refusals(void)
{
	check("a domain that is not there", refused(NO_DOMAIN, GNT_FIRST, RW), EINVAL);
	check("a number that is no domain's", refused(0x12345, GNT_FIRST, RW), EINVAL);
	check("a reference that is not granted", refused(domid, GNT_NOT, RW), EINVAL);
	check("one that is another's", refused(domid, GNT_OTHERS, RW), EINVAL);
	check("one beyond the table", refused(domid, 1U << 20, RW), EINVAL);
	check("the last that there can be", refused(domid, ~0U, RW), EINVAL);
	check("one for reading, to write", refused(domid, GNT_READ_ONLY, RW), EINVAL);
	check("one for reading, to read", refused(domid, GNT_READ_ONLY, PROT_READ), 0);
	check("a page that nobody has touched", refused(domid, GNT_UNTOUCHED, RW), 0);
}

static long faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_THREAD, &r);
	return r.ru_minflt;
}

static void test_one(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 1, 1);
	volatile uint64_t *p = map_at(fd, i, 1, RW), *q;
	long before;

	check("mmap maps", p != MAP_FAILED, 1);
	before = faults();
	(void)p[5];
	check("a touch is no fault", faults() - before, 0);
	check("the granter sees it", flags_of(GNT_FIRST) & (GTF_reading | GTF_writing),
	      GTF_reading | GTF_writing);
	check("and cannot end it", ask_at(GNT_REVOKE, GNT_FIRST, 0, 0), 1);
	check("what the guest has written", p[5], GNT_WORD(GNT_FIRST, 5));
	p[5] = 0x1234;
	check("the guest sees what we write", peek(GNT_FIRST, 5), 0x1234);
	ask_at(GNT_POKE, GNT_FIRST, 6, 0x4321);
	check("we see what it writes", p[6], 0x4321);
	p[5] = GNT_WORD(GNT_FIRST, 5);
	p[6] = GNT_WORD(GNT_FIRST, 6);
	q = mmap(NULL, PAGE, RW, MAP_SHARED, fd, i);
	check("an index is mapped once", q == MAP_FAILED ? errno : 0, EINVAL);
	check("UNMAP leaves it mapped", unmap_refs(fd, i, 1), 0);
	check("it is", p[7] == GNT_WORD(GNT_FIRST, 7) && flags_of(GNT_FIRST) & GTF_reading, 1);
	munmap((void *)p, PAGE);
	check("munmap unmaps", flags_of(GNT_FIRST) & (GTF_reading | GTF_writing), 0);
	check("the granter can end it", ask_at(GNT_REVOKE, GNT_FIRST, 0, 0), 0);
	check("there is nothing there", touch(p, false), SIGSEGV);
	ask_at(GNT_GRANT, GNT_FIRST, 0, 0);
}

/* The last index is the next map's; who is mapped by it already comes when it is touched. */
static void test_index_again(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 1, 1), j;
	volatile uint64_t *p = map_at(fd, i, 1, RW), *q;

	unmap_refs(fd, i, 1);
	j = map_refs(fd, domid, GNT_FIRST + 1, 1, 1);
	check("an index that is free again is the next one's", j, i);
	q = map_at(fd, j, 1, RW);
	check("each has its page", p[7] == GNT_WORD(GNT_FIRST, 7) &&
	      q[7] == GNT_WORD(GNT_FIRST + 1, 7), 1);
	munmap((void *)p, PAGE);
	check("the end of the first one is its own", !(flags_of(GNT_FIRST) & GTF_reading) &&
	      q[7] == GNT_WORD(GNT_FIRST + 1, 7), 1);
	unmap_refs(fd, j, 1);
	munmap((void *)q, PAGE);
	check("and so is the second one's", flags_of(GNT_FIRST + 1) & GTF_reading, 0);
	i = map_refs(fd, domid, GNT_FIRST, 2, 1);
	j = map_refs(fd, domid, GNT_FIRST, 1, 1);
	unmap_refs(fd, i, 2);
	check("one that others are behind is not", map_refs(fd, domid, GNT_FIRST, 1, 1),
	      j + (long)PAGE);
	unmap_refs(fd, j, 1);
	unmap_refs(fd, j + PAGE, 1);
}

/* munmap() alone, with the index kept, as domain 0's driver has it. */
static void test_munmap(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 1, 1);
	void *p = map_at(fd, i, 1, RW);

	munmap(p, PAGE);
	check("munmap unmaps while the index stays", flags_of(GNT_FIRST) & GTF_reading, 0);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, i);
	check("which is not mapped again", p == MAP_FAILED ? errno : 0, EINVAL);
	unmap_refs(fd, i, 1);
}

static void test_read_only(void)
{
	volatile uint64_t *p = map_one(fd, domid, GNT_FIRST + 1, PROT_READ);
	int zero = open("/dev/zero", O_RDONLY);

	check("for reading: the granter sees that",
	      flags_of(GNT_FIRST + 1) & (GTF_reading | GTF_writing), GTF_reading);
	check("for reading: it can be read", p[1], GNT_WORD(GNT_FIRST + 1, 1));
	check("for reading: it cannot be written", touch(p, true), SIGSEGV);
	check("for reading: nor made so", err(mprotect((void *)p, PAGE, RW)), EACCES);
	check("for reading: nor by the kernel", err(read(zero, (void *)p, 8)), EFAULT);
	check("for reading: nothing has changed", peek(GNT_FIRST + 1, 0),
	      GNT_WORD(GNT_FIRST + 1, 0));
	munmap((void *)p, PAGE);
	close(zero);
	p = map_one(fd, domid, GNT_FIRST + 1, PROT_WRITE);
	p[1] = 1;
	check("for writing alone", peek(GNT_FIRST + 1, 1), 1);
	p[1] = GNT_WORD(GNT_FIRST + 1, 1);
	munmap((void *)p, PAGE);
}

/* References that are not next to each other, in one piece of memory. */
static void test_many(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 15, 2);
	volatile uint64_t *p = map_at(fd, i, 15, RW);
	int k, good = 0;

	check("many pages", p != MAP_FAILED, 1);
	for (k = 0; k < 15; k++)
		good += p[k * 512 + k] == GNT_WORD(GNT_FIRST + 2 * k, k);
	check("each at its place", good, 15);
	for (k = good = 0; k < 31; k++)
		good += !!(flags_of(GNT_FIRST + k) & GTF_writing) == !(k % 2) || k == 31 - 1;
	check("the others are not mapped", good, 31);
	munmap((void *)p, 15 * PAGE);
	for (k = good = 0; k < 30; k++)
		good += !(flags_of(GNT_FIRST + k) & GTF_writing);
	check("all are unmapped", good, 30);
	unmap_refs(fd, i, 15);
}

/* One of them is bad: none stays mapped. */
static void test_partly(void)
{
	uint32_t first = GNT_READ_ONLY - 5;	/* the last is read-only */
	long i = map_refs(fd, domid, first, 6, 1);
	void *p = map_at(fd, i, 6, RW);
	int k, left = 0;

	check("CVE-2022-50257 one of many is bad", p == MAP_FAILED ? errno : 0, EINVAL);
	for (k = 0; k < 4; k++)
		left += !!(flags_of(first + k) & (GTF_reading | GTF_writing));
	check("CVE-2022-50257 nothing stays mapped", left, 0);
	ask_at(GNT_GRANT, GNT_READ_ONLY, 0, 0);
	p = map_at(fd, i, 6, RW);
	check("once it is good it can be mapped", p != MAP_FAILED, 1);
	munmap(p, 6 * PAGE);
	ask_at(GNT_GRANT, GNT_READ_ONLY, 0, GTF_readonly);
	unmap_refs(fd, i, 6);
}

static void test_split(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 5, 1);
	char *p = map_at(fd, i, 5, RW);
	int k, there = 0;

	check("the middle is unmapped", munmap(p + 2 * PAGE, PAGE), 0);
	for (k = 0; k < 5; k++)
		there |= !!(flags_of(GNT_FIRST + k) & GTF_writing) << k;
	check("the others are not", there, 0x1b);
	check("they are where they were",
	      *(uint64_t *)(p + 4 * PAGE) == GNT_WORD(GNT_FIRST + 4, 0) &&
	      *(uint64_t *)p == GNT_WORD(GNT_FIRST, 0), 1);
	check("the middle is not", touch(p + 2 * PAGE, false), SIGSEGV);
	check("a part with another protection", mprotect(p, PAGE, PROT_READ), 0);
	check("is there still", *(uint64_t *)p, GNT_WORD(GNT_FIRST, 0));
	check("and can be written again", mprotect(p, PAGE, RW) || touch(p, true), 0);
	*(uint64_t *)p = GNT_WORD(GNT_FIRST, 0);
	check("shrunk", mremap(p + 3 * PAGE, 2 * PAGE, PAGE, 0) == p + 3 * PAGE, 1);
	check("the last is unmapped", flags_of(GNT_FIRST + 4) & GTF_writing, 0);
	munmap(p, 5 * PAGE);
	for (k = there = 0; k < 5; k++)
		there |= !!(flags_of(GNT_FIRST + k) & GTF_writing) << k;
	check("none is mapped", there, 0);
	unmap_refs(fd, i, 5);
}

/* It neither moves, nor grows, nor goes to a child. */
static void test_moves(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 2, 1);
	char *p = map_at(fd, i, 2, RW), *to;
	struct iovec to_p;
	uint64_t v;
	pid_t pid;
	int res;

	to = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check("mremap to another place",
	      mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED, 1);
	check("it is where it was", *(uint64_t *)p, GNT_WORD(GNT_FIRST, 0));
	check("and mapped", flags_of(GNT_FIRST + 1) & GTF_writing, GTF_writing);
	check("mremap of a part",
	      mremap(p + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED, 1);
	check("that is mapped, too", *(uint64_t *)(p + PAGE), GNT_WORD(GNT_FIRST + 1, 0));
	check("growing", mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED, 1);
	check("madvise DONTNEED", !!madvise(p, 2 * PAGE, MADV_DONTNEED), 1);
	check("madvise DOFORK", !!madvise(p, 2 * PAGE, MADV_DOFORK), 1);
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(touch(p, false));
	waitpid(pid, &res, 0);
	check("a child does not have it", WEXITSTATUS(res), SIGSEGV);
	check("its parent does", *(uint64_t *)p, GNT_WORD(GNT_FIRST, 0));
	v = 0x77;
	to_p = (struct iovec){ p, 8 };
	check("another process cannot reach in",
	      process_vm_writev(getpid(), &(struct iovec){ &v, 8 }, 1, &to_p, 1, 0) == 8, 0);
	munmap(p, 2 * PAGE);
	munmap(to, 4 * PAGE);
	check("all is unmapped", flags_of(GNT_FIRST) & GTF_writing, 0);
	unmap_refs(fd, i, 2);
}

static void test_offset(void)
{
	struct ioctl_gntdev_get_offset_for_vaddr o = { 0 };
	long i = map_refs(fd, domid, GNT_FIRST, 2, 1);
	char *p = map_at(fd, i, 2, PROT_READ), *q;

	o.vaddr = (uintptr_t)p;
	check("GET_OFFSET_FOR_VADDR", ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &o), 0);
	check("it says the index", o.offset, i);
	check("and how many", o.count, 2);
	o.vaddr = (uintptr_t)&o;
	check("of other memory", err(ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &o)), EINVAL);
	munmap(p, 2 * PAGE);
	o.vaddr = (uintptr_t)p;
	check("of none", err(ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &o)), EINVAL);
	check("at no address", err(ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, 8)), EFAULT);
	q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, i);
	check("what was mapped is not mapped again, private", q == MAP_FAILED ? errno : 0, EINVAL);
	unmap_refs(fd, i, 2);
}

/* What is mapped when the file is closed stays. */
static void test_close(void)
{
	int f = open_node("/dev/xen/gntdev");
	volatile uint64_t *p = map_one(f, domid, GNT_FIRST, RW);

	close(f);
	check("closed: it is still mapped", p[3], GNT_WORD(GNT_FIRST, 3));
	check("closed: for the guest, too", flags_of(GNT_FIRST) & GTF_writing, GTF_writing);
	munmap((void *)p, PAGE);
	check("closed: munmap unmaps", flags_of(GNT_FIRST) & GTF_writing, 0);
}

/* --- notification ---------------------------------------------------------------------- */

static int set_notify(int f, uint64_t index, uint32_t action, uint32_t port)
{
	struct ioctl_gntdev_unmap_notify n = {
		.index = index, .action = action, .event_channel_port = port,
	};

	return ioctl(f, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &n);
}

#define BYTE	(UNMAP_NOTIFY_CLEAR_BYTE)
#define EVENT	(UNMAP_NOTIFY_SEND_EVENT)

static void test_notify(void)
{
	int ev = open_node("/dev/xen/evtchn"), hear = open_node("/dev/xen/evtchn");
	int a = unbound_port(ev, 0), b = bind_port(hear, 0, a);
	long i = map_refs(fd, domid, GNT_FIRST, 3, 1);
	char *p;

	fired(hear, 10000);
	check("notify: no such index", err(set_notify(fd, i + 3 * PAGE, EVENT, a)), ENOENT);
	check("notify: no such action", err(set_notify(fd, i, 4, a)), EINVAL);
	check("notify: no such port", err(set_notify(fd, i, EVENT, 1 << 16)), EINVAL);
	check("notify: no port at all", err(set_notify(fd, i, EVENT, ~0U)), EINVAL);
	check("notify: before it is mapped", set_notify(fd, i, BYTE | EVENT, a), 0);
	p = map_at(fd, i, 3, RW);
	check("notify: another byte", set_notify(fd, i + PAGE + 9, BYTE | EVENT, a), 0);
	check("notify: nothing yet", fired(hear, 0), -1);
	munmap(p, PAGE);
	check("notify: a page that is not it", peek(GNT_FIRST, 0), GNT_WORD(GNT_FIRST, 0));
	munmap(p + PAGE, PAGE);
	check("notify: the byte is cleared", peek(GNT_FIRST + 1, 1),
	      GNT_WORD(GNT_FIRST + 1, 1) & ~0xff00UL);
	check("notify: the last page, and the index, are there", fired(hear, 0), -1);
	munmap(p + 2 * PAGE, PAGE);
	check("notify: the index is", fired(hear, 0), -1);
	unmap_refs(fd, i, 3);
	check("notify: the end of it", fired(hear, 10000), b);
	check("notify: once", fired(hear, 0), -1);
	ask_at(GNT_POKE, GNT_FIRST + 1, 1, GNT_WORD(GNT_FIRST + 1, 1));
	i = map_refs(fd, domid, GNT_FIRST, 1, 1);
	p = map_at(fd, i, 1, PROT_READ);
	check("notify: a byte that we may not write", err(set_notify(fd, i, BYTE, 0)), EINVAL);
	check("notify: an event", set_notify(fd, i, EVENT, a), 0);
	check("notify: none", set_notify(fd, i, 0, 0), 0);
	munmap(p, PAGE);
	unmap_refs(fd, i, 1);
	check("notify: none", fired(hear, 0), -1);
	i = map_refs(fd, domid, GNT_FIRST, 1, 1);
	set_notify(fd, i, EVENT, a);
	close(ev);
	unmap_refs(fd, i, 1);
	check("notify: on a port whose file is closed", fired(hear, 10000), b);
	close(hear);
}

/* A process that is killed, with its files in either order. */
static void test_death(bool port_first)
{
	int hear = open_node("/dev/xen/evtchn"), a, b, f, ev, up[2];
	pid_t pid;
	long i;
	char c;

	if (pipe(up))
		exit(1);
	a = unbound_port(hear, 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		ev = port_first ? open_node("/dev/xen/evtchn") : -1;
		f = open_node("/dev/xen/gntdev");
		if (!port_first)
			ev = open_node("/dev/xen/evtchn");
		b = bind_port(ev, 0, a);
		i = map_refs(f, domid, GNT_FIRST + 2, 1, 1);
		map_at(f, i, 1, RW);
		if (set_notify(f, i + 8, BYTE | EVENT, b) || write(up[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	check("killed: it has mapped a page", read(up[0], &c, 1), 1);
	check("killed: nothing yet", fired(hear, 0), -1);
	kill(pid, SIGKILL);
	check("killed: an event", fired(hear, 10000), a);
	check("killed: a byte", peek(GNT_FIRST + 2, 1), GNT_WORD(GNT_FIRST + 2, 1) & ~0xffUL);
	check("killed: the page is not mapped", flags_of(GNT_FIRST + 2) & GTF_writing, 0);
	waitpid(pid, NULL, 0);
	ask_at(GNT_POKE, GNT_FIRST + 2, 1, GNT_WORD(GNT_FIRST + 2, 1));
	close(hear);
	close(up[0]);
	close(up[1]);
}

/* --- copies ------------------------------------------------------------------------------ */

static long copy(struct ioctl_gntdev_grant_copy_segment *s, unsigned int count)
{
	struct ioctl_gntdev_grant_copy c = { .count = count, .segments = s };

	return ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &c);
}

/* From a reference to memory, or with @to the other way. */
static struct ioctl_gntdev_grant_copy_segment segment(uint32_t ref, int at, void *virt, int len,
						      bool to)
{
	struct ioctl_gntdev_grant_copy_segment s = { .len = len, .status = 99 };

	s.flags = to ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	*(to ? &s.source.virt : &s.dest.virt) = virt;
	(to ? &s.dest : &s.source)->foreign.ref = ref;
	(to ? &s.dest : &s.source)->foreign.domid = domid;
	(to ? &s.dest : &s.source)->foreign.offset = at;
	return s;
}

static void test_copy(void)
{
	char *two = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t *w = (void *)(two + PAGE - 16);
	struct ioctl_gntdev_grant_copy_segment s[3];

	munmap(two + 2 * PAGE, PAGE);
	check("copy of nothing, as QEMU asks", copy(NULL, 0), 0);
	check("copy at no address", err(ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, 8)), EFAULT);
	check("copy of segments at no address", err(copy((void *)8, 1)), EFAULT);
	s[0] = segment(GNT_FIRST + 3, 64, w, 32, false);
	check("copy from a page to two", copy(s, 1), 0);
	check("copy: its status", s[0].status, GNTST_okay);
	check("copy: what was there", w[0] == GNT_WORD(GNT_FIRST + 3, 8) &&
	      w[3] == GNT_WORD(GNT_FIRST + 3, 11) && !w[4], 1);
	w[1] = 0xabc;
	w[2] = 0xdef;
	s[0] = segment(GNT_FIRST + 3, 64, w, 32, true);
	check("copy from two pages to one", copy(s, 1), 0);
	check("copy: the guest sees it", peek(GNT_FIRST + 3, 9) == 0xabc &&
	      peek(GNT_FIRST + 3, 10) == 0xdef, 1);
	ask_at(GNT_POKE, GNT_FIRST + 3, 9, GNT_WORD(GNT_FIRST + 3, 9));
	ask_at(GNT_POKE, GNT_FIRST + 3, 10, GNT_WORD(GNT_FIRST + 3, 10));
	s[0] = segment(GNT_FIRST + 3, 0, two, PAGE, false);
	s[1] = segment(GNT_NOT, 0, two, 8, false);
	s[2] = segment(GNT_FIRST + 4, 8, two, 8, false);
	check("copy of three, one of which is bad", copy(s, 3), 0);
	check("copy: a status for each", s[0].status == GNTST_okay && s[1].status < 0 &&
	      s[2].status == GNTST_okay, 1);
	check("copy: all that are good", *(uint64_t *)two == GNT_WORD(GNT_FIRST + 4, 1) &&
	      *(uint64_t *)(two + PAGE - 8) == GNT_WORD(GNT_FIRST + 3, 511), 1);
	s[0] = segment(GNT_READ_ONLY, 0, two, 8, true);
	check("copy into a page for reading", copy(s, 1) || s[0].status >= 0, 0);
	s[0] = segment(GNT_READ_ONLY, 0, two, 8, false);
	check("copy from it", copy(s, 1) || s[0].status, 0);
	s[0] = segment(GNT_FIRST + 3, PAGE - 8, two, 16, false);
	check("copy over the end of a granted page", err(copy(s, 1)), EINVAL);
	s[0] = segment(GNT_FIRST + 3, 0, two, 8, false);
	s[0].flags = 0;
	check("copy of nothing that is granted", err(copy(s, 1)), EINVAL);
	s[0] = segment(GNT_FIRST + 3, 0, two + 2 * PAGE - 8, 16, false);
	check("copy over the end of memory", err(copy(s, 1)), EFAULT);
	s[0] = segment(GNT_FIRST + 3, 0, NULL, 16, false);
	check("copy to address 0", err(copy(s, 1)), EFAULT);
	s[0] = segment(GNT_FIRST + 3, 0, (void *)8, 16, true);
	check("copy from address 8", err(copy(s, 1)), EFAULT);
	s[0] = segment(GNT_FIRST + 3, 0, (void *)-8L, 16, false);
	check("copy over the last address", err(copy(s, 1)), EFAULT);
	mprotect(two, PAGE, PROT_READ);
	s[0] = segment(GNT_FIRST + 3, 0, two, 16, false);
	check("copy into memory that may be read", err(copy(s, 1)), EFAULT);
	s[0] = segment(GNT_FIRST + 3, 0, two, 16, true);
	check("copy from it", copy(s, 1) || s[0].status, 0);
	s[0] = segment(GNT_FIRST + 3, 0, two, 0, false);
	check("copy of no bytes", copy(s, 1) || s[0].status, 0);
	s[0] = segment(GNT_FIRST + 4, 16, NULL, 8, false);
	s[0].flags |= GNTCOPY_dest_gref;
	s[0].dest.foreign.domid = domid;
	s[0].dest.foreign.ref = GNT_FIRST + 3;
	s[0].dest.foreign.offset = 0;
	check("copy from a grant to a grant", copy(s, 1) || s[0].status, 0);
	check("copy: the guest sees it", peek(GNT_FIRST + 3, 0), GNT_WORD(GNT_FIRST + 4, 2));
	for (int i = 0; i < 2; i++)
		ask_at(GNT_POKE, GNT_FIRST + 3, i, GNT_WORD(GNT_FIRST + 3, i));
	munmap(two, 2 * PAGE);
}

/* --- the library -------------------------------------------------------------------------- */

static void test_library(void)
{
	uint32_t doms[3] = { domid, domid, domid };
	uint32_t refs[3] = { GNT_FIRST, GNT_FIRST + 7, GNT_READ_ONLY };
	xengnttab_handle *x = xengnttab_open(NULL, 0);
	xengnttab_grant_copy_segment_t s = { 0 };
	uint64_t *p, word = 0;

	check("xengnttab_open", !!x, 1);
	if (!x)
		return;
	p = xengnttab_map_grant_ref(x, domid, GNT_FIRST, RW);
	check("xengnttab_map_grant_ref", p && p[1] == GNT_WORD(GNT_FIRST, 1), 1);
	check("xengnttab_unmap", xengnttab_unmap(x, p, 1), 0);
	p = xengnttab_map_grant_refs(x, 3, doms, refs, PROT_READ);
	check("xengnttab_map_grant_refs", p && p[2 * 512] == GNT_WORD(GNT_READ_ONLY, 0), 1);
	check("xengnttab_unmap of three", xengnttab_unmap(x, p, 3), 0);
	p = xengnttab_map_domain_grant_refs(x, 2, domid, refs, RW);
	check("xengnttab_map_domain_grant_refs", p && p[512] == GNT_WORD(GNT_FIRST + 7, 0), 1);
	check("xengnttab_unmap of two", xengnttab_unmap(x, p, 2), 0);
	p = xengnttab_map_grant_ref_notify(x, domid, GNT_FIRST, RW, 8, -1);
	check("xengnttab_map_grant_ref_notify", !!p, 1);
	xengnttab_unmap(x, p, 1);
	check("it is done", peek(GNT_FIRST, 1), GNT_WORD(GNT_FIRST, 1) & ~0xffUL);
	ask_at(GNT_POKE, GNT_FIRST, 1, GNT_WORD(GNT_FIRST, 1));
	s.source.foreign.ref = GNT_FIRST;
	s.source.foreign.domid = domid;
	s.dest.virt = &word;
	s.len = 8;
	s.flags = GNTCOPY_source_gref;
	check("xengnttab_grant_copy", xengnttab_grant_copy(x, 1, &s) || s.status, 0);
	check("it has copied", word, GNT_WORD(GNT_FIRST, 0));
	check("a bad reference", !xengnttab_map_grant_ref(x, domid, GNT_NOT, RW), 1);
	xengnttab_close(x);
}

/* --- many at once -------------------------------------------------------------------------- */

#define THREADS	4
#define ROUNDS	300

static volatile int wrong;

/* Maps, looks at and unmaps a page; each thread another one. */
static void *map_often(void *arg)
{
	uint32_t ref = GNT_FIRST + 8 + (uintptr_t)arg;
	int n;

	for (n = 0; n < ROUNDS; n++) {
		long i = map_refs(fd, domid, ref, 1, 1);
		volatile uint64_t *p = map_at(fd, i, 1, RW);

		if (p == MAP_FAILED || p[n] != GNT_WORD(ref, n))
			wrong++;
		if (n % 2)
			unmap_refs(fd, i, 1);
		if (p != MAP_FAILED)
			munmap((void *)p, PAGE);
		if (!(n % 2))
			unmap_refs(fd, i, 1);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t t[THREADS];
	uintptr_t i;
	int left = 0;

	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, map_often, (void *)i);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	check("threads that map and unmap", wrong, 0);
	for (i = 0; i < THREADS; i++)
		left += !!(flags_of(GNT_FIRST + 8 + i) & GTF_writing);
	check("nothing stays mapped", left, 0);
}

/* --- the end of the guest -------------------------------------------------------------------- */

/* What is mapped stays what it was, and nobody else's, when the VMM has gone. */
static void test_end(pid_t vmm)
{
	volatile uint64_t *p = map_one(fd, domid, GNT_FIRST, RW);
	int i, same = 0;

	kill(vmm, SIGKILL);
	while (!kill(vmm, 0))
		sched_yield();
	/* Its ports are closed: nobody is there. */
	while (bind_port(guest.ev, domid, GNT_PORT) >= 0)
		sched_yield();
	for (i = 0; i < 512; i++)
		same += p[i] == GNT_WORD(GNT_FIRST, i);
	check("the guest is gone: a page of it is there", same, 512);
	p[0] = 1;
	check("and can be written", p[0], 1);
	check("no page can be mapped any more", refused(domid, GNT_FIRST + 1, RW), EINVAL);
	munmap((void *)p, PAGE);
	munmap((void *)guest.ctl, PAGE);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 64;
	domid = atoi(argv[1]);
	fd = open_node("/dev/xen/gntdev");
	guest_open(domid);
	test_indexes();
	test_refusals();
	test_one();
	test_index_again();
	test_munmap();
	test_read_only();
	test_many();
	test_partly();
	test_split();
	test_moves();
	test_offset();
	test_close();
	test_notify();
	test_death(false);
	test_death(true);
	test_copy();
	test_library();
	test_threads();
	test_end(atoi(argv[2]));
	return !!bad;
}
