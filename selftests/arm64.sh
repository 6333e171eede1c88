#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guest images on emulated hosts of arm64: those that arm64.list names.
#
# A part is a kind of host: its kernel runs at the exception level of hypervisors (vhe), or not
# (nvhe), or is the oldest one, where ftrace has no direct calls (old). What they need is not
# fetched by 'make check', but by 'make check T=arm64' and 'make check-full': scripts/arm64.sh.
PARTS="vhe nvhe old" WEIGHT=90
. "$(dirname "$0")/lib.sh"

series_of() { case $1 in old) echo "$KXEN_OLD" ;; *) echo "$KXEN_NEW" ;; esac; }
cpu_of() { case $1 in nvhe) echo cortex-a57 ;; *) echo cortex-a76 ;; esac; }

run() {	# PART
	local s i
	s=$(series_of "$1")
	if ! arm64_had "$s"; then
		tap_skip "images on $1" "what hosts of arm64 need is not in the cache: 'make setup-arm64'"
		return
	fi
	s=$s-arm64
	locked arm64 make -s -C "$SELF" arm64 || bail "the programs for arm64 do not build"
	"$KXEN_TOP/scripts/module.sh" "$s" || bail "the module does not build for $s"
	grep -vE '^(#|$)' "$SELF/arm64.list" >"$WORK/images"
	common_files "$s" >/dev/null
	# shellcheck disable=SC2046
	host_start "$s" "$SELF/jobs/arm64" --cpu "$(cpu_of "$1")" --timeout 900 \
		--file "$BUILD/$s/kvm-xen.ko" --file "$BUILD/selftests/arm64/vmm" --file "$SELF/job.sh" \
		--file "$WORK/params-$s=params" --file "$WORK/images=images" \
		$(while read -r i _; do echo "--file $BUILD/selftests/img/$i-arm64"; done <"$WORK/images")
	host_report "$1" "$s"
}

echo "TAP version 13"
for p in ${1:-$PARTS}; do run "$p"; done
tap_end
