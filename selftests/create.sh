#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guests that 'kvm-xen create' makes: an unmodified Debian kernel with a console and a disk, by
# Debian's unmodified xenstored, xenconsoled and QEMU; and what is left when somebody is killed.
WEIGHT=200 ONCE=new
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"
hosts "$SELF/jobs/create" guest_files --module kvm-amd --module tun --timeout 1500
tap_end
