#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Classic PV guests that 'kvm-xen create' makes: an unmodified Debian kernel, in PV mode, on the
# unmodified pv-shim of Debian's Xen 4.17 or 4.20, with a console and a disk of domain 0.
WEIGHT=150 ONCE=new
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"
hosts "$SELF/jobs/pv" guest_files --module kvm-amd --module tun --timeout 1500
tap_end
