#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# KVM's exit fast path: which calls are served there, and who comes before a guest that makes
# nothing else; the vendor module; and all of it without (fast_path=0).
WEIGHT=60
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/kvm-xen"
}
echo "TAP version 13"
hosts "$SELF/jobs/fast" files --timeout 900
tap_end
