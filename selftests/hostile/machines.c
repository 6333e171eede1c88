// SPDX-License-Identifier: GPL-2.0
/* Virtual machines without a guest, and their domains. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostile.h"

int call(unsigned long req, void *arg)
{
	return ioctl(ctl, req, arg) ? errno : 0;
}

int domain_op(unsigned long req, unsigned int domid)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = domid };

	return call(req, &a);
}

int create(unsigned int *domid)
{
	struct kxen_create c = { .size = sizeof(c), .domid = *domid,
				 .max_ports = 4096 };
	int ret = call(KXEN_CREATE, &c);

	*domid = c.domid;
	return ret;
}

int destroy(unsigned int domid)
{
	return domain_op(KXEN_DESTROY, domid);
}

int attach(unsigned int domid, int vm, unsigned int *reason)
{
	struct kxen_attach a = { .size = sizeof(a), .domid = domid, .vm_fd = vm };
	int ret = call(KXEN_ATTACH, &a);

	if (reason)
		*reason = a.reason;
	return ret;
}

int query(unsigned int domid)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	return call(KXEN_QUERY, &q);
}

unsigned int count_domains(void)
{
	struct kxen_info i = { .size = sizeof(i) };

	if (call(KXEN_INFO, &i))
		die("KXEN_INFO");
	return i.domains;
}

struct machine make_machine(unsigned int flags, int vcpus, void *ram)
{
	struct kvm_userspace_memory_region r = { .flags = flags,
						 .memory_size = RAM };
	struct machine m = { .vcpu = -1, .ram = ram };
	int i, size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	m.vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (m.vm < 0 || ioctl(m.vm, KVM_SET_TSS_ADDR, 0xfffbd000UL) ||
	    ioctl(m.vm, KVM_CREATE_IRQCHIP, 0))
		die("a VM");
	if (!m.ram)
		m.ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	r.userspace_addr = (uintptr_t)m.ram;
	if (ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &r))
		die("a memory slot");
	for (i = 0; i < vcpus; i++) {
		m.vcpu = ioctl(m.vm, KVM_CREATE_VCPU, i);
		if (m.vcpu < 0)
			die("a vCPU");
	}
	if (vcpus)
		m.run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			     m.vcpu, 0);
	return m;
}

struct machine make_domain(unsigned int *domid, int vcpus, bool paused)
{
	struct machine m = make_machine(0, vcpus, NULL);
	int ret;

	*domid = KXEN_DOMID_AUTO;
	ret = create(domid);
	if (!ret)
		ret = attach(*domid, m.vm, NULL);
	if (!ret && paused)
		ret = domain_op(KXEN_PAUSE, *domid);
	errno = ret;
	if (ret)
		die("a domain");
	return m;
}
