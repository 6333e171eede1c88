// SPDX-License-Identifier: GPL-2.0
/*
 * introduce DOMID [console]: what a toolstack does for a domain that waits for it: pages and ports
 * for the rings of xenstore and of the console, their grants and parameters, nodes in xenstore, and
 * to tell xenstored; with "console" xenconsoled, too. Prints both ports, "introduced STORE CONSOLE".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/hvm/params.h>
#include <xenstore.h>

#include "special.h"

static int ctl;
static uint32_t domid;
static struct xs_handle *xs;

static void die(const char *what)
{
	fprintf(stderr, "introduce: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- what the module is told -------------------------------------------------------- */

static void place(void)
{
	struct kxen_special_arg s = { .size = sizeof(s), .domid = domid, .nr = 2,
				      .gfn = SPECIAL_GFN };

	if (ioctl(ctl, KXEN_SPECIAL, &s))
		die("KXEN_SPECIAL");
}

static void param(uint32_t index, uint64_t value)
{
	struct kxen_param_arg p = { .size = sizeof(p), .flags = KXEN_PARAM_GIVE, .domid = domid,
				    .index = index, .value = value };

	if (ioctl(ctl, KXEN_PARAM, &p))
		die("KXEN_PARAM");
}

/* A ring: its page, its grant, its port. */
static uint32_t ring(uint32_t ref, uint64_t gfn, uint32_t page_param, uint32_t port_param)
{
	struct kxen_grant_arg g = { .size = sizeof(g), .domid = domid, .ref = ref, .gfn = gfn };
	struct kxen_evtchn_arg e = { .size = sizeof(e), .domid = domid, .op = KXEN_EVTCHN_ALLOC };

	if (ioctl(ctl, KXEN_GRANT, &g))
		die("KXEN_GRANT");
	if (ioctl(ctl, KXEN_EVTCHN, &e))
		die("KXEN_EVTCHN");
	param(page_param, gfn);
	param(port_param, e.port);
	return e.port;
}

/* --- and xenstored ------------------------------------------------------------------------ */

/* A node of the domain's, which it may read; or one that is its own. */
static void node(bool own, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void node(bool own, const char *name, const char *fmt, ...)
{
	struct xs_permissions p[2] = { { own ? domid : 0, XS_PERM_NONE },
				       { domid, XS_PERM_READ } };
	char path[128], value[128];
	va_list ap;

	snprintf(path, sizeof(path), "/local/domain/%u%s", domid, name);
	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (!xs_write(xs, XBT_NULL, path, value, strlen(value)) ||
	    !xs_set_permissions(xs, XBT_NULL, path, p, own ? 1 : 2))
		die(path);
}

static void nodes(uint32_t store)
{
	static const char * const own[] = {
		"/data", "/drivers", "/attr", "/error", "/feature", "/control/shutdown",
		"/control/feature-poweroff", "/control/feature-reboot",
		"/control/feature-suspend", "/control/sysrq",
	};
	unsigned int i;

	node(false, "", "%s", "");
	node(false, "/domid", "%u", domid);
	node(false, "/name", "guest-%u", domid);
	node(false, "/device", "%s", "");
	node(false, "/control", "%s", "");
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		node(true, own[i], "%s", "");
	node(false, "/store/port", "%u", store);
	node(false, "/store/ring-ref", "%u", SPECIAL_GFN);
}

static void console_nodes(uint32_t port)
{
	node(false, "/console/type", "%s", "xenconsoled");
	node(false, "/console/limit", "%u", 1 << 20);
	node(false, "/console/tty", "%s", "");
	/* With these two xenconsoled begins, and writes the terminal's name. */
	node(false, "/console/ring-ref", "%u", SPECIAL_GFN + 1);
	node(false, "/console/port", "%u", port);
}

int main(int argc, char **argv)
{
	uint32_t store, console;

	if (argc < 2)
		return 2;
	domid = strtoul(argv[1], NULL, 0);
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	if (ctl < 0)
		die("/dev/kvm-xen");
	xs = xs_open(0);
	if (!xs)
		die("xenstored");
	place();
	store = ring(1, SPECIAL_GFN, HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN);
	console = ring(0, SPECIAL_GFN + 1, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN);
	nodes(store);
	if (!xs_introduce_domain(xs, domid, SPECIAL_GFN, store))
		die("xs_introduce_domain");
	if (argc > 2)
		console_nodes(console);
	printf("introduced %u %u\n", store, console);
	xs_close(xs);
	close(ctl);
	return 0;
}
