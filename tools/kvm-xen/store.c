// SPDX-License-Identifier: GPL-2.0-only
/* A domain's nodes in xenstore: written, waited for, taken away. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore_lib.h>

#include "plan.h"
#include "store.h"

#define XENBUS_INIT_WAIT	2
#define MAX_PATH		256

struct xs_handle *store_open(void)
{
	struct xs_handle *h = xs_open(0);

	if (h)
		return h;
	if (errno == EACCES)
		fail(EXIT_REFUSED, "no permission to talk to xenstored: be root");
	fail(EXIT_REFUSED, "xenstored cannot be reached (%s): load the module with xenstore=1 and start xenstored",
	     strerror(errno));
}

int store_open_idle(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = xs_daemon_socket();
	int fd;

	if (!path || strlen(path) >= sizeof(a.sun_path))
		return -1;
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

char *store_read(struct xs_handle *h, const char *fmt, ...)
{
	char path[MAX_PATH];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return xs_read(h, XBT_NULL, path, NULL);
}

bool store_write(struct xs_handle *h, const char *value, const char *fmt, ...)
{
	char path[MAX_PATH];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return xs_write(h, XBT_NULL, path, value, strlen(value));
}

/* --- a new domain ------------------------------------------------------------------- */

struct adding {
	struct xs_handle *h;
	xs_transaction_t t;
	int error;
	char path[MAX_PATH];	/* which was refused */
};

/* As "n0 r5": the owner and what others may, then those who may something else. */
static unsigned int to_perms(const char *text, struct xs_permissions *p, unsigned int max)
{
	unsigned int n = 0;
	char *end;

	for (; *text && n < max; n++) {
		p[n].perms = *text == 'r' ? XS_PERM_READ : *text == 'w' ? XS_PERM_WRITE :
			     *text == 'b' ? XS_PERM_READ | XS_PERM_WRITE : XS_PERM_NONE;
		p[n].id = strtoul(text + 1, &end, 10);
		text = end + (*end == ' ');
	}
	return n;
}

static void add_node(void *to, const char *path, const char *value, const char *perms)
{
	struct xs_permissions p[4];
	struct adding *a = to;

	if (a->error)
		return;
	if (xs_write(a->h, a->t, path, value, strlen(value)) &&
	    (!perms || xs_set_permissions(a->h, a->t, path, p, to_perms(perms, p, 4))))
		return;
	a->error = errno;
	snprintf(a->path, sizeof(a->path), "%s", path);
}

/* Others may write at the same time: then all of it is written again. */
void store_add(struct xs_handle *h, const struct cfg *c, const char *uuid, uint32_t domid,
	       const struct special *s)
{
	char number[16], port[16], gfn[24];
	struct adding a;
	bool done;

	snprintf(number, sizeof(number), "%u", domid);
	snprintf(port, sizeof(port), "%u", s->store_port);
	snprintf(gfn, sizeof(gfn), "%llu", (unsigned long long)s->store_gfn);
	do {
		a = (struct adding){ .h = h, .t = xs_transaction_start(h) };
		plan_nodes(c, uuid, number, port, gfn, add_node, &a);
		done = xs_transaction_end(h, a.t, a.error);
	} while (!a.error && !done && errno == EAGAIN);
	if (a.error)
		fail(1, "xenstored does not take %s: %s", a.path, strerror(a.error));
	if (!done)
		fail(1, "xenstored does not take the nodes of domain %u: %s", domid, strerror(errno));
}

void store_introduce(struct xs_handle *h, uint32_t domid, const struct special *s)
{
	if (!xs_introduce_domain(h, domid, s->store_gfn, s->store_port))
		fail(1, "xenstored does not take domain %u: %s; its own log may say why", domid,
		     strerror(errno));
}

void store_add_console(struct xs_handle *h, uint32_t domid, const struct special *s)
{
	struct adding a = { .h = h, .t = XBT_NULL };
	char number[16], port[16], gfn[24];

	snprintf(number, sizeof(number), "%u", domid);
	snprintf(port, sizeof(port), "%u", s->console_port);
	snprintf(gfn, sizeof(gfn), "%llu", (unsigned long long)s->console_gfn);
	plan_console(number, port, gfn, add_node, &a);
	if (a.error)
		fail(1, "xenstored does not take %s: %s", a.path, strerror(a.error));
}

/* --- devices ------------------------------------------------------------------------ */

static unsigned int state_of_backend(struct xs_handle *h, uint32_t domid, const char *class,
				     const char *device)
{
	char *backend = store_read(h, "/local/domain/%u/device/%s/%s/backend", domid, class, device);
	char *state = backend ? store_read(h, "%s/state", backend) : NULL;
	unsigned int n = state ? atoi(state) : 0;

	free(state);
	free(backend);
	return n;
}

static bool class_ready(struct xs_handle *h, uint32_t domid, const char *class,
			unsigned int wanted, char *which, size_t size)
{
	unsigned int n = 0, ready = 0, i;
	char path[MAX_PATH], **device;

	snprintf(path, sizeof(path), "/local/domain/%u/device/%s", domid, class);
	device = wanted ? xs_directory(h, XBT_NULL, path, &n) : NULL;
	for (i = 0; device && i < n; i++)
		ready += state_of_backend(h, domid, class, device[i]) >= XENBUS_INIT_WAIT;
	free(device);
	if (ready >= wanted)
		return true;
	snprintf(which, size, "%u of %u devices in device/%s wait for the guest", ready, wanted, class);
	return false;
}

bool store_devices_ready(struct xs_handle *h, uint32_t domid, unsigned int disks,
			 unsigned int vifs, char *which, size_t size)
{
	char *state = store_read(h, "/local/domain/0/device-model/%u/state", domid);
	bool runs = state && !strcmp(state, "running");

	snprintf(which, size, "device-model/%u/state is %s", domid, state ? state : "not there");
	free(state);
	return runs && class_ready(h, domid, "vbd", disks, which, size) &&
	       class_ready(h, domid, "vif", vifs, which, size);
}

/* --- the end ------------------------------------------------------------------------ */

static bool remove_path(struct xs_handle *h, const char *path)
{
	return xs_rm(h, XBT_NULL, path) || errno == ENOENT;
}

/* Backends of each class have a directory for each domain. */
static bool remove_backends(struct xs_handle *h, uint32_t domid)
{
	static const char base[] = "/local/domain/0/backend";
	char **class, path[MAX_PATH];
	unsigned int n = 0, i;
	bool good = true;

	class = xs_directory(h, XBT_NULL, base, &n);
	for (i = 0; class && i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s/%u", base, class[i], domid);
		good &= remove_path(h, path);
	}
	free(class);
	return good;
}

bool store_unmark(struct xs_handle *h, uint32_t domid)
{
	char path[MAX_PATH];

	snprintf(path, sizeof(path), "/tool/kvm-xen/%u", domid);
	return remove_path(h, path);
}

bool store_remove(struct xs_handle *h, uint32_t domid)
{
	static const char *const paths[] = {
		"/local/domain/0/device-model/%u", "/local/domain/%u", "/libxl/%u",
	};
	char *vm = store_read(h, "/local/domain/%u/vm", domid), path[MAX_PATH];
	bool good = true;
	unsigned int i;

	/* xenstored may know of the end already. */
	if (xs_is_domain_introduced(h, domid))
		xs_release_domain(h, domid);
	good &= remove_backends(h, domid);
	if (vm && !strncmp(vm, "/vm/", 4))
		good &= remove_path(h, vm);
	free(vm);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(path, sizeof(path), paths[i], domid);
		good &= remove_path(h, path);
	}
	/* Whoever is killed before that, or cannot take all away, leaves what is found by it. */
	return good && store_unmark(h, domid);
}

/* --- names -------------------------------------------------------------------------- */

static bool is_domid(const char *text)
{
	return isdigit((unsigned char)text[0]) && strspn(text, "0123456789") == strlen(text);
}

bool store_find(struct xs_handle *h, const char *name, uint32_t *domid)
{
	unsigned int n = 0, i;
	char **dom = xs_directory(h, XBT_NULL, "/local/domain", &n);
	bool found = false;

	for (i = 0; dom && i < n && !found; i++) {
		char *has = is_domid(dom[i]) ? store_read(h, "/local/domain/%s/name", dom[i]) : NULL;

		found = has && !strcmp(has, name);
		if (found)
			*domid = atoi(dom[i]);
		free(has);
	}
	free(dom);
	return found;
}

void store_each_made(struct xs_handle *h, void (*call)(void *to, uint32_t domid, const char *name),
		     void *to)
{
	unsigned int n = 0, i;
	char **dom = xs_directory(h, XBT_NULL, "/tool/kvm-xen", &n);

	for (i = 0; dom && i < n; i++) {
		char *name = is_domid(dom[i]) ? store_read(h, "/tool/kvm-xen/%s", dom[i]) : NULL;

		if (name)
			call(to, atoi(dom[i]), name);
		free(name);
	}
	free(dom);
}
