#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest images on kvm-xen, on every supported host kernel.
WEIGHT=120
. "$(dirname "$0")/lib.sh"

files() {
	rm -f "$BUILD/images-$1.report"
	images run >"$WORK/images"
	common_files "$1"
	echo "--file $WORK/images"
}
echo "TAP version 13"
hosts "$SELF/jobs/images" files --timeout 400
# For oracle.sh.
for s in $(series_list); do cp "$WORK/$s.out" "$BUILD/images-$s.report"; done
tap_end
