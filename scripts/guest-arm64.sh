#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an unmodified Debian kernel for arm64 needs to run as a guest: build/guest/initrd-SERIES-arm64.gz
# and build/guest/vmlinuz-SERIES-arm64. The test programs for arm64 are built: selftests/Makefile.
set -euo pipefail
. "$(dirname "$0")/common.sh"

out=$KXEN_TOP/build/guest
evtpair=$KXEN_TOP/build/selftests/arm64/evtpair
mkdir -p "$out"
exec 9>"$out/lock"
flock 9

newer() {	# FILE OTHER...: than each of the others
	local f=$1 o
	shift
	for o in "$@"; do [ "$f" -nt "$o" ] || return 1; done
}

# busybox, the first program of the tests' guests, and Linux's driver of event channels.
make_initrd() {	# SERIES FILE
	local t r=$1-arm64 f m a
	t=$(mktemp -d)
	mkdir -p "$t"/{bin,proc,sys,dev,tmp,m}
	cp "$KXEN_CACHE/arm64/busybox/bin/busybox" "$t/bin/"
	for a in $(/bin/busybox --list); do
		[ "$a" = busybox ] || ln -s busybox "$t/bin/$a"
	done
	cp "$evtpair" "$t/bin/"
	modprobe -d "$(kroot_of "$r")" -S "$(kver_of "$r")" --ignore-install --show-depends xen-evtchn |
		awk '$1 == "insmod" { print $2 }' | while read -r f; do
			m=$(basename "${f%.xz}")
			case $f in *.xz) xz -dc "$f" ;; *) cat "$f" ;; esac >"$t/m/$m"
			echo "$m" >>"$t/m/order"
		done
	install -m 755 "$KXEN_TOP/selftests/linux/init" "$t/init"
	(cd "$t" && find . | cpio -o -H newc --quiet | gzip -1) >"$2.new"
	mv "$2.new" "$2"
	rm -rf "$t"
}

for s in ${*:-$KXEN_OWN}; do
	f=$out/initrd-$s-arm64.gz
	newer "$f" "$KXEN_TOP/selftests/linux/init" "$evtpair" "$KXEN_TOP/scripts/guest-arm64.sh" ||
		make_initrd "$s" "$f"
	ln -sf "$(kroot_of "$s-arm64")/boot/vmlinuz-$(kver_of "$s-arm64")" "$out/vmlinuz-$s-arm64"
done
