#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host as domain 0: its device nodes, through Debian's unmodified libraries.
WEIGHT=30
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	stall_files "$1"
	echo "--file $BUILD/selftests/evtchn_dev --file $BUILD/selftests/privcmd"
	echo "--file $BUILD/selftests/kvm-xen --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/dom0" files --timeout 800
tap_end
