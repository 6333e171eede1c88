#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build what makes kvm-xen slow at chosen places, for a kernel of the cache whose kvm-xen.ko
# is there: stall.sh SERIES prints a directory with kxen_stall.ko and the list of places.
# For job.sh's stall.
set -euo pipefail
. "$(dirname "$0")/common.sh"

out=$KXEN_TOP/build/$1-stall src=$KXEN_TOP/selftests/stall
PATH=$(path_of "$1")
mkdir -p "$out"
cp -u "$src"/* "$out/"
if ! locked "stall-$1" make -s -C "$(kdir_of "$1")" M="$out" W=1 modules >"$out/log" 2>&1 ||
	grep -q 'warning:' "$out/log"; then
	cat "$out/log" >&2
	die "no kxen_stall.ko or kxen_starve.ko for $1"
fi
strip --strip-debug "$out"/*.ko
"$KXEN_TOP/scripts/places.py" "$KXEN_TOP/build/$1/kvm-xen.ko" >"$out/places"
echo "$out"
