#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a disk's request and a packet cost in executed instructions, beside virtio and real Xen.
PARTS=all WEIGHT=900
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
need_guests
need_module "$KXEN_NEW"
python3 "$KXEN_TOP/scripts/iobench.py" --tap >"$WORK/io" 2>&1
tap $? "the emulator's plugin has seen it"
tap_number "" <"$WORK/io"
tap_end
