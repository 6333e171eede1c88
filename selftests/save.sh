#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Domains that are saved and restored: guest images with every event channel ABI, streams
# that are damaged (by FUZZ_SEED), a peer that waits, and an unmodified Debian kernel under load.
WEIGHT=180 FAST=1
. "$(dirname "$0")/lib.sh"

PARAMS="FUZZ_SEED=${FUZZ_SEED:-1}"
[ "$KXEN_CHECK" != full ] || PARAMS="$PARAMS FUZZ=300"
need_guests
files() {
	guest_files "$1"
	echo "--file $BUILD/selftests/stream"
}
echo "TAP version 13"
# Also if the host does not live to say it.
echo "# FUZZ_SEED=${FUZZ_SEED:-1}"
hosts "$SELF/jobs/save" files --timeout $([ "$KXEN_CHECK" = full ] && echo 1500 || echo 600)
tap_end
