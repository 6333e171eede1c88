#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# KVM with AVIC, on the newest host: there it is the default where the processor has it.
WEIGHT=40 ONCE=newest
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/kvm-xen"
}
echo "TAP version 13"
hosts "$SELF/jobs/avic" files --timeout 400
tap_end
