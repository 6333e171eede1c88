#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kvm-xen command with Debian's QEMU: VMMs that are started, files that are saved, what it
# says when something is in the way, and vCPUs that come out of order.
WEIGHT=180 ONCE=old
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"
hosts "$SELF/jobs/tool" guest_files --timeout 1200
tap_end
