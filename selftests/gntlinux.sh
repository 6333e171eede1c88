#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified Debian kernels share pages with each other, by their own gntdev and gntalloc: two that
# enter by PVH, and two HVM guests, which have grants by Xen's platform device.
WEIGHT=120 ONCE=old
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $BUILD/$1/kvm-xen-vfio.ko --module kvm-amd --module mdev --module vfio_iommu_type1"
}
need_guests
echo "TAP version 13"
hosts "$SELF/jobs/gntlinux" files --timeout 900
tap_end
