// SPDX-License-Identifier: GPL-2.0-only
/* Calls on /dev/kvm-xen, and what their errors mean in words. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "vmm.h"

#define DEVICE "/dev/kvm-xen"
#define LOOK_MS	20

int ctl_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		fail(EXIT_REFUSED, "there is no " DEVICE ": load the module first (modprobe kvm-xen, or insmod kvm-xen.ko)");
	if (errno == EACCES)
		fail(EXIT_REFUSED, "no permission to open " DEVICE ": be root, or in the group that the udev rule gives it to");
	fail(1, DEVICE ": %s", strerror(errno));
}

/* @any_domid: with another number, if that one is not the caller's to choose. */
int ctl_create(int ctl, const struct domain_options *o, bool any_domid)
{
	struct kxen_create c = {
		.size = sizeof(c),
		.flags = o->flags,
		.domid = o->domid,
		.xen_major = o->xen_major,
		.xen_minor = o->xen_minor,
		.max_ports = o->max_ports,
		.max_grant_frames = o->max_grant_frames,
		.max_maptrack_frames = o->max_maptrack_frames,
	};

	memcpy(c.uuid, o->uuid, sizeof(c.uuid));
	if (!ioctl(ctl, KXEN_CREATE, &c))
		return c.domid;
	if (errno == EPERM && any_domid && o->domid != KXEN_DOMID_AUTO) {
		c.domid = KXEN_DOMID_AUTO;
		if (!ioctl(ctl, KXEN_CREATE, &c)) {
			fprintf(stderr, "kvm-xen: the number %u is not yours to choose: the domain is %u now\n",
				o->domid, c.domid);
			return c.domid;
		}
	}
	switch (errno) {
	case EEXIST:
		fail(EXIT_REFUSED, "domain %u exists already: 'kvm-xen list' shows it; choose another --domid",
		     o->domid);
	case ENOSPC:
		fail(EXIT_REFUSED, "no domain id is free");
	case EPERM:
		fail(EXIT_REFUSED, "the number %u is not yours to choose: that is for root and for the user whose domain it was; leave --domid out",
		     o->domid);
	case EDQUOT:
		fail(EXIT_REFUSED, "you have as many domains as one user can have: end one of them ('kvm-xen list'), or let root raise the module's parameter user_domains");
	case EINVAL:
		fail(EXIT_USAGE, "the module does not take these values for a domain");
	default:
		fail(1, "cannot create a domain: %s", strerror(errno));
	}
}

void ctl_attach(int ctl, uint32_t domid, int vm_fd,
		const struct kxen_vcpu_id *ids, unsigned int nr_ids)
{
	static const char *const why[] = {
		[KXEN_ATTACH_NOT_A_VM] = "that is not a KVM virtual machine",
		[KXEN_ATTACH_VM_ATTACHED] = "the virtual machine has a domain already: 'kvm-xen list'",
		[KXEN_ATTACH_DOM_ATTACHED] = "the domain has a virtual machine already",
		[KXEN_ATTACH_PROTECTED] = "the guest's memory is encrypted (SEV, TDX): Xen's shared pages cannot work",
		[KXEN_ATTACH_KVM_XEN] = "KVM's own Xen support is set up for it: leave 'xen-version' out of the VMM's options",
		[KXEN_ATTACH_NO_IRQCHIP] = "it has no LAPIC in the kernel: use 'kernel-irqchip=on' or 'split'",
		[KXEN_ATTACH_VCPUS] = "it has more vCPUs than a domain can have: 'kvm-xen info'",
		[KXEN_ATTACH_DYING] = "it is being torn down",
		[KXEN_ATTACH_DIRTY_RING] = "it tells of dirty pages by a ring, which cannot have the host's: leave 'dirty-ring-size' out of the VMM's options",
		[KXEN_ATTACH_MEMORY] = "its memory is a shared mapping of a file on a disk, which this kernel does not let anybody hold: use memory-backend-memfd or -ram, or share=off",
		[KXEN_ATTACH_VCPU_IDS] = "the VMM's list of vCPU numbers does not fit its vCPUs: report this with the VMM's -smp and version",
		[KXEN_ATTACH_HOOKS] = "KVM cannot be hooked now: the last lines of 'dmesg' say why",
	};
	struct kxen_attach a = { .size = sizeof(a), .domid = domid,
				 .vm_fd = vm_fd, .vcpu_ids = (uintptr_t)ids,
				 .nr_vcpu_ids = nr_ids };

	if (!ioctl(ctl, KXEN_ATTACH, &a))
		return;
	if (a.reason && a.reason < sizeof(why) / sizeof(why[0]))
		fail(EXIT_REFUSED, "cannot attach: %s", why[a.reason]);
	fail(1, "cannot attach: %s", strerror(errno));
}

void ctl_query(int ctl, struct kxen_query *q)
{
	if (!ioctl(ctl, KXEN_QUERY, q))
		return;
	if (errno == EPERM)
		fail(EXIT_REFUSED, "domain %u is another user's: be root to look at it",
		     q->domid);
	if (errno != ENOENT)
		fail(1, "cannot ask for domain %u: %s", q->domid, strerror(errno));
	fail(EXIT_REFUSED, "there is no domain %u: 'kvm-xen list' shows the ones there are",
	     q->domid);
}

/* What every call may be refused for. */
const char *ctl_why(int error)
{
	switch (error) {
	case ENOENT:
		return "there is none; 'kvm-xen list' shows them";
	case EPERM:
		return "only root may change a domain from outside the command that made it";
	default:
		return strerror(error);
	}
}

/* How many vCPU numbers the module takes; 0: it is an older one, which has its own. */
unsigned int ctl_vcpu_ids(int ctl)
{
	struct kxen_info i = { .size = sizeof(i) };

	if (ioctl(ctl, KXEN_INFO, &i) || !(i.features & KXEN_F_VCPU_IDS))
		return 0;
	return i.max_vcpus;
}

/* The number alone says nothing; with the pidfd open, it is one process's in both looks. */
int ctl_open_vmm(int ctl, const struct kxen_query *q)
{
	struct kxen_query again = { .size = sizeof(again), .domid = q->domid };
	int fd = q->pid > 1 ? syscall(SYS_pidfd_open, q->pid, 0) : -1;

	if (fd < 0)
		return -1;
	if (proc_has_vm(q->pid) && !ioctl(ctl, KXEN_QUERY, &again) && again.pid == q->pid &&
	    again.state < KXEN_STATE_DYING && !memcmp(again.uuid, q->uuid, sizeof(q->uuid)))
		return fd;
	close(fd);
	return -1;
}

bool ctl_wait_end(int ctl, uint32_t domid, bool dying, unsigned int ms)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };
	unsigned int waited;

	for (waited = 0; !ioctl(ctl, KXEN_QUERY, &q); waited += LOOK_MS) {
		if (dying && q.state == KXEN_STATE_DYING)
			return true;
		if (waited >= ms)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	return true;
}
