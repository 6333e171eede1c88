#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Xen's platform device, kvm-xen-vfio.ko, under Debian's QEMU: what it is, what it refuses, how it
# goes; a Debian kernel as HVM guest finds it. And the example for libvirt is one.
WEIGHT=60 ONCE=new
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $BUILD/$1/kvm-xen-vfio.ko --module kvm-amd --module mdev --module vfio_iommu_type1"
}
need_guests
echo "TAP version 13"
xml=$KXEN_TOP/Documentation/examples/libvirt-hvm.xml
if command -v virt-xml-validate >/dev/null; then
	virt-xml-validate "$xml" domain >"$WORK/xml" 2>&1
	tap $? "libvirt's schema takes the example"
	sed 's/^/# /' "$WORK/xml"
else
	tap_skip "libvirt's schema takes the example" "no virt-xml-validate: install libvirt-clients"
fi
hosts "$SELF/jobs/vfio" files --timeout 900
tap_end
