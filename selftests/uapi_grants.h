/* SPDX-License-Identifier: GPL-2.0 */
/* Of uapi.c: what a controller grants, limits of grant tables, pages for rings. */
/* What a toolstack puts into a table before the guest runs. */
TEST_F(ctl, grant)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_grant_arg g = { .size = sizeof(g), .ref = 1, .gfn = 0xfeffe };
	struct kxen_grant_info i = { .size = sizeof(i), .flags = KXEN_GRANT_NEXT };

	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GRANT, &g));
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	g.domid = i.domid = c.domid;
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_GRANT_INFO, &i));
	g.ref = 8;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GRANT, &g));
	g.ref = 1;
	g.to = 0x10000;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GRANT, &g));
	g.to = 5;
	g.reserved = 1;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GRANT, &g));
	g.reserved = 0;
	g.gfn = 1ULL << 32;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GRANT, &g));
	g.gfn = 0xfeffe;
	g.flags = KXEN_GRANT_READ_ONLY;
	EXPECT_EQ(0, call(self->fd, KXEN_GRANT, &g));
	i.ref = 0;
	EXPECT_EQ(0, call(self->fd, KXEN_GRANT_INFO, &i));
	EXPECT_EQ(1, i.ref);
	EXPECT_EQ(1 | 4, i.entry);
	EXPECT_EQ(5, i.to);
	EXPECT_EQ(0xfeffe, i.frame);
	EXPECT_EQ(0, i.pins);
	EXPECT_EQ(1, i.version);
	i.ref++;
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_GRANT_INFO, &i));
	g.flags = KXEN_GRANT_END;
	EXPECT_EQ(0, call(self->fd, KXEN_GRANT, &g));
	i.ref = 0;
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_GRANT_INFO, &i));
	i.flags = 0;
	i.ref = 511;
	EXPECT_EQ(0, call(self->fd, KXEN_GRANT_INFO, &i));
	i.ref = 512;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_GRANT_INFO, &i));
}

/* A table has a frame from the beginning, and not more than it was made with. */
TEST_F(ctl, grant_limits)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_create small = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO,
				     .max_grant_frames = 3, .max_maptrack_frames = 2 };

	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	EXPECT_EQ(1, stat_of(self->fd, c.domid, KXEN_STAT_GRANT_FRAMES));
	EXPECT_EQ(64, stat_of(self->fd, c.domid, KXEN_STAT_MAX_GRANT_FRAMES));
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_GRANT_STATUS_FRAMES));
	EXPECT_EQ(8, stat_of(self->fd, c.domid, KXEN_STAT_MAX_GRANT_STATUS_FRAMES));
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_MAPPED_GRANTS));
	EXPECT_EQ(256 << 10, stat_of(self->fd, c.domid, KXEN_STAT_MAX_MAPPED_GRANTS));
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_GRANTS_IN_USE));
	EXPECT_EQ(0, stat_of(self->fd, c.domid, KXEN_STAT_MAPS_REFUSED));
	EXPECT_EQ(0, call(self->fd, KXEN_CREATE, &small));
	EXPECT_EQ(3, stat_of(self->fd, small.domid, KXEN_STAT_MAX_GRANT_FRAMES));
	EXPECT_EQ(1, stat_of(self->fd, small.domid, KXEN_STAT_MAX_GRANT_STATUS_FRAMES));
	EXPECT_EQ(512, stat_of(self->fd, small.domid, KXEN_STAT_MAX_MAPPED_GRANTS));
	EXPECT_EQ(64, stat_of(self->fd, 0, KXEN_STAT_MAX_GRANT_FRAMES));
}

/* Pages that are not of the VMM's memory: where that has none, eight at most, all or none. */
TEST_F(ctl, special)
{
	struct kxen_special_arg s = { .size = sizeof(s), .nr = 1, .gfn = 0xfef00 };
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO };
	struct kxen_attach a = { .size = sizeof(a) };
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	struct kvm_userspace_memory_region r = { .guest_phys_addr = 0xfef06000,
						 .memory_size = 0x1000 };

	ASSERT_GE(vm, 0);
	ASSERT_EQ(0, ioctl(vm, KVM_CREATE_IRQCHIP));
	r.userspace_addr = (uintptr_t)mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(0, ioctl(vm, KVM_SET_USER_MEMORY_REGION, &r));
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_SPECIAL, &s));
	s.domid = 60000;
	EXPECT_EQ(ENOENT, call(self->fd, KXEN_SPECIAL, &s));
	ASSERT_EQ(0, call(self->fd, KXEN_CREATE, &c));
	s.domid = a.domid = c.domid;
	EXPECT_EQ(EBUSY, call(self->fd, KXEN_SPECIAL, &s));
	a.vm_fd = vm;
	ASSERT_EQ(0, call(self->fd, KXEN_ATTACH, &a));
	s.flags = 1;
	EXPECT_EQ(EOPNOTSUPP, call(self->fd, KXEN_SPECIAL, &s));
	s.flags = 0;
	s.nr = 9;
	EXPECT_EQ(ENOSPC, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = ~0u;
	EXPECT_EQ(ENOSPC, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = 7;	/* the last one is memory */
	EXPECT_EQ(EEXIST, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = 6;
	EXPECT_EQ(0, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = 1;
	s.gfn = 0xfef05;
	EXPECT_EQ(EEXIST, call(self->fd, KXEN_SPECIAL, &s));
	s.gfn = 1ULL << 52;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_SPECIAL, &s));
	s.gfn = ~0ULL;
	EXPECT_EQ(EINVAL, call(self->fd, KXEN_SPECIAL, &s));
	s.gfn = 0xfee00;	/* KVM's local APIC is there */
	EXPECT_EQ(EEXIST, call(self->fd, KXEN_SPECIAL, &s));
	s.gfn = 0xfef07;
	s.nr = 3;
	EXPECT_EQ(ENOSPC, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = 2;
	EXPECT_EQ(0, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = 0;
	EXPECT_EQ(0, call(self->fd, KXEN_SPECIAL, &s));
	s.nr = 1;
	s.gfn = 0xfef09;
	EXPECT_EQ(ENOSPC, call(self->fd, KXEN_SPECIAL, &s));
	close(vm);
	close(kvm);
}
