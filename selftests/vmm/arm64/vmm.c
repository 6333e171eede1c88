// SPDX-License-Identifier: GPL-2.0
/*
 * vmm for arm64: run one guest image on raw KVM, attached to kvm-xen or not. What vmm.c is on x86,
 * with as much of its options as the images that run here want.
 *
 * 64 MB of memory at 1 GB, a GICv3 in the kernel, PSCI, no device but one address to which the
 * image writes that of a line of its report.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <linux/psci.h>

#define RAM_BASE	0x40000000UL
#define GICD_BASE	0x08000000UL
#define GICR_BASE	0x080a0000UL
#define LINE_AT		0x09000000UL
#define LINE_MAX	1024
#define MAX_VCPUS	8

static struct {
	int kvm, vm, ctl;
	int vcpu[MAX_VCPUS];
	unsigned int cpus;
	size_t mem;
	uint8_t *ram;
	uint64_t entry;
	bool xen, hold, state, again;
	const char *image;
	struct kxen_create create;
	unsigned int limit;
} vm = { .cpus = 1, .mem = 64 << 20, .xen = true, .limit = 60,
	 .create = { .size = sizeof(struct kxen_create), .domid = KXEN_DOMID_AUTO } };

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vmm: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	exit(2);
}

static int xioctl(int fd, unsigned long req, void *arg, const char *what)
{
	int ret = ioctl(fd, req, arg);

	if (ret < 0)
		die("%s: %s", what, strerror(errno));
	return ret;
}

/* --- image ------------------------------------------------------------------------ */

static void load_image(void)
{
	const char *path = vm.image;
	int i, fd = open(path, O_RDONLY | O_CLOEXEC);
	const Elf64_Phdr *p;
	const Elf64_Ehdr *e;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	e = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (e == MAP_FAILED || memcmp(e, ELFMAG, SELFMAG) || e->e_machine != EM_AARCH64)
		die("%s is no image for arm64", path);
	p = (const void *)((const char *)e + e->e_phoff);
	for (i = 0; i < e->e_phnum; i++) {
		if (p[i].p_type != PT_LOAD)
			continue;
		if (p[i].p_paddr - RAM_BASE + p[i].p_memsz > vm.mem)
			die("the image does not fit into %zu MB", vm.mem >> 20);
		memset(vm.ram + (p[i].p_paddr - RAM_BASE), 0, p[i].p_memsz);
		memcpy(vm.ram + (p[i].p_paddr - RAM_BASE), (const char *)e + p[i].p_offset,
		       p[i].p_filesz);
	}
	vm.entry = e->e_entry;
	close(fd);
}

/* --- machine ----------------------------------------------------------------------- */

static void create_vm(void)
{
	struct kvm_userspace_memory_region r = { .guest_phys_addr = RAM_BASE,
						 .memory_size = vm.mem };

	vm.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm.kvm < 0)
		die("/dev/kvm: %s", strerror(errno));
	vm.vm = xioctl(vm.kvm, KVM_CREATE_VM, 0, "KVM_CREATE_VM");
	vm.ram = mmap(NULL, vm.mem, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm.ram == MAP_FAILED)
		die("no memory");
	r.userspace_addr = (uintptr_t)vm.ram;
	xioctl(vm.vm, KVM_SET_USER_MEMORY_REGION, &r, "KVM_SET_USER_MEMORY_REGION");
}

/* As after a reset: the first one runs, the others wait to be switched on. */
static void reset_vcpu(unsigned int n)
{
	struct kvm_vcpu_init init;
	struct kvm_one_reg pc = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		      KVM_REG_ARM_CORE_REG(regs.pc),
		.addr = (uintptr_t)&vm.entry,
	};

	xioctl(vm.vm, KVM_ARM_PREFERRED_TARGET, &init, "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= 1U << KVM_ARM_VCPU_PSCI_0_2;
	if (n)
		init.features[0] |= 1U << KVM_ARM_VCPU_POWER_OFF;
	xioctl(vm.vcpu[n], KVM_ARM_VCPU_INIT, &init, "KVM_ARM_VCPU_INIT");
	if (!n)
		xioctl(vm.vcpu[n], KVM_SET_ONE_REG, &pc, "the program counter");
}

static void create_vcpu(unsigned int n)
{
	vm.vcpu[n] = xioctl(vm.vm, KVM_CREATE_VCPU, (void *)(uintptr_t)n, "KVM_CREATE_VCPU");
	reset_vcpu(n);
}

static void set_attr(int fd, uint32_t group, uint64_t attr, uint64_t *value, const char *what)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)value };

	xioctl(fd, KVM_SET_DEVICE_ATTR, &a, what);
}

static void create_gic(void)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	uint64_t dist = GICD_BASE, redist = GICR_BASE;

	xioctl(vm.vm, KVM_CREATE_DEVICE, &d, "a GICv3");
	set_attr(d.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist,
		 "the distributor");
	set_attr(d.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist,
		 "the redistributors");
	set_attr(d.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL, "the GIC");
}

static void attach(void)
{
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = vm.vm };

	vm.ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (vm.ctl < 0)
		die("/dev/kvm-xen: %s", strerror(errno));
	xioctl(vm.ctl, KXEN_CREATE, &vm.create, "KXEN_CREATE");
	a.domid = vm.create.domid;
	if (ioctl(vm.ctl, KXEN_ATTACH, &a))
		die("KXEN_ATTACH: %s, reason %u", strerror(errno), a.reason);
}

/* --- running ------------------------------------------------------------------------ */

static void on_mmio(struct kvm_run *run)
{
	uint64_t at = 0;

	if (!run->mmio.is_write) {
		memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		return;
	}
	if (run->mmio.phys_addr != LINE_AT || run->mmio.len != sizeof(at))
		return;
	memcpy(&at, run->mmio.data, sizeof(at));
	at -= RAM_BASE;
	if (at >= vm.mem)
		return;
	fwrite(vm.ram + at, 1, strnlen((char *)vm.ram + at,
				       vm.mem - at < LINE_MAX ? vm.mem - at : LINE_MAX), stdout);
	fflush(stdout);
}

/* What the module counts of the domain, while it is there. */
static void report_state(void)
{
	char path[64], line[LINE_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm-xen/d%u/state", vm.create.domid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		printf("# %s", line);
	fflush(stdout);
}

static void on_event(const struct kvm_run *run)
{
	static const char * const names[] = { "?", "poweroff", "reset", "crash" };
	unsigned int type = run->system_event.type;

	if (type == KVM_SYSTEM_EVENT_RESET && vm.again) {
		vm.again = false;
		load_image();
		reset_vcpu(0);
		return;
	}
	if (vm.state)
		report_state();
	printf("VMM %s\n", type < 4 ? names[type] : "?");
	exit(type == KVM_SYSTEM_EVENT_SHUTDOWN ? 0 : 3);
}

static void *run_vcpu(void *arg)
{
	unsigned int n = (uintptr_t)arg;
	int size = xioctl(vm.kvm, KVM_GET_VCPU_MMAP_SIZE, 0, "mmap size");
	struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm.vcpu[n], 0);

	if (run == MAP_FAILED)
		die("mmap of kvm_run: %s", strerror(errno));
	for (;;) {
		if (ioctl(vm.vcpu[n], KVM_RUN, 0) && errno != EINTR && errno != EAGAIN)
			die("KVM_RUN of vCPU %u: %s", n, strerror(errno));
		switch (run->exit_reason) {
		case KVM_EXIT_MMIO:
			on_mmio(run);
			break;
		case KVM_EXIT_INTR:
			break;
		case KVM_EXIT_SYSTEM_EVENT:
			on_event(run);
			break;
		default:
			die("vCPU %u: exit reason %u", n, run->exit_reason);
		}
	}
}

static void __attribute__((noreturn)) usage(void)
{
	puts("usage: vmm [options] IMAGE\n"
	     "  --smp N      vCPUs (1)\n"
	     "  --mem MB     memory (64)\n"
	     "  --domid N    domain id (chosen)\n"
	     "  --plain      do not attach to kvm-xen\n"
	     "  --hold       say READY, then wait for a line on standard input\n"
	     "  --max-ports N event channels that the domain can have\n"
	     "  --max-grant-frames N\n"
	     "               frames that its grant table can have\n"
	     "  --nlevel     the domain is offered the N-level ABI\n"
	     "  --again      the first reset begins the machine of one vCPU anew\n"
	     "  --state      at the guest's end, show what the module counts of the domain\n"
	     "  --limit S    end by a signal after S seconds (60)\n"
	     "exit status: 0 the guest has powered off, 2 error, 3 reset or crash");
	exit(1);
}

static const struct option opts[] = {
	{ "smp", 1, 0, 's' }, { "mem", 1, 0, 'm' }, { "domid", 1, 0, 'd' }, { "plain", 0, 0, 'p' },
	{ "hold", 0, 0, 'h' }, { "max-ports", 1, 0, 'P' }, { "nlevel", 0, 0, 'N' },
	{ "max-grant-frames", 1, 0, 'G' },
	{ "again", 0, 0, 'a' }, { "state", 0, 0, 'q' }, { "limit", 1, 0, 'l' }, { 0 },
};

static void set_option(int c)
{
	switch (c) {
	case 's': vm.cpus = atoi(optarg); break;
	case 'm': vm.mem = (size_t)atoi(optarg) << 20; break;
	case 'd': vm.create.domid = atoi(optarg); break;
	case 'p': vm.xen = false; break;
	case 'h': vm.hold = true; break;
	case 'P': vm.create.max_ports = atoi(optarg); break;
	case 'G': vm.create.max_grant_frames = atoi(optarg); break;
	case 'N': vm.create.flags |= KXEN_DOM_NLEVEL; break;
	case 'a': vm.again = true; break;
	case 'q': vm.state = true; break;
	case 'l': vm.limit = atoi(optarg); break;
	default: usage();
	}
}

int main(int argc, char **argv)
{
	char line[16];
	unsigned int i;
	pthread_t t;
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1)
		set_option(c);
	if (optind != argc - 1 || !vm.cpus || vm.cpus > MAX_VCPUS)
		usage();
	alarm(vm.limit);
	vm.image = argv[optind];
	create_vm();
	load_image();
	for (i = 0; i < vm.cpus; i++)
		create_vcpu(i);
	create_gic();
	if (vm.xen)
		attach();
	if (vm.hold) {
		puts("READY");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			die("no line on standard input");
	}
	for (i = 1; i < vm.cpus; i++)
		if (pthread_create(&t, NULL, run_vcpu, (void *)(uintptr_t)i))
			die("no thread");
	run_vcpu(NULL);
	return 0;
}
