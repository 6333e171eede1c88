// SPDX-License-Identifier: GPL-2.0
/*
 * Xen's ring for pagers, by raw calls of /dev/xen/privcmd and /dev/xen/evtchn: what xenpaging does,
 * each of its errors, and what it never does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ring.h"

/* --- checks ----------------------------------------------------------------------------- */

static void without_pager(void)
{
	const uint32_t version = XEN_DOMCTL_INTERFACE_VERSION;
	uint64_t where = 0, other;
	uint32_t value;

	ck("where the ring is", !param(0, &where) && where);
	other = where;
	ck("that may be said again", !param(1, &other));
	other = 5;
	ck("it is nowhere else: EOPNOTSUPP", param(1, &other) == -EOPNOTSUPP);
	ck("the version of its events", !paging(XEN_VM_EVENT_GET_VERSION, &value) &&
	   value == VM_EVENT_INTERFACE_VERSION);
	ck("domain 0: EINVAL", vm_event(version, 0, XEN_DOMCTL_VM_EVENT_OP_PAGING, 0, NULL) == -EINVAL);
	ck("no domain: ESRCH", vm_event(version, NOBODY, 1, 0, NULL) == -ESRCH);
	ck("not for paging: ENOSYS",
	   vm_event(version, domid, XEN_DOMCTL_VM_EVENT_OP_MONITOR, 0, NULL) == -ENOSYS);
	ck("no such operation: ENOSYS", paging(9, NULL) == -ENOSYS);
	ck("another interface: EACCES", vm_event(0x14, domid, 1, 0, NULL) == -EACCES);
	ck("no ring: DISABLE: EINVAL", paging(XEN_VM_EVENT_DISABLE, NULL) == -EINVAL);
	ck("  RESUME: ENODEV", paging(XEN_VM_EVENT_RESUME, NULL) == -ENODEV);
	ck("  nominate: ENODEV", ring_nominate(FIRST) == -ENODEV);
	ck("a page of domain 0's: EPERM", op_of(0, 0, FIRST, NULL) == -EPERM);
	ck("of nobody's: ESRCH", op_of(NOBODY, 0, FIRST, NULL) == -ESRCH);
	ck("at no address: EFAULT",
	   call(__HYPERVISOR_memory_op, XENMEM_paging_op, (void *)8) == -EFAULT);
}

static void begins(void)
{
	uint32_t one, two;
	uint64_t where = 0;
	int why;

	param(0, &where);
	ring = map(where, PROT_READ | PROT_WRITE, &why);
	ck("the ring's page", ring != NULL);
	ck("a pager", !paging(XEN_VM_EVENT_ENABLE, &one));
	ck("without a channel it can do nothing: ENODEV", ring_nominate(FIRST) == -ENODEV);
	ck("so another one takes its place", !paging(XEN_VM_EVENT_ENABLE, &two));
	ck("  which has a channel", !bind(two));
	ring_init();
	ck("a third one: EBUSY", paging(XEN_VM_EVENT_ENABLE, &one) == -EBUSY);
	ck("  nor one with a descriptor", pager_open(domid) == -EBUSY);
	ck("the page is taken away", reserve(XENMEM_decrease_reservation, where) == 1);
	ck("  once", reserve(XENMEM_decrease_reservation, where) == 0);
	ck("  and nobody finds it", maps(where) == -EINVAL);
	ck("  but who has it", !has_request());
	ck("it is given again", reserve(XENMEM_populate_physmap, where) == 1 && !maps(where));
	ck("  once", reserve(XENMEM_populate_physmap, where) == 0);
	ck("no page of the guest's is", reserve(XENMEM_decrease_reservation, FIRST) == 0);
	ck("the ring's frame cannot be paged", ring_nominate(where) == -EBUSY);
	ck("nor one without memory", ring_nominate(1UL << 30) == -EBUSY && ring_nominate(~0UL) == -EBUSY &&
	   ring_nominate(1UL << 36) == -EBUSY);
	ck("no such operation: ENOSYS", op(7, FIRST, NULL) == -ENOSYS);
	ck("nothing is to be brought back: ENOENT", prep(FIRST, save) == -ENOENT);
}

static void one_page(void)
{
	unsigned char *mem = ram + FIRST * PAGE;
	int why, other;
	void *p;

	memset(mem, 41, PAGE);
	ck("nominated, by a call of its own", !op_of(domid, XENMEM_paging_op_nominate, FIRST, NULL));
	p = map(FIRST, PROT_READ, &other);
	ck("mapped to be read, it stays so", p && *(unsigned char *)p == 41);
	ck("  and cannot go out: EBUSY", ring_evict(FIRST) == -EBUSY && !has_request());
	munmap(p, PAGE);
	ck("unmapped it can", !ring_evict(FIRST));
	ck("it is asked for by who maps it: ENOENT", maps(FIRST) == -ENOENT);
	ck("  and the pager is told",
	   is_request(FIRST, VM_EVENT_FLAG_FOREIGN, 0));
	memset(save, 42, PAGE);
	ck("no buffer: EINVAL", prep(FIRST, NULL) == -EINVAL);
	ck("one of the kernel's: EINVAL", prep(FIRST, (void *)-4096L) == -EINVAL);
	ck("one that is not there: EFAULT", prep(FIRST, (void *)4096L) == -EFAULT);
	ck("one that is", !prep(FIRST, save));
	respond(FIRST);
	p = map(FIRST, PROT_READ, &why);
	ck("now it can be mapped", p && *(unsigned char *)p == 42 && mem[9] == 42);
	munmap(p, PAGE);
	ck("once more: ENOENT", prep(FIRST, save) == -ENOENT);

	ck("nominated", !ring_nominate(FIRST));
	p = map(FIRST, PROT_READ, &why);
	mem[5] = 43;
	ck("written to: the same page", p && ((unsigned char *)p)[5] == 43);
	ck("  and the pager is told", is_request(FIRST, 0, MEM_PAGING_EVICT_FAIL));
	respond(FIRST);
	munmap(p, PAGE);
	ck("nominated", !ring_nominate(FIRST));
	p = map(FIRST, PROT_READ | PROT_WRITE, &why);
	ck("mapped to be written to it is not any more", p && ring_evict(FIRST) == -EBUSY);
	ck("  and the pager is told", is_request(FIRST, 0, MEM_PAGING_EVICT_FAIL));
	respond(FIRST);
	munmap(p, PAGE);
}

/* Some pagers map a page first. */
static void mapped_before(void)
{
	unsigned char *mem = ram + (FIRST + 50) * PAGE;
	uint64_t gfn = FIRST + 50;
	int why;
	unsigned char *p, *q;

	memset(mem, 44, 2 * PAGE);
	p = map(gfn, PROT_READ, &why);
	ck("mapped", p && *p == 44);
	ck("  and nominated then", !ring_nominate(gfn));
	ck("  it is there still", p[7] == 44 && !has_request());
	ck("  and cannot go out: EBUSY", ring_evict(gfn) == -EBUSY);
	munmap(p, PAGE);
	ck("unmapped it can", !ring_evict(gfn) && !prep(gfn, memset(save, 45, PAGE)));
	p = map(gfn, PROT_READ, &why);
	q = map(gfn, PROT_READ, &why);
	ck("mapped twice it cannot be nominated: EBUSY", ring_nominate(gfn) == -EBUSY);
	mem[1] = 46;
	ck("  and is there still, in both", p[1] == 46 && q[1] == 46 && p[2] == 45);
	munmap(q, PAGE);
	ck("nominated, and written to", !ring_nominate(gfn) && (mem[1] = 47) == 47);
	ck("  it is the same page", p[1] == 47);
	ck("  and the pager is told", is_request(gfn, 0, MEM_PAGING_EVICT_FAIL));
	respond(gfn);
	munmap(p, PAGE);
	p = map(gfn, PROT_READ | PROT_WRITE, &why);
	ck("mapped to be written to: EBUSY", p && ring_nominate(gfn) == -EBUSY && p[1] == 47);
	munmap(p, PAGE);
	ck("nothing is held any more", !ring_nominate(gfn) && !ring_evict(gfn) && !prep(gfn, save));
}

/* A vCPU goes on when its page is there, whatever is said. */
static void a_vcpu(void)
{
	struct access a;

	memset(ram + 3 * PAGE, 70, PAGE);
	set_code(2, 3);
	ck("out", !page_out(3));
	begin(&a, 3, VCPU);
	ck("a vCPU wants it", is_request(3, VM_EVENT_FLAG_VCPU_PAUSED, 0));
	ck("  and sleeps", sleeps(&a));
	respond(3);
	ck("  also when it is said to be there", !paging(XEN_VM_EVENT_RESUME, NULL) && sleeps(&a));
	ck("it is", !prep(3, save));
	ck("  and the vCPU goes on", ends(&a) && a.ret == 70);
}

#define MANY	(SLOTS + 6)
static unsigned int seen[MANY];
static int strange;

static int take_all(void)
{
	vm_event_request_t r;
	int n = 0;

	/* One that must come has come: what is asked of RESUME is done behind it. */
	while (has_request() && request(&r, 0)) {
		n++;
		if (r.u.mem_paging.gfn < FIRST || r.u.mem_paging.gfn >= FIRST + MANY)
			strange++;
		else
			seen[r.u.mem_paging.gfn - FIRST]++;
	}
	return n;
}

static int comes(int want)
{
	int i, n = take_all();

	for (i = 0; i < 100 && n < want && wait_events(LIMIT); i++)
		n += take_all();
	return n == want;
}

/* Until nobody can be at work on it any more. */
static int none_comes(void)
{
	int i, n = 0;

	for (i = 0; i < 20; i++) {
		paging(XEN_VM_EVENT_RESUME, NULL);
		n += take_all() + (wait_events(10) ? take_all() : 0);
	}
	return !n;
}

static void full_ring(void)
{
	unsigned int i, once = 0;
	int bad = 0;

	for (i = 0; i < MANY; i++) {
		memset(ram + (FIRST + i) * PAGE, i + 1, PAGE);
		bad += page_out(FIRST + i) != 0;
	}
	ck("more pages out than there are slots", !bad);
	for (i = 0; i < MANY; i++)
		bad += maps(FIRST + i) != -ENOENT;
	ck("all are asked for", !bad);
	ck("the ring is full", comes(SLOTS));
	ck("  and no more than that", none_comes());
	set_answered(answered + 1000);
	ck("an index beyond all: nothing", none_comes());
	set_answered(answered - 1);
	ck("one from before: nothing", none_comes());
	set_answered(answered + 0x80000000u);
	ck("one from far away: nothing", none_comes());
	respond(FIRST);
	ck("a response: one more", comes(1) && none_comes());
	respond(0xdeadbeef);
	ck("one to what nobody has asked: one more", comes(1) && none_comes());
	respond(FIRST);
	ck("one for the second time: one more", comes(1) && none_comes());
	for (i = 0; i < MANY; i++)
		once += seen[i];
	ck("each was asked for once at most", once == SLOTS + 3 && !strange);
	memset(slots, 0xff, SLOTS * sizeof(*slots));
	ring->req_prod = 12345;
	ring->req_event = 12345;
	answered += 2;
	set_answered(answered);
	for (i = 0; i < MANY; i++)
		bad += prep(FIRST + i, memset(save, i + 1, PAGE)) != 0;
	ck("all are brought back, asked for or not", !bad);
	for (i = 0; i < MANY; i++)
		bad += ram[(FIRST + i) * PAGE + 77] != i + 1;
	ck("  with what was in them, though the ring is full of rubbish", !bad);
}

/* Another pager, since that ring is rubbish. */
static void again(void)
{
	close(ev);
	ck("a new pager, when the one before is killed", !start());
}

/* --- more vCPUs than slots ---------------------------------------------------------------- */

#define CPU_PAGE	64	/* of the first vCPU; the others' are behind it */

static unsigned int asked[RING_CPUS];

/* What vCPUs want by now: each of its page, once. How many of them. */
static int take_cpus(void)
{
	vm_event_request_t r;
	uint64_t at;
	int n = 0;

	while (has_request() && request(&r, 0)) {
		at = r.u.mem_paging.gfn - CPU_PAGE;
		if (at >= RING_CPUS || r.vcpu_id != at || r.flags != VM_EVENT_FLAG_VCPU_PAUSED)
			strange++;
		else
			asked[at]++;
		n++;
	}
	return n;
}

static int cpus_come(int want)
{
	int i, n = take_cpus();

	for (i = 0; i < 100 && n < want && wait_events(LIMIT); i++)
		n += take_cpus();
	return n == want;
}

/* One whose request has come, and which has no page yet. */
static int next_asked(const int *went)
{
	int i;

	for (i = 0; i < RING_CPUS; i++)
		if (asked[i] && !went[i])
			return i;
	return -1;
}

static void many_vcpus(void)
{
	static struct access a[RING_CPUS];
	int went[RING_CPUS] = { 0 };
	int i, n, bad = 0, late = 0;

	strange = 0;
	for (i = 0; i < RING_CPUS; i++) {
		memset(ram + (CPU_PAGE + i) * PAGE, 100 + i, PAGE);
		set_code_of(i, 2 * PAGE + i * 64, CPU_PAGE + i);
		bad += page_out(CPU_PAGE + i) != 0;
	}
	ck("a page out for each of 16 vCPUs", !bad);
	for (i = 0; i < RING_CPUS; i++)
		begin_cpu(&a[i], i);
	for (i = 0; i < RING_CPUS; i++)
		bad += !sleeps(&a[i]);
	ck("  all of which want one", !bad && cpus_come(SLOTS));
	ck("  more than there are slots", none_comes() && !strange);
	for (n = 0; n < RING_CPUS; n++) {
		i = next_asked(went);
		if (i < 0)
			break;
		went[i] = 1;
		bad += prep(CPU_PAGE + i, memset(save, 100 + i, PAGE)) != 0;
		bad += !ends(&a[i]) || a[i].ret != 100 + i;
		respond(CPU_PAGE + i);
		late += n < RING_CPUS - SLOTS && !cpus_come(1);
	}
	ck("each goes on when its page is there, with what is in it", n == RING_CPUS && !bad);
	ck("  and for each response another one's request comes", !late);
	for (i = 0; i < RING_CPUS; i++)
		bad += asked[i] != 1;
	ck("  of each vCPU one, with its number", !bad && !strange && none_comes());
}

static void given_up(void)
{
	unsigned char *mem = ram + (FIRST + 20) * PAGE;
	uint64_t gfn = FIRST + 20;

	memset(mem, 50, PAGE);
	ck("out, and given up", !page_out(gfn) && !madvise(mem, PAGE, MADV_DONTNEED));
	ck("the pager is told", is_request(gfn, 0, MEM_PAGING_DROP_PAGE));
	respond(gfn);
	ck("there is nothing to bring back any more: ENOENT", prep(gfn, save) == -ENOENT);
	*mem = 51;
	ck("nominated, and given up", !ring_nominate(gfn) && !madvise(mem, PAGE, MADV_DONTNEED));
	ck("the pager is told", is_request(gfn, 0, MEM_PAGING_DROP_PAGE | MEM_PAGING_EVICT_FAIL));
	respond(gfn);
	*mem = 52;
	ck("out, and asked for", !page_out(gfn) && maps(gfn) == -ENOENT);
	ck("the pager is told", is_request(gfn, VM_EVENT_FLAG_FOREIGN, 0));
	ck("given up before it is back", !madvise(mem, PAGE, MADV_DONTNEED));
	ck("  which the pager is not told meanwhile", none_comes());
	ck("  to whom it is back", !prep(gfn, save));
	respond(gfn);
	ck("  nor ever", none_comes());
	ck("  and it is empty", *mem == 0);
}

/* The pager is killed: in a process of its own. */
static void killed(void)
{
	unsigned char *mem = ram + (FIRST + 30) * PAGE;
	struct access a, v;
	int status;
	pid_t pid;

	memset(mem, 60, PAGE);
	memset(mem + PAGE, 61, PAGE);
	memset(ram + 3 * PAGE, 70, PAGE);
	set_code(2, 3);
	ck("out, nominated, out", !page_out(FIRST + 30) && !ring_nominate(FIRST + 31) && !page_out(3));
	/* Another process has the channel, too, and nothing else: the last one's end is its end. */
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(ev);
	begin(&a, FIRST + 30, WRITE);
	begin(&v, 3, VCPU);
	ck("two sleep", sleeps(&a) && sleeps(&v));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck("the pager is killed: a write() from it fails", ends(&a) && a.ret == -1);
	ck("  KVM_RUN fails", ends(&v) && v.ret < 0 && v.ret != -EINTR);
	ck("what was nominated is there", mem[PAGE] == 61);
	/* Its memory can be had again by giving it up. */
	madvise(mem, PAGE, MADV_DONTNEED);
	madvise(ram + 3 * PAGE, PAGE, MADV_DONTNEED);
	ck("another pager", !start());
}

void look_at_ring(void)
{
	fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		ck("/dev/xen/privcmd", 0);
		return;
	}
	without_pager();
	begins();
	one_page();
	mapped_before();
	a_vcpu();
	full_ring();
	again();
	many_vcpus();
	given_up();
	killed();
	/* Written to: since the fork nobody but this process has it. */
	memset(ram + (FIRST + 40) * PAGE, 62, PAGE);
	ck("out", !page_out(FIRST + 40));
	ck("DISABLE", !paging(XEN_VM_EVENT_DISABLE, NULL));
	ck("  once", paging(XEN_VM_EVENT_DISABLE, NULL) == -EINVAL);
	ck("its calls say so: ENODEV", ring_nominate(FIRST) == -ENODEV);
	close(ev);
	pager = pager_open(domid);
	ck("and one with a descriptor can begin", pager >= 0);
	ck("  beside which there is no ring: EBUSY", paging(XEN_VM_EVENT_ENABLE, &local) == -EBUSY);
}
