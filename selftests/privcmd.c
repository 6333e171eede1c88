// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/xen/privcmd, by itself and through Debian's unmodified libxencall: privcmd DOMID, a
 * guest with PAGES pages that serves; privcmd DOMID PID, the end of another one, whose VMM is
 * killed. Prints "ok - NAME".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/memory.h>
#include <xen/version.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>
#include <xencall.h>

#define NODE		"/dev/xen/privcmd"
#define PAGES		(64 << 8)	/* of the small VMM's guests */
#define PAGE		4096
#define NOBODY		65534
#define NO_DOMAIN	999
#define UNTOUCHED	0x5a5a5a5aUL
#define MANY		200		/* entries: more than a multicall makes at once */
#define LONG		(256 << 10)	/* and more than anybody wants to wait for */

static int fd, ctl, bad;

static void check(const char *name, long got, long want)
{
	bad += got != want;
	printf("%s - %s", got == want ? "ok" : "not ok", name);
	if (got != want)
		printf(" = %ld, want %ld (errno %d)", got, want, errno);
	puts("");
	fflush(stdout);
}

/* --- calls: what they return, or -errno ------------------------------------------------- */

static long done(long ret)
{
	return ret == -1 ? -errno : ret;
}

static long call(uint64_t op, uint64_t a, const volatile void *b)
{
	struct privcmd_hypercall h = { op, { a, (uintptr_t)b } };

	return done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h));
}

static long multicall(multicall_entry_t *list, uint64_t nr)
{
	struct privcmd_hypercall h = { __HYPERVISOR_multicall, { (uintptr_t)list, nr } };

	return done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h));
}

static long memory(uint64_t cmd, domid_t domid)
{
	return call(__HYPERVISOR_memory_op, cmd, &domid);
}

static long alloc_unbound(domid_t dom, domid_t remote, uint32_t *port)
{
	struct evtchn_alloc_unbound a = { .dom = dom, .remote_dom = remote };
	long ret = call(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a);

	*port = a.port;
	return ret;
}

static long status(struct evtchn_status *s, domid_t dom, uint32_t port)
{
	*s = (struct evtchn_status){ .dom = dom, .port = port };
	return call(__HYPERVISOR_event_channel_op, EVTCHNOP_status, s);
}

static void *pages(unsigned int nr, int flags)
{
	void *p = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("not ok - mmap");
		exit(1);
	}
	return p;
}

/* --- the device -------------------------------------------------------------------------- */

/* As a 32-bit process makes it. */
static long compat_ioctl(unsigned int cmd, uint32_t arg)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "0"(54L), "b"((long)fd), "c"((long)cmd), "d"((long)arg)
		     : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

static void test_device(void)
{
	struct privcmd_hypercall *h = pages(1, MAP_PRIVATE | MAP_32BIT);

	*h = (struct privcmd_hypercall){ __HYPERVISOR_xen_version, { XENVER_version } };
	check("what libxencall asks for no reason", done(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED, 0)),
	      -ENOTTY);
	check("one of Linux's that we do not have", done(ioctl(fd, _IOC(_IOC_NONE, 'P', 8, 32), h)),
	      -ENOTTY);
	check("one of machine frames", done(ioctl(fd, IOCTL_PRIVCMD_MMAP, h)), -ENOSYS);
	check("a call at no address", done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, 8)), -EFAULT);
	check("a call at an address of the kernel",
	      done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, -4096L)), -EFAULT);
	/* Kernels that are built for the tests have no such processes: int 0x80 is a fault. */
	if (!access("/proc/sys/abi/vsyscall32", F_OK))
		check("a 32-bit process", compat_ioctl(IOCTL_PRIVCMD_HYPERCALL, (uintptr_t)h),
		      -ENOTTY);
	else
		puts("skip - a 32-bit process");
	check("the same by 64 bits", done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, h)), 4 << 16 | 17);
}

/* In a child without rights: to open it, and to use what was opened before. */
static void test_nobody(void)
{
	int res;
	pid_t pid;

	chmod(NODE, 0666);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setresuid(NOBODY, NOBODY, NOBODY))
			_exit(2);
		check("whoever may open the node has no right to by that",
		      done(open(NODE, O_RDWR)), -EPERM);
		check("who is given the file may use it",
		      call(__HYPERVISOR_xen_version, XENVER_version, NULL), 4 << 16 | 17);
		_exit(bad);
	}
	waitpid(pid, &res, 0);
	chmod(NODE, 0600);
	check("a second process", res, 0);
	pid = fork();
	if (!pid)
		_exit(setresuid(NOBODY, NOBODY, NOBODY) ? 2 : -done(open(NODE, O_RDWR)));
	waitpid(pid, &res, 0);
	check("its mode is for root alone", WEXITSTATUS(res), EACCES);
}

/* --- version ----------------------------------------------------------------------------- */

static long version(uint64_t cmd, volatile void *out)
{
	return call(__HYPERVISOR_xen_version, cmd, out);
}

static void test_version(void)
{
	static const char caps[] = "xen-3.0-x86_64 ";
	union {
		char text[1024];
		struct xen_compile_info ci;
		struct xen_feature_info fi;
		uint64_t word;
	} u;

	check("version", version(XENVER_version, NULL), 4 << 16 | 17);
	memset(&u, 0x5a, sizeof(u));
	check("extraversion", version(XENVER_extraversion, &u), 0);
	check("extraversion: what it is", strcmp(u.text, "-kvm"), 0);
	check("extraversion: no more than its field", (uint8_t)u.text[16], 0x5a);
	check("capabilities", version(XENVER_capabilities, &u), 0);
	check("capabilities: what they are", strncmp(u.text, caps, strlen(caps)), 0);
	check("compile_info", version(XENVER_compile_info, &u), 0);
	check("compile_info: is not denied",
	      u.ci.compiler[0] && strcmp(u.ci.compiler, "<denied>"), 1);
	check("changeset", version(XENVER_changeset, &u), 0);
	check("changeset: ours", strncmp(u.text, "kvm-xen ", 8), 0);
	check("commandline", version(XENVER_commandline, &u), 0);
	check("commandline: there is none", u.text[0], 0);
	u.word = UNTOUCHED;
	check("platform_parameters", version(XENVER_platform_parameters, &u), 0);
	check("platform_parameters: 0", u.word, 0);
	u.fi = (struct xen_feature_info){ 0 };
	check("get_features", version(XENVER_get_features, &u), 0);
	check("get_features: domain 0", u.fi.submap >> XENFEAT_dom0 & 1, 1);
	u.fi.submap_idx = 1;
	check("get_features: of no such map", version(XENVER_get_features, &u), -EINVAL);
	check("pagesize", version(XENVER_pagesize, NULL), PAGE);
	check("guest_handle", version(XENVER_guest_handle, &u), 0);
	check("build_id", version(XENVER_build_id, NULL), -ENODATA);
	check("no such command", version(99, &u), -ENOSYS);
	check("a string to no address", version(XENVER_capabilities, (void *)8), -EFAULT);
	check("a string into the kernel",
	      version(XENVER_capabilities, (void *)0xffff888000000000), -EFAULT);
}

/* --- what there is not -------------------------------------------------------------------- */

/* Calls that act upon a vCPU, or upon its domain, and such as nobody has. */
static void test_refused(void)
{
	static const uint64_t calls[] = {
		__HYPERVISOR_set_trap_table, __HYPERVISOR_platform_op,
		__HYPERVISOR_set_timer_op, __HYPERVISOR_console_io,
		__HYPERVISOR_grant_table_op, __HYPERVISOR_vm_assist, __HYPERVISOR_vcpu_op,
		__HYPERVISOR_sched_op, __HYPERVISOR_physdev_op,
		__HYPERVISOR_xenpmu_op, __HYPERVISOR_dm_op, 63, 64, 1ULL << 32 | __HYPERVISOR_xen_version, -1,
	};
	static const uint32_t memory_ops[] = {
		XENMEM_increase_reservation, XENMEM_add_to_physmap, XENMEM_remove_from_physmap,
		XENMEM_memory_map,
		XENMEM_current_reservation | 1 << 6,
	};
	static const uint32_t evtchn_ops[] = {
		EVTCHNOP_bind_interdomain, EVTCHNOP_bind_virq, EVTCHNOP_close, EVTCHNOP_send,
		EVTCHNOP_bind_ipi, EVTCHNOP_bind_vcpu, EVTCHNOP_unmask, EVTCHNOP_reset,
		EVTCHNOP_init_control, EVTCHNOP_expand_array, EVTCHNOP_set_priority, 14, 15, 0x4b00,
		-1,
	};
	uint64_t zero[32], i, n;

	for (i = n = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		memset(zero, 0, sizeof(zero));
		n += call(calls[i], 0, zero) != -ENOSYS;
	}
	check("calls that take a vCPU, and those of nobody", n, 0);
	for (i = n = 0; i < sizeof(memory_ops) / sizeof(memory_ops[0]); i++) {
		memset(zero, 0, sizeof(zero));
		n += call(__HYPERVISOR_memory_op, memory_ops[i], zero) != -ENOSYS;
	}
	check("memory_op that changes the caller's", n, 0);
	memset(zero, 0, sizeof(zero));
	zero[1] = 1;	/* extents */
	check("no memory is domain 0's to give up",
	      call(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, zero), 0);
	zero[3] = NO_DOMAIN;
	check("nor nobody's to have", call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, zero), 0);
	for (i = n = 0; i < sizeof(evtchn_ops) / sizeof(evtchn_ops[0]); i++) {
		memset(zero, 0, sizeof(zero));
		n += call(__HYPERVISOR_event_channel_op, evtchn_ops[i], zero) != -ENOSYS;
	}
	check("event_channel_op on ports that are files'", n, 0);
}

/* --- domains ------------------------------------------------------------------------------ */

static void test_memory(domid_t domid)
{
	check("0.11 current_reservation of a guest", memory(XENMEM_current_reservation, domid), PAGES);
	check("0.11 maximum_reservation", memory(XENMEM_maximum_reservation, domid), PAGES);
	check("0.11 maximum_gpfn", memory(XENMEM_maximum_gpfn, domid), PAGES - 1);
	check("0.11 of domain 0: no VM", memory(XENMEM_current_reservation, 0), 0);
	check("0.11 of the caller", memory(XENMEM_maximum_gpfn, DOMID_SELF), 0);
	check("0.10 of nobody", memory(XENMEM_current_reservation, NO_DOMAIN), -ESRCH);
	check("0.10 of a number that is reserved", memory(XENMEM_current_reservation, DOMID_XEN),
	      -ESRCH);
	check("of a domain at no address",
	      call(__HYPERVISOR_memory_op, XENMEM_current_reservation, (void *)8), -EFAULT);
}

static void test_status(domid_t domid)
{
	struct evtchn_status *s = pages(1, MAP_PRIVATE);
	uint32_t port, none;

	check("0.11 alloc_unbound for a guest", alloc_unbound(domid, 0, &port), 0);
	check("0.11 status of a guest's port", status(s, domid, port), 0);
	check("0.11 status: it waits", s->status, EVTCHNSTAT_unbound);
	check("0.11 status: for domain 0", s->u.unbound.dom, 0);
	check("A10 alloc_unbound for the caller: nobody would have it",
	      alloc_unbound(DOMID_SELF, domid, &none), -EPERM);
	check("A10 alloc_unbound for nobody", alloc_unbound(NO_DOMAIN, 0, &none), -ESRCH);
	check("A11 alloc_unbound for a peer that is not there", alloc_unbound(domid, NO_DOMAIN, &none), 0);
	check("A30 status of a port that never was", status(s, domid, 1 << 20), -EINVAL);
	check("A30 status of nobody's", status(s, NO_DOMAIN, 1), -ESRCH);
	check("A30 status of the caller's port 0", status(s, DOMID_SELF, 0), 0);
	check("A30 status: closed", s->status, EVTCHNSTAT_closed);
	*s = (struct evtchn_status){ .dom = domid, .port = port };
	mprotect(s, PAGE, PROT_READ);
	check("status into memory that may only be read",
	      call(__HYPERVISOR_event_channel_op, EVTCHNOP_status, s), -EFAULT);
	munmap(s, PAGE);
	check("status at no address", call(__HYPERVISOR_event_channel_op, EVTCHNOP_status, s), -EFAULT);
}

/* What was allocated by one device is bound by the other. */
static void test_connect(domid_t domid)
{
	int ev = open("/dev/xen/evtchn", O_RDWR);
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = domid };
	struct evtchn_status s;
	int mine;

	alloc_unbound(domid, DOMID_SELF, &b.remote_port);
	mine = ioctl(ev, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);
	check("A11 the caller is the peer: it can be bound", mine > 0, 1);
	check("status of the guest's end", status(&s, domid, b.remote_port), 0);
	check("status: connected", s.status, EVTCHNSTAT_interdomain);
	check("status: with the port of the file", s.u.interdomain.port, mine);
	check("status of the file's end", status(&s, 0, mine), 0);
	check("status: of the guest", s.u.interdomain.dom, domid);
	close(ev);
}

/* A domain that has no VM yet, or is dying. */
static void test_life(void)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	uint32_t port;

	check("a domain is made", ioctl(ctl, KXEN_CREATE, &c), 0);
	d.domid = c.domid;
	check("without a VM: no memory", memory(XENMEM_current_reservation, c.domid), 0);
	check("without a VM: no frame", memory(XENMEM_maximum_gpfn, c.domid), 0);
	check("without a VM: a port, for when it is there", alloc_unbound(c.domid, 0, &port), 0);
	check("it is held", ioctl(ctl, KXEN_HOLD, &d), 0);
	check("and destroyed", ioctl(ctl, KXEN_DESTROY, &d), 0);
	check("dying: no memory", memory(XENMEM_current_reservation, c.domid), 0);
	check("A3 dying: no port any more", alloc_unbound(c.domid, 0, &port), -EINVAL);
	check("it is let go", ioctl(ctl, KXEN_UNHOLD, &d), 0);
	/* By a work item. */
	while (memory(XENMEM_current_reservation, c.domid) != -ESRCH)
		sched_yield();
	check("gone: no domain", alloc_unbound(c.domid, 0, &port), -ESRCH);
}

/* Its VM goes while its memory is asked for: all of it, or none. */
static int test_end(domid_t domid, pid_t vmm)
{
	long got, had = 0, wrong = 0;

	do {
		got = memory(XENMEM_current_reservation, domid);
		had += got == PAGES;
		wrong += got != PAGES && got && got != -ESRCH;
		if (had == 100)
			kill(vmm, SIGKILL);
	} while (got != -ESRCH);
	check("memory of a domain while its VM goes", wrong, 0);
	return !!bad;
}

/* --- multicall ------------------------------------------------------------------------------ */

static void test_multicall(domid_t domid)
{
	multicall_entry_t e[5] = {
		{ .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } },
		{ .op = __HYPERVISOR_sched_op },
		{ .op = __HYPERVISOR_multicall },
		{ .op = __HYPERVISOR_memory_op,
		  .args = { XENMEM_current_reservation, (uintptr_t)&domid } },
		{ .op = __HYPERVISOR_memory_op, .args = { XENMEM_current_reservation, 8 } },
	};
	multicall_entry_t *last = (void *)((char *)pages(2, MAP_PRIVATE) + PAGE - sizeof(*e));

	check("G53 multicall", multicall(e, 5), 0);
	check("G53 an entry", e[0].result, PAGE);
	check("G53 one that takes a vCPU", e[1].result, -ENOSYS);
	check("G53 a multicall in it", e[2].result, -EINVAL);
	check("G53 one with an argument", e[3].result, PAGES);
	check("G53 one with a bad one", e[4].result, -EFAULT);
	check("G53 of nothing", multicall(NULL, 0), 0);
	check("G53 at no address", multicall((void *)8, 1), -EFAULT);
	munmap(last + 1, PAGE);
	*last = e[0];
	last->result = UNTOUCHED;
	check("G53 over the end of memory", multicall(last, 2), -EFAULT);
	check("G53 what was there is done", last->result, PAGE);
}

/* Each entry once, however often the call is cut. */
static void test_cut(domid_t domid)
{
	struct evtchn_alloc_unbound a[MANY];
	multicall_entry_t e[MANY];
	unsigned int i, good = 0, order = 0;
	uint32_t after;

	for (i = 0; i < MANY; i++) {
		a[i] = (struct evtchn_alloc_unbound){ .dom = domid, .remote_dom = 0 };
		e[i] = (multicall_entry_t){
			.op = __HYPERVISOR_event_channel_op, .result = UNTOUCHED,
			.args = { EVTCHNOP_alloc_unbound, (uintptr_t)&a[i] } };
	}
	check("G53 more entries than are made at once", multicall(e, MANY), 0);
	for (i = 0; i < MANY; i++) {
		good += !e[i].result;
		order += i && a[i].port == a[i - 1].port + 1;
	}
	alloc_unbound(domid, 0, &after);
	check("XSA-145 all are made", good, MANY);
	check("XSA-145 each once", order == MANY - 1 && after == a[MANY - 1].port + 1, 1);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static multicall_entry_t *long_list(void)
{
	multicall_entry_t *e = pages(LONG * sizeof(*e) / PAGE, MAP_SHARED);
	unsigned int i;

	for (i = 0; i < LONG; i++)
		e[i] = (multicall_entry_t){ .op = __HYPERVISOR_xen_version, .result = UNTOUCHED };
	return e;
}

/* A signal waits until all is done; one that kills does not. */
static void test_signals(void)
{
	struct itimerval t = { { 0, 1000 }, { 0, 1000 } }, off = { 0 };
	multicall_entry_t *e = long_list();
	struct sigaction a = { .sa_handler = on_alarm };
	unsigned int i, rounds = 0, whole = 0;
	pid_t pid;

	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	do {
		for (i = 0; i < MANY; i++)
			e[i].result = UNTOUCHED;
		whole += !multicall(e, MANY) && e[MANY - 1].result == (4 << 16 | 17);
		rounds++;
	} while (alarms < 10);
	setitimer(ITIMER_REAL, &off, NULL);
	check("a call that signals come in is whole", whole, rounds);
	e[0].result = UNTOUCHED;
	pid = fork();
	if (!pid)
		_exit(multicall(e, LONG));
	while (*(volatile xen_ulong_t *)&e[0].result == UNTOUCHED)
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check("who is killed does not come to the end of it", e[LONG - 1].result, UNTOUCHED);
	munmap(e, LONG * sizeof(*e));
}

/* --- memory that does not come ---------------------------------------------------------------- */

struct waiting {
	uint64_t op, cmd;
	void *at;
	long ret;
};

static void *wait_there(void *arg)
{
	struct waiting *w = arg;

	w->ret = call(w->op, w->cmd, w->at);
	return NULL;
}

/* A call waits for a page, and everybody else goes on. */
static void test_absent(const char *what, uint64_t op, uint64_t cmd, domid_t domid)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct waiting w = { op, cmd, pages(1, MAP_PRIVATE), -1 };
	struct uffdio_range range = { (uintptr_t)w.at, PAGE };
	struct uffdio_register r = { .range = range, .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage z = { .range = range };
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	struct pollfd p = { .fd = syscall(SYS_userfaultfd, O_CLOEXEC), .events = POLLIN };
	uint32_t port;
	pthread_t t;

	if (p.fd < 0 && errno == ENOSYS) {
		printf("skip - %s\n", what);
		return;
	}
	if (ioctl(p.fd, UFFDIO_API, &api) || ioctl(p.fd, UFFDIO_REGISTER, &r)) {
		check("userfaultfd", -errno, 0);
		return;
	}
	pthread_create(&t, NULL, wait_there, &w);
	check(what, poll(&p, 1, -1), 1);
	check("meanwhile: another call", memory(XENMEM_current_reservation, domid), PAGES);
	check("meanwhile: a port", alloc_unbound(domid, 0, &port), 0);
	check("meanwhile: a domain comes", ioctl(ctl, KXEN_CREATE, &c), 0);
	d.domid = c.domid;
	check("meanwhile: and goes", ioctl(ctl, KXEN_DESTROY, &d), 0);
	ioctl(p.fd, UFFDIO_ZEROPAGE, &z);
	pthread_join(t, NULL);
	check("it comes, and the call ends", w.ret, 0);
	close(p.fd);
}

/* --- the library -------------------------------------------------------------------------------- */

static void test_library(domid_t domid)
{
	xencall_handle *x = xencall_open(NULL, 0);
	domid_t *arg;

	check("xencall_open", !!x, 1);
	if (!x)
		return;
	check("xencall2: version", xencall2(x, __HYPERVISOR_xen_version, XENVER_version, 0),
	      4 << 16 | 17);
	arg = xencall_alloc_buffer(x, sizeof(*arg));
	*arg = domid;
	check("xencall2: with a buffer", xencall2(x, __HYPERVISOR_memory_op,
						  XENMEM_maximum_gpfn, (uintptr_t)arg), PAGES - 1);
	xencall_free_buffer(x, arg);
	check("xencall1: what there is not", done(xencall1(x, __HYPERVISOR_platform_op, 0)), -ENOSYS);
	xencall_close(x);
}

int main(int argc, char **argv)
{
	domid_t domid = argc > 1 ? atoi(argv[1]) : 0;

	fd = open(NODE, O_RDWR | O_CLOEXEC);
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ctl < 0 || !domid) {
		perror("not ok - " NODE);
		return 1;
	}
	if (argc > 2)
		return test_end(domid, atoi(argv[2]));
	test_device();
	test_nobody();
	test_version();
	test_refused();
	test_memory(domid);
	test_status(domid);
	test_connect(domid);
	test_life();
	test_multicall(domid);
	test_cut(domid);
	test_signals();
	test_absent("an argument that does not come", __HYPERVISOR_memory_op,
		    XENMEM_current_reservation, domid);
	test_absent("a place for a result that does not come", __HYPERVISOR_xen_version,
		    XENVER_capabilities, domid);
	test_library(domid);
	return !!bad;
}
