#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's unmodified Xen tools, of version 4.17, on the host: from the packages of Xen itself. In
# check-full also those of 4.20, which ask by other versions and other calls.
WEIGHT=40
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	echo "--file $BUILD/selftests/domctl --file $BUILD/selftests/kvm-xen --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/toolstack" files --timeout 500
if [ "$KXEN_CHECK" != full ]; then
	:
elif [ -e "$KXEN_CACHE/xen-4.20/.done" ]; then
	PARAMS=XEN=4.20
	# shellcheck disable=SC2046
	for s in $(series_list); do
		host_start "$s" "$SELF/jobs/toolstack" $(files "$s") --timeout 500
	done
	for s in $(series_list); do host_report "$s, Xen 4.20" "$s"; done
else
	tap_skip "the tools of Xen 4.20" "they could not be had"
fi
tap_end
