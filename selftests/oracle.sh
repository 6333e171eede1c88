#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The same guest images on Debian's real Xen 4.17: the same answers, but for the
# differences in oracle/differences. images.sh has left our report.
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
ours=$BUILD/images-6.1.report
if [ ! -s "$ours" ]; then
	tap 1 "our report is there: run images.sh first"
	tap_end
fi
list=
# A PAE guest does not get through its first page table on Xen under this
# emulator; 32-bit answers are compared without paging.
for i in version ops evtchn upcall lapic orders multi fifo more level; do
	for m in 64 32; do list="$list $BUILD/selftests/img/$i-$m"; done
done
# Not fifobig: Xen looks for a free port one by one, 100001 of them take it minutes.
list="$list $BUILD/selftests/img/entry-64 $BUILD/selftests/img/runstate-64"
list="$list $BUILD/selftests/img/smp2-64:2 $BUILD/selftests/img/smp4-64:4 $BUILD/selftests/img/smp2-32:2"
# shellcheck disable=SC2086
python3 "$KXEN_TOP/scripts/xen.py" $list >"$WORK/xen.out" 2>&1
tap $? "every image ends on Xen"
tap_number "xen" < <(python3 "$SELF/oracle.py" "$ours" "$WORK/xen.out" "$SELF/oracle/differences")
cp "$WORK/xen.out" "$BUILD/images-xen.report"
tap_end
