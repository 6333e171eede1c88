// SPDX-License-Identifier: GPL-2.0
/* /dev/xen/evtchn, as Linux's header for user space has it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "hfuzz.h"

#define MANY	1200	/* words of a read or a write */

static uint32_t some_port(void)
{
	return one_in(10) ? odd() : below(200);
}

static uint32_t some_guest(void)
{
	return one_in(3) ? any_domid() : GUEST_DOMID + below(3);
}

static void bind(int fd)
{
	struct ioctl_evtchn_bind_interdomain i = { some_guest(), one_in(4) ? odd() : below(60) };
	struct ioctl_evtchn_bind_unbound_port u = { any_domid() };
	struct ioctl_evtchn_bind_virq v = { one_in(3) ? odd() : below(26) };

	switch (below(4)) {
	case 0: count(CALL_EV_BIND, ioctl(fd, IOCTL_EVTCHN_BIND_VIRQ, &v)); break;
	case 1: count(CALL_EV_BIND, ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &u)); break;
	default: count(CALL_EV_BIND, ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &i)); break;
	}
}

static void read_some(int fd)
{
	uint32_t words[MANY];

	count(CALL_EV_READ, read(fd, one_in(20) ? (void *)odd() : words,
				 one_in(10) ? below(sizeof(words)) : 4 * below(MANY)));
}

static void write_some(int fd)
{
	uint32_t i, words[MANY];

	for (i = 0; i < MANY; i++)
		words[i] = some_port();
	count(CALL_EV_WRITE, write(fd, one_in(20) ? (void *)odd() : words,
				   one_in(10) ? below(sizeof(words)) : 4 * below(MANY)));
}

static void reopen(unsigned int i)
{
	close(ev_file[i]);
	ev_file[i] = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static void rare(unsigned int i)
{
	struct ioctl_evtchn_restrict_domid restricted = { GUEST_DOMID + below(3) };
	struct pollfd p = { .fd = ev_file[i], .events = POLLIN | POLLOUT };
	uint32_t words[16] = { 0 };
	unsigned long cmd;

	switch (below(8)) {
	case 0: count(CALL_EV_RESET, ioctl(p.fd, IOCTL_EVTCHN_RESET, 0)); break;
	case 1: count(CALL_EV_OTHER, ioctl(p.fd, IOCTL_EVTCHN_RESTRICT_DOMID, &restricted)); break;
	case 2: reopen(i); break;
	case 3: count(CALL_EV_OTHER, poll(&p, 1, 0)); break;
	default:
		cmd = one_in(2) ? odd() : _IOC(_IOC_NONE, 'E', below(12), 4);
		count(CALL_EV_OTHER, ioctl(p.fd, cmd, one_in(2) ? (void *)odd() : words));
	}
}

void ev_step(void)
{
	unsigned int i = below(NR_FILES);
	struct ioctl_evtchn_unbind u = { some_port() };
	struct ioctl_evtchn_notify n = { some_port() };

	if (one_in(4)) {
		pc_step();
		return;
	}
	if (one_in(8)) {
		gn_step();
		return;
	}
	switch (below(12)) {
	case 0 ... 3: bind(ev_file[i]); break;
	case 4: count(CALL_EV_UNBIND, ioctl(ev_file[i], IOCTL_EVTCHN_UNBIND, &u)); break;
	case 5 ... 7: count(CALL_EV_NOTIFY, ioctl(ev_file[i], IOCTL_EVTCHN_NOTIFY, &n)); break;
	case 8: read_some(ev_file[i]); break;
	case 9: write_some(ev_file[i]); break;
	default: rare(i);
	}
}
