// SPDX-License-Identifier: GPL-2.0
/* /dev/kvm-xen: every call with every kind of wrong argument. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/kvm_xen.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

/* An errno, or 0: what a test compares. */
static int call(int fd, unsigned long req, void *arg)
{
	return ioctl(fd, req, arg) ? errno : 0;
}

/* A VM with what an attach asks for. */
static int make_vm(int irqchip, int vcpus)
{
	int i, kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	close(kvm);
	if (irqchip && ioctl(vm, KVM_CREATE_IRQCHIP, 0))
		return -1;
	for (i = 0; i < vcpus; i++)
		if (ioctl(vm, KVM_CREATE_VCPU, i) < 0)
			return -1;
	return vm;
}

FIXTURE(ctl) {
	int fd;
};

FIXTURE_SETUP(ctl)
{
	self->fd = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	ASSERT_GE(self->fd, 0);
}

FIXTURE_TEARDOWN(ctl)
{
	close(self->fd);
}

static const struct {
	unsigned long req;
	unsigned int size;
	int flags_at;	/* offset of a field with flags, or -1 */
	unsigned int min;	/* size in the first version, if it has grown */
} calls[] = {
	{ KXEN_INFO, sizeof(struct kxen_info), -1 },
	{ KXEN_CREATE, sizeof(struct kxen_create), 4 },
	{ KXEN_ATTACH, sizeof(struct kxen_attach), 4,
	  offsetof(struct kxen_attach, vcpu_ids) },
	{ KXEN_QUERY, sizeof(struct kxen_query), 4,
	  offsetof(struct kxen_query, ports_high) },
	{ KXEN_DESTROY, sizeof(struct kxen_domid_arg), 4 },
	{ KXEN_PAUSE, sizeof(struct kxen_domid_arg), 4 },
	{ KXEN_UNPAUSE, sizeof(struct kxen_domid_arg), 4 },
	{ KXEN_PORT, sizeof(struct kxen_port_info), 4 },
	{ KXEN_SAVE, sizeof(struct kxen_stream_arg), 4 },
	{ KXEN_RESTORE, sizeof(struct kxen_stream_arg), 4 },
	{ KXEN_EVTCHN, sizeof(struct kxen_evtchn_arg), 4 },
	{ KXEN_HOLD, sizeof(struct kxen_domid_arg), 4 },
	{ KXEN_UNHOLD, sizeof(struct kxen_domid_arg), 4 },
	{ KXEN_STATS, sizeof(struct kxen_stats_arg), 4 },
	{ KXEN_STAT_NAMES, sizeof(struct kxen_stats_arg), 4 },
	{ KXEN_GIVE_MAP, sizeof(struct kxen_map_arg), 4 },
	{ KXEN_PARAM, sizeof(struct kxen_param_arg), 4 },
	{ KXEN_GRANT, sizeof(struct kxen_grant_arg), 4 },
	{ KXEN_GRANT_INFO, sizeof(struct kxen_grant_info), 4 },
	{ KXEN_SPECIAL, sizeof(struct kxen_special_arg), 4 },
	{ KXEN_PAGER, sizeof(struct kxen_pager_arg), 4,
	  offsetof(struct kxen_pager_arg, frames) },
};

TEST_F(ctl, sizes)
{
	unsigned int i, buf[128];

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		memset(buf, 0, sizeof(buf));
		buf[0] = 0;
		EXPECT_EQ(EINVAL, call(self->fd, calls[i].req, buf));
		buf[0] = (calls[i].min ? calls[i].min : calls[i].size) - 1;
		EXPECT_EQ(EINVAL, call(self->fd, calls[i].req, buf));
		buf[0] = calls[i].size + 4;
		buf[calls[i].size / 4] = 1;
		EXPECT_EQ(E2BIG, call(self->fd, calls[i].req, buf));
		EXPECT_EQ(EFAULT, call(self->fd, calls[i].req, (void *)8));
	}
}

/* Longer than known, but zero there: as if it were not there. */
TEST_F(ctl, zero_tail)
{
	unsigned int buf[128] = { 0 };

	buf[0] = sizeof(struct kxen_info) + 8;
	EXPECT_EQ(0, call(self->fd, KXEN_INFO, buf));
	EXPECT_EQ(KXEN_ABI_VERSION, buf[1]);
}

/* The core's, the architecture's, and those of each part of a domain. */
TEST_F(ctl, features)
{
	struct kxen_info i = { .size = sizeof(i) };

	EXPECT_EQ(0, call(self->fd, KXEN_INFO, &i));
	EXPECT_EQ(KXEN_F_DIRECT * 2 - 1, i.features);
	EXPECT_EQ(1u << 20, i.max_ports);
}

TEST_F(ctl, unknown_flags)
{
	unsigned int i, buf[128];

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].flags_at < 0)
			continue;
		memset(buf, 0, sizeof(buf));
		buf[0] = calls[i].size;
		buf[calls[i].flags_at / 4] = 1u << 31;
		EXPECT_EQ(EOPNOTSUPP, call(self->fd, calls[i].req, buf));
	}
}

TEST_F(ctl, unknown_call)
{
	unsigned int buf[16] = { 64 };

	EXPECT_EQ(ENOTTY, call(self->fd, _IO(KXEN_IOC, 0x7f), buf));
	EXPECT_EQ(ENOTTY, call(self->fd, _IO(0x12, 0), buf));
}

TEST_F(ctl, no_domain)
{
	struct kxen_query q = { .size = sizeof(q), .domid = 0x7000 };
	struct kxen_attach a = { .size = sizeof(a), .domid = 0x7000 };
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = 0x7000 };
	struct kxen_port_info p = { .size = sizeof(p), .domid = 0x7000 };
	struct kxen_stats_arg s = { .size = sizeof(s), .domid = 0x7000 };

	EXPECT_EQ(ENOENT, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_DESTROY, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_PORT, &p));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_HOLD, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_UNHOLD, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_STATS, &s));
}

TEST_F(ctl, domain_zero)
{
	struct kxen_query q = { .size = sizeof(q) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 1) };

	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(KXEN_STATE_HOST, q.state);
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_DESTROY, &d));
	EXPECT_EQ(ESHUTDOWN, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_DOM_ATTACHED, a.reason);
	close(a.vm_fd);
}

TEST_F(ctl, create)
{
	struct kxen_create c = { .size = sizeof(c), .domid = 77 };
	struct kxen_query q = { .size = sizeof(q), .domid = 77 };
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = 77 };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(77, c.domid);
	EXPECT_EQ(EEXIST, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(KXEN_STATE_CREATED, q.state);
	EXPECT_EQ(4096, q.max_ports);
	EXPECT_EQ(4 << 16 | 17, q.xen_version);
	EXPECT_EQ(ESHUTDOWN, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_UNPAUSE, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_DESTROY, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_DESTROY, &d));
}

TEST_F(ctl, create_limits)
{
	struct kxen_create c = { .size = sizeof(c), .domid = 0 };

	EXPECT_EQ(EINVAL, call(self->fd, KXEN_CREATE, &c));
	c.domid = 0x7ff0;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_CREATE, &c));
	c.domid = KXEN_DOMID_AUTO;
	c.max_ports = (1 << 20) + 1;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_CREATE, &c));
	c.max_ports = 0;
	c.reserved = 1;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_CREATE, &c));
	c.reserved = 0;
	c.max_grant_frames = 4097;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_CREATE, &c));
	c.max_grant_frames = 4096;
	c.max_maptrack_frames = 16385;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_CREATE, &c));
	c.max_maptrack_frames = 16384;
	c.max_ports = 1 << 20;
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
}

/* Numbers go up; one that was just given back is not handed out at once. */
TEST_F(ctl, domids_are_not_reused)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_domid_arg d = { .size = sizeof(d) };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	d.domid = c.domid;
	EXPECT_EQ(0, call(self->fd, KXEN_DESTROY, &d));
	c.domid = KXEN_DOMID_AUTO;
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	EXPECT_NE(d.domid, c.domid);
}

TEST_F(ctl, goes_with_its_file)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_query q = { .size = sizeof(q) };
	int fd = open("/dev/kvm-xen", O_RDWR);

	EXPECT_EQ(0, call(fd, KXEN_CREATE, &c));
	close(fd);
	q.domid = c.domid;
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_QUERY, &q));
}

/* Whose life has ended is dying as long as somebody holds it, and shows it. */
TEST_F(ctl, held)
{
	struct kxen_create c = { .size = sizeof(c), .domid = 77 };
	struct kxen_attach a = { .size = sizeof(a), .domid = 77, .vm_fd = make_vm(1, 0) };
	struct kxen_query q = { .size = sizeof(q), .domid = 77 };
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = 77 };
	struct kxen_evtchn_arg e = { .size = sizeof(e), .domid = 77, .op = KXEN_EVTCHN_ALLOC };
	int vcpu, other = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(0, call(self->fd, KXEN_ATTACH, &a));
	vcpu = ioctl(a.vm_fd, KVM_CREATE_VCPU, 0);
	EXPECT_GE(vcpu, 0);
	EXPECT_EQ(0, call(self->fd, KXEN_EVTCHN, &e));
	EXPECT_EQ(0, call(other, KXEN_HOLD, &d));
	EXPECT_EQ(EEXIST, call(other, KXEN_HOLD, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(KXEN_STATE_RUNNING, q.state);
	EXPECT_EQ(1, q.holders);
	/* Each of the two keeps the VM. */
	close(vcpu);
	close(a.vm_fd);
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(KXEN_STATE_DYING, q.state);
	EXPECT_EQ(1, q.holders);
	EXPECT_EQ(0, q.pid);
	EXPECT_EQ(1, q.vcpus);
	EXPECT_EQ(0, q.ports);
	EXPECT_EQ(0, q.pinned_pages);
	EXPECT_EQ(EEXIST, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(0, system("./kvm-xen list | grep -q '^ *77  dying .* 0 '"));
	EXPECT_EQ(0, system("grep -q '^state dying' /sys/kernel/debug/kvm-xen/d77/state"));
	/* What needs a life is refused. */
	EXPECT_EQ(ESHUTDOWN, call(self->fd, KXEN_DESTROY, &d));
	EXPECT_EQ(ESHUTDOWN, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_EVTCHN, &e));
	a.vm_fd = make_vm(1, 0);
	EXPECT_EQ(ESHUTDOWN, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_DYING, a.reason);
	close(a.vm_fd);
	/* A second one may come, and the last one to go ends it. */
	EXPECT_EQ(0, call(self->fd, KXEN_HOLD, &d));
	EXPECT_EQ(0, call(other, KXEN_UNHOLD, &d));
	EXPECT_EQ(ENOENT, call(other, KXEN_UNHOLD, &d));
	EXPECT_EQ(0, call(other, KXEN_QUERY, &q));
	EXPECT_EQ(1, q.holders);
	EXPECT_EQ(0, call(self->fd, KXEN_UNHOLD, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(0, call(self->fd, KXEN_DESTROY, &d));
	close(other);
}

/* The same for one that never had a VM; a file that is closed lets go. */
TEST_F(ctl, held_without_vm)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_query q = { .size = sizeof(q) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	int other = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);

	EXPECT_EQ(EINVAL, call(other, KXEN_HOLD, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	q.domid = d.domid = c.domid;
	EXPECT_EQ(ENOENT, call(other, KXEN_UNHOLD, &d));
	EXPECT_EQ(0, call(other, KXEN_HOLD, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_DESTROY, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(KXEN_STATE_DYING, q.state);
	close(other);
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_HOLD, &d));
}

/* A life that goes on does not notice that it was held. */
TEST_F(ctl, held_and_let_go)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_query q = { .size = sizeof(q) };
	struct kxen_domid_arg d = { .size = sizeof(d) };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	q.domid = d.domid = c.domid;
	EXPECT_EQ(0, call(self->fd, KXEN_HOLD, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_UNHOLD, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(KXEN_STATE_CREATED, q.state);
	EXPECT_EQ(0, q.holders);
	EXPECT_EQ(0, call(self->fd, KXEN_DESTROY, &d));
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_QUERY, &q));
}

static int give_param(int fd, unsigned int index, unsigned long long value)
{
	struct kxen_param_arg p = { .size = sizeof(p), .flags = KXEN_PARAM_GIVE, .domid = 77,
				    .index = index, .value = value };

	return call(fd, KXEN_PARAM, &p);
}

TEST_F(ctl, params)
{
	static const unsigned int given[] = { 1, 2, 15, 17, 18, 19, 34, 36, 37 };
	struct kxen_create c = { .size = sizeof(c), .domid = 77 };
	struct kxen_param_arg p = { .size = sizeof(p), .domid = 77 };
	unsigned int i;

	EXPECT_EQ(ENOENT, give_param(self->fd, 1, 1));
	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	for (i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		EXPECT_EQ(0, give_param(self->fd, given[i], 1000 + i));
	for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		p.index = given[i];
		p.value = 0;
		EXPECT_EQ(0, call(self->fd, KXEN_PARAM, &p));
		EXPECT_EQ(1000 + i, p.value);
	}
	p.index = 5;
	EXPECT_EQ(0, call(self->fd, KXEN_PARAM, &p));
	EXPECT_EQ(0, p.value);
	EXPECT_EQ(EOPNOTSUPP, give_param(self->fd, 0, 1));	/* the guest's alone */
	EXPECT_EQ(EOPNOTSUPP, give_param(self->fd, 5, 1));	/* nobody serves it */
	EXPECT_EQ(EOPNOTSUPP, give_param(self->fd, 35, 1));
	EXPECT_EQ(EINVAL, give_param(self->fd, 4, 1));
	EXPECT_EQ(EINVAL, give_param(self->fd, 20, 1));
	EXPECT_EQ(EINVAL, give_param(self->fd, 39, 1));
	EXPECT_EQ(EINVAL, give_param(self->fd, ~0u, 1));
	p.index = 39;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_PARAM, &p));
	p.index = 1;
	p.reserved = 1;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_PARAM, &p));
	p.reserved = 0;
	p.domid = 0;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_PARAM, &p));
}

TEST_F(ctl, memory_map)
{
	static struct kxen_map_entry e[1025];
	struct kxen_create c = { .size = sizeof(c), .domid = 77 };
	struct kxen_map_arg m = { .size = sizeof(m), .domid = 77, .nr = 1024,
				  .buf = (unsigned long)e };

	EXPECT_EQ(ENOENT, call(self->fd, KXEN_GIVE_MAP, &m));
	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(0, call(self->fd, KXEN_GIVE_MAP, &m));
	m.nr = 1025;
	EXPECT_EQ(E2BIG, call(self->fd, KXEN_GIVE_MAP, &m));
	m.nr = ~0u;
	EXPECT_EQ(E2BIG, call(self->fd, KXEN_GIVE_MAP, &m));
	m.nr = 2;
	e[1].reserved = 1;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_GIVE_MAP, &m));
	m.nr = 1;
	EXPECT_EQ(0, call(self->fd, KXEN_GIVE_MAP, &m));
	m.buf = 8;
	EXPECT_EQ(EFAULT, call(self->fd, KXEN_GIVE_MAP, &m));
	m.nr = 0;
	EXPECT_EQ(0, call(self->fd, KXEN_GIVE_MAP, &m));
	m.domid = 0;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GIVE_MAP, &m));
}

TEST_F(ctl, attach_wrong_fd)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = -1 };
	int kvm = open("/dev/kvm", O_RDWR);

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = c.domid;
	EXPECT_EQ(EBADF, call(self->fd, KXEN_ATTACH, &a));
	a.vm_fd = kvm;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_NOT_A_VM, a.reason);
	a.vm_fd = self->fd;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_ATTACH, &a));
	close(kvm);
}

TEST_F(ctl, attach_without_lapic)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(0, 0) };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = c.domid;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_NO_IRQCHIP, a.reason);
	close(a.vm_fd);
}

static int want_dirty_ring(int vm)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_DIRTY_LOG_RING, .args = { 65536 } };

	return ioctl(vm, KVM_ENABLE_CAP, &cap);
}

TEST_F(ctl, attach_with_dirty_ring)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 0) };

	EXPECT_EQ(0, want_dirty_ring(a.vm_fd));
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = c.domid;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_DIRTY_RING, a.reason);
	close(a.vm_fd);
}

/* Switched on when the attach has been made: then there is no vCPU. */
TEST_F(ctl, dirty_ring_after_attach)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 0) };
	struct kxen_query q = { .size = sizeof(q) };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = q.domid = c.domid;
	EXPECT_EQ(0, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(0, want_dirty_ring(a.vm_fd));
	EXPECT_EQ(-1, ioctl(a.vm_fd, KVM_CREATE_VCPU, 0));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(0, q.vcpus);
	close(a.vm_fd);
}

/* What is restored must be new: a single channel that a controller made is too much. */
TEST_F(ctl, restore_into_used)
{
	static char buf[65536];
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 1) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	struct kxen_evtchn_arg e = { .size = sizeof(e), .op = KXEN_EVTCHN_ALLOC };
	struct kxen_stream_arg im = { .size = sizeof(im), .buf = (uintptr_t)buf,
				     .len = sizeof(buf) };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = d.domid = e.domid = im.domid = c.domid;
	EXPECT_EQ(0, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(0, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_SAVE, &im));
	EXPECT_EQ(0, call(self->fd, KXEN_EVTCHN, &e));
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_RESTORE, &im));
	EXPECT_EQ(KXEN_RESTORE_STATE, im.reason);
	close(a.vm_fd);
}

/* SEV and TDX VMs need their hardware; where there is one of the kind, it is refused. */
TEST_F(ctl, attach_protected)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a) };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int type, vm = -1;

	for (type = 1; type <= 5 && vm < 0; type++)
		vm = ioctl(kvm, KVM_CREATE_VM, type);
	close(kvm);
	if (vm < 0)
		SKIP(return, "this host makes no protected VMs");
	ioctl(vm, KVM_CREATE_IRQCHIP, 0);
	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = c.domid;
	a.vm_fd = vm;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_PROTECTED, a.reason);
	close(vm);
}

TEST_F(ctl, attach_kvm_xen)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 0) };
	struct kvm_xen_hvm_config x = { .msr = 0x40000000, .flags = 2 };

	if (ioctl(a.vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_XEN_HVM) <= 0 ||
	    ioctl(a.vm_fd, KVM_XEN_HVM_CONFIG, &x))
		SKIP(return, "this kernel has no Xen support of its own");
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = c.domid;
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_KVM_XEN, a.reason);
	close(a.vm_fd);
}

TEST_F(ctl, attach_twice)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 2) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	struct kxen_query q = { .size = sizeof(q) };
	int other = make_vm(1, 1);

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	d.domid = q.domid = a.domid = c.domid;
	ASSERT_EQ(0, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_NONE, a.reason);
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_DESTROY, &d));
	c.domid = KXEN_DOMID_AUTO;
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = c.domid;
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(KXEN_ATTACH_VM_ATTACHED, a.reason);
	a.domid = q.domid;
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(2, q.vcpus);
	EXPECT_EQ(KXEN_STATE_RUNNING, q.state);
	EXPECT_EQ(getpid(), q.pid);
	/* A vCPU that is made later belongs to the domain as well. */
	EXPECT_GE(ioctl(a.vm_fd, KVM_CREATE_VCPU, 2), 0);
	q.flags = 0;
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(3, q.vcpus);
	EXPECT_EQ(0, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_PAUSE, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_UNPAUSE, &d));
	EXPECT_EQ(0, call(self->fd, KXEN_UNPAUSE, &d));
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_UNPAUSE, &d));
	close(a.vm_fd);
	close(other);
}

/* --- statistics ------------------------------------------------------------------- */

#define MANY 64

static int get_stats(int fd, unsigned int domid, struct kxen_stat *s, unsigned int *nr)
{
	struct kxen_stats_arg a = { .size = sizeof(a), .domid = domid, .nr = *nr,
				    .buf = (uintptr_t)s };
	int ret = call(fd, KXEN_STATS, &a);

	*nr = a.nr;
	return ret;
}

/* What it is now; a value that cannot be for one that there is not. */
static unsigned long long stat_of(int fd, unsigned int domid, unsigned int id)
{
	struct kxen_stat s[MANY];
	unsigned int i, nr = MANY;

	if (!get_stats(fd, domid, s, &nr))
		for (i = 0; i < nr && i < MANY; i++)
			if (s[i].id == id)
				return s[i].value;
	return ~0ull;
}

/* Each number has one name, and each name is one's. */
static void on_alarm(int sig)
{
	(void)sig;
}

/* The first KVM_RUN of a VM whose domain is paused ends with a signal, as any other does. */
TEST_F(ctl, signal_while_paused)
{
	struct sigaction a = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { };
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach at = { .size = sizeof(at), .vm_fd = make_vm(1, 0) };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	static char ram[1 << 16] __attribute__((aligned(4096)));
	/* Without memory older kernels find no room for its page tables before a signal. */
	struct kvm_userspace_memory_region r = {
		.memory_size = sizeof(ram), .userspace_addr = (uintptr_t)ram,
	};
	int vcpu, i;

	ASSERT_GE(at.vm_fd, 0);
	ASSERT_EQ(0, call(at.vm_fd, KVM_SET_USER_MEMORY_REGION, &r));
	vcpu = ioctl(at.vm_fd, KVM_CREATE_VCPU, 0);
	ASSERT_GE(vcpu, 0);
	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	at.domid = d.domid = c.domid;
	ASSERT_EQ(0, call(self->fd, KXEN_ATTACH, &at));
	ASSERT_EQ(0, call(self->fd, KXEN_PAUSE, &d));
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(EINTR, call(vcpu, KVM_RUN, NULL));
	setitimer(ITIMER_REAL, &never, NULL);
	close(vcpu);
	close(at.vm_fd);
}

TEST_F(ctl, stat_names)
{
	struct kxen_stat_name n[MANY];
	struct kxen_stat s[MANY];
	struct kxen_stats_arg a = { .size = sizeof(a), .nr = MANY,
				    .buf = (uintptr_t)n };
	unsigned int i, k, nr = MANY;

	memset(n, 0xff, sizeof(n));
	memset(s, 0xff, sizeof(s));
	ASSERT_EQ(0, call(self->fd, KXEN_STAT_NAMES, &a));
	ASSERT_EQ(0, get_stats(self->fd, 0, s, &nr));
	EXPECT_EQ(nr, a.nr);
	EXPECT_GT(nr, 15);
	ASSERT_LT(nr, MANY);
	for (i = 0; i < nr; i++) {
		EXPECT_EQ(s[i].id, n[i].id);
		EXPECT_EQ(0, s[i].reserved);
		EXPECT_EQ(0, n[i].flags & ~KXEN_STAT_GROWS);
		ASSERT_EQ(0, n[i].name[sizeof(n[i].name) - 1]);
		EXPECT_GT(strlen(n[i].name), 0);
		for (k = 0; k < i; k++) {
			EXPECT_NE(n[k].id, n[i].id);
			EXPECT_NE(0, strcmp(n[k].name, n[i].name));
		}
	}
	EXPECT_EQ(~0u, s[nr].id);
	a.domid = 1;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_STAT_NAMES, &a));
}

/* As many as there is room for, and how many there are. */
TEST_F(ctl, stats_room)
{
	struct kxen_stat s[3], *bad = (void *)8;
	unsigned int all = 0, nr = 2;

	EXPECT_EQ(0, get_stats(self->fd, 0, NULL, &all));
	memset(s, 0xff, sizeof(s));
	EXPECT_EQ(0, get_stats(self->fd, 0, s, &nr));
	EXPECT_EQ(all, nr);
	EXPECT_NE(~0u, s[1].id);
	EXPECT_EQ(~0u, s[2].id);
	nr = 1;
	EXPECT_EQ(EFAULT, get_stats(self->fd, 0, bad, &nr));
}

TEST_F(ctl, stats_of_a_domain)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO,
				 .max_ports = 20 };
	struct kxen_attach a = { .size = sizeof(a), .vm_fd = make_vm(1, 3) };
	struct kxen_evtchn_arg e = { .size = sizeof(e), .op = KXEN_EVTCHN_ALLOC };
	struct kxen_query q = { .size = sizeof(q) };
	int i;

	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	a.domid = e.domid = q.domid = c.domid;
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_VCPUS));
	ASSERT_EQ(0, call(self->fd, KXEN_ATTACH, &a));
	EXPECT_EQ(3, stat_of(self->fd, c.domid, KXEN_STAT_VCPUS));
	EXPECT_EQ(20, stat_of(self->fd, c.domid, KXEN_STAT_MAX_PORTS));
	for (i = 0; i < 15; i++)
		EXPECT_EQ(0, call(self->fd, KXEN_EVTCHN, &e));
	EXPECT_EQ(15, stat_of(self->fd, c.domid, KXEN_STAT_PORTS));
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_PORTS_HIGH));
	EXPECT_EQ(0, call(self->fd, KXEN_EVTCHN, &e));
	EXPECT_EQ(1, stat_of(self->fd, c.domid, KXEN_STAT_PORTS_HIGH));
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_PINNED_PAGES));
	/* KXEN_QUERY says the same. */
	EXPECT_EQ(0, call(self->fd, KXEN_QUERY, &q));
	EXPECT_EQ(16, q.ports);
	EXPECT_EQ(20, q.max_ports);
	EXPECT_EQ(1, q.ports_high);
	EXPECT_EQ(3, q.vcpus);
	EXPECT_EQ(q.max_pinned, stat_of(self->fd, c.domid, KXEN_STAT_MAX_PINNED));
	/* Pages of each kind have a limit of their own, and the sum is what there is. */
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_EVENT_PAGES));
	EXPECT_GT(stat_of(self->fd, c.domid, KXEN_STAT_MAX_EVENT_PAGES), 0);
	EXPECT_GT(q.max_pinned, stat_of(self->fd, c.domid, KXEN_STAT_MAX_EVENT_PAGES));
	close(a.vm_fd);
}

/* Those of others are not for everybody; domain 0's are. */
TEST_F(ctl, stats_of_others)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	unsigned int nr = 0;
	int status;

	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	if (!fork()) {
		if (setresuid(65534, 65534, 65534))
			_exit(1);
		if (get_stats(self->fd, c.domid, NULL, &nr) != EPERM)
			_exit(2);
		_exit(get_stats(self->fd, 0, NULL, &nr) ? 3 : 0);
	}
	wait(&status);
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* Somebody else's domain is not for a caller without CAP_SYS_ADMIN. */
TEST_F(ctl, permission)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_domid_arg d = { .size = sizeof(d) };
	struct kxen_grant_arg g = { .size = sizeof(g) };
	struct kxen_grant_info i = { .size = sizeof(i), .flags = KXEN_GRANT_NEXT };
	int fd = open("/dev/kvm-xen", O_RDWR), status;

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	d.domid = g.domid = i.domid = c.domid;
	if (!fork()) {
		if (setresuid(65534, 65534, 65534))
			_exit(1);
		_exit(call(fd, KXEN_DESTROY, &d) != EPERM ? 2 :
		      call(fd, KXEN_GRANT, &g) != EPERM ? 3 :
		      call(fd, KXEN_GRANT_INFO, &i) != EPERM ? 4 : 0);
	}
	wait(&status);
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(0, call(fd, KXEN_DESTROY, &d));
	close(fd);
}

#include "uapi_grants.h"

TEST_HARNESS_MAIN
