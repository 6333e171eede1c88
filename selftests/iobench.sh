#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a disk's request and a packet cost in executed instructions, beside virtio on each host, and
# beside real Xen, which one of them asks.
WEIGHT=900
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
need_guests
for s in $(series_list); do
	need_module "$s"
	xen=
	[ "$s" != "$KXEN_NEW" ] || xen=xen-4.17
	python3 "$KXEN_TOP/scripts/iobench.py" --tap "kvm-xen:$s" "virtio:$s" $xen >"$WORK/io" 2>&1
	tap $? "$s: the emulator's plugin has seen it"
	tap_number "$s" <"$WORK/io"
done
tap_end
