#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified Debian kernels as guests under an unmodified QEMU.
WEIGHT=200
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $BUILD/selftests/storecons"
}
need_guests
echo "TAP version 13"
hosts "$SELF/jobs/linux" files --timeout $([ "$KXEN_CHECK" = full ] && echo 3600 || echo 700)
tap_end
