#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's unmodified Xen tools, of version 4.17, on the host: from the packages of Xen itself.
WEIGHT=40 ONCE=old
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/domctl --file $BUILD/selftests/kvm-xen --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/toolstack" files --timeout 500
tap_end
