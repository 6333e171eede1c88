// SPDX-License-Identifier: GPL-2.0-only
/* What is to be done for a guest; nothing is done here. */
#include <linux/kvm_xen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan.h"

/* Where Debian and others have a QEMU with Xen's devices. */
static const char *const backends[] = {
	"/usr/libexec/xen-qemu-system-i386", "/usr/lib/xen/bin/qemu-system-i386",
	"/usr/bin/qemu-system-i386",
};

/* And Xen's pv-shim. */
static const char *const shims[] = {
	"/usr/lib/xen-4.20/boot/xen-shim", "/usr/lib/xen-4.17/boot/xen-shim",
	"/usr/lib/xen/boot/xen-shim", "/usr/local/lib/xen/boot/xen-shim",
};

/* --- words ------------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3))) add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	/* Room for a power of two, the end included. */
	if (!(w->n & (w->n + 1)))
		w->v = realloc(w->v, 2 * (w->n + 1) * sizeof(*w->v));
	va_start(ap, fmt);
	if (!w->v || vasprintf(&w->v[w->n], fmt, ap) < 0)
		fail(1, "no memory");
	va_end(ap);
	w->v[++w->n] = NULL;
}

static void add_all(struct words *w, const char *const *word)
{
	for (; *word; word++)
		add(w, "%s", *word);
}

void words_free(struct words *w)
{
	while (w->n)
		free(w->v[--w->n]);
	free(w->v);
	w->v = NULL;
}

void words_print(const struct words *w)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
	const char *at;
	int i;

	for (i = 0; i < w->n; i++) {
		printf(i ? " " : "      ");
		if (w->v[i][0] && w->v[i][strspn(w->v[i], plain)] == 0) {
			printf("%s", w->v[i]);
			continue;
		}
		putchar('\'');
		for (at = w->v[i]; *at; at++)
			*at == '\'' ? (void)printf("'\\''") : (void)putchar(*at);
		putchar('\'');
	}
	putchar('\n');
}

/* --- command lines ------------------------------------------------------------------ */

/* In QEMU's options a comma ends a value, unless there are two. */
static char *commas(const char *text)
{
	char *twice = malloc(2 * strlen(text) + 1), *to = twice;

	if (!twice)
		fail(1, "no memory");
	for (; *text; text++) {
		if (*text == ',')
			*to++ = ',';
		*to++ = *text;
	}
	*to = 0;
	return twice;
}

static void add_drive(struct words *w, const struct cfg_disk *d, const char *rest)
{
	char *file = commas(d->target);

	add(w, "-drive");
	add(w, "file=%s,format=%s%s,%s", file, d->qcow2 ? "qcow2" : "raw",
	    d->read_only ? ",readonly=on" : "", rest);
	free(file);
}

static void add_kernel(struct words *w, const struct cfg *c)
{
	if (!c->kernel)
		return;
	add(w, "-kernel");
	add(w, "%s", c->kernel);
	if (c->ramdisk) {
		add(w, "-initrd");
		add(w, "%s", c->ramdisk);
	}
	if (c->cmdline) {
		add(w, "-append");
		add(w, "%s", c->cmdline);
	}
}

const char *plan_shim(const struct cfg *c)
{
	unsigned int i;

	if (c->pvshim_path)
		return c->pvshim_path;
	for (i = 0; i < sizeof(shims) / sizeof(shims[0]); i++)
		if (!access(shims[i], R_OK))
			return shims[i];
	return shims[0];
}

/*
 * QEMU finds a multiboot header in the shim before it looks for an entry by PVH. That is as well:
 * by the latter a kernel gets one module, and no words for it. A module's name is the first word
 * of what the shim gives the guest's kernel: Linux passes over a word with a dot, before a = if
 * it has one, and hands one without to its first program.
 */
static void add_shim(struct words *w, const struct cfg *c)
{
	char *kernel = commas(c->kernel), *ramdisk = commas(c->ramdisk ? c->ramdisk : "");
	char *cmdline = commas(c->cmdline ? c->cmdline : "");

	add(w, "-kernel");
	add(w, "%s", plan_shim(c));
	add(w, "-append");
	add(w, "%s", c->pvshim_cmdline ? c->pvshim_cmdline : "pv-shim console=xen,pv");
	add(w, "-initrd");
	add(w, "%s%s%s%s%s%s", kernel[strcspn(kernel, ".=")] == '.' ? "" : "/.", kernel,
	    *cmdline ? " " : "", cmdline, *ramdisk ? "," : "", ramdisk);
	free(kernel);
	free(ramdisk);
	free(cmdline);
}

struct words plan_vmm(const struct cfg *c, const char *uuid)
{
	/* When the guest has ended the VMM waits: how it has ended is to be seen. */
	static const char *const machine[] = {
		"-accel", "kvm", "-cpu", "host", "-display", "none", "-nodefaults",
		"-action", "reboot=shutdown,shutdown=pause,panic=pause", NULL,
	};
	struct words w = { 0 };
	unsigned int i;

	add(&w, "%s", c->vmm ? c->vmm : "qemu-system-x86_64");
	add_all(&w, machine);
	add(&w, "-name");
	add(&w, "%s", c->name);
	add(&w, "-uuid");
	add(&w, "%s", uuid);
	add(&w, "-smp");
	add(&w, "%u", c->vcpus);
	add(&w, "-m");
	add(&w, "%uM", c->memory);
	if (c->serial) {
		add(&w, "-serial");
		add(&w, "%s", c->serial);
	}
	if (c->type == CFG_PV)
		add_shim(&w, c);
	else
		add_kernel(&w, c);
	for (i = 0; i < c->disks; i++)
		if (c->disk[i].vmm)
			add_drive(&w, &c->disk[i], "if=virtio");
	add_all(&w, (const char *const *)c->vmm_args.word);
	return w;
}

static const char *backend_program(const struct cfg *c)
{
	unsigned int i;

	if (c->backend)
		return c->backend;
	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!access(backends[i], X_OK))
			return backends[i];
	return backends[0];
}

/* One that stays the same for the same guest. */
static void add_mac(struct words *w, const struct cfg *c, unsigned int i, const char *dev)
{
	uint32_t sum = 2166136261U + i;
	const char *at;

	if (c->vif[i].mac[0]) {
		add(w, "%s,mac=%s", dev, c->vif[i].mac);
		return;
	}
	for (at = c->name; *at; at++)
		sum = (sum ^ (unsigned char)*at) * 16777619U;
	add(w, "%s,mac=00:16:3e:%02x:%02x:%02x", dev, sum >> 16 & 0x7f, sum >> 8 & 0xff, sum & 0xff);
}

static void add_vif(struct words *w, const struct cfg *c, unsigned int i)
{
	const struct cfg_vif *v = &c->vif[i];
	char device[40];

	add(w, "-netdev");
	if (v->bridge)
		add(w, "bridge,id=n%u,br=%s", i, v->bridge);
	else
		add(w, "tap,id=n%u,ifname=%s,script=no,downscript=no", i, v->ifname);
	add(w, "-device");
	snprintf(device, sizeof(device), "xen-net-device,netdev=n%u", i);
	add_mac(w, c, i, device);
}

struct words plan_backend(const struct cfg *c, const char *domid)
{
	static const char *const machine[] = {
		"-M", "xenpv", "-xen-attach", "-display", "none", "-nodefaults", "-monitor", "none",
		NULL,
	};
	struct words w = { 0 };
	char rest[40];
	unsigned int i;

	add(&w, "%s", backend_program(c));
	add_all(&w, machine);
	add(&w, "-xen-domid");
	add(&w, "%s", domid);
	add(&w, "-name");
	add(&w, "%s", c->name);
	for (i = 0; i < c->disks; i++) {
		if (c->disk[i].vmm)
			continue;
		snprintf(rest, sizeof(rest), "if=none,id=d%u", i);
		add_drive(&w, &c->disk[i], rest);
		add(&w, "-device");
		add(&w, "xen-disk,vdev=%s,drive=d%u", c->disk[i].vdev, i);
	}
	for (i = 0; i < c->vifs; i++)
		add_vif(&w, c, i);
	add_all(&w, (const char *const *)c->backend_args.word);
	return w;
}

bool plan_has_backend(const struct cfg *c)
{
	unsigned int i;

	for (i = 0; i < c->disks; i++)
		if (!c->disk[i].vmm)
			return true;
	return c->vifs || c->backend_args.n;
}

void plan_options(const struct cfg *c, struct domain_options *o)
{
	memset(o, 0, sizeof(*o));
	o->domid = KXEN_DOMID_AUTO;
	/* Linux as an HVM guest has such devices only where others are unplugged. */
	if (c->type == CFG_HVM)
		o->flags = KXEN_DOM_UNPLUG;
	o->max_ports = c->max_ports;
	o->max_grant_frames = c->max_grant_frames;
	o->max_maptrack_frames = c->max_maptrack_frames;
	o->xen_major = c->xen_major;
	o->xen_minor = c->xen_minor;
	memcpy(o->uuid, c->uuid, sizeof(o->uuid));
}

/* --- nodes ------------------------------------------------------------------------ */

struct putter {
	plan_put *put;
	void *to;
	const char *perms;	/* of what is put next */
};

static void __attribute__((format(printf, 3, 4)))
put(struct putter *p, const char *value, const char *fmt, ...)
{
	char path[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	p->put(p->to, path, value, p->perms);
	p->perms = NULL;
}

/* What the guest itself writes, or what it answers a request with. */
static void put_writable(struct putter *p, const char *domid)
{
	static const char *const names[] = {
		"control/shutdown", "control/feature-poweroff", "control/feature-reboot",
		"control/feature-suspend", "control/sysrq", "data", "drivers", "feature", "attr",
		"error",
	};
	char perms[16];
	unsigned int i;

	snprintf(perms, sizeof(perms), "n%s", domid);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		p->perms = perms;
		put(p, "", "/local/domain/%s/%s", domid, names[i]);
	}
}

void plan_nodes(const struct cfg *c, const char *uuid, const char *domid, const char *store_port,
		const char *store_gfn, plan_put *to_put, void *to)
{
	struct putter p = { .put = to_put, .to = to };
	char perms[32], text[64];
	unsigned int i;

	/* The mark of a domain of this tool: what is left of one is known by it. */
	p.perms = "n0";
	put(&p, c->name, "/tool/kvm-xen/%s", domid);
	snprintf(perms, sizeof(perms), "n0 r%s", domid);
	p.perms = perms;
	put(&p, "", "/local/domain/%s", domid);
	p.perms = perms;
	put(&p, "", "/vm/%s", uuid);
	put(&p, uuid, "/vm/%s/uuid", uuid);
	put(&p, c->name, "/vm/%s/name", uuid);
	snprintf(text, sizeof(text), "/vm/%s", uuid);
	put(&p, text, "/local/domain/%s/vm", domid);
	put(&p, c->name, "/local/domain/%s/name", domid);
	put(&p, domid, "/local/domain/%s/domid", domid);
	put(&p, "", "/local/domain/%s/device", domid);
	put(&p, "", "/local/domain/%s/control", domid);
	put_writable(&p, domid);
	for (i = 0; i < c->vcpus; i++)
		put(&p, "online", "/local/domain/%s/cpu/%u/availability", domid, i);
	snprintf(text, sizeof(text), "%llu", c->memory * 1024ULL);
	put(&p, text, "/local/domain/%s/memory/static-max", domid);
	put(&p, store_gfn, "/local/domain/%s/store/ring-ref", domid);
	put(&p, store_port, "/local/domain/%s/store/port", domid);
	p.perms = "n0";
	/* To Xen's tools, too, a guest of the shim is a PVH guest. */
	put(&p, c->type == CFG_HVM ? "hvm" : "pvh", "/libxl/%s/type", domid);
}

void plan_console(const char *domid, const char *port, const char *gfn, plan_put *to_put, void *to)
{
	struct putter p = { .put = to_put, .to = to };

	put(&p, "xenconsoled", "/local/domain/%s/console/type", domid);
	put(&p, "1048576", "/local/domain/%s/console/limit", domid);
	put(&p, "", "/local/domain/%s/console/tty", domid);
	put(&p, gfn, "/local/domain/%s/console/ring-ref", domid);
	put(&p, port, "/local/domain/%s/console/port", domid);
}

/* --- in words ----------------------------------------------------------------------- */

static void print_node(void *to, const char *path, const char *value, const char *perms)
{
	(void)to;
	printf("      %s = \"%s\"%s%s%s\n", path, value, perms ? " (" : "", perms ? perms : "",
	       perms ? ")" : "");
}

void plan_print(const struct cfg *c, const char *uuid)
{
	struct words vmm = plan_vmm(c, uuid), backend = plan_backend(c, "N");

	printf("  1. start the VMM, paused; its VM becomes a domain, here N:\n");
	words_print(&vmm);
	printf("  2. pages for xenstore and the console, which the guest finds by HVM parameters 1, 2, 17\n"
	       "     and 18, with an event channel each, and granted to domain 0 by references 1 and 0\n"
	       "  3. write into xenstore:\n");
	plan_nodes(c, uuid, "N", "PORT", "FRAME", print_node, NULL);
	printf("  4. introduce domain N to xenstored\n"
	       "  5. its console, for xenconsoled:\n");
	plan_console("N", "PORT", "FRAME", print_node, NULL);
	if (plan_has_backend(c)) {
		printf("  6. start the backend of its devices, and wait until each of them is there:\n");
		words_print(&backend);
	}
	printf("  %u. resume the VMM\n", plan_has_backend(c) ? 7 : 6);
	words_free(&vmm);
	words_free(&backend);
}
