// SPDX-License-Identifier: GPL-2.0
/*
 * Xen's platform device as the tool makes it and takes it away, with files of our own in the place
 * of sysfs: a type that makes devices, and one device, which may be of another type.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/kvm-xen/kvm-xen.h"

enum { CREATE = 1000, ATTRIBUTE, REMOVE };

static bool module;		/* there is the type */
static char device[64];		/* the name of the one that there is */
static const char *domain;	/* who has it; NULL: it is of another type */
static unsigned int removed, tried;	/* files that were opened, of devices */
static char said[512];
static jmp_buf failed;

static int no_file(void)
{
	errno = ENOENT;
	return -1;
}

/* What of the device's is at this path. */
static const char *of_device(const char *path)
{
	static const char dir[] = "/sys/bus/mdev/devices/";
	size_t len = strlen(device);

	if (strncmp(path, dir, sizeof(dir) - 1))
		return "";
	tried++;
	path += sizeof(dir) - 1;
	return len && !strncmp(path, device, len) && path[len] == '/' ? path + len + 1 : "";
}

static int fake_open(const char *path, int flags)
{
	const char *file = of_device(path);

	(void)flags;
	if (strstr(path, "/kvm-xen-platform/create"))
		return module ? CREATE : no_file();
	if (!strcmp(file, "remove"))
		return REMOVE;
	return domain && !strncmp(file, "xen/", 4) ? ATTRIBUTE : no_file();
}

static FILE *fake_fopen(const char *path, const char *mode)
{
	static char text[64];

	(void)mode;
	if (!strcmp(path, "/proc/sys/kernel/random/uuid"))
		strcpy(text, "11111111-2222-4333-8444-555555555555\n");
	else if (!strcmp(of_device(path), "xen/domain") && domain)
		snprintf(text, sizeof(text), "%s\n", domain);
	else
		return no_file(), NULL;
	return fmemopen(text, strlen(text), "r");
}

static ssize_t fake_write(int fd, const char *text, size_t n)
{
	if (fd == REMOVE) {
		removed++;
		device[0] = 0;
	}
	if (fd != CREATE)
		return n;
	if (device[0]) {
		errno = EEXIST;
		return -1;
	}
	snprintf(device, sizeof(device), "%s", text);
	domain = "";
	return n;
}

void fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	longjmp(failed, status);
}

uint32_t number(const char *s, const char *what, uint32_t max)
{
	(void)what;
	(void)max;
	return strtoul(s, NULL, 10);
}

#define open		fake_open
#define fopen		fake_fopen
#define write		fake_write
#define close(fd)	((void)(fd))
#define atexit(fn)	((void)(fn))
#include "../../tools/kvm-xen/platform.c"

static unsigned int bad;

static void check(const char *name, bool good)
{
	printf("%sok - %s\n", good ? "" : "not ", name);
	bad += !good;
}

#define HANDLE	"5c2b34a1-0f0e-4d3c-8b2a-190807060504"
#define RANDOM	"11111111-2222-4333-8444-555555555555"
#define AS_LONG	"../../../../../tmp/0123456789abcdef0"

_Static_assert(sizeof(AS_LONG) == sizeof(HANDLE), "");

static const uint8_t handle[16] = {
	0x5c, 0x2b, 0x34, 0xa1, 0x0f, 0x0e, 0x4d, 0x3c, 0x8b, 0x2a, 0x19, 0x08, 0x07, 0x06, 0x05, 0x04,
};

/* One is there; @who: its domain's number, "", or NULL if it is of another type. */
static void there(const char *name, const char *who)
{
	strcpy(device, name);
	domain = who;
	removed = tried = 0;
	said[0] = 0;
}

/* A guest's VMM is to have one; was it refused? */
static bool refused(enum platform_use use, bool has_handle, bool *got)
{
	static char vmm[] = "qemu-system-x86_64";
	static char *first[] = { vmm, NULL };
	struct domain_options o = { .domid = KXEN_DOMID_AUTO };
	char **args = first;
	int argc = 1;

	if (has_handle)
		memcpy(o.uuid, handle, sizeof(handle));
	made = false;
	if (setjmp(failed))
		return true;
	*got = platform_make(&args, &argc, &o, use);
	check("the VMM has its name, if there is one",
	      *got ? argc == 3 && strstr(args[2], device) : argc == 1);
	if (args != first)
		free(args);
	return false;
}

static void making(void)
{
	bool got = false;

	module = true;
	there("", NULL);
	check("a device with the guest's handle", !refused(PLATFORM_IF_THERE, true, &got) && got &&
	      !strcmp(device, HANDLE) && !strcmp(platform_made(), HANDLE));
	there("", NULL);
	check("who has no handle has any", !refused(PLATFORM_YES, false, &got) && got &&
	      !strcmp(device, RANDOM) && !strcmp(platform_made(), RANDOM));
	there(HANDLE, "");
	check("one that was left behind is made anew", !refused(PLATFORM_IF_THERE, true, &got) && got &&
	      removed == 1 && !strcmp(device, HANDLE));
	there(HANDLE, "7");
	check("one that a domain has stays", refused(PLATFORM_IF_THERE, true, &got) && !removed &&
	      strstr(said, "mediated device " HANDLE " already"));
	there(HANDLE, NULL);
	check("so does one of another type", refused(PLATFORM_IF_THERE, true, &got) && !removed &&
	      strstr(said, "mediated device " HANDLE " already"));
	module = false;
	there(HANDLE, NULL);
	check("without the module there is none", !refused(PLATFORM_IF_THERE, true, &got) && !got &&
	      !strcmp(platform_made(), ""));
	check("who wants one is told", refused(PLATFORM_YES, true, &got) && strstr(said, "load its module"));
}

static void left(const char *name, const char *which, bool good)
{
	platform_remove(which);
	check(name, good ? removed == 1 : !removed && !platform_idle(which));
}

static void removing(void)
{
	there(HANDLE, "");
	check("one that nobody has", platform_idle(HANDLE));
	left("is taken away", HANDLE, true);
	there(HANDLE, "7");
	check("one that a domain has", !platform_idle(HANDLE));
	there(HANDLE, NULL);
	left("one of another type is not", HANDLE, false);
	there("../../pci/devices/0000:00:00.0", "");
	left("nor what has no UUID as name", "../../pci/devices/0000:00:00.0", false);
	check("which is in no path", !tried);
	there(AS_LONG, "");
	left("of whatever length", AS_LONG, false);
	check("which is in none either", !tried);
	left("no name is none", "", false);
	check("nor in a path", !tried);
}

int main(void)
{
	making();
	removing();
	return bad != 0;
}
