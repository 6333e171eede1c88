#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Grants between the host and a guest: its device nodes, through Debian's unmodified libxengnttab.
WEIGHT=60 ONCE=new
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/gntdev_dev --file $BUILD/selftests/gntalloc_dev --file $BUILD/selftests/special --file $BUILD/selftests/foreign_dev"
	echo "--file $BUILD/selftests/kvm-xen --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/gntdev" files --timeout 800
tap_end
