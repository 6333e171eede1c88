#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kvm-xen command with Debian's QEMU: VMMs that are started, files that are saved, and
# what it says when something is in the way.
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"

hosts "$SELF/jobs/tool" guest_files --timeout 500
tap_end
