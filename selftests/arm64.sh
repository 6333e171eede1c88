#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Emulated hosts of arm64: guest images, those that arm64.list names, and Debian kernels as guests.
#
# A part is a kind of host: its kernel runs at the exception level of hypervisors (vhe), or not
# (nvhe), or is the oldest one, where ftrace has no direct calls (old). linux, linux-nvhe and
# linux-old are the same with Debian's guests; 'make check' has the first of them. What they need
# is not fetched by 'make check', but by 'make check T=arm64' and 'make check-full': scripts/arm64.sh.
PARTS="vhe nvhe old linux"
case ${KXEN_CHECK-} in full) PARTS="$PARTS linux-nvhe linux-old" ;; esac
case ${1-} in linux-*) PARTS="$PARTS $1" ;; esac
WEIGHT=90
. "$(dirname "$0")/lib.sh"

series_of() { case $1 in *old) echo "$KXEN_OLD" ;; *) echo "$KXEN_NEW" ;; esac; }
cpu_of() { case $1 in *nvhe) echo cortex-a57 ;; *) echo cortex-a76 ;; esac; }

# In 'check' of the newest kernel alone.
guests() { [ "$KXEN_CHECK" = full ] && echo "$KXEN_OWN" || echo "$KXEN_NEW"; }

images() {	# PART SERIES
	local i
	grep -vE '^(#|$)' "$SELF/arm64.list" >"$WORK/images"
	# shellcheck disable=SC2046
	host_start "$2" "$SELF/jobs/arm64" --cpu "$(cpu_of "$1")" --timeout 900 \
		--file "$BUILD/$2/kvm-xen.ko" --file "$BUILD/selftests/arm64/vmm" --file "$SELF/job.sh" \
		--file "$WORK/params-$2=params" --file "$WORK/images=images" \
		$(while read -r i _; do echo "--file $BUILD/selftests/img/$i-arm64"; done <"$WORK/images")
}

debian() {	# PART SERIES
	local g
	# shellcheck disable=SC2046
	"$KXEN_TOP/scripts/guest-arm64.sh" $(guests) || bail "no guest kernels"
	echo "GUESTS=\"$(guests)\"" >>"$WORK/params-$2"
	# shellcheck disable=SC2046
	host_start "$2" "$SELF/jobs/arm64linux" --cpu "$(cpu_of "$1")" --timeout 1200 --mem 2G --root \
		--file "$BUILD/$2/kvm-xen.ko" --file "$BUILD/selftests/arm64/kvm-xen" --file "$SELF/job.sh" \
		--file "$WORK/params-$2=params" \
		$(for g in $(guests); do
			echo "--file $BUILD/guest/vmlinuz-$g-arm64=vmlinuz-$g"
			echo "--file $BUILD/guest/initrd-$g-arm64.gz=initrd-$g.gz"
		done)
}

run() {	# PART
	local s
	s=$(series_of "$1")
	if ! arm64_had "$s"; then
		tap_skip "guests on $1" "what hosts of arm64 need is not in the cache: 'make setup-arm64'"
		return
	fi
	s=$s-arm64
	locked arm64 make -s -C "$SELF" arm64 || bail "the programs for arm64 do not build"
	"$KXEN_TOP/scripts/module.sh" "$s" || bail "the module does not build for $s"
	common_files "$s" >/dev/null
	case $1 in linux*) debian "$1" "$s" ;; *) images "$1" "$s" ;; esac
	host_report "$1" "$s"
}

echo "TAP version 13"
for p in ${1:-$PARTS}; do run "$p"; done
tap_end
