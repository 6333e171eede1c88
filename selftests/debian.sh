#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A whole Debian with systemd as a guest of 'kvm-xen create': its root is a PV disk, and it has a PV
# network.
WEIGHT=900
. "$(dirname "$0")/lib.sh"

# The disk is one of the host's, where nothing stays that is written.
DEBIAN=$KXEN_CACHE/userspace/debian.img
files() {
	guest_files "$1"
	echo "--file $SELF/create-job.sh --module kvm-amd --module tun --module virtio_blk"
	echo "--qemu=-drive --qemu=file=$DEBIAN,format=raw,if=virtio,snapshot=on"
}
echo "TAP version 13"
if ! [ -s "$DEBIAN" ]; then
	tap_skip "a whole Debian" "there is no image of it: scripts/setup.sh full makes it"
	tap_end
fi
need_guests
hosts "$SELF/jobs/debian" files --timeout 3000
tap_end
