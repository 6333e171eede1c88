/* SPDX-License-Identifier: GPL-2.0 */
/* Xen's ring for pagers: its calls, and a pager's end of it. For ring.c, which looks at them. */
#ifndef PAGING_RING_H
#define PAGING_RING_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/vm_event.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

#include "paging.h"

#define LIMIT	60000	/* ms: for a hang */
#define SLOTS	8
#define FIRST	400	/* frames of the ring's own */
#define NOBODY	999

static int fd, ev;
static uint32_t local;	/* our port */
static unsigned char save[PAGE] __attribute__((aligned(4096)));

/* --- calls: what they return, or -errno ------------------------------------------------- */

static long done(long ret)
{
	return ret == -1 ? -errno : ret;
}

static long call(uint64_t op, uint64_t a, void *b)
{
	struct privcmd_hypercall h = { op, { a, (uintptr_t)b } };

	return done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h));
}

static long param(int set, uint64_t *value)
{
	struct xen_hvm_param p = { .domid = domid, .index = HVM_PARAM_PAGING_RING_PFN,
				   .value = *value };
	long ret = call(__HYPERVISOR_hvm_op, set ? HVMOP_set_param : HVMOP_get_param, &p);

	*value = p.value;
	return ret;
}

static long vm_event(uint32_t version, uint16_t dom, uint32_t mode, uint32_t op, uint32_t *value)
{
	struct xen_domctl c = { .cmd = XEN_DOMCTL_vm_event_op, .interface_version = version,
				.domain = dom };
	struct privcmd_hypercall h = { __HYPERVISOR_domctl, { (uintptr_t)&c } };
	long ret;

	c.u.vm_event_op.op = op;
	c.u.vm_event_op.mode = mode;
	ret = done(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &h));
	if (value)
		*value = c.u.vm_event_op.u.enable.port;
	return ret;
}

static long paging(uint32_t op, uint32_t *value)
{
	return vm_event(XEN_DOMCTL_INTERFACE_VERSION, domid, XEN_DOMCTL_VM_EVENT_OP_PAGING, op, value);
}

static long op_of(uint16_t dom, uint8_t op, uint64_t gfn, const void *buffer)
{
	struct xen_mem_paging_op p = { .op = op, .domain = dom, .gfn = gfn };

	set_xen_guest_handle_raw(p.buffer, (void *)buffer);
	return call(__HYPERVISOR_memory_op, XENMEM_paging_op, &p);
}

/* As xenpaging makes it. */
static long op(uint8_t op, uint64_t gfn, const void *buffer)
{
	struct xen_mem_paging_op p = { .op = op, .domain = domid, .gfn = gfn };
	multicall_entry_t m = { .op = __HYPERVISOR_memory_op,
				.args = { XENMEM_paging_op, (uintptr_t)&p } };
	long ret;

	set_xen_guest_handle_raw(p.buffer, (void *)buffer);
	ret = call(__HYPERVISOR_multicall, (uintptr_t)&m, (void *)1);
	return ret ?: (long)m.result;
}

static long ring_nominate(uint64_t gfn) { return op(XENMEM_paging_op_nominate, gfn, NULL); }
static long ring_evict(uint64_t gfn) { return op(XENMEM_paging_op_evict, gfn, NULL); }
static long prep(uint64_t gfn, const void *b) { return op(XENMEM_paging_op_prep, gfn, b); }

static long reserve(uint32_t cmd, uint64_t gfn)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = domid };

	set_xen_guest_handle_raw(r.extent_start, &gfn);
	return call(__HYPERVISOR_memory_op, cmd, &r);
}

/* A page of the guest's: NULL, and why not. */
static void *map(uint64_t gfn, int prot, int *why)
{
	xen_pfn_t pfn = gfn;
	struct privcmd_mmapbatch_v2 m = { .num = 1, .dom = domid, .arr = &pfn, .err = why };
	void *p = mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		exit(2);
	m.addr = (uintptr_t)p;
	*why = 0;
	if (!ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &m) && !*why)
		return p;
	munmap(p, PAGE);
	return NULL;
}

static int maps(uint64_t gfn)	/* 0, or why not */
{
	int why;
	void *p = map(gfn, PROT_READ, &why);

	if (p)
		munmap(p, PAGE);
	return why;
}

/* --- our end of the ring ------------------------------------------------------------------ */

/* Not Xen's macros, which believe the other end. */
static struct vm_event_sring *ring;
static vm_event_request_t *slots;
static uint32_t taken, answered;

static void ring_init(void)
{
	memset(ring, 0, 64);
	slots = (void *)((char *)ring + 64);
	taken = 0;
	answered = 0;
}

static int wait_events(int ms)
{
	struct pollfd p = { .fd = ev, .events = POLLIN };
	uint32_t port;

	if (poll(&p, 1, ms) != 1 || read(ev, &port, sizeof(port)) != sizeof(port))
		return 0;
	return write(ev, &port, sizeof(port)) == sizeof(port);
}

static int has_request(void)
{
	return __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE) != taken;
}

/* The next request; 0: there is none for so long. */
static int request(vm_event_request_t *r, int ms)
{
	while (!has_request())
		if (!wait_events(ms))
			return 0;
	*r = slots[taken++ % SLOTS];
	return 1;
}

static void tell(void)
{
	struct ioctl_evtchn_notify n = { .port = local };

	ioctl(ev, IOCTL_EVTCHN_NOTIFY, &n);
}

static void set_answered(uint32_t index)
{
	__atomic_store_n(&ring->rsp_prod, index, __ATOMIC_RELEASE);
	tell();
}

/* With all else in it that there could be. */
static void respond(uint64_t gfn)
{
	vm_event_response_t *r = &slots[answered % SLOTS];

	memset(r, 0xa5, sizeof(*r));
	r->u.mem_paging.gfn = gfn;
	set_answered(++answered);
}

static int is_request(uint64_t gfn, uint32_t flags, uint32_t paging_flags)
{
	vm_event_request_t r;

	if (!request(&r, LIMIT))
		return 0;
	if (r.version == VM_EVENT_INTERFACE_VERSION && r.reason == VM_EVENT_REASON_MEM_PAGING &&
	    r.flags == flags && r.vcpu_id == 0 && r.u.mem_paging.gfn == gfn &&
	    r.u.mem_paging.flags == paging_flags)
		return 1;
	printf("# version %u reason %u flags %#x vcpu %u gfn %#lx paging flags %#x\n", r.version, r.reason,
	       r.flags, r.vcpu_id, (long)r.u.mem_paging.gfn, r.u.mem_paging.flags);
	return 0;
}

static int bind(uint32_t port)
{
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = domid, .remote_port = port };
	long ret;

	ev = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	ret = done(ioctl(ev, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b));
	if (ret > 0) {
		local = ret;
		ret = 0;
	}
	return ret;
}

static int start(void)
{
	uint32_t port;
	long ret = paging(XEN_VM_EVENT_ENABLE, &port) ?: bind(port);

	if (!ret)
		ring_init();
	return ret;
}

static long page_out(uint64_t gfn)
{
	int why;
	void *p;
	long ret = ring_nominate(gfn);

	if (ret)
		return ret;
	p = map(gfn, PROT_READ, &why);
	if (!p)
		return why;
	memcpy(save, p, PAGE);
	munmap(p, PAGE);
	return ring_evict(gfn);
}

#endif
