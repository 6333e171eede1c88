#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory paging: what can be paged, who waits for it and how, the end of a pager, a guest under one.
WEIGHT=240
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/paging --file $BUILD/selftests/kvm-xen"
}
echo "TAP version 13"
hosts "$SELF/jobs/paging" files --module kvm-amd --module vhost_vsock --module brd --timeout 2400
tap_end
