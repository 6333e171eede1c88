#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a send touches in the host does not grow with ports, vCPUs and domains, and
# unrelated sends contend for no cache line of ours.
WEIGHT=300
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
for s in $(series_list); do
	need_module "$s"
	python3 "$KXEN_TOP/scripts/scale.py" --tap "$s" >"$WORK/scale" 2>&1
	tap $? "$s: the emulator's plugin has seen it"
	tap_number "$s" <"$WORK/scale"
done
tap_end
