// SPDX-License-Identifier: GPL-2.0
/*
 * What the tool asks a VMM for arm64, and what it gives it then. The VMM is a script of ours that
 * writes down its words, and a tree to where QEMU would: argv[1] is its directory, which has the
 * script by QEMU's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/kvm-xen/kvm-xen.h"

static char said[512];
static jmp_buf failed;
static unsigned int bad;

void fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	longjmp(failed, status);
}

void vmm_in_child(pid_t parent)
{
	(void)parent;
}

#include "../../tools/kvm-xen/devtree.c"
#include "../../tools/kvm-xen/vmm_tree.c"

static const char *place;
static char words[4096];	/* that the VMM was asked with */

static void check(const char *what, bool good)
{
	printf("%s - %s\n", good ? "ok" : "not ok", what);
	bad += !good;
	if (!good)
		printf("# asked with: %s\n# said: %s\n", words, said);
}

/* A tree with what there must be. */
static void write_tree(bool xen)
{
	static char blob[4096];
	fdt32_t reg[] = { 0, cpu_to_fdt32(0x40000000), 0, cpu_to_fdt32(256 << 20) };
	char path[512];
	FILE *f;

	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_u32(blob, "interrupt-parent", 1);
	fdt_property_u32(blob, "#size-cells", 2);
	fdt_property_u32(blob, "#address-cells", 2);
	fdt_begin_node(blob, "memory@40000000");
	fdt_property_string(blob, "device_type", "memory");
	fdt_property(blob, "reg", reg, sizeof(reg));
	fdt_end_node(blob);
	fdt_begin_node(blob, "intc");
	fdt_property_u32(blob, "phandle", 1);
	fdt_property_u32(blob, "#interrupt-cells", 3);
	fdt_property(blob, "interrupt-controller", NULL, 0);
	fdt_end_node(blob);
	if (xen) {
		fdt_begin_node(blob, "hypervisor");
		fdt_property_string(blob, "compatible", "xen,xen");
		fdt_end_node(blob);
	}
	fdt_end_node(blob);
	fdt_finish(blob);
	snprintf(path, sizeof(path), "%s/tree", place);
	f = fopen(path, "w");
	if (!f || fwrite(blob, fdt_totalsize(blob), 1, f) != 1 || fclose(f))
		exit(2);
}

/*
 * Give a command line to the tool, words with blanks between them, of which @ is the directory of
 * the VMMs; its exit status, or 0 and what became of the words.
 */
static char **args;
static int argc;

static int give(const char *line)
{
	static char copy[1024], path[512];
	struct domain_options o = { 0 };
	static char *v[64];
	char *word;
	FILE *f;
	int status;

	words[0] = said[0] = 0;
	snprintf(path, sizeof(path), "%s/words", place);
	unlink(path);
	argc = 0;
	memset(v, 0, sizeof(v));
	strcpy(copy, line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		v[argc++] = word;
	args = v;
	status = setjmp(failed);
	if (!status)
		vmm_tree(&args, &argc, &o);
	else
		remove_files();		/* as at the program's end */
	f = fopen(path, "r");
	if (f && !fgets(words, sizeof(words), f))
		words[0] = 0;
	if (f)
		fclose(f);
	return status;
}

static bool has(const char *text)
{
	return strstr(words, text);
}

/* The tree that the VMM gets at last. */
static bool given(void)
{
	char blob[8192];
	FILE *f;
	size_t n;

	if (argc < 2 || args[argc] || strcmp(args[argc - 2], "-dtb"))
		return false;
	f = fopen(args[argc - 1], "r");
	n = f ? fread(blob, 1, sizeof(blob), f) : 0;
	if (f)
		fclose(f);
	return !fdt_check_full(blob, n) && fdt_path_offset(blob, "/hypervisor") > 0;
}

#define VMM	"qemu-system-aarch64 "

static void asks(void)
{
	int status = give("env " VMM "-m 256M -machine virt,gic-version=3 --accel kvm "
			  "-cpu host -smp 2 -serial file:/a -serial tcp:b:1,server=on "
			  "-chardev socket,id=c,path=/d -drive file=e -netdev tap,id=n "
			  "-device virtio-net-pci,netdev=n -device virtio-iommu-pci -kernel k "
			  "-object memory-backend-ram,id=r,size=256M -object iommufd,id=u "
			  "-object filter-dump,id=g,netdev=n,file=h -enable-kvm "
			  "-device vfio-pci,iommufd=u,host=1:0.0 "
			  "-initrd i -append words -nographic -monitor stdio");

	check("a VMM is asked, through a wrapper", !status && given());
	check("by what its machine is made of",
	      has("-m 256M -machine virt,gic-version=3 --accel kvm -cpu host -smp 2 ") &&
	      has("-device virtio-iommu-pci ") && has("-enable-kvm ") &&
	      has("-object memory-backend-ram,id=r,size=256M "));
	check("which it is not to run", has(" -S ") && has("-machine dumpdtb="));
	check("and by nothing that opens something",
	      !has("file") && !has("tcp") && !has("socket") && !has("tap") && !has("net-pci") &&
	      !has("stdio") && !has("-kernel") && !has("filter-dump") && !has("vfio-pci") &&
	      !has("iommufd"));
	check("with as many serial lines", has("-serial null -serial null "));
	check("its words are what they were, and one more", !strcmp(args[2], "-m") &&
	      !strcmp(args[argc - 3], "stdio"));
	check("nothing stays behind", !dir[0] && access(file, F_OK));
	check("a tree of the user's is made more of",
	      !give(VMM "-dtb /own -M virt") && has("-dtb /own") && given());
	check("ACPI tables that are off are no matter",
	      !give(VMM "-M virt,acpi=off -bios edk2") && given() && !has("edk2"));
	check("another VMM is not asked",
	      !give("qemu-system-x86_64 -m 1G") && !words[0] && argc == 3);
	write_tree(true);
	check("a tree that has Xen is left alone", !give(VMM "-M virt") && words[0] && argc == 3);
	write_tree(false);
}

static void refuses(void)
{
	static const char *const firmware[] = {
		VMM "-bios edk2", VMM "-M virt -pflash edk2", VMM "-drive if=pflash,file=f",
		VMM "-machine virt,pflash0=f",
	};
	unsigned int i;

	for (i = 0; i < sizeof(firmware) / sizeof(firmware[0]); i++)
		check(firmware[i], give(firmware[i]) == EXIT_REFUSED && strstr(said, "ACPI") &&
		      !words[0]);
	check("a device that QEMU would not tell of",
	      give(VMM "-device tpm-tis-device,tpmdev=t") == EXIT_REFUSED &&
	      strstr(said, "tpm-tis-device"));
	setenv("KXEN_ENDS", "3", 1);
	check("a VMM that fails", give(VMM "-M virt") == EXIT_REFUSED && strstr(said, "own message"));
	setenv("KXEN_ENDS", "0", 1);
	check("one that writes no tree", give(VMM "-M virt") == EXIT_REFUSED &&
	      strstr(said, "is it a QEMU"));
	unsetenv("KXEN_ENDS");
	setenv("PATH", "/nonexistent", 1);
	check("one that is not there", give(VMM "-M virt") == EXIT_REFUSED);
	setenv("TMPDIR", "/nonexistent", 1);
	check("nowhere to put it", give(VMM "-M virt") == 1 && strstr(said, "/nonexistent"));
}

int main(int argc, char **argv)
{
	char path[1024];

	if (argc != 2)
		return 2;
	place = argv[1];
	snprintf(path, sizeof(path), "%s:%s", place, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("KXEN_PLACE", place, 1);
	write_tree(false);
	asks();
	refuses();
	return bad != 0;
}
