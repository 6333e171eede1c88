// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree of a VMM for arm64. QEMU makes it of its command line, so it is asked: with the
 * words that the tree depends on, and no others, which may open what is to be opened once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devtree.h"
#include "kvm-xen.h"
#include "vmm.h"

#define MAX_TREE	(2 << 20)	/* QEMU's own limit is less */

static char dir[256], file[280];	/* where QEMU puts it, while that runs */

/* --- which VMMs, and what they cannot have --------------------------------------------- */

/* KVM's guests are of the host's kind, but a VMM's name says so, too. */
static bool for_arm64(char **args)
{
	const char *name = vmm_name(args);

#ifdef __aarch64__
	if (strncmp(name, "qemu-system-", 12))
		return true;
#endif
	return !strcmp(name, "qemu-system-aarch64");
}

static bool has_firmware(char **args)
{
	return vmm_has_option(args, "-bios") || vmm_has_option(args, "-pflash") ||
	       vmm_value_has(args, "-drive", "if=pflash") ||
	       vmm_value_has(args, "-machine", "pflash") || vmm_value_has(args, "-M", "pflash");
}

/* Devices that QEMU describes only in a tree that it need not read from a file. */
static const char *const platform_devices[] = { "tpm-tis-device", "vfio-platform",
						"vfio-calxeda-xgmac", "vfio-amd-xgbe" };

static void refuse_some(char **args)
{
	unsigned int i;

	if (has_firmware(args) && !vmm_value_has(args, "-machine", "acpi=off") &&
	    !vmm_value_has(args, "-M", "acpi=off"))
		fail(EXIT_REFUSED, "the firmware hands ACPI tables to the guest, which do not tell of Xen: add '-machine acpi=off', or boot by -kernel");
	for (i = 0; i < sizeof(platform_devices) / sizeof(platform_devices[0]); i++)
		if (vmm_value_has(args, "-device", platform_devices[i]))
			fail(EXIT_REFUSED, "not with '-device %s': with a device tree that tells of Xen, QEMU does not tell of that device",
			     platform_devices[i]);
}

/* --- the tree that it would give ------------------------------------------------------- */

/* By its first word, or in JSON. */
static bool is_kind(const char *value, const char *kind)
{
	char quoted[40];

	snprintf(quoted, sizeof(quoted), "\"%s", kind);
	return !strncmp(value, kind, strlen(kind)) || (*value == '{' && strstr(value, quoted));
}

/* What shapes the machine; other words are of what is behind its devices, and may open something. */
static bool shapes(const char *option, const char *value)
{
	static const char *const options[] = { "-machine", "-M", "-accel", "-cpu", "-smp", "-m",
					       "-numa", "-global", "-dtb", "-L" };
	unsigned int i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (vmm_is_option(option, options[i]))
			return true;
	if (vmm_is_option(option, "-object"))
		return is_kind(value, "memory-backend-");
	return vmm_is_option(option, "-device") && is_kind(value, "virtio-iommu");
}

static char **asking_args(char **args, int argc)
{
	static char machine[300];
	char **v = calloc(2 * argc + 12, sizeof(*v)), **p;
	int n = vmm_own_args(args) - args;

	if (!v)
		fail(1, "no memory");
	memcpy(v, args, n * sizeof(*v));
	for (p = args + n; *p; p++) {
		if (vmm_is_option(*p, "-enable-kvm")) {
			v[n++] = *p;
		} else if (!p[1]) {
			break;
		} else if (shapes(p[0], p[1])) {
			v[n++] = *p++;
			v[n++] = *p;
		} else if (vmm_is_option(*p, "-serial")) {	/* each is a node */
			v[n++] = *p++;
			v[n++] = "null";
		}
	}
	snprintf(machine, sizeof(machine), "dumpdtb=%s", file);
	v[n++] = "-nodefaults";
	v[n++] = "-display";
	v[n++] = "none";
	v[n++] = "-S";
	v[n++] = "-machine";
	v[n++] = machine;
	return v;
}

static void remove_files(void)
{
	if (!dir[0])
		return;
	unlink(file);
	rmdir(dir);
	dir[0] = 0;
}

static void make_files(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/kvm-xen.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		fail(1, "cannot make a directory below %s: %s", tmp && *tmp ? tmp : "/tmp",
		     strerror(errno));
	snprintf(file, sizeof(file), "%s/tree", dir);
	atexit(remove_files);
}

/* It says on standard output that it has done so, which is no word of the guest's. */
static int ask(char **v)
{
	pid_t self = getpid(), child = fork();
	int status;

	if (child < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (!child) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		vmm_in_child(self);
		dup2(null, 0);
		dup2(null, 1);
		execvp(v[0], v);
		fprintf(stderr, "kvm-xen: cannot run '%s': %s\n", v[0], strerror(errno));
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail(1, "lost the VMM: %s", strerror(errno));
	return status;
}

/* What is there now; *@len: how much. */
static void *read_tree(size_t *len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *blob = malloc(MAX_TREE);
	ssize_t n = 0;

	if (!blob)
		fail(1, "no memory");
	*len = 0;
	while (fd >= 0 && *len < MAX_TREE && (n = read(fd, blob + *len, MAX_TREE - *len)) > 0)
		*len += n;
	if (fd < 0 || n < 0)
		fail(EXIT_REFUSED, "the VMM does not tell its guest's device tree: is it a QEMU?");
	close(fd);
	return blob;
}

/* --- the one that it gets --------------------------------------------------------------- */

/* A file that has no name, and is there as long as the VMM has it open. */
static char *hold(const struct devtree *t)
{
	static char path[40];
	int fd = memfd_create("kvm-xen-tree", 0);

	if (fd < 0 || write(fd, t->blob, t->len) != (ssize_t)t->len)
		fail(1, "cannot hold the guest's device tree: %s", strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static char **with_tree(char **args, int *argc, char *path)
{
	char **v = calloc(*argc + 3, sizeof(*v));

	if (!v)
		fail(1, "no memory");
	memcpy(v, args, *argc * sizeof(*v));
	v[(*argc)++] = "-dtb";		/* the last one counts */
	v[(*argc)++] = path;
	return v;
}

void vmm_tree(char ***args, int *argc, const struct domain_options *o)
{
	struct devtree t;
	const char *why;
	char **v;
	void *blob;
	size_t len;
	int status;

	if (!for_arm64(*args))
		return;
	refuse_some(*args);
	make_files();
	v = asking_args(*args, *argc);
	status = ask(v);
	free(v);
	if (status)
		fail(EXIT_REFUSED, "the VMM does not tell its guest's device tree (by '-machine dumpdtb='); its own message may say why");
	blob = read_tree(&len);
	remove_files();
	why = devtree_make(blob, len, o, &t);
	free(blob);
	if (why == DEVTREE_HAS_XEN) {
		fprintf(stderr, "kvm-xen: %s, and is left as it is\n", why);
		return;
	}
	if (why)
		fail(EXIT_REFUSED, "%s", why);
	*args = with_tree(*args, argc, hold(&t));
	fprintf(stderr, "kvm-xen: the guest's device tree now tells of Xen: upcalls by PPI 31, %llu MB of its memory at 0x%llx kept for grant frames\n",
		(unsigned long long)t.size >> 20, (unsigned long long)t.at);
	free(t.blob);
}
