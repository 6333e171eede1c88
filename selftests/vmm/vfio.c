// SPDX-License-Identifier: GPL-2.0
/*
 * A PCI device that the machine has by VFIO: its first BAR is at BAR in the guest's memory, and
 * what it reads and writes by itself is the guest's. No configuration space, no interrupts.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

#define BAR	0xd0000000ULL
#define COMMAND	4	/* of the configuration space: memory, and being a master */

static struct {
	int device, container, group, kvm;
	uint64_t size, offset;
} pci = { .device = -1, .container = -1, .group = -1, .kvm = -1 };

/* "../../../kernel/iommu_groups/7" */
static int group_of(const char *name)
{
	char path[256], to[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0)
		die("%s: no IOMMU group", name);
	to[n] = '\0';
	return atoi(strrchr(to, '/') + 1);
}

static void open_group(const char *name)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];

	pci.container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (pci.container < 0)
		die("/dev/vfio/vfio cannot be opened");
	snprintf(path, sizeof(path), "/dev/vfio/%d", group_of(name));
	pci.group = open(path, O_RDWR | O_CLOEXEC);
	if (pci.group < 0)
		die("%s cannot be opened", path);
	xioctl(pci.group, VFIO_GROUP_GET_STATUS, &status, "VFIO_GROUP_GET_STATUS");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		die("%s: some of its devices have another driver", path);
	xioctl(pci.group, VFIO_GROUP_SET_CONTAINER, &pci.container, "VFIO_GROUP_SET_CONTAINER");
	xioctl(pci.container, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU, "VFIO_SET_IOMMU");
}

/* The device sees what the guest does. */
static void map_memory(void)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)vm.ram,
		.iova = 0,
		.size = vm.mem,
	};

	xioctl(pci.container, VFIO_IOMMU_MAP_DMA, &map, "VFIO_IOMMU_MAP_DMA");
}

static void open_device(const char *name)
{
	struct vfio_region_info r = { .argsz = sizeof(r), .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t command = 6;

	pci.device = xioctl(pci.group, VFIO_GROUP_GET_DEVICE_FD, (void *)name,
			    "VFIO_GROUP_GET_DEVICE_FD");
	xioctl(pci.device, VFIO_DEVICE_GET_REGION_INFO, &r, "the configuration space");
	if (pwrite(pci.device, &command, 2, r.offset + COMMAND) != 2)
		die("%s cannot be switched on", name);
	r.index = VFIO_PCI_BAR0_REGION_INDEX;
	xioctl(pci.device, VFIO_DEVICE_GET_REGION_INFO, &r, "the first BAR");
	pci.size = r.size;
	pci.offset = r.offset;
}

/* Of its group, as VMMs do, for whoever in KVM wants to know which devices a VM has. */
void vfio_tell_kvm(bool has)
{
	struct kvm_create_device d = { .type = KVM_DEV_TYPE_VFIO };
	struct kvm_device_attr a = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = has ? KVM_DEV_VFIO_GROUP_ADD : KVM_DEV_VFIO_GROUP_DEL,
		.addr = (uintptr_t)&pci.group,
	};

	if (pci.kvm < 0) {
		xioctl(vm.vm, KVM_CREATE_DEVICE, &d, "KVM_CREATE_DEVICE");
		pci.kvm = d.fd;
	}
	xioctl(pci.kvm, KVM_SET_DEVICE_ATTR, &a, "KVM_DEV_VFIO_GROUP");
}

void vfio_init(const char *name)
{
	open_group(name);
	map_memory();
	open_device(name);
	vfio_tell_kvm(true);
}

/* All that the guest has of it is its first BAR. */
bool vfio_mmio(struct kvm_run *run)
{
	uint64_t at = run->mmio.phys_addr - BAR;
	ssize_t n;

	if (pci.device < 0 || at >= pci.size)
		return false;
	if (run->mmio.is_write)
		n = pwrite(pci.device, run->mmio.data, run->mmio.len, pci.offset + at);
	else
		n = pread(pci.device, run->mmio.data, run->mmio.len, pci.offset + at);
	if (n != (ssize_t)run->mmio.len)
		die("the device's register at %llx", (unsigned long long)at);
	return true;
}

/* VFIO takes the group out of its container, and the IOMMU with it; the machine stays. */
void vfio_detach(void)
{
	close(pci.device);
	pci.device = -1;
	xioctl(pci.group, VFIO_GROUP_UNSET_CONTAINER, NULL, "VFIO_GROUP_UNSET_CONTAINER");
}
