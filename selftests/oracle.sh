#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The same guest images on Debian's real Xen 4.17: the same answers, but for the
# differences in oracle/differences. images.sh leaves our report.
PARTS=xen WEIGHT=80 AFTER=images:old
. "$(dirname "$0")/lib.sh"

ours=$BUILD/images-$KXEN_OLD.report
need_module "$KXEN_OLD"
if [ ! -s "$ours" ] || [ -n "$(find "$BUILD/$KXEN_OLD/kvm-xen.ko" "$BUILD/selftests" -type f -newer "$ours")" ]; then
	echo "# our report is missing, or old: images.sh runs first"
	KXEN_SERIES=$KXEN_OLD "$SELF/images.sh" >"$WORK/images.out" || grep '^not ok' "$WORK/images.out" | sed 's/^/# /'
fi
echo "TAP version 13"
# shellcheck disable=SC2046
python3 "$KXEN_TOP/scripts/xen.py" $(images xen | sed "s|^|$BUILD/selftests/img/|") >"$WORK/xen.out" 2>&1
tap $? "every image ends on Xen"
tap_number "xen" < <(python3 "$SELF/oracle.py" "$ours" "$WORK/xen.out" "$SELF/oracle/differences")
# As jobs/toolstack has it of the host.
grep -q '^# xenlockprof: .*(Function not implemented)$' "$WORK/xen.out"
tap $? "xen: xenlockprof says that there are no counters"
cp "$WORK/xen.out" "$BUILD/images-xen.report"
tap_end
