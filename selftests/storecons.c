// SPDX-License-Identifier: GPL-2.0
/*
 * The other side of a guest's xenstore and console pages, for a boot loader that asks for devices
 * and for a kernel: storecons DOMID PORT, where PORT is the guest's for xenstore. There is nothing in
 * this xenstore, and it says so; what comes on the console goes to standard output. It looks at the
 * pages without being told, until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>

#define CONSOLE	0	/* references */
#define STORE	1

static int fd, ev;
static struct ioctl_evtchn_notify channel;

static void *map(unsigned int domid, unsigned int ref)
{
	struct ioctl_gntdev_map_grant_ref m = { .count = 1, .refs = { { domid, ref } } };
	void *p;

	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &m))
		return NULL;
	do
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, m.index);
	while (p == MAP_FAILED && errno == EAGAIN);
	return p == MAP_FAILED ? NULL : p;
}

static void print(volatile struct xencons_interface *c)
{
	uint32_t prod = __atomic_load_n(&c->out_prod, __ATOMIC_ACQUIRE), cons = c->out_cons;

	if (prod == cons)
		return;
	for (; cons != prod; cons++)
		putchar(c->out[cons % sizeof(c->out)]);
	__atomic_store_n(&c->out_cons, cons, __ATOMIC_RELEASE);
	fflush(stdout);
}

/* A whole message, taken out of the ring; false: there is none. */
static int take(volatile struct xenstore_domain_interface *s, struct xsd_sockmsg *m)
{
	uint32_t prod = __atomic_load_n(&s->req_prod, __ATOMIC_ACQUIRE), cons = s->req_cons;
	unsigned int i;

	if (prod - cons < sizeof(*m))
		return 0;
	for (i = 0; i < sizeof(*m); i++)
		((char *)m)[i] = s->req[MASK_XENSTORE_IDX(cons + i)];
	if (m->len > XENSTORE_RING_SIZE - sizeof(*m) || prod - cons < sizeof(*m) + m->len)
		return 0;
	__atomic_store_n(&s->req_cons, cons + sizeof(*m) + m->len, __ATOMIC_RELEASE);
	return 1;
}

static void put(volatile struct xenstore_domain_interface *s, const void *p, unsigned int len)
{
	uint32_t prod = s->rsp_prod;
	unsigned int i;

	for (i = 0; i < len; i++)
		s->rsp[MASK_XENSTORE_IDX(prod + i)] = ((const char *)p)[i];
	__atomic_store_n(&s->rsp_prod, prod + len, __ATOMIC_RELEASE);
}

static void answer(volatile struct xenstore_domain_interface *s)
{
	static const char none[] = "ENOENT";
	struct xsd_sockmsg m;

	if (!take(s, &m))
		return;
	m.type = XS_ERROR;
	m.len = sizeof(none);
	put(s, &m, sizeof(m));
	put(s, none, sizeof(none));
	ioctl(ev, IOCTL_EVTCHN_NOTIFY, &channel);
}

int main(int argc, char **argv)
{
	unsigned int domid = argc == 3 ? atoi(argv[1]) : 0;
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = domid };
	void *console, *store;

	b.remote_port = argc == 3 ? atoi(argv[2]) : 0;
	fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	ev = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	channel.port = ioctl(ev, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);
	console = map(domid, CONSOLE);
	store = map(domid, STORE);
	if (!domid || (int)channel.port < 0 || !console || !store) {
		fprintf(stderr, "storecons: domain %u: %s\n", domid, strerror(errno));
		return 1;
	}
	for (;;) {
		print(console);
		answer(store);
		usleep(1000);
	}
}
