#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest images on Intel's VMX, emulated by Bochs: one host on a CPU with indirect
# branch tracking, where a call to a sealed kernel function oopses.
WEIGHT=400
. "$(dirname "$0")/lib.sh"
HOST=vmx.py

# The second host is there for its processor: in 64 bits, and in 'check' what the first one
# has in both widths, and the entries.
files() {
	case $(halves "$1") in
	2) images vmx | sed -n '/^entry-64/p; s/^\([^ ]*\)-32/\1-64/p' ;;
	*) images vmx ;;
	esac >"$WORK/images-$1"
	common_files "$1"
	echo "--file $WORK/images-$1=images --file $BUILD/selftests/paging --timeout $limit"
	# A kernel that is newer still does not boot on this one: it stumbles over the extended
	# state that it has.
	case $1 in
	"$KXEN_NEW"*) echo "--cpu tigerlake --file $WORK/want-ibt" ;;
	*) echo "--cpu corei7_haswell_4770 $linux" ;;
	esac
}
: >"$WORK/want-ibt"
need_guests
limit=600
linux=
if [ "$KXEN_CHECK" = full ]; then
	limit=2400
	strip -o "$WORK/vmlinux" "$BUILD/guest/vmlinux-$KXEN_OLD"
	linux="--mem 1024 --file $WORK/vmlinux --file $BUILD/guest/initrd.gz"
fi
echo "TAP version 13"
hosts "$SELF/jobs/vmx" files
tap_end
