#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# /dev/kvm-xen with right and wrong arguments (uapi.c), pausing a busy domain.
WEIGHT=100
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/uapi --file $BUILD/selftests/kvm-xen"
}
echo "TAP version 13"
hosts "$SELF/jobs/uapi" files --timeout 1000
tap_end
