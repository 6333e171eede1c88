#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory paging of machines of an unmodified QEMU's: what they do to a guest meanwhile, a migration,
# a reset, their end.
WEIGHT=150
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $BUILD/selftests/paging"
}
need_guests
echo "TAP version 13"
hosts "$SELF/jobs/paged" files --timeout $([ "$KXEN_CHECK" = full ] && echo 3600 || echo 900)
tap_end
