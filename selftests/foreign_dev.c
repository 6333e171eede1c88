// SPDX-License-Identifier: GPL-2.0
/*
 * What /dev/xen/privcmd maps, by itself and through Debian's unmodified libxenforeignmemory:
 * foreign_dev DOMID PID, a guest that runs gnthost, and its VMM, which is killed at the end. Where
 * the guest's pages are its grant table says, which is mapped, too. Prints "ok - NAME".
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/memory.h>
#include <xen/version.h>
#include <xen/sys/privcmd.h>
#include <xenforeignmemory.h>

#include "gnthost.h"
#include "touch.h"
#include "../kvm-xen/toolstack_abi.h"

#define RW		(PROT_READ | PROT_WRITE)
#define NO_DOMAIN	999
#define NOBODY		65534
#define NOWHERE		(1UL << 30)	/* a frame that has no memory */
#define FRAMES		(64UL << 8)	/* of the small VMM's guests */
#define TABLE		64		/* frames of a grant table, at most */
#define PARAMETER	"/sys/module/kvm_xen/parameters/privcmd_"

static uint16_t domid;
static int fd;
static volatile grant_entry_v1_t *table;

/* --- calls ------------------------------------------------------------------------------- */

static unsigned int parameter(const char *name)
{
	char path[128];
	unsigned int v = 0;
	FILE *f;

	snprintf(path, sizeof(path), PARAMETER "%s", name);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%u", &v) != 1)
		printf("not ok - the parameter %s\n", name);
	if (f)
		fclose(f);
	return v;
}

static void set_limit(unsigned int v)
{
	FILE *f = fopen(PARAMETER "limit", "w");

	check("the limit is set", f && fprintf(f, "%u", v) > 0 && !fclose(f), 1);
}

static void *memory(int nr, int prot)
{
	return mmap(NULL, nr * PAGE, prot, MAP_SHARED, fd, 0);
}

/* 0 or the error of the call. */
static int batch(uint16_t dom, void *at, int nr, const xen_pfn_t *gfn, int *errs)
{
	struct privcmd_mmapbatch_v2 b = {
		.num = nr, .dom = dom, .addr = (uintptr_t)at, .arr = gfn, .err = errs,
	};

	return err(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b));
}

/* And as the error of a single page. */
static int refused(uint16_t dom, xen_pfn_t gfn, int prot)
{
	void *p = memory(1, prot);
	int e = 1, ret = batch(dom, p, 1, &gfn, &e);

	munmap(p, PAGE);
	return ret ? ret : e;
}

static volatile uint64_t *map_gfn(xen_pfn_t gfn, int prot)
{
	void *p = memory(1, prot);
	int e = 1, ret = batch(domid, p, 1, &gfn, &e);

	if (ret || e) {
		printf("not ok - map frame %lx: %d, %d\n", (unsigned long)gfn, ret, e);
		exit(1);
	}
	return p;
}

static int resource(uint16_t dom, uint32_t type, uint32_t id, uint32_t idx, uint64_t nr, void *at)
{
	struct privcmd_mmap_resource r = {
		.dom = dom, .type = type, .id = id, .idx = idx, .num = nr, .addr = (uintptr_t)at,
	};

	return err(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r));
}

static xen_pfn_t gfn_of(uint32_t ref)
{
	return table[ref].frame;
}

static long hypercall(uint64_t op, uint64_t a, void *b)
{
	struct privcmd_hypercall h = { op, { a, (uintptr_t)b } };

	return ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h);
}

/* --- grant tables ------------------------------------------------------------------------ */

static int acquire(uint16_t dom, uint16_t type, uint32_t id, uint32_t nr, uint64_t *list)
{
	struct xen_mem_acquire_resource a = { .domid = dom, .type = type, .id = id, .nr_frames = nr };
	int ret;

	set_xen_guest_handle_raw(a.frame_list, list);
	ret = err(hypercall(__HYPERVISOR_memory_op, XENMEM_acquire_resource, &a));
	return ret ? ret : -(int)a.nr_frames;
}

static void test_resource(void)
{
	const uint32_t type = XENMEM_resource_grant_table;
	struct privcmd_mmap_resource q = { .dom = domid, .type = type };
	char *p = memory(3, RW);
	uint64_t list[1];

	check("a table's size", ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &q), 0);
	check("is its limit", q.num, TABLE);
	q.id = XENMEM_resource_grant_table_id_status;
	q.num = 0;
	check("that of its status", ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &q), 0);
	check("an eighth", q.num, TABLE / 8);
	check("of another kind", resource(domid, type, 2, 0, 0, NULL), EINVAL);
	check("another resource", resource(domid, XENMEM_resource_ioreq_server, 0, 0, 0, NULL),
	      EOPNOTSUPP);
	check("nobody's", resource(NO_DOMAIN, type, 0, 0, 0, NULL), ESRCH);
	check("domain 0's", resource(0, type, 0, 0, 0, NULL), EPERM);
	check("an address and no number", resource(domid, type, 0, 0, 0, p), EINVAL);
	check("a number and no address", resource(domid, type, 0, 0, 1, NULL), EINVAL);
	check("behind the last frame", resource(domid, type, 0, TABLE, 1, p), EINVAL);
	check("over it", resource(domid, type, 0, TABLE - 1, 2, p), EINVAL);
	check("so many that they overflow", resource(domid, type, 0, 1, ~0ULL, p), EINVAL);
	check("status of version 1", resource(domid, type, 1, 0, 1, p), EINVAL);
	check("more than there is memory for", resource(domid, type, 0, 0, 4, p), EINVAL);
	check("at memory of another kind", resource(domid, type, 0, 0, 1, &list), EINVAL);
	check("nothing is there", touch(p, false), SIGBUS);
	check("two frames of a table", resource(domid, type, 0, 0, 2, p), 0);
	check("once", resource(domid, type, 0, 0, 1, p + PAGE), EINVAL);
	check("a third one", resource(domid, type, 0, 1, 1, p + 2 * PAGE), 0);
	check("the same", p[PAGE + 7] == 0 && !touch(p + PAGE + 7, true) && p[2 * PAGE + 7] == 1, 1);
	p[PAGE + 7] = 0;
	munmap(p + PAGE, 2 * PAGE);
	table = (void *)p;
	check("what the guest has granted", table[GNT_FIRST].flags & GTF_type_mask, GTF_permit_access);
	check("by hypercall: its size", acquire(domid, type, 0, 0, NULL), -TABLE);
	check("by hypercall: frames", acquire(domid, type, 0, 1, list), EOPNOTSUPP);
	check("by hypercall: a number and no list", acquire(domid, type, 0, 1, NULL), EINVAL);
	check("by hypercall: of nobody", acquire(NO_DOMAIN, type, 0, 0, NULL), ESRCH);
	check("by hypercall: of domain 0", acquire(0, type, 0, 0, NULL), EPERM);
	check("by hypercall: of another kind", acquire(domid, type, 2, 0, NULL), EINVAL);
	check("by hypercall: another one", acquire(domid, 7, 0, 0, NULL), EOPNOTSUPP);
	check("by hypercall: at no address",
	      err(hypercall(__HYPERVISOR_memory_op, XENMEM_acquire_resource, (void *)8)), EFAULT);
}

/* --- frames -------------------------------------------------------------------------------- */

static void test_memory(void)
{
	void *p;

	check("at another offset", mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE) == MAP_FAILED ? errno : 0,
	      EINVAL);
	check("private and writable", mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0) == MAP_FAILED ?
	      errno : 0, EINVAL);
	check("more than may be mapped at all",
	      mmap(NULL, (parameter("limit") + 1UL) * PAGE, RW, MAP_SHARED | MAP_NORESERVE, fd, 0) ==
	      MAP_FAILED ? errno : 0, ENOMEM);
	p = memory(2, RW);
	check("mmap", p != MAP_FAILED, 1);
	check("there is nothing", touch(p, false), SIGBUS);
	check("nothing is counted", parameter("pages"), 1);
	munmap(p, 2 * PAGE);
}

static void test_one(void)
{
	volatile uint64_t *p = map_gfn(gfn_of(GNT_FIRST), RW);

	check("a page is counted", parameter("pages"), 2);
	check("what the guest has written", p[5], GNT_WORD(GNT_FIRST, 5));
	p[5] = 0x1234;
	check("the guest sees what we write", peek(GNT_FIRST, 5), 0x1234);
	ask_at(GNT_POKE, GNT_FIRST, 6, 0x4321);
	check("we see what it writes", p[6], 0x4321);
	p[5] = GNT_WORD(GNT_FIRST, 5);
	p[6] = GNT_WORD(GNT_FIRST, 6);
	check("it is no grant", flags_of(GNT_FIRST) & (GTF_reading | GTF_writing), 0);
	munmap((void *)p, PAGE);
	check("munmap unmaps", parameter("pages"), 1);
	check("there is nothing there", touch(p, false), SIGSEGV);
}

static void test_read_only(void)
{
	volatile uint64_t *p = map_gfn(gfn_of(GNT_FIRST + 1), PROT_READ);
	int zero = open("/dev/zero", O_RDONLY);

	check("for reading: it can be read", p[1], GNT_WORD(GNT_FIRST + 1, 1));
	check("for reading: it cannot be written", touch(p, true), SIGSEGV);
	check("for reading: nor made so", err(mprotect((void *)p, PAGE, RW)), EACCES);
	check("for reading: nor by the kernel", err(read(zero, (void *)p, 8)), EFAULT);
	munmap((void *)p, PAGE);
	close(zero);
}

static void test_refusals(void)
{
	xen_pfn_t gfn[2] = { gfn_of(GNT_FIRST), gfn_of(GNT_FIRST + 1) };
	int e[2] = { 1, 1 };
	char *p = memory(2, RW);

	check("a frame without memory", refused(domid, NOWHERE, RW), -EINVAL);
	check("one that no machine has", refused(domid, ~0ULL, RW), -EINVAL);
	check("a domain that is not there", refused(NO_DOMAIN, gfn[0], RW), -ESRCH);
	check("a number that is reserved", refused(DOMID_XEN, gfn[0], RW), -ESRCH);
	check("domain 0", refused(0, gfn[0], RW), EINVAL);
	check("the caller", refused(DOMID_SELF, gfn[0], RW), EINVAL);
	check("none", batch(domid, p, 0, gfn, e), EINVAL);
	check("a part at first", batch(domid, p, 1, gfn, e), EINVAL);
	check("the other part", batch(domid, p + PAGE, 1, gfn, e), EINVAL);
	check("more than there is", batch(domid, p, 3, gfn, e), EINVAL);
	check("memory of another kind", batch(domid, (void *)table, 1, gfn, e), EINVAL);
	check("no memory", batch(domid, (void *)8, 1, gfn, e), EINVAL);
	check("frames at no address", batch(domid, p, 2, (void *)8, e), EFAULT);
	check("errors at no address", batch(domid, p, 2, gfn, (void *)8), EFAULT);
	check("far too many", batch(domid, p, -1, gfn, e), ENOMEM);
	check("a call at no address", err(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, 8)), EFAULT);
	check("nothing was mapped", touch(p, false), SIGBUS);
	check("all of it", batch(domid, p, 2, gfn, e), 0);
	check("no errors", e[0] || e[1], 0);
	check("what is mapped is not mapped over", batch(domid, p, 2, gfn, e), EINVAL);
	check("nor a part", batch(domid, p + PAGE, 1, gfn, e), EINVAL);
	munmap(p, 2 * PAGE);
}

/* Each page by itself; what was bad can be tried again. */
static void test_partly(void)
{
	xen_pfn_t gfn[5] = { gfn_of(GNT_FIRST), NOWHERE, gfn_of(GNT_FIRST + 2), NOWHERE + 1,
			     gfn_of(GNT_FIRST + 4) };
	volatile uint64_t *p = memory(5, RW);
	struct privcmd_mmapbatch old = { .num = 5, .dom = domid, .arr = gfn };
	int e[5] = { 1, 1, 1, 1, 1 };

	check("good and bad ones", batch(domid, (void *)p, 5, gfn, e), 0);
	check("the bad ones have errors", e[1] == -EINVAL && e[3] == -EINVAL, 1);
	check("the good ones have none", e[0] || e[2] || e[4], 0);
	check("they are there", p[2 * 512 + 1] == GNT_WORD(GNT_FIRST + 2, 1) &&
	      p[4 * 512] == GNT_WORD(GNT_FIRST + 4, 0) && p[3] == GNT_WORD(GNT_FIRST, 3), 1);
	check("the bad ones are not", touch(p + 512, false), SIGBUS);
	gfn[1] = gfn_of(GNT_FIRST + 1);
	check("one of them again", batch(domid, (void *)(p + 512), 1, gfn + 1, e), 0);
	check("it is there now", p[512 + 9], GNT_WORD(GNT_FIRST + 1, 9));
	check("the other one is not", touch(p + 3 * 512, false), SIGBUS);
	munmap((void *)p, 5 * PAGE);
	p = memory(5, RW);
	old.addr = (uintptr_t)p;
	check("MMAPBATCH", ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH, &old), 0);
	check("its errors are in the frames", gfn[3], (NOWHERE + 1) | PRIVCMD_MMAPBATCH_MFN_ERROR);
	check("the others are as they were", gfn[4], gfn_of(GNT_FIRST + 4));
	check("and there", p[4 * 512 + 5], GNT_WORD(GNT_FIRST + 4, 5));
	munmap((void *)p, 5 * PAGE);
	check("all are unmapped", parameter("pages"), 1);
}

/* Every frame of the guest's; one shows its grant table, which is a page of the module's. */
static void test_all(void)
{
	xen_pfn_t *gfn = calloc(FRAMES, sizeof(*gfn));
	int *e = calloc(FRAMES, sizeof(*e));
	const volatile uint64_t *p = memory(FRAMES, PROT_READ);
	unsigned long i, errors = 0, same = 0, where = 0;

	for (i = 0; i < FRAMES; i++)
		gfn[i] = i;
	check("all frames of a guest", batch(domid, (void *)p, FRAMES, gfn, e), 0);
	for (i = 0; i < FRAMES; i++)
		errors += !!e[i];
	check("all are there", errors, 0);
	check("all are counted", parameter("pages"), FRAMES + 1);
	for (i = 0; i < FRAMES; i++) {
		if (p[i * 512 + GNT_FIRST] != ((volatile uint64_t *)table)[GNT_FIRST])
			continue;
		where = i;
		same++;
	}
	check("one has the grant table", same, 1);
	munmap((void *)p, FRAMES * PAGE);
	p = map_gfn(where, RW);
	table[88].frame = 0x77;
	check("it is that very page", p[88] >> 32, 0x77);
	munmap((void *)p, PAGE);
	table[88].frame = 0;
	free(gfn);
	free(e);
}

static void test_split(void)
{
	xen_pfn_t gfn[5];
	char *p = memory(5, RW), *to;
	int i, e[5], res;
	pid_t pid;

	for (i = 0; i < 5; i++)
		gfn[i] = gfn_of(GNT_FIRST + i);
	check("five", batch(domid, p, 5, gfn, e), 0);
	check("the middle is unmapped", munmap(p + 2 * PAGE, PAGE), 0);
	check("the others are not", parameter("pages"), 5);
	check("they are where they were", *(uint64_t *)(p + 4 * PAGE) == GNT_WORD(GNT_FIRST + 4, 0) &&
	      *(uint64_t *)p == GNT_WORD(GNT_FIRST, 0), 1);
	check("the middle is not", touch(p + 2 * PAGE, false), SIGSEGV);
	check("over the hole", batch(domid, p, 5, gfn, e), EINVAL);
	to = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check("it does not move", mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	      MAP_FAILED ? errno : 0, EINVAL);
	check("nor grow", mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0,
	      EFAULT);
	check("and is there still", *(uint64_t *)p, GNT_WORD(GNT_FIRST, 0));
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(touch(p, false));
	waitpid(pid, &res, 0);
	check("a child has it not", WEXITSTATUS(res), SIGSEGV);
	check("it is ours still", parameter("pages"), 5);
	munmap(p, 5 * PAGE);
	check("none is left", parameter("pages"), 1);
}

/* The file is closed, the process killed. */
static void test_ends(void)
{
	xen_pfn_t gfn = gfn_of(GNT_FIRST);
	volatile uint64_t *p;
	int was = fd, res, e;
	pid_t pid;

	fd = open_node("/dev/xen/privcmd");
	p = map_gfn(gfn, RW);
	close(fd);
	check("the file is closed: the page stays", p[3], GNT_WORD(GNT_FIRST, 3));
	munmap((void *)p, PAGE);
	fd = was;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		p = memory(1, RW);
		kill(getpid(), batch(domid, (void *)p, 1, &gfn, &e) || e ? SIGTERM : SIGKILL);
	}
	waitpid(pid, &res, 0);
	check("a process is killed that has one", WTERMSIG(res), SIGKILL);
	check("it has none any more", parameter("pages"), 1);
}

static void test_limit(void)
{
	xen_pfn_t gfn[3];
	unsigned int was = parameter("limit");
	volatile uint64_t *p;
	int i, e[3];

	for (i = 0; i < 3; i++)
		gfn[i] = gfn_of(GNT_FIRST + i);
	set_limit(3);
	p = memory(3, RW);
	check("as many as are left", batch(domid, (void *)p, 3, gfn, e), 0);
	check("the first two", e[0] || e[1], 0);
	check("not the third", e[2], -ENOMEM);
	check("a table's frame", resource(domid, XENMEM_resource_grant_table, 0, 0, 1,
					  (void *)(p + 1024)), ENOMEM);
	munmap((void *)p, 2 * PAGE);
	check("there is room again", batch(domid, (void *)(p + 1024), 1, gfn + 2, e), 0);
	check("for it", e[0], 0);
	munmap((void *)(p + 1024), PAGE);
	set_limit(was);
}

/* --- what the guest does meanwhile --------------------------------------------------------- */

static void test_balloon(void)
{
	xen_pfn_t gfn = gfn_of(GNT_FIRST + 3);
	volatile uint64_t *p = map_gfn(gfn, PROT_READ);

	check("G20 a page that the host has mapped does not go back", ask_at(GNT_OUT, GNT_FIRST + 3, 0, 0),
	      0);
	ask_at(GNT_POKE, GNT_FIRST + 3, 1, 0x99);
	check("it is the same still", p[1], 0x99);
	munmap((void *)p, PAGE);
	check("G20 then it does", ask_at(GNT_OUT, GNT_FIRST + 3, 0, 0), 1);
	check("there is nothing", refused(domid, gfn, PROT_READ), -EINVAL);
	check("G20 it comes again", ask_at(GNT_IN, GNT_FIRST + 3, 0, 0), 1);
	check("then there is", refused(domid, gfn, PROT_READ), 0);
}

/* The VMM says what its log misses. */
static void test_dirty(void)
{
	volatile uint64_t *p = map_gfn(gfn_of(GNT_FIRST + 4), RW);
	volatile uint64_t *q = map_gfn(gfn_of(GNT_FIRST + 4), PROT_READ);
	int i;

	p[0] = 1;
	check("its VMM begins the log", ask_at(GNT_TELL, 0, 0, 1), 0);
	for (i = 0; i < 3; i++) {
		p[i] = 10 + i;
		check("it looks at the log", ask_at(GNT_TELL, 0, 0, 5), 0);
	}
	p[7] = 1;
	munmap((void *)p, PAGE);
	check("it looks once more", ask_at(GNT_TELL, 0, 0, 5), 0);
	munmap((void *)q, PAGE);
}

/* --- the other calls ------------------------------------------------------------------------- */

static void test_dm_op(void)
{
	struct privcmd_dm_op op = { .dom = DOMID_INVALID };

	check("DM_OP: is there such a call", ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op), 0);
	op = (struct privcmd_dm_op){ .dom = domid, .num = 1 };
	check("DM_OP: there is none", err(ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op)), EOPNOTSUPP);
	op.num = 17;
	check("DM_OP: too many buffers", err(ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op)), E2BIG);
	op = (struct privcmd_dm_op){ .dom = NO_DOMAIN, .num = 1 };
	check("DM_OP: of nobody", err(ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op)), ESRCH);
	op.dom = 0;
	check("DM_OP: of domain 0", err(ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op)), EPERM);
	check("DM_OP: at no address", err(ioctl(fd, IOCTL_PRIVCMD_DM_OP, 8)), EFAULT);
}

/* A process without rights is given the file of this one, which is for one domain. */
static void test_given(void)
{
	domid_t me = domid, other = NO_DOMAIN;
	xen_pfn_t gfn = gfn_of(GNT_FIRST);
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		bad = 0;
		check("given: it has no rights", setresuid(NOBODY, NOBODY, NOBODY), 0);
		check("given: RESTRICT to another", err(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &other)), EINVAL);
		check("given: RESTRICT to none, which would be to all",
		      err(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &(domid_t){ DOMID_INVALID })), EINVAL);
		check("given: RESTRICT to the same", err(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &me)), 0);
		check("given: no hypercall",
		      err(hypercall(__HYPERVISOR_xen_version, XENVER_version, NULL)), EPERM);
		check("given: frames of that domain", refused(domid, gfn, RW), 0);
		check("given: of no other one", refused(other, gfn, RW), EPERM);
		fflush(stdout);
		_exit(!!bad);
	}
	waitpid(pid, &status, 0);
	check("a process that was given the file", status, 0);
}

static void test_restrict(void)
{
	struct privcmd_dm_op op = { .dom = DOMID_INVALID };
	domid_t me = domid, other = NO_DOMAIN;
	xen_pfn_t gfn = gfn_of(GNT_FIRST);
	int was = fd;

	fd = open_node("/dev/xen/privcmd");
	check("RESTRICT at no address", err(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, 8)), EFAULT);
	check("RESTRICT", ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &me), 0);
	check("RESTRICT to the same", ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &me), 0);
	check("RESTRICT to another", err(ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &other)), EINVAL);
	check("no hypercall any more", err(hypercall(__HYPERVISOR_xen_version, XENVER_version, NULL)),
	      EPERM);
	check("frames of that domain", refused(domid, gfn, RW), 0);
	check("of no other one", refused(other, gfn, RW), EPERM);
	check("its table", resource(domid, XENMEM_resource_grant_table, 0, 0, 0, NULL), 0);
	check("no other one", resource(other, XENMEM_resource_grant_table, 0, 0, 0, NULL), EPERM);
	check("nor DM_OP", err(ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op)), EPERM);
	test_given();
	close(fd);
	fd = was;
}

static void test_library(void)
{
	xenforeignmemory_handle *x = xenforeignmemory_open(NULL, 0);
	xenforeignmemory_resource_handle *r;
	xen_pfn_t gfn[2] = { gfn_of(GNT_FIRST), NOWHERE };
	volatile uint64_t *p;
	void *frames = NULL;
	size_t size = 0;
	int e[2];

	check("libxenforeignmemory", !!x, 1);
	p = xenforeignmemory_map(x, domid, RW, 1, gfn, NULL);
	check("it maps", p && p[4] == GNT_WORD(GNT_FIRST, 4), 1);
	check("and unmaps", xenforeignmemory_unmap(x, (void *)p, 1), 0);
	check("all or none", !xenforeignmemory_map(x, domid, RW, 2, gfn, NULL), 1);
	p = xenforeignmemory_map(x, domid, PROT_READ, 2, gfn, e);
	check("or each by itself", p && !e[0] && e[1] == -EINVAL, 1);
	xenforeignmemory_unmap(x, (void *)p, 2);
	check("a table's size", xenforeignmemory_resource_size(x, domid, XENMEM_resource_grant_table, 0,
							       &size) ? 0 : size, TABLE * PAGE);
	r = xenforeignmemory_map_resource(x, domid, XENMEM_resource_grant_table, 0, 0, 1, &frames, RW,
					  0);
	check("a table", r && !memcmp(frames, (void *)table, PAGE), 1);
	check("is unmapped", r ? xenforeignmemory_unmap_resource(x, r) : -1, 0);
	check("it can be restricted", xenforeignmemory_restrict(x, domid), 0);
	check("another domain is not for it", !xenforeignmemory_map(x, NO_DOMAIN, RW, 1, gfn, NULL), 1);
	xenforeignmemory_close(x);
}

/* --- many at once ---------------------------------------------------------------------------- */

#define THREADS	4
#define ROUNDS	300
#define MANY	8

static volatile int wrong;
static char *shared;

/* Each has pages of its own, and all of them fill and take away the same memory. */
static void *map_often(void *arg)
{
	uint32_t first = GNT_FIRST + 8, k;
	xen_pfn_t gfn[MANY];
	int n, e[MANY];

	for (k = 0; k < MANY; k++)
		gfn[k] = gfn_of(first + k);
	for (n = 0; n < ROUNDS; n++) {
		volatile uint64_t *p = memory(MANY, RW);

		if (batch(domid, (void *)p, MANY, gfn, e) || p[512 * (n % MANY) + n] !=
		    GNT_WORD(first + n % MANY, n))
			wrong++;
		batch(domid, shared, MANY, gfn, e);
		if (n % 16 == (int)(uintptr_t)arg)
			mmap(shared, MANY * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0);
		munmap((void *)p, MANY * PAGE);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t t[THREADS];
	uintptr_t i;

	shared = memory(MANY, RW);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, map_often, (void *)i);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	munmap(shared, MANY * PAGE);
	check("threads that map and unmap", wrong, 0);
	check("nothing stays mapped", parameter("pages"), 1);
}

/* --- the end of the guest -------------------------------------------------------------------- */

static uint32_t state(void)
{
	struct kxen_domctl c = { .cmd = KXEN_DOMCTL_getdomaininfo, .interface_version = 0x17,
				 .domain = domid };
	struct privcmd_hypercall h = { __HYPERVISOR_domctl, { (uintptr_t)&c } };

	return ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h) ? ~0U : c.u.info.flags;
}

static volatile bool began, ended;

/* All that there is, again and again, while the guest dies. */
static void *map_all(void *arg)
{
	xen_pfn_t gfn[GNT_PAGES];
	int i, e[GNT_PAGES];

	for (i = 0; i < GNT_PAGES; i++)
		gfn[i] = gfn_of(GNT_FIRST + i);
	while (!ended) {
		volatile uint64_t *p = memory(GNT_PAGES, RW);

		if (batch(domid, (void *)p, GNT_PAGES, gfn, e))
			wrong++;
		for (i = 0; i < GNT_PAGES - 1; i++) {
			if (e[i] && e[i] != -EINVAL)
				wrong++;
			/* One has been given back. */
			if (!e[i] && i != 3 && p[i * 512 + 8] != GNT_WORD(GNT_FIRST + i, 8))
				wrong++;
		}
		began = true;
		munmap((void *)p, GNT_PAGES * PAGE);
	}
	return arg;
}

/* What is mapped stays what it was, and nobody else's, when the VMM has gone. */
static void test_end(pid_t vmm)
{
	xen_pfn_t gfn = gfn_of(GNT_FIRST);
	volatile uint64_t *p = map_gfn(gfn, RW);
	int i, same = 0;
	pthread_t t;

	pthread_create(&t, NULL, map_all, NULL);
	while (!began)
		sched_yield();
	kill(vmm, SIGKILL);
	while (!kill(vmm, 0))
		sched_yield();
	while (!(state() & KXEN_DOMINF_dying))
		sched_yield();
	ended = true;
	pthread_join(t, NULL);
	check("while it goes: each page, or none", wrong, 0);
	for (i = 0; i < 512; i++)
		same += p[i] == GNT_WORD(GNT_FIRST, i);
	check("the guest is gone: a page of it is there", same, 512);
	p[0] = 1;
	check("and can be written", p[0], 1);
	check("no page can be mapped any more", refused(domid, gfn, RW), -EINVAL);
	munmap((void *)guest.ctl, PAGE);
	check("its table is there", table[GNT_FIRST].frame, gfn);
	check("it is dying while it is mapped", state() != ~0U && state() & KXEN_DOMINF_dying, 1);
	munmap((void *)table, PAGE);
	check("by its memory alone, too", state() != ~0U && state() & KXEN_DOMINF_dying, 1);
	munmap((void *)p, PAGE);
	while (state() != ~0U)
		sched_yield();
	check("gone", refused(domid, gfn, RW), -ESRCH);
	check("no page is counted", parameter("pages"), 0);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 64;
	domid = atoi(argv[1]);
	fd = open_node("/dev/xen/privcmd");
	guest_open(domid);
	test_resource();
	test_memory();
	test_one();
	test_read_only();
	test_refusals();
	test_partly();
	test_all();
	test_split();
	test_ends();
	test_limit();
	test_balloon();
	test_dirty();
	test_dm_op();
	test_restrict();
	test_library();
	test_threads();
	test_end(atoi(argv[2]));
	return !!bad;
}
