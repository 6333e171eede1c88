#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tracepoints, the bpftrace tools and kxenlat: on a host with a guest that is busy with
# events, each shows what it is for. No time is asserted.
WEIGHT=120
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--root"
}
command -v bpftrace >/dev/null || bail "no bpftrace: make setup"
locked kxenlat make -s -C "$KXEN_TOP/tools/kxenlat" || bail "kxenlat does not build"
echo "TAP version 13"
hosts "$SELF/jobs/latency" files --timeout 800
tap_end
