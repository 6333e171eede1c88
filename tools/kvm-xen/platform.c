// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen's platform device for a VMM that is to be started. Linux as an HVM guest has grant tables
 * only with one; a guest that enters by PVH needs none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfg.h"
#include "platform.h"
#include "vmm.h"

#define TYPE	"/sys/class/mdev_bus/kvm-xen/mdev_supported_types/kvm-xen-platform"
#define DEVICES	"/sys/bus/mdev/devices/"
#define UUID	36	/* characters */

static char uuid[UUID + 1];	/* of the one that is made */
static bool made, attaches;

/* Write a line to a file of sysfs; false, with errno. */
static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return false;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	errno = error;
	return !error;
}

/* The first line of a file; false, with errno. */
static bool get(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(text, size, f);
	if (ok)
		text[strcspn(text, "\n")] = 0;
	fclose(f);
	return ok;
}

static void attribute_path(char *path, size_t size, const char *which, const char *name)
{
	snprintf(path, size, DEVICES "%s/%s", which, name);
}

static void set(const char *name, const char *text)
{
	char path[128];

	attribute_path(path, sizeof(path), uuid, name);
	if (!put(path, text))
		fail(EXIT_REFUSED, "the platform device does not take '%s' as its %s: %s",
		     text, name, strerror(errno));
}

static void set_number(const char *name, uint32_t n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	set(name, text);
}

/*
 * The domain of who has it open, which may be none; false: there is no such device. The name may
 * come from elsewhere, so nothing but a UUID goes into a path. Devices of other types, such as a
 * graphics card's, have names of the same kind, but not this attribute.
 */
static bool domain_of(const char *which, char *text, size_t size)
{
	char path[128];

	if (strlen(which) != UUID || strspn(which, "0123456789abcdef-") != UUID)
		return false;
	attribute_path(path, sizeof(path), which, "xen/domain");
	return get(path, text, size);
}

bool platform_idle(const char *which)
{
	char domain[16];

	return domain_of(which, domain, sizeof(domain)) && !domain[0];
}

void platform_remove(const char *which)
{
	char path[128], domain[16];

	if (!domain_of(which, domain, sizeof(domain)))
		return;
	attribute_path(path, sizeof(path), which, "remove");
	put(path, "1");
}

const char *platform_made(void)
{
	return made ? uuid : "";
}

/* At exit, when the VMM is gone. */
static void remove_device(void)
{
	platform_remove(uuid);
}

bool platform_is_elf(const char *file)
{
	char magic[4] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, magic, sizeof(magic)) < 0)
		magic[0] = 0;
	close(fd);
	return !memcmp(magic, "\177ELF", 4);
}

/* A kernel that QEMU enters by PVH, or a machine without PCI. */
static bool useless(char **args)
{
	const char *kernel = vmm_value_of(args, "-kernel");

	return (kernel && platform_is_elf(kernel)) || vmm_value_has(args, "-M", "microvm") ||
	       vmm_value_has(args, "-machine", "microvm");
}

/*
 * vCPUs that come later, or out of order, need the numbers that only the VMM knows, when its
 * machine is complete: the device is open by then.
 */
static bool needs_numbers(char **args)
{
	return vmm_value_has(args, "-smp", "maxcpus=") || vmm_value_has(args, "-device", "-cpu");
}

static void set_options(const struct domain_options *o)
{
	char version[16];

	set_number("xen/attach", attaches);
	if (o->domid != KXEN_DOMID_AUTO)
		set_number("xen/domid", o->domid);
	if (o->max_ports)
		set_number("xen/max_ports", o->max_ports);
	if (o->max_grant_frames)
		set_number("xen/max_grant_frames", o->max_grant_frames);
	if (o->max_maptrack_frames)
		set_number("xen/max_maptrack_frames", o->max_maptrack_frames);
	if (o->xen_major || o->xen_minor) {
		snprintf(version, sizeof(version), "%u.%u", o->xen_major, o->xen_minor);
		set("xen/xen_version", version);
	}
	set_number("xen/unplug", !!(o->flags & KXEN_DOM_UNPLUG));
	set_number("xen/nlevel", !!(o->flags & KXEN_DOM_NLEVEL));
}

static char **more_words(char **args, int *argc)
{
	static char device[128];
	char **v = calloc(*argc + 3, sizeof(*v));

	if (!v)
		fail(1, "no memory");
	snprintf(device, sizeof(device), "vfio-pci,id=kvm-xen-platform,sysfsdev=" DEVICES "%s",
		 uuid);
	memcpy(v, args, *argc * sizeof(*v));
	v[(*argc)++] = "-device";
	v[(*argc)++] = device;
	return v;
}

/* The domain's handle is the device's name, so who wants a certain one gives it here. */
static void choose_name(const struct domain_options *o)
{
	static const uint8_t any[sizeof(o->uuid)];

	if (memcmp(o->uuid, any, sizeof(any)))
		cfg_uuid_text(o->uuid, uuid);
	else if (!get("/proc/sys/kernel/random/uuid", uuid, sizeof(uuid)))
		fail(1, "no random UUID: %s", strerror(errno));
}

/* Who was killed before his VMM had it open may have left it. */
static bool make(void)
{
	if (put(TYPE "/create", uuid))
		return true;
	if (errno != EEXIST)
		return false;
	if (platform_idle(uuid)) {
		platform_remove(uuid);
		return put(TYPE "/create", uuid);
	}
	errno = EEXIST;
	return false;
}

static bool create(enum platform_use use, const struct domain_options *o)
{
	choose_name(o);
	made = make();
	if (made) {
		atexit(remove_device);
		return true;
	}
	/* Whoever may not make one has done without until now. */
	if (use != PLATFORM_YES && (errno == ENOENT || errno == EACCES))
		return false;
	if (errno == ENOENT)
		fail(EXIT_REFUSED, "there is no platform device: load its module first (modprobe kvm-xen-vfio)");
	if (errno == EACCES)
		fail(EXIT_REFUSED, "a platform device is root's to make: be root, or leave --platform out");
	if (errno == EEXIST)
		fail(EXIT_REFUSED, "cannot make a platform device: there is a mediated device %s already, which somebody has open or which is of another kind: give the guest another 'uuid'",
		     uuid);
	fail(1, "cannot make a platform device: %s", strerror(errno));
}

bool platform_make(char ***args, int *argc, const struct domain_options *o,
		   enum platform_use use)
{
	if (use == PLATFORM_NO || (use != PLATFORM_YES && useless(*args)) || !create(use, o))
		return false;
	attaches = !needs_numbers(*args);
	set_options(o);
	*args = more_words(*args, argc);
	return true;
}

bool platform_attaches(void)
{
	return attaches;
}

uint32_t platform_domain(void)
{
	char text[16];

	if (!domain_of(uuid, text, sizeof(text)) || !text[0])
		fail(EXIT_REFUSED, "the VMM has not opened its platform device '%s': does a wrapper pass all words on?",
		     uuid);
	return number(text, "domain id", MAX_DOMID);
}
