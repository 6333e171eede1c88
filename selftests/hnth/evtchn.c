// SPDX-License-Identifier: GPL-2.0
/* The calls of /dev/xen/evtchn. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "hnth.h"

#define RING	64	/* so many ports need no larger ring */

static int ev = -1;
static uint32_t ports[400], nr;

static void nothing(void)
{
}

static long open_it(void)
{
	ev = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	nr = 0;
	return ev < 0 ? -1 : 0;
}

static void opened(void)
{
	if (open_it()) {
		perror("hnth: /dev/xen/evtchn");
		exit(2);
	}
}

static void closed(void)
{
	if (ev >= 0)
		close(ev);
	ev = -1;
}

static long bind_unbound(void)
{
	struct ioctl_evtchn_bind_unbound_port u = { 0 };
	int port = ioctl(ev, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &u);

	if (port <= 0)
		return -1;
	ports[nr++] = port;
	return 0;
}

static long bind_interdomain(void)
{
	struct ioctl_evtchn_bind_interdomain i = { 0, ports[0] };

	return ioctl(ev, IOCTL_EVTCHN_BIND_INTERDOMAIN, &i) > 0 ? 0 : -1;
}

static long bind_virq(void)
{
	struct ioctl_evtchn_bind_virq v = { 3 };

	return ioctl(ev, IOCTL_EVTCHN_BIND_VIRQ, &v) > 0 ? 0 : -1;
}

/* --- before the calls ---------------------------------------------------------------- */

static void one_port(void)
{
	opened();
	bind_unbound();
}

static void pair(void)
{
	one_port();
	bind_interdomain();
}

static void full_ring(void)
{
	opened();
	while (nr < RING)
		bind_unbound();
}

static void nearly_full_ring(void)
{
	opened();
	while (nr < RING - 1)
		bind_unbound();
}

/* The next port is the first one of its bucket. */
static void full_bucket(void)
{
	opened();
	do
		bind_unbound();
	while (ports[nr - 1] % RING != RING - 1);
}

/* --- calls --------------------------------------------------------------------------- */

static long read_it(void)
{
	uint32_t some[64];

	return read(ev, some, sizeof(some)) < 0 ? -1 : 0;
}

static long write_it(void)
{
	return write(ev, ports, 4 * nr) < 0 ? -1 : 0;
}

static long notify(void)
{
	struct ioctl_evtchn_notify n = { ports[0] };

	return ioctl(ev, IOCTL_EVTCHN_NOTIFY, &n);
}

static long unbind(void)
{
	struct ioctl_evtchn_unbind u = { ports[0] };

	return ioctl(ev, IOCTL_EVTCHN_UNBIND, &u);
}

static long reset(void)
{
	return ioctl(ev, IOCTL_EVTCHN_RESET, 0);
}

static long restrict_it(void)
{
	struct ioctl_evtchn_restrict_domid r = { 5 };

	return ioctl(ev, IOCTL_EVTCHN_RESTRICT_DOMID, &r);
}

static long poll_it(void)
{
	struct pollfd p = { ev, POLLIN, 0 };

	return poll(&p, 1, 0) < 0 ? -1 : 0;
}

static long close_it(void)
{
	closed();
	return 0;
}

const struct op ev_ops[] = {
	{ "open /dev/xen/evtchn", nothing, open_it, closed, false, NULL },
	{ "BIND_UNBOUND_PORT, the first", opened, bind_unbound, closed, false, NULL },
	{ "BIND_UNBOUND_PORT, the ring grows", full_ring, bind_unbound, closed, false, NULL },
	{ "BIND_UNBOUND_PORT, the table grows", full_bucket, bind_unbound, closed, false, NULL },
	{ "BIND_INTERDOMAIN", one_port, bind_interdomain, closed, false, NULL },
	{ "BIND_INTERDOMAIN, the ring is nearly full", nearly_full_ring, bind_interdomain, closed,
	  false, NULL },
	{ "BIND_VIRQ", opened, bind_virq, closed, false, NULL },
	{ "read", pair, read_it, closed, false, NULL },
	{ "write", pair, write_it, closed, false, NULL },
	{ "NOTIFY", pair, notify, closed, false, NULL },
	{ "UNBIND", pair, unbind, closed, true, NULL },
	{ "RESET", pair, reset, closed, false, NULL },
	{ "RESTRICT_DOMID", opened, restrict_it, closed, true, NULL },
	{ "poll", pair, poll_it, closed, false, NULL },
	{ "close", pair, close_it, nothing, true, NULL },
	{ 0 },
};
