// SPDX-License-Identifier: GPL-2.0
/*
 * Save a machine to a file and bring it back, as a VMM migrates one: memory first, while
 * the guest runs; then what is in the dirty log; the vCPUs; and what kvm-xen holds. The
 * guest asks for each step by a write to port 0xF5.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

#define MAX_MSRS	512
#define PAGE		4096UL

struct vcpu_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;
	struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp;
	struct { struct kvm_msrs h; struct kvm_msr_entry e[MAX_MSRS]; } msrs;
};

struct saved {
	uint64_t mem, cpus, xen_len;
	struct kvm_irqchip chip[3];
	struct kvm_pit_state2 pit;
	struct kvm_clock_data clock;
};

static uint8_t *first;		/* memory as it was when logging began */
static pthread_barrier_t stopped;

static void xen_call(unsigned long req, void *arg, const char *what)
{
	if (ioctl(vm.ctl, req, arg))
		die("%s: %s", what, strerror(errno));
}

static void pause_domain(bool on)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = vm.domid };

	xen_call(on ? KXEN_PAUSE : KXEN_UNPAUSE, &a, on ? "KXEN_PAUSE" :
							  "KXEN_UNPAUSE");
}

/* --- memory ---------------------------------------------------------------------- */

static void set_memory(uint32_t flags)
{
	struct kvm_userspace_memory_region r = {
		.flags = flags, .memory_size = vm.mem,
		.userspace_addr = (uintptr_t)vm.ram,
	};

	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r,
	       "KVM_SET_USER_MEMORY_REGION");
}

/* The first copy: from now on the log says what has changed. */
void save_begin(void)
{
	set_memory(KVM_MEM_LOG_DIRTY_PAGES);
	first = malloc(vm.mem);
	if (!first)
		die("no memory");
	memcpy(first, vm.ram, vm.mem);
}

/*
 * The copy brought up to date by the log alone; whatever it misses is a lost write, unless somebody
 * is in the middle of it.
 */
static void copy_dirty(bool judge)
{
	struct kvm_dirty_log log = { .slot = 0 };
	uint64_t gfn, pages = vm.mem / PAGE, missed = 0, dirty = 0;

	log.dirty_bitmap = calloc(pages / 64 + 1, 8);
	xioctl(vm.vm, KVM_GET_DIRTY_LOG, &log, "KVM_GET_DIRTY_LOG");
	for (gfn = 0; gfn < pages; gfn++) {
		uint64_t word = ((uint64_t *)log.dirty_bitmap)[gfn / 64];

		if (word >> gfn % 64 & 1) {
			dirty++;
			memcpy(first + gfn * PAGE, vm.ram + gfn * PAGE, PAGE);
		} else if (judge && memcmp(first + gfn * PAGE, vm.ram + gfn * PAGE, PAGE)) {
			printf("not ok - the dirty log misses gfn %llx\n",
			       (unsigned long long)gfn);
			missed++;
		}
	}
	free(log.dirty_bitmap);
	if (judge && !missed)
		printf("ok - the dirty log has every page that has changed (%llu)\n",
		       (unsigned long long)dirty);
}

/* What the log has by now, while the guest goes on; @judge: nobody is writing. */
void save_look(bool judge)
{
	if (!first)
		die("look at the log before there is one");
	copy_dirty(judge);
	fflush(stdout);
}

/* --- vCPUs ------------------------------------------------------------------------- */

static void list_msrs(struct vcpu_state *s)
{
	struct { struct kvm_msr_list h; uint32_t i[MAX_MSRS]; } l;
	unsigned int i;

	l.h.nmsrs = MAX_MSRS;
	xioctl(vm.kvm, KVM_GET_MSR_INDEX_LIST, &l, "KVM_GET_MSR_INDEX_LIST");
	s->msrs.h.nmsrs = l.h.nmsrs;
	for (i = 0; i < l.h.nmsrs; i++)
		s->msrs.e[i].index = l.i[i];
}

static void get_vcpu(int fd, struct vcpu_state *s)
{
	xioctl(fd, KVM_GET_REGS, &s->regs, "KVM_GET_REGS");
	xioctl(fd, KVM_GET_SREGS, &s->sregs, "KVM_GET_SREGS");
	xioctl(fd, KVM_GET_FPU, &s->fpu, "KVM_GET_FPU");
	xioctl(fd, KVM_GET_MP_STATE, &s->mp, "KVM_GET_MP_STATE");
	xioctl(fd, KVM_GET_LAPIC, &s->lapic, "KVM_GET_LAPIC");
	xioctl(fd, KVM_GET_VCPU_EVENTS, &s->events, "KVM_GET_VCPU_EVENTS");
	list_msrs(s);
	/* Up to the first that this KVM does not give. */
	s->msrs.h.nmsrs = xioctl(fd, KVM_GET_MSRS, &s->msrs, "KVM_GET_MSRS");
}

static void set_vcpu(int fd, struct vcpu_state *s)
{
	unsigned int i;

	xioctl(fd, KVM_SET_MP_STATE, &s->mp, "KVM_SET_MP_STATE");
	xioctl(fd, KVM_SET_SREGS, &s->sregs, "KVM_SET_SREGS");
	xioctl(fd, KVM_SET_REGS, &s->regs, "KVM_SET_REGS");
	xioctl(fd, KVM_SET_FPU, &s->fpu, "KVM_SET_FPU");
	xioctl(fd, KVM_SET_LAPIC, &s->lapic, "KVM_SET_LAPIC");
	for (i = 0; i < s->msrs.h.nmsrs; i++) {
		struct { struct kvm_msrs h; struct kvm_msr_entry e[1]; } one = {
			.h.nmsrs = 1 };

		one.e[0] = s->msrs.e[i];
		ioctl(fd, KVM_SET_MSRS, &one);	/* some are read-only */
	}
	xioctl(fd, KVM_SET_VCPU_EVENTS, &s->events, "KVM_SET_VCPU_EVENTS");
}

/* An access to a port is complete only after the next KVM_RUN has begun. */
static void complete_io(int fd, struct kvm_run *run)
{
	run->immediate_exit = 1;
	if (!ioctl(fd, KVM_RUN, 0) || errno != EINTR)
		die("KVM_RUN with immediate_exit: %s", strerror(errno));
	run->immediate_exit = 0;
}

static void on_stop(int sig)
{
	(void)sig;
}

/* The other vCPUs' threads: wait here while the first one saves. */
void save_check(int fd, struct kvm_run *run)
{
	if (!vm.stop)
		return;
	complete_io(fd, run);
	pthread_barrier_wait(&stopped);
	pthread_barrier_wait(&stopped);
}

static void stop_others(void)
{
	struct sigaction a = { .sa_handler = on_stop };
	unsigned int i;

	sigaction(SIGUSR2, &a, NULL);
	pthread_barrier_init(&stopped, NULL, vm.cpus);
	vm.stop = true;
	for (i = 1; i < vm.cpus; i++) {
		vm.run[i]->immediate_exit = 1;
		pthread_kill(vm.thread[i], SIGUSR2);
	}
	pthread_barrier_wait(&stopped);
}

static void let_others_go(void)
{
	vm.stop = false;
	pthread_barrier_wait(&stopped);
}

/* --- the file ------------------------------------------------------------------------ */

static void put(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done <= 0)
			die("cannot write the file: %s", strerror(errno));
		p = (const char *)p + done;
		n -= done;
	}
}

static void get(int fd, void *p, size_t n)
{
	while (n) {
		ssize_t done = read(fd, p, n);

		if (done <= 0)
			die("the file is too short");
		p = (char *)p + done;
		n -= done;
	}
}

/* Asked for its size first, as a VMM does. */
static void *save_xen(uint64_t *len)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = vm.domid };
	void *buf;

	if (!ioctl(vm.ctl, KXEN_SAVE, &a) || errno != ENOSPC)
		die("KXEN_SAVE without room: %s", strerror(errno));
	buf = malloc(a.len);
	a.buf = (uintptr_t)buf;
	xen_call(KXEN_SAVE, &a, "KXEN_SAVE");
	*len = a.len;
	return buf;
}

static void write_file(const struct saved *s, const void *xen)
{
	int fd = open(vm.save, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	static struct vcpu_state v;
	unsigned int i;

	if (fd < 0)
		die("%s: %s", vm.save, strerror(errno));
	put(fd, s, sizeof(*s));
	put(fd, xen, s->xen_len);
	for (i = 0; i < vm.cpus; i++) {
		get_vcpu(vm.vcpu[i], &v);
		put(fd, &v, sizeof(v));
	}
	put(fd, first, vm.mem);
	close(fd);
}

/* The first vCPU's thread, at a write to port 0xF5. Returns if the guest goes on. */
void save_end(struct kvm_run *run)
{
	struct saved s = { .mem = vm.mem, .cpus = vm.cpus };
	void *xen;
	int i;

	stop_others();
	complete_io(vm.vcpu[0], run);
	pause_domain(true);
	xen = save_xen(&s.xen_len);
	copy_dirty(true);
	for (i = 0; i < 3; i++) {
		s.chip[i].chip_id = i;
		xioctl(vm.vm, KVM_GET_IRQCHIP, &s.chip[i], "KVM_GET_IRQCHIP");
	}
	xioctl(vm.vm, KVM_GET_PIT2, &s.pit, "KVM_GET_PIT2");
	xioctl(vm.vm, KVM_GET_CLOCK, &s.clock, "KVM_GET_CLOCK");
	write_file(&s, xen);
	printf("VMM saved, %llu bytes of state\n", (unsigned long long)s.xen_len);
	fflush(stdout);
	free(xen);
	if (!vm.go_on)
		exit(6);
	/* As when the other side refuses: the guest goes on here. */
	usleep(200000);
	pause_domain(false);
	let_others_go();
}

/*
 * A guest reads port 0xF5: what would come of saving it now? That there was no room, if it could
 * be: an error number. It goes on.
 */
unsigned int try_to_save(void)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = vm.domid };
	int err;

	pause_domain(true);
	do
		err = ioctl(vm.ctl, KXEN_SAVE, &a) ? errno : 0;
	while (err == EAGAIN);	/* a vCPU is on its way into the pause */
	pause_domain(false);
	return err;
}

static int restore_xen(const void *buf, uint64_t len, unsigned int *reason)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = vm.domid, .buf = (uintptr_t)buf,
		.len = len,
	};
	int ret = ioctl(vm.ctl, KXEN_RESTORE, &a) ? errno : 0;

	*reason = a.reason;
	return ret;
}

/* Records as Documentation/save-stream.rst has them. */
#define DOMAIN		0x0101
#define VCPU		0x0103
#define MEMORY_MAP	0x0104
#define FIFO		0x0201
#define FIFO_VCPU	0x0202
#define NLEVEL		0x0203
#define NLEVEL_VCPU	0x0204
#define PORTS		0x0210
#define X86_VCPU	0x4001
#define X86_START	0x4002
#define V(n)		((n) << 16)
#define OPTIONAL	0x8000

#define SECOND		(8 + 192)	/* from one vCPU's record to the next one's */
#define PORT_SIZE	32

/* The first record of a type: where its content begins; 0 if there is none. */
static size_t find_record(const uint8_t *s, uint64_t len, uint32_t type)
{
	size_t pos = 16;

	while (pos + 8 <= len) {
		const uint32_t *r = (const void *)(s + pos);

		if ((r[0] & 0x7fff) == type)
			return pos + 8;
		pos += 8 + r[1];
	}
	return 0;
}

/* One word each that no module writes: refused, for the right reason. */
static void hostile(const uint8_t *good, uint64_t len)
{
	/* record type (0: the header), offset in it, value, reason */
	static const struct { const char *name; uint32_t type; int at; uint32_t value, why; } cases[] = {
		{ "another magic number", 0, 0, 1, 1 },
		{ "the version before", 0, 4, 1, 11 },
		{ "a version of tomorrow", 0, 4, 3, 2 },
		{ "another length", 0, 8, 16, 1 },
		{ "another architecture", 0, 12, 183, 10 },
		{ "a record of a type that there is not", PORTS, -8, V(1) | 0x027f, 2 },
		{ "one that is needed, and may be skipped", PORTS, -8, V(2) | PORTS | OPTIONAL, 1 },
		{ "a newer record of the domain", DOMAIN, -8, V(2) | DOMAIN, 2 },
		{ "no record of the domain", DOMAIN, -8, V(1) | (DOMAIN + 1), 1 },
		{ "a record that reaches into the next one", DOMAIN, -4, 376, 1 },
		{ "a width that there is not", DOMAIN, 0, 2, 6 },
		{ "a shared_info beyond all memory", DOMAIN, 20, ~0u, 5 },
		{ "a vCPU that there is not", VCPU, SECOND, 77, 4 },
		{ "a vCPU twice", VCPU, 0, 1, 1 },
		{ "a runstate that there is not", VCPU, 4, 4, 6 },
		/* The first vCPU has a slot. */
		{ "a vcpu_info that leaves its page", VCPU, SECOND + 16, 4092, 5 },
		{ "a runstate area of 45 bytes", VCPU, 132, 45, 6 },
		{ "one of 4 GB", VCPU, 132, ~0u, 6 },
		{ "one beyond its page", VCPU, 128, 1 << 20, 6 },
		{ "a time area of 33 bytes", VCPU, 108, 33, 6 },
		{ "a period of 1 ns", VCPU, 184, 1, 6 },
		{ "a free port that is open", PORTS, 4, 0, 6 },
		{ "a port of a state that there is not", PORTS, 4, 9, 6 },
		{ "a priority of 16", PORTS, 4, 0x1005, 6 },
		{ "a port of no vCPU", PORTS, 8, 77, 6 },
		{ "a port far beyond the limit", PORTS, 0, ~0u, 7 },
		{ "port 0", PORTS, 0, 0, 6 },
		{ "a queue that there is not", PORTS, 24, 0x7ffffff0, 6 },
		{ "an array in no memory", FIFO, 4, ~0u, 5 },
		{ "queues of no FIFO", FIFO, -8, V(9) | FIFO | OPTIONAL, 6 },
		{ "a control block that leaves its page", FIFO_VCPU, 4, 4092, 6 },
		{ "a tree of nine levels", NLEVEL, 0, 9, 6 },
		{ "a leaf in no memory", NLEVEL, 12, ~0u, 5 },
		{ "selectors of no tree", NLEVEL, -8, V(9) | NLEVEL | OPTIONAL, 6 },
		{ "a selector not aligned", NLEVEL_VCPU, 4, 8, 5 },
		{ "an upcall vector of 3", X86_VCPU, 4, 3, 6 },
		{ "an upcall vector of no vCPU", X86_VCPU, 0, 77, 6 },
		{ "a memory map with something reserved", MEMORY_MAP, 24 + 20, 1, 6 },
		{ "a memory map of half a range", MEMORY_MAP, -4, 60, 1 },
		{ "a start of no vCPU", X86_START, 0, 77, 6 },
		{ "a start that is more than up", X86_START, 4, 2, 6 },
		{ "a start with a CR4 that no processor has", X86_START, 104 + 4, 1, 6 },
		{ "a start with an EFER that no processor has", X86_START, 112 + 4, 1, 6 },
		{ "a start without a stack segment", X86_START, 164, 0, 6 },
	};
	uint8_t *bad = malloc(len);
	unsigned int i, reason;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t at = cases[i].type ? find_record(good, len, cases[i].type) : 0;
		int err;

		if (cases[i].type && !at)
			continue;	/* another ABI's */
		/* Places in queues are FIFO's. */
		if (cases[i].type == PORTS && cases[i].at == 24 && !find_record(good, len, FIFO))
			continue;
		memcpy(bad, good, len);
		memcpy(bad + at + cases[i].at, &cases[i].value, 4);
		err = restore_xen(bad, len, &reason);
		printf("%s - stream with %s: refused%s", err && reason == cases[i].why ?
		       "ok" : "not ok", cases[i].name, err ? "" : ", but it was not");
		printf(err && reason != cases[i].why ? " for reason %u\n" : "\n", reason);
		if (!err)
			renew_vm();
	}
	free(bad);
}

/* What a VMM does that asks for the size, or saves for good, and restores then. */
static void save_before(unsigned int how)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = vm.domid };
	uint64_t len;

	if (how == 1 && (!ioctl(vm.ctl, KXEN_SAVE, &a) || errno != ENOSPC))
		die("KXEN_SAVE without room: %s", strerror(errno));
	if (how == 2)
		free(save_xen(&len));
}

/*
 * Streams whose last port is bad: all the others were there by then. What comes before each, and
 * before the good one behind them, changes with their number.
 */
static void bad_first(const uint8_t *good, uint64_t len)
{
	size_t at = find_record(good, len, PORTS);
	uint8_t *bad = malloc(len), *before = malloc(vm.mem);
	unsigned int i, reason, refused = 0;

	if (!at || !bad || !before)
		die("no ports, or no memory");
	memcpy(bad, good, len);
	memcpy(before, vm.ram, vm.mem);
	at += ((const uint32_t *)(good + at))[-1] - PORT_SIZE;
	bad[at + 4] = 9;	/* its state */
	for (i = 0; i < vm.bad_first; i++) {
		save_before(i % 3);
		refused += restore_xen(bad, len, &reason) == EINVAL && reason == 6;
	}
	save_before(i % 3);
	printf("%s - bad streams first: %u of %u refused\n", refused == i ?
	       "ok" : "not ok", refused, i);
	printf("%s - bad streams first: the guest's memory is as it was\n",
	       memcmp(before, vm.ram, vm.mem) ? "not ok" : "ok");
	fflush(stdout);
	free(bad);
	free(before);
}

/* Damage the stream in many ways: each is refused or taken, nothing else happens. */
static void fuzz(const uint8_t *good, uint64_t len)
{
	unsigned int i, k, n, reason, refused = 0, seed = vm.seed;
	uint8_t *bad = malloc(len);

	for (i = 0; i < vm.fuzz; i++) {
		memcpy(bad, good, len);
		n = rand_r(&seed) % 4 + 1;
		for (k = 0; k < n; k++) {
			/* Whole words of odd values reach further than bits. */
			static const uint32_t odd[] = { 0, 1, ~0u, 1u << 31, 4095,
							131072, 262144, 17 };
			size_t at = rand_r(&seed) % len;

			if (rand_r(&seed) % 2)
				bad[at] ^= 1 << rand_r(&seed) % 8;
			else if (at + 4 <= len)
				memcpy(bad + (at & ~3), &odd[rand_r(&seed) % 8], 4);
		}
		if (restore_xen(bad, rand_r(&seed) % 16 ? len :
				rand_r(&seed) % len, &reason))
			refused++;
		else
			renew_vm();	/* one that was restored is not new */
	}
	printf("ok - %u damaged streams of seed %u, %u refused\n", vm.fuzz, vm.seed,
	       refused);
	free(bad);
}

/* The machine is made and attached, nothing has run. */
void restore_machine(void)
{
	int fd = open(vm.restore, O_RDONLY | O_CLOEXEC), i;
	static struct vcpu_state v[MAX_VCPUS];
	unsigned int reason, err;
	struct saved s;
	void *xen;

	if (fd < 0)
		die("%s: %s", vm.restore, strerror(errno));
	get(fd, &s, sizeof(s));
	if (s.mem != vm.mem || s.cpus != vm.cpus)
		die("%s: another machine: %llu MB, %llu vCPUs", vm.restore,
		    (unsigned long long)s.mem >> 20, (unsigned long long)s.cpus);
	xen = malloc(s.xen_len);
	get(fd, xen, s.xen_len);
	get(fd, v, sizeof(v[0]) * s.cpus);
	get(fd, vm.ram, vm.mem);
	close(fd);
	pause_domain(true);
	if (vm.fuzz) {
		hostile(xen, s.xen_len);
		fuzz(xen, s.xen_len);
		exit(0);
	}
	if (vm.bad_first)
		bad_first(xen, s.xen_len);
	/* Its memory is there, and nobody holds any of it. */
	if (vm.pull)
		wait_for_a_line();
	err = restore_xen(xen, s.xen_len, &reason);
	if (err) {
		printf("VMM restore refused: %s, reason %u\n", strerror(err),
		       reason);
		exit(7);
	}
	free(xen);
	for (i = 0; i < 3; i++)
		xioctl(vm.vm, KVM_SET_IRQCHIP, &s.chip[i], "KVM_SET_IRQCHIP");
	xioctl(vm.vm, KVM_SET_PIT2, &s.pit, "KVM_SET_PIT2");
	for (i = 0; i < (int)s.cpus; i++)
		set_vcpu(vm.vcpu[i], &v[i]);
	s.clock.flags = 0;
	xioctl(vm.vm, KVM_SET_CLOCK, &s.clock, "KVM_SET_CLOCK");
	pause_domain(false);
}

/* Pause, save, dump and unpause, over and over, while the guest does what it does. */
void *churn(void *arg)
{
	static char buf[1 << 20];
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = vm.domid };
	unsigned int n = 0, saves = 0;

	(void)arg;
	for (;;) {
		struct kxen_port_info p = { .size = sizeof(p), .domid = vm.domid,
					    .flags = KXEN_PORT_NEXT };
		struct kxen_domid_arg d = { .size = sizeof(d), .domid = vm.domid };

		while (!ioctl(vm.ctl, KXEN_PORT, &p)) {
			p.port++;
			p.flags = KXEN_PORT_NEXT;
		}
		if (ioctl(vm.ctl, KXEN_PAUSE, &d))
			continue;
		a.buf = (uintptr_t)buf;
		a.len = sizeof(buf);
		saves += !ioctl(vm.ctl, KXEN_SAVE, &a);
		xen_call(KXEN_UNPAUSE, &d, "KXEN_UNPAUSE");
		if (++n == 20)
			printf("ok - saved while it ran, %s\n", saves == n ? "each time" : "at times");
		usleep(2000);
	}
	return NULL;
}
