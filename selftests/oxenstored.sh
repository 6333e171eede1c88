#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's unmodified oxenstored on the host, an unmodified Debian kernel that talks to it, and what
# becomes of a guest's ring when either dies.
WEIGHT=40 ONCE=new
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $BUILD/selftests/introduce --file $BUILD/selftests/vchan"
}
need_guests
echo "TAP version 13"
hosts "$SELF/jobs/oxenstored" files --timeout 400
tap_end
