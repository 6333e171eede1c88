#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What of the kvm-xen command needs no host: the numbers that it has for vCPUs, against the
# ACPI tables that QEMU makes, and what 'make install' puts where.
PARTS=all WEIGHT=60
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"

# --- numbers of vCPUs, against the VMM's own tables -----------------------------------
cd "$KXEN_TOP" || exit 1
gcc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Iinclude/uapi -o "$WORK/vcpuids" \
	selftests/vcpuids.c tools/kvm-xen/{vcpus,json,qmp}.c
tap $? "the program that shows numbers of vCPUs builds"
tap_number "vCPUs" < <(python3 selftests/vcpuids.py "$WORK/vcpuids" 2>&1)

# --- make install, into a directory -----------------------------------------------------
same() {	# NAME EXPECTED: what is expected, and standard input
	local got
	got=$(sort)
	diff <(sort <<<"$2") <(printf '%s\n' "$got") | sed 's/^/# /'
	[ "$(sort <<<"$2")" = "$got" ]
	tap $? "$1"
}
installed() { (cd "$WORK/dest" 2>/dev/null && find . ! -type d -printf '%m %P\n' | sed 's,/[a-z]*/kvm-xen.ko[.xz]*$,/DIR/kvm-xen.ko,'); }

for s in $(series_list); do
	# Where scripts/module.sh has built the module: with its words and under its lock
	# nothing is built again, and the checkout has no objects in it.
	src=$("$KXEN_TOP/scripts/module.sh" "$s" -- pwd) || bail "the module does not build for $s"
	rm -rf "$WORK/dest" "$src/build"
	cp -r --parents Makefile tools $([ -d "$BUILD/tools" ] && echo build/tools) "$src/"
	rm -rf "$src/build/tools/kxenlat"
	m="$KXEN_TOP/scripts/module.sh $s -- env PATH=$(path_of "$s") make W=1 KDIR=$(kdir_of "$s") DESTDIR=$WORK/dest PREFIX=/usr"
	release=$(kver_of "$s")
	$m install >"$WORK/install" 2>&1
	rc=$?
	tap $rc "make install for $s"
	[ $rc = 0 ] || tail -20 "$WORK/install" | sed 's/^/# /'
	same "each file is where it belongs, for $s" "644 lib/modules/$release/DIR/kvm-xen.ko
755 usr/sbin/kvm-xen
644 usr/share/man/man8/kvm-xen.8
644 usr/share/bash-completion/completions/kvm-xen
644 usr/lib/udev/rules.d/99-kvm-xen.rules
$(cd tools/bpftrace && printf '755 usr/share/kvm-xen/bpftrace/%s\n' *.bt)" < <(installed)
	grep -q '^depmod' "$WORK/install"
	tap $((! $?)) "no index of this machine's modules was made, for $s"
	$m uninstall >"$WORK/uninstall" 2>&1
	tap $? "make uninstall for $s"
	same "nothing is left, for $s" "" < <(installed)
	! [ -e "$WORK/dest/usr/share/kvm-xen" ]
	tap $? "no directory of its own is left, for $s"
	make -n -C "$src" KDIR="$(kdir_of "$s")" install 2>/dev/null | grep -qx "depmod $release"
	tap $? "without DESTDIR the index is made for $s"
done
# A kernel that there are no headers of: no module, so no success.
make KDIR="$WORK/none" DESTDIR="$WORK/dest" install >"$WORK/install" 2>&1
[ $? != 0 ] && grep -q 'no kernel headers' "$WORK/install" && [ -z "$(installed)" ]
tap $? "without a module nothing is installed"
tap_end
