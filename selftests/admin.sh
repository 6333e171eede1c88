#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What else may sit on the functions that are hooked: BPF programs and livepatches, put
# there before a domain lives, and while one does.
WEIGHT=70
. "$(dirname "$0")/lib.sh"

livepatch() {	# SERIES: build it for that kernel
	local out=$BUILD/$1-livepatch
	mkdir -p "$out"
	cp -u "$SELF/livepatch/Kbuild" "$SELF/livepatch/kxlp.c" "$out/"
	PATH=$(path_of "$1") locked "livepatch-$1" make -s -C "$(kdir_of "$1")" M="$out" modules >"$out/log" 2>&1 || cat "$out/log"
	strip --strip-debug "$out/kxlp.ko"
}
files() {
	livepatch "$1" >&2
	common_files "$1"
	echo "--file $BUILD/selftests/fentry --file $BUILD/$1-livepatch/kxlp.ko --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/admin" files --timeout 800
tap_end
