// SPDX-License-Identifier: GPL-2.0
/*
 * vmm: run one PVH guest image on raw KVM, attached to kvm-xen or not.
 *
 * No firmware and no devices: the in-kernel interrupt controllers, I/O port 0xE9
 * for the guest's report, 0xF4 for its exit code. vCPU n has the APIC id 2n, as
 * on Xen.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/kvm_xen.h>
#include <xen/xen.h>
#include <xen/hvm/params.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "../special.h"
#include "vmm.h"

#define START_INFO	0x1000
#define PHYS32_ENTRY	18

struct machine vm = { .ctl = -1, .cpus = 1, .mem = 64 << 20, .xen = true,
		      .domid = KXEN_DOMID_AUTO, .limit = 60, .seed = 1 };

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vmm: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

int xioctl(int fd, unsigned long req, void *arg, const char *what)
{
	int ret = ioctl(fd, req, arg);

	if (ret < 0)
		die("%s: %s", what, strerror(errno));
	return ret;
}

/* --- image ------------------------------------------------------------------- */

static uint32_t find_entry(const uint8_t *f, const Elf32_Phdr *unused,
			   size_t off, size_t len)
{
	size_t pos = 0;

	(void)unused;
	while (pos + 12 <= len) {
		const uint32_t *n = (const void *)(f + off + pos);
		size_t name = (n[0] + 3) & ~3u, desc = (n[1] + 3) & ~3u;

		if (n[2] == PHYS32_ENTRY && !memcmp(n + 3, "Xen", 4))
			return *(const uint32_t *)((const uint8_t *)(n + 3) +
						   name);
		pos += 12 + name + desc;
	}
	return 0;
}

static void load_segment(const uint8_t *f, uint64_t type, uint64_t off,
			 uint64_t pa, uint64_t fsz, uint64_t msz)
{
	if (type == PT_NOTE && !vm.entry)
		vm.entry = find_entry(f, NULL, off, fsz);
	if (type != PT_LOAD)
		return;
	if (pa + msz > vm.mem)
		die("the image does not fit into %zu MB", vm.mem >> 20);
	memcpy(vm.ram + pa, f + off, fsz);
}

static void load_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *f;
	int i;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	f = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (f == MAP_FAILED || memcmp(f, ELFMAG, SELFMAG))
		die("%s is not an ELF file", path);
	if (f[EI_CLASS] == ELFCLASS64) {
		const Elf64_Ehdr *e = (void *)f;
		const Elf64_Phdr *p = (void *)(f + e->e_phoff);

		for (i = 0; i < e->e_phnum; i++)
			load_segment(f, p[i].p_type, p[i].p_offset,
				     p[i].p_paddr, p[i].p_filesz, p[i].p_memsz);
	} else {
		const Elf32_Ehdr *e = (void *)f;
		const Elf32_Phdr *p = (void *)(f + e->e_phoff);

		for (i = 0; i < e->e_phnum; i++)
			load_segment(f, p[i].p_type, p[i].p_offset,
				     p[i].p_paddr, p[i].p_filesz, p[i].p_memsz);
	}
	if (!vm.entry)
		die("%s has no PVH entry note", path);
	munmap(f, st.st_size);
	close(fd);
}

/* A file as a module of the image, at the top of memory; its size. */
static size_t load_module(const char *path, uint64_t *at)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	*at = (vm.mem - st.st_size) & ~0xfffULL;
	if (read(fd, vm.ram + *at, st.st_size) != st.st_size)
		die("%s: cannot be read", path);
	close(fd);
	return st.st_size;
}

static void make_start_info(void)
{
	struct hvm_start_info *si = (void *)(vm.ram + START_INFO);
	struct hvm_memmap_table_entry *map = (void *)(si + 1);
	struct hvm_modlist_entry *mod = (void *)(map + 1);

	si->magic = XEN_HVM_START_MAGIC_VALUE;
	si->version = 1;
	si->memmap_paddr = START_INFO + sizeof(*si);
	si->memmap_entries = 1;
	map->addr = 0;
	map->size = vm.mem;
	map->type = XEN_HVM_MEMMAP_TYPE_RAM;
	if (vm.initrd) {
		mod->size = load_module(vm.initrd, &mod->paddr);
		si->modlist_paddr = (uint8_t *)mod - vm.ram;
		si->nr_modules = 1;
	}
	if (vm.cmdline) {
		si->cmdline_paddr = (uint8_t *)(mod + 1) - vm.ram;
		strncpy((char *)(mod + 1), vm.cmdline, 2000);
	}
}

/* --- machine ------------------------------------------------------------------ */

#define HUGE	(2UL << 20)

/* Of its kind: pages as they come, huge ones that the kernel makes, or a file's. */
static uint8_t *make_ram(void)
{
	const char *kind = vm.ram_kind ? vm.ram_kind : "anon";
	int fd = -1, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	uint8_t *ram;

	if (!strcmp(kind, "memfd") || !strcmp(kind, "hugetlb")) {
		fd = memfd_create("ram", *kind == 'h' ? MFD_HUGETLB : 0);
		if (fd < 0 || ftruncate(fd, vm.mem))
			die("%s: %s", kind, strerror(errno));
		flags = MAP_SHARED;
	} else if (strcmp(kind, "anon") && strcmp(kind, "thp")) {
		die("memory of no kind: %s", kind);
	}
	ram = mmap(NULL, vm.mem + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (ram != MAP_FAILED) {
		ram += -(uintptr_t)ram % HUGE;
		ram = mmap(ram, vm.mem, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
	}
	if (ram == MAP_FAILED)
		die("no memory");
	if (*kind == 't' && madvise(ram, vm.mem, MADV_HUGEPAGE))
		die("no huge pages: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ram;
}

static void create_vm(void)
{
	struct kvm_userspace_memory_region r = { 0 };
	struct kvm_pit_config pit = { 0 };

	vm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm.kvm < 0)
		die("/dev/kvm: %s", strerror(errno));
	vm.vm = xioctl(vm.kvm, KVM_CREATE_VM, 0, "KVM_CREATE_VM");
	xioctl(vm.vm, KVM_SET_TSS_ADDR, (void *)0xfffbd000UL, "KVM_SET_TSS_ADDR");
	xioctl(vm.vm, KVM_CREATE_IRQCHIP, 0, "KVM_CREATE_IRQCHIP");
	xioctl(vm.vm, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2");
	vm.ram = make_ram();
	r.memory_size = vm.mem;
	r.userspace_addr = (uintptr_t)vm.ram;
	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r,
	       "KVM_SET_USER_MEMORY_REGION");
	if (!vm.alias)
		return;
	r.slot = 1;
	r.guest_phys_addr = 2UL << 30;
	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "the same memory once more");
}

static void set_cpuid(int fd, unsigned int apic_id)
{
	static struct { struct kvm_cpuid2 h; struct kvm_cpuid_entry2 e[128]; } c;
	unsigned int i;

	c.h.nent = 128;
	xioctl(vm.kvm, KVM_GET_SUPPORTED_CPUID, &c, "KVM_GET_SUPPORTED_CPUID");
	for (i = 0; i < c.h.nent; i++) {
		if (c.e[i].function == 1)
			c.e[i].ebx = (c.e[i].ebx & 0xffffff) | apic_id << 24;
		if (c.e[i].function == 0xb)
			c.e[i].edx = apic_id;
	}
	if (vm.intree)
		c.h.nent = intree_cpuid(c.e, c.h.nent);
	xioctl(fd, KVM_SET_CPUID2, &c, "KVM_SET_CPUID2");
}

static void create_vcpu(unsigned int n)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rflags = 2, .rip = vm.entry, .rbx = START_INFO };
	struct kvm_segment seg = {
		.limit = 0xffffffff, .selector = 0x10, .type = 3, .present = 1,
		.db = 1, .s = 1, .g = 1,
	};
	/* Breakpoints are the VMM's, of which it sets none. */
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP };
	int fd = xioctl(vm.vm, KVM_CREATE_VCPU, (void *)(2UL * n),
			"KVM_CREATE_VCPU");

	vm.vcpu[n] = fd;
	set_cpuid(fd, 2 * n);
	if (vm.debug)
		xioctl(fd, KVM_SET_GUEST_DEBUG, &debug, "KVM_SET_GUEST_DEBUG");
	if (n)
		return;	/* waits for SIPI */
	xioctl(fd, KVM_GET_SREGS, &s, "KVM_GET_SREGS");
	s.ds = s.es = s.fs = s.gs = s.ss = seg;
	seg.type = 11;
	seg.selector = 8;
	s.cs = seg;
	s.cr0 = 0x11;
	xioctl(fd, KVM_SET_SREGS, &s, "KVM_SET_SREGS");
	xioctl(fd, KVM_SET_REGS, &r, "KVM_SET_REGS");
}

/* "0,3": the second vCPU's number is 3. Those that are not named have no number. */
static unsigned int parse_ids(struct kxen_vcpu_id *ids)
{
	const char *at = vm.vcpu_ids;
	unsigned int n = 0;
	char *end;

	for (; at && *at && n < MAX_VCPUS; at = *end ? end + 1 : end) {
		ids[n].arch_id = 2 * n;
		ids[n++].vcpu = strtoul(at, &end, 0);
	}
	return n;
}

/* What /dev/kvm-xen does otherwise. */
static void attach_by(const char *path)
{
	int f = open(path, O_WRONLY | O_CLOEXEC);

	if (f < 0)
		die("%s: %s", path, strerror(errno));
	if (dprintf(f, "%u %d", vm.domid, vm.vm) < 0)
		die("%s: no attach: %s", path, strerror(errno));
	close(f);
}

/* A console's page for domain 0, and a page that domain 7 may read. */
static void grant_first(void)
{
	struct kxen_grant_arg g = { .size = sizeof(g), .domid = vm.domid, .gfn = 0xfefff };

	xioctl(vm.ctl, KXEN_GRANT, &g, "KXEN_GRANT");
	g.flags = KXEN_GRANT_READ_ONLY;
	g.ref = 1;
	g.to = 7;
	g.gfn = 0xfeffe;
	xioctl(vm.ctl, KXEN_GRANT, &g, "KXEN_GRANT");
}

static void give_param(uint32_t index, uint64_t value)
{
	struct kxen_param_arg p = { .size = sizeof(p), .flags = KXEN_PARAM_GIVE,
				    .domid = vm.domid, .index = index, .value = value };

	xioctl(vm.ctl, KXEN_PARAM, &p, "KXEN_PARAM");
}

/* The rings of xenstore and of the console, as a toolstack has them before its guest runs. */
static void give_rings(void)
{
	struct kxen_special_arg s = { .size = sizeof(s), .domid = vm.domid, .nr = 2,
				      .gfn = SPECIAL_GFN };
	struct kxen_grant_arg g = { .size = sizeof(g), .domid = vm.domid,
				    .gfn = SPECIAL_GFN + 1 };

	xioctl(vm.ctl, KXEN_SPECIAL, &s, "KXEN_SPECIAL");
	give_param(HVM_PARAM_STORE_PFN, SPECIAL_GFN);
	give_param(HVM_PARAM_CONSOLE_PFN, SPECIAL_GFN + 1);
	xioctl(vm.ctl, KXEN_GRANT, &g, "KXEN_GRANT");
	g.ref = 1;
	g.gfn = SPECIAL_GFN;
	xioctl(vm.ctl, KXEN_GRANT, &g, "KXEN_GRANT");
}

static void attach(void)
{
	static struct kxen_vcpu_id ids[MAX_VCPUS];
	struct kxen_create c = { .size = sizeof(c), .domid = vm.domid,
				.max_ports = vm.max_ports, .flags = vm.flags,
				.max_grant_frames = vm.max_grant_frames };
	struct kxen_attach a = { .size = sizeof(a) };

	vm.ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (vm.ctl < 0)
		die("/dev/kvm-xen: %s", strerror(errno));
	if (vm.by) {
		attach_by(vm.by);
		return;
	}
	xioctl(vm.ctl, KXEN_CREATE, &c, "KXEN_CREATE");
	vm.domid = c.domid;
	if (vm.grant)
		grant_first();
	a.domid = c.domid;
	a.vm_fd = vm.vm;
	a.nr_vcpu_ids = parse_ids(ids);
	a.vcpu_ids = a.nr_vcpu_ids ? (uintptr_t)ids : 0;
	if (ioctl(vm.ctl, KXEN_ATTACH, &a))
		die("KXEN_ATTACH: %s, reason %u", strerror(errno), a.reason);
	/* A saved one brings its own. */
	if (vm.rings && !vm.restore)
		give_rings();
}

/* --- running -------------------------------------------------------------------- */

static void on_io(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	if (fail_io(run) || report_io(run))
		return;
	if (run->io.direction == KVM_EXIT_IO_IN) {
		if (run->io.port == 0xf5 && vm.xen && run->io.size == 4)
			*(uint32_t *)data = try_to_save();
		else
			memset(data, 0xff, run->io.size * run->io.count);
		return;
	}
	if (run->io.port == 0xf4)
		exit(*data ? 1 : 0);
	else if (run->io.port == 0xf5 && vm.save && *data == 1)
		save_begin();
	else if (run->io.port == 0xf5 && vm.save && *data == 2)
		save_end(run);
	else if (run->io.port == 0xf5 && vm.save && (*data == 5 || *data == 8))
		save_look(*data == 5);
	else if (run->io.port == 0xf5 && vm.slot_later && *data == 3)
		start_slots();
	else if (run->io.port == 0xf5 && vm.s3 && *data == 4)
		sleep_and_wake(run);
	else if (run->io.port == 0xf5 && vm.vfio && *data == 5)
		vfio_detach();
	else if (run->io.port == 0xf5 && vm.vfio && *data - 6u < 2)
		vfio_tell_kvm(*data == 7);
	else if (run->io.port == 0xf5 && vm.pull && *data >= 10)
		pull_page(*data);
}

/* As other VMMs: where it has memory, an access that KVM has not made goes there. */
static void on_mmio(struct kvm_run *run)
{
	uint64_t at = run->mmio.phys_addr;

	if (vfio_mmio(run))
		return;
	if (at < vm.mem && run->mmio.len <= vm.mem - at) {
		if (run->mmio.is_write)
			memcpy(vm.ram + at, run->mmio.data, run->mmio.len);
		else
			memcpy(run->mmio.data, vm.ram + at, run->mmio.len);
	} else if (!run->mmio.is_write) {
		memset(run->mmio.data, 0xff, 8);
	}
}

static void on_event(const struct kvm_run *run)
{
	static const char * const names[] = { "?", "poweroff", "reset", "crash" };
	unsigned int type = run->system_event.type;

	printf("VMM %s\n", type < 4 ? names[type] : "?");
	fflush(stdout);
	while (vm.stay)
		pause();
	exit(type == KVM_SYSTEM_EVENT_SHUTDOWN ? 0 : 3);
}

static void pin_vcpu(unsigned int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(n % sysconf(_SC_NPROCESSORS_ONLN), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity: %s", strerror(errno));
}

/* The last thing that a vCPU's thread does. */
static void say_where(unsigned int n)
{
	static int left;
	struct kvm_regs r;

	xioctl(vm.vcpu[n], KVM_GET_REGS, &r, "KVM_GET_REGS");
	printf("VMM limit: vCPU %u is at %llx, flags %llx\n", n, r.rip, r.rflags);
	fflush(stdout);
	if (__atomic_add_fetch(&left, 1, __ATOMIC_SEQ_CST) == (int)vm.cpus)
		_exit(5);
	for (;;)
		pause();
}

static void *run_vcpu(void *arg)
{
	unsigned int n = (uintptr_t)arg;
	int fd = vm.vcpu[n];
	struct kvm_run *run;
	int size = xioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0, "mmap size");

	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run == MAP_FAILED)
		die("mmap of kvm_run: %s", strerror(errno));
	vm.runs[n] = pthread_self();
	vm.run[n] = run;
	if (vm.pin)
		pin_vcpu(n);
	for (;;) {
		if (n)
			save_check(fd, run);
		if (vm.over)
			say_where(n);
		if (ioctl(fd, KVM_RUN, 0)) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			die("KVM_RUN of vCPU %u: %s", n, strerror(errno));
		}
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			on_io(run);
			break;
		case KVM_EXIT_MMIO:
			on_mmio(run);
			break;
		case KVM_EXIT_INTR:
		case KVM_EXIT_HLT:
			break;
		case KVM_EXIT_XEN:
			intree_hypercall(run);
			break;
		case KVM_EXIT_SYSTEM_EVENT:
			on_event(run);
			break;
		case KVM_EXIT_SHUTDOWN:
			printf("VMM triple fault\n");
			if (!vm.forgive)
				exit(4);
			vm.forgive = false;
			break;
		default:
			die("vCPU %u: exit reason %u", n, run->exit_reason);
		}
	}
}

static unsigned long kicks;

static void on_kick(int sig)
{
	(void)sig;
}

/* Take the thread back from KVM_RUN, over and over. */
static void *kick_vcpu(void *arg)
{
	pthread_t victim = *(pthread_t *)arg;

	for (;;) {
		usleep(vm.kick);
		pthread_kill(victim, SIGUSR1);
		kicks++;
	}
	return NULL;
}

static void start_kicking(void)
{
	static pthread_t victim;
	struct sigaction a = { .sa_handler = on_kick };
	pthread_t t;

	victim = pthread_self();
	sigaction(SIGUSR1, &a, NULL);
	if (pthread_create(&t, NULL, kick_vcpu, &victim))
		die("no thread");
}

void renew_vm(void)
{
	struct kxen_domid_arg a = { .size = sizeof(a) };
	unsigned int i;

	for (i = 0; i < vm.cpus; i++)
		close(vm.vcpu[i]);
	close(vm.vm);
	close(vm.kvm);
	munmap(vm.ram, vm.mem);
	vm.domid = KXEN_DOMID_AUTO;
	create_vm();
	for (i = 0; i < vm.cpus; i++)
		create_vcpu(i);
	close(vm.ctl);
	attach();
	a.domid = vm.domid;
	xioctl(vm.ctl, KXEN_PAUSE, &a, "KXEN_PAUSE");
}

static void usage(void)
{
	puts("usage: vmm [options] IMAGE\n"
	     "  --smp N      vCPUs (1)\n"
	     "  --mem MB     memory (64)\n"
	     "  --domid N    domain id (chosen)\n"
	     "  --plain      do not attach to kvm-xen\n"
	     "  --intree     the same on KVM's own Xen support\n"
	     "  --hold       say READY, then wait for a line on standard input\n"
	     "  --late       attach first, create the other vCPUs then\n"
	     "  --by F       have another module make the domain and attach it: \"DOMID VM\" into F\n"
	     "  --debug      KVM has breakpoints of the VMM's for the guest, of which none is set\n"
	     "  --kick US    interrupt the first vCPU's KVM_RUN so often\n"
	     "  --max-ports N event channels that the domain can have\n"
	     "  --max-grant-frames N  frames that its grant table can have\n"
	     "  --grant      reference 0 to domain 0, and 1, to be read, to domain 7\n"
	     "  --special    the rings of xenstore and of the console, with parameters and grants\n"
	     "  --initrd F   for an image that is a Linux kernel\n"
	     "  --append S   and its command line\n"
	     "  --unplug     the domain answers port 0x10\n"
	     "  --nlevel     the domain is offered the N-level ABI\n"
	     "  --direct     its memory stays as it is, and what is touched is counted\n"
	     "  --save F     at the guest's write of 2 to port 0xF5, save to F and end; of 1, begin\n"
	     "               the log of what changes; of 5, look whether it misses something; of 8,\n"
	     "               take what it has\n"
	     "  --go-on      having saved, let the guest go on\n"
	     "  --restore F  go on with what was saved; no IMAGE\n"
	     "  --fuzz N     restore from F, damaged in N ways, and end\n"
	     "  --seed N     in which (1)\n"
	     "  --bad-first N restore from F, N times with a bad port, then as it is\n"
	     "  --pin        vCPU n runs on CPU n, modulo their number\n"
	     "  --churn      pause, save and dump it all the time\n"
	     "  --slot-later at the guest's write of 3 to port 0xF5, set a memory slot\n"
	     "               and pause the domain, measure both, and end\n"
	     "  --s3         at the guest's write of 4 to port 0xF5, the machine begins anew\n"
	     "               and is then as it was, which is how a sleep looks\n"
	     "  --pull       change memory as the guest's writes to port 0xF5 say\n"
	     "  --toggle N   unpause and pause it N times: does it stand still then?\n"
	     "  --alias      the memory is there once more, at 2 GB\n"
	     "  --ram KIND   anon, thp, memfd, hugetlb: what it is made of\n"
	     "  --forgive    go on behind the first triple fault\n"
	     "  --stay       having shut down, the guest's machine stays until it is killed\n"
	     "  --stuck      guest frames 0x2000 to 0x2004 each come with a line on standard input\n"
	     "  --vfio DEV   a PCI device of the host's, bound to vfio-pci: its BAR is at 0xd0000000,\n"
	     "               and a write of 5 to port 0xF5 has VFIO take it out of its IOMMU,\n"
	     "               of 6 and 7 KVM forget it and know it again\n"
	     "  --vcpu-ids L Xen's numbers of the vCPUs: 0,3\n"
	     "  --memlock KB RLIMIT_MEMLOCK\n"
	     "  --user UID   run as this user\n"
	     "  --fail F     the guest makes allocations fail by the file F\n"
	     "  --state      at the guest's end, show what the module counts of the domain\n"
	     "  --limit S    end with status 5 after S seconds (60)\n"
	     "exit status: the guest's (0 good, 1 bad), 2 error, 3 reset or crash,\n"
	     "  4 triple fault, 5 limit, 6 saved, 7 restore refused");
	exit(0);
}

/* First the vCPUs are asked; one that does not come back does not keep the others. */
static void on_alarm(int sig)
{
	static const char msg[] = "VMM limit\n";
	unsigned int i;

	(void)sig;
	if (vm.over) {
		i = write(1, msg, sizeof(msg) - 1);
		(void)i;
		_exit(5);
	}
	vm.over = true;
	alarm(5);
	for (i = 0; i < vm.cpus; i++) {
		if (!vm.run[i])
			continue;
		vm.run[i]->immediate_exit = 1;
		pthread_kill(vm.runs[i], SIGUSR2);
	}
}

static const struct option opts[] = {
	{ "smp", 1, 0, 's' }, { "mem", 1, 0, 'm' },
	{ "domid", 1, 0, 'd' }, { "plain", 0, 0, 'p' },
	{ "hold", 0, 0, 'h' }, { "limit", 1, 0, 'l' },
	{ "late", 0, 0, 'L' }, { "by", 1, 0, 'b' }, { "kick", 1, 0, 'k' },
	{ "unplug", 0, 0, 'u' }, { "nlevel", 0, 0, 'N' }, { "intree", 0, 0, 'i' },
	{ "max-ports", 1, 0, 'P' }, { "initrd", 1, 0, 'r' }, { "append", 1, 0, 'a' },
	{ "max-grant-frames", 1, 0, 'x' }, { "grant", 0, 0, 'X' },
	{ "special", 0, 0, 'Q' },
	{ "save", 1, 0, 'S' }, { "restore", 1, 0, 'R' },
	{ "go-on", 0, 0, 'g' }, { "fuzz", 1, 0, 'F' },
	{ "seed", 1, 0, 'e' },
	{ "bad-first", 1, 0, 'B' }, { "fail", 1, 0, 'f' },
	{ "churn", 0, 0, 'C' }, { "pin", 0, 0, 'c' },
	{ "slot-later", 0, 0, 'T' }, { "toggle", 1, 0, 't' }, { "stuck", 0, 0, 'K' },
	{ "pull", 0, 0, 'D' }, { "alias", 0, 0, 'A' },
	{ "ram", 1, 0, 'w' },
	{ "forgive", 0, 0, 'G' }, { "s3", 0, 0, '3' }, { "stay", 0, 0, 'Y' },
	{ "vfio", 1, 0, 'v' }, { "vcpu-ids", 1, 0, 'I' }, { "memlock", 1, 0, 'M' }, { "user", 1, 0, 'U' },
	{ "state", 0, 0, 'q' }, { "direct", 0, 0, 'W' }, { "debug", 0, 0, 'J' },
	{ "help", 0, 0, '?' }, { 0 },
};

static void set_option(int c)
{
	switch (c) {
	case 's': vm.cpus = atoi(optarg); break;
	case 'm': vm.mem = (size_t)atoi(optarg) << 20; break;
	case 'd': vm.domid = atoi(optarg); break;
	case 'p': vm.xen = false; break;
	case 'h': vm.hold = 1; break;
	case '3': vm.s3 = true; break;
	case 'L': vm.late = true; break;
	case 'b': vm.by = optarg; break;
	case 'k': vm.kick = atoi(optarg); break;
	case 'P': vm.max_ports = atoi(optarg); break;
	case 'x': vm.max_grant_frames = atoi(optarg); break;
	case 'X': vm.grant = true; break;
	case 'Q': vm.rings = true; break;
	case 'r': vm.initrd = optarg; break;
	case 'a': vm.cmdline = optarg; break;
	case 'i': vm.intree = true; vm.xen = false; break;
	case 'N': vm.flags |= KXEN_DOM_NLEVEL; break;
	case 'u': vm.flags |= KXEN_DOM_UNPLUG; break;
	case 'W': vm.flags |= KXEN_DOM_DIRECT; break;
	case 'S': vm.save = optarg; break;
	case 'R': vm.restore = optarg; break;
	case 'g': vm.go_on = true; break;
	case 'C': vm.churn = true; break;
	case 'c': vm.pin = true; break;
	case 'f': vm.fail = optarg; break;
	case 'F': vm.fuzz = atoi(optarg); break;
	case 'e': vm.seed = strtoul(optarg, NULL, 0); break;
	case 'B': vm.bad_first = atoi(optarg); break;
	case 'T': vm.slot_later = true; break;
	case 't': vm.toggle = atoi(optarg); break;
	case 'K': vm.stuck = true; break;
	case 'D': vm.pull = true; break;
	case 'A': vm.alias = true; break;
	case 'w': vm.ram_kind = optarg; break;
	case 'G': vm.forgive = true; break;
	case 'Y': vm.stay = true; break;
	case 'v': vm.vfio = optarg; break;
	case 'I': vm.vcpu_ids = optarg; break;
	case 'M': limit_memlock(atoi(optarg)); break;
	case 'U': become(atoi(optarg)); break;
	case 'q': atexit(report_state); break;
	case 'J': vm.debug = true; break;
	case 'l': vm.limit = atoi(optarg); break;
	default: usage();
	}
}

/* Whoever started us says when to go on. */
void wait_for_a_line(void)
{
	char line[16];

	puts("READY");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		die("no line on standard input");
}

/* All but the vCPUs' threads. */
static void make_machine(const char *image)
{
	unsigned int i;

	create_vm();
	if (!vm.restore) {
		load_image(image);
		make_start_info();
		make_mptable();
	}
	if (vm.vfio)
		vfio_init(vm.vfio);
	if (vm.stuck)
		make_stuck_pages();
	if (vm.intree)
		intree_init();
	for (i = 0; i < vm.cpus; i++) {
		create_vcpu(i);
		if (vm.xen && (vm.late ? !i : i + 1 == vm.cpus))
			attach();
	}
	if (vm.restore)
		restore_machine();
}

int main(int argc, char **argv)
{
	unsigned int i;
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1)
		set_option(c);
	if (optind != argc - !vm.restore || !vm.cpus || vm.cpus > MAX_VCPUS)
		usage();
	signal(SIGALRM, on_alarm);
	signal(SIGUSR2, on_kick);
	alarm(vm.limit);
	make_machine(argv[optind]);
	if (vm.hold)
		wait_for_a_line();
	for (i = 1; i < vm.cpus; i++)
		if (pthread_create(&vm.thread[i], NULL, run_vcpu, (void *)(uintptr_t)i))
			die("no thread");
	if (vm.churn && pthread_create(&vm.thread[0], NULL, churn, NULL))
		die("no thread");
	if (vm.kick)
		start_kicking();
	if (vm.toggle)
		start_toggling();
	run_vcpu(NULL);
	return 0;
}
