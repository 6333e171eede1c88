#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory paging: what can be paged, who waits for it and how, the end of a pager, a guest under one.
WEIGHT=240
. "$(dirname "$0")/lib.sh"

# What a kernel that is built for the tests has not, the program skips.
modules_of() {	# SERIES MODULE...
	local rel m
	rel=$(kver_of "$1")
	shift
	for m; do
		! grep -q "/$m\.ko" "$KXEN_CACHE/kernels/$rel/lib/modules/$rel/modules.dep" ||
			echo "--module $m"
	done
}

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/paging --file $BUILD/selftests/kvm-xen --module kvm-amd"
	modules_of "$1" vhost_vsock brd
}
echo "TAP version 13"
hosts "$SELF/jobs/paging" files --timeout 2400
tap_end
