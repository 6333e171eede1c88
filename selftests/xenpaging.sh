#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's unmodified xenpaging, of 4.17 and of 4.20 if that could be had, from Xen's own packages.
WEIGHT=150 ONCE=new
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/introduce --file $BUILD/selftests/qmp --file $BUILD/selftests/kvm-xen --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/xenpaging" files --timeout 1500
tap_end
