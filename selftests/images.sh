#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest images on kvm-xen, on every supported host kernel, with and without KVM's exit fast path.
WEIGHT=120 FAST=halves
. "$(dirname "$0")/lib.sh"

# Every image in 64 bits on every host; of the others each host has its width, and the first
# one that which oracle.sh compares. Beyond the second some run flat, too: arguments and structures
# of a 32-bit caller, a copy without paging, and each way to be told of events.
FLAT="ops evtchn upcall fifo nlevel"
widths() {	# SERIES
	case $(halves "$1") in 1) echo 64 32 ;; 2) echo 64 pae ;; *) echo 64 32 pae ;; esac
}
files() {
	[ -n "${WAY-}" ] || rm -f "$BUILD/images-$1.report"
	images run "$(widths "$1")" >"$WORK/images-$1"
	! beyond "$1" || images run 32 | grep -E "^(${FLAT// /|})-32( |\$)" >>"$WORK/images-$1"
	common_files "$1"
	stall_files "$1"
	echo "--file $WORK/images-$1=images --file $SELF/jobs/busy"
}
echo "TAP version 13"
hosts "$SELF/jobs/images" files --timeout 1000
# For oracle.sh.
for s in $(series_list); do cp "$WORK/$s.out" "$BUILD/images-$s.report"; done
hosts_without "$SELF/jobs/images" files --timeout 1000
tap_end
