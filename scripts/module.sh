#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build kvm-xen.ko for a kernel of the cache: module.sh SERIES [MAKE ARGS...]
# The result is build/SERIES[-forged]/kvm-xen.ko, stripped of debug information.
set -euo pipefail
. "$(dirname "$0")/common.sh"

series=$1
shift
out=$KXEN_TOP/build/$series
case " $* " in *KXEN_FORGE_LAYOUT*) out=$out-forged ;; esac
mkdir -p "$out/src"
cd "$KXEN_TOP"
# Each kernel has a tree of its own: kbuild leaves its objects in it.
cp -ru --parents Kbuild VERSION kvm-xen evtchn dom0 x86 include "$out/src/"
make -s -C "$(kdir_of "$series")" M="$out/src" "$@" modules >"$out/build.log" 2>&1 ||
	{ cat "$out/build.log" >&2; die "the module does not build for $series"; }
if grep -E 'warning:' "$out/build.log" >&2; then
	die "warnings in the build for $series"
fi
strip --strip-debug -o "$out/kvm-xen.ko.new" "$out/src/kvm-xen.ko"
cmp -s "$out/kvm-xen.ko.new" "$out/kvm-xen.ko" 2>/dev/null ||
	cp "$out/kvm-xen.ko.new" "$out/kvm-xen.ko"
rm -f "$out/kvm-xen.ko.new"
