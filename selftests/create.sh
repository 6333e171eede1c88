#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guests that 'kvm-xen create' makes: an unmodified Debian kernel with a console and a disk, by
# Debian's unmodified xenstored, xenconsoled and QEMU; and what is left when somebody is killed. On a
# kernel of another suite than the machine's own 'check' makes two of them.
WEIGHT=200 ONCE="new newest"
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $SELF/create-job.sh --file $BUILD/$1/kvm-xen-vfio.ko --module kvm-amd --module tun --module mdev --module vfio_iommu_type1"
}
need_guests
echo "TAP version 13"
hosts "$SELF/jobs/create" files --timeout "$([ "$KXEN_CHECK" = full ] && echo 4000 || echo 1800)"
tap_end
