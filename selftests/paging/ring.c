// SPDX-License-Identifier: GPL-2.0
/*
 * Xen's ring for pagers, by raw calls of /dev/xen/privcmd and /dev/xen/evtchn: what xenpaging does,
 * each of its errors, and what it never does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/vm_event.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

#include "paging.h"

#define LIMIT	60000	/* ms: for a hang */
#define SLOTS	8
#define FIRST	400	/* frames of the ring's own */
#define NOBODY	999

static int fd, ev;
static uint32_t local;	/* our port */
static unsigned char save[PAGE] __attribute__((aligned(4096)));

/* --- calls: what they return, or -errno ------------------------------------------------- */

static long done(long ret)
{
	return ret == -1 ? -errno : ret;
}

static long call(uint64_t op, uint64_t a, void *b)
{
	struct privcmd_hypercall h = { op, { a, (uintptr_t)b } };

	return done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h));
}

static long param(int set, uint64_t *value)
{
	struct xen_hvm_param p = { .domid = domid, .index = HVM_PARAM_PAGING_RING_PFN,
				   .value = *value };
	long ret = call(__HYPERVISOR_hvm_op, set ? HVMOP_set_param : HVMOP_get_param, &p);

	*value = p.value;
	return ret;
}

static long vm_event(uint32_t version, uint16_t dom, uint32_t mode, uint32_t op, uint32_t *value)
{
	struct xen_domctl c = { .cmd = XEN_DOMCTL_vm_event_op, .interface_version = version,
				.domain = dom };
	struct privcmd_hypercall h = { __HYPERVISOR_domctl, { (uintptr_t)&c } };
	long ret;

	c.u.vm_event_op.op = op;
	c.u.vm_event_op.mode = mode;
	ret = done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h));
	if (value)
		*value = c.u.vm_event_op.u.enable.port;
	return ret;
}

static long paging(uint32_t op, uint32_t *value)
{
	return vm_event(XEN_DOMCTL_INTERFACE_VERSION, domid, XEN_DOMCTL_VM_EVENT_OP_PAGING, op, value);
}

static long op_of(uint16_t dom, uint8_t op, uint64_t gfn, const void *buffer)
{
	struct xen_mem_paging_op p = { .op = op, .domain = dom, .gfn = gfn };

	set_xen_guest_handle_raw(p.buffer, (void *)buffer);
	return call(__HYPERVISOR_memory_op, XENMEM_paging_op, &p);
}

/* As xenpaging makes it. */
static long op(uint8_t op, uint64_t gfn, const void *buffer)
{
	struct xen_mem_paging_op p = { .op = op, .domain = domid, .gfn = gfn };
	multicall_entry_t m = { .op = __HYPERVISOR_memory_op,
				.args = { XENMEM_paging_op, (uintptr_t)&p } };
	long ret;

	set_xen_guest_handle_raw(p.buffer, (void *)buffer);
	ret = call(__HYPERVISOR_multicall, (uintptr_t)&m, (void *)1);
	return ret ?: (long)m.result;
}

static long ring_nominate(uint64_t gfn) { return op(XENMEM_paging_op_nominate, gfn, NULL); }
static long ring_evict(uint64_t gfn) { return op(XENMEM_paging_op_evict, gfn, NULL); }
static long prep(uint64_t gfn, const void *b) { return op(XENMEM_paging_op_prep, gfn, b); }

static long reserve(uint32_t cmd, uint64_t gfn)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = domid };

	set_xen_guest_handle_raw(r.extent_start, &gfn);
	return call(__HYPERVISOR_memory_op, cmd, &r);
}

/* A page of the guest's: NULL, and why not. */
static void *map(uint64_t gfn, int prot, int *why)
{
	xen_pfn_t pfn = gfn;
	struct privcmd_mmapbatch_v2 m = { .num = 1, .dom = domid, .arr = &pfn, .err = why };
	void *p = mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		exit(2);
	m.addr = (uintptr_t)p;
	*why = 0;
	if (!ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &m) && !*why)
		return p;
	munmap(p, PAGE);
	return NULL;
}

static int maps(uint64_t gfn)	/* 0, or why not */
{
	int why;
	void *p = map(gfn, PROT_READ, &why);

	if (p)
		munmap(p, PAGE);
	return why;
}

/* --- our end of the ring ------------------------------------------------------------------ */

/* Not Xen's macros, which believe the other end. */
static struct vm_event_sring *ring;
static vm_event_request_t *slots;
static uint32_t taken, answered;

static void ring_init(void)
{
	memset(ring, 0, 64);
	slots = (void *)((char *)ring + 64);
	taken = 0;
	answered = 0;
}

static int wait_events(int ms)
{
	struct pollfd p = { .fd = ev, .events = POLLIN };
	uint32_t port;

	if (poll(&p, 1, ms) != 1 || read(ev, &port, sizeof(port)) != sizeof(port))
		return 0;
	return write(ev, &port, sizeof(port)) == sizeof(port);
}

static int has_request(void)
{
	return __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE) != taken;
}

/* The next request; 0: there is none for so long. */
static int request(vm_event_request_t *r, int ms)
{
	while (!has_request())
		if (!wait_events(ms))
			return 0;
	*r = slots[taken++ % SLOTS];
	return 1;
}

static void tell(void)
{
	struct ioctl_evtchn_notify n = { .port = local };

	ioctl(ev, IOCTL_EVTCHN_NOTIFY, &n);
}

static void set_answered(uint32_t index)
{
	__atomic_store_n(&ring->rsp_prod, index, __ATOMIC_RELEASE);
	tell();
}

/* With all else in it that there could be. */
static void respond(uint64_t gfn)
{
	vm_event_response_t *r = &slots[answered % SLOTS];

	memset(r, 0xa5, sizeof(*r));
	r->u.mem_paging.gfn = gfn;
	set_answered(++answered);
}

static int is_request(uint64_t gfn, uint32_t flags, uint32_t paging_flags)
{
	vm_event_request_t r;

	if (!request(&r, LIMIT))
		return 0;
	if (r.version == VM_EVENT_INTERFACE_VERSION && r.reason == VM_EVENT_REASON_MEM_PAGING &&
	    r.flags == flags && r.vcpu_id == 0 && r.u.mem_paging.gfn == gfn &&
	    r.u.mem_paging.flags == paging_flags)
		return 1;
	printf("# version %u reason %u flags %#x vcpu %u gfn %#lx paging flags %#x\n", r.version, r.reason,
	       r.flags, r.vcpu_id, (long)r.u.mem_paging.gfn, r.u.mem_paging.flags);
	return 0;
}

static int bind(uint32_t port)
{
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = domid, .remote_port = port };
	long ret;

	ev = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	ret = done(ioctl(ev, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b));
	if (ret > 0) {
		local = ret;
		ret = 0;
	}
	return ret;
}

static int start(void)
{
	uint32_t port;
	long ret = paging(XEN_VM_EVENT_ENABLE, &port) ?: bind(port);

	if (!ret)
		ring_init();
	return ret;
}

static long page_out(uint64_t gfn)
{
	int why;
	void *p;
	long ret = ring_nominate(gfn);

	if (ret)
		return ret;
	p = map(gfn, PROT_READ, &why);
	if (!p)
		return why;
	memcpy(save, p, PAGE);
	munmap(p, PAGE);
	return ring_evict(gfn);
}

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
