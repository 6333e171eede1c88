#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Windows and views of direct/ on a processor that has a memory protection unit for its hypervisor
# (Cortex-R52, emulated): what can be reached when, and in how many instructions.
PARTS=all WEIGHT=10
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
if [ ! -e "$KXEN_CACHE/mpu/.done" ]; then
	tap_skip "windows on a memory protection unit" "no emulator of it is in the cache: 'make setup'"
	tap_end
fi
KXEN_CACHE=$KXEN_CACHE python3 "$KXEN_TOP/scripts/mpu.py" --tap >"$WORK/tap" 2>&1
rc=$?
while read -r line; do
	case $line in
	"ok "*) tap 0 "${line#* - }" ;;
	"not ok "*) tap 1 "${line#* - }" ;;
	esac
done <"$WORK/tap"
[ $rc = 0 ] || sed 's/^/# /' "$WORK/tap" | tail -20
tap $rc "scripts/mpu.py"
tap_end
