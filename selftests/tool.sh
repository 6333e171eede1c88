#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kvm-xen command: files that are saved, VMMs that are started, what it says when
# something is in the way, and the numbers of vCPUs.
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"

# --- numbers of vCPUs, against the VMM's own tables -----------------------------------
cd "$KXEN_TOP" || exit 1
gcc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Iinclude/uapi -o "$WORK/vcpuids" \
	selftests/vcpuids.c tools/kvm-xen/{vcpus,json,qmp}.c
tap $? "the program that shows numbers of vCPUs builds"
tap_number "vCPUs" < <(python3 selftests/vcpuids.py "$WORK/vcpuids" 2>&1)

hosts "$SELF/jobs/tool" guest_files --timeout 500
tap_end
