#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kvm-xen page with Debian's QEMU: pages of a guest that looks at its memory go out to a target and come
# back, by each way that a pager can end.
WEIGHT=150 ONCE=new
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"
hosts "$SELF/jobs/page" guest_files --timeout 1200
tap_end
