#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified Debian kernels with Debian's unmodified xenstored and xenconsoled on the host, and
# vchans between them: from guest to host, from host to guest, from guest to guest.
WEIGHT=70 ONCE=new
. "$(dirname "$0")/lib.sh"

files() {
	guest_files "$1"
	echo "--file $BUILD/selftests/introduce --file $BUILD/selftests/vchan"
}
need_guests
echo "TAP version 13"
hosts "$SELF/jobs/vchan" files --timeout 600
tap_end
