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
installed() { (cd "$1" 2>/dev/null && find . ! -type d -printf '%m %P\n' | sed -E 's,/[a-z]*/(kvm-xen(-vfio)?[.]ko)[.xz]*$,/DIR/\1,' | sort); }
said() { [ "$1" = 0 ] && echo "ok - $2" || echo "not ok - $2"; }
same() {	# NAME EXPECTED DIR
	local got
	got=$(installed "$3")
	diff <(sort <<<"$2") <(printf '%s\n' "$got")
	[ "$(sort <<<"$2")" = "$got" ]
	said $? "$1"
}
# Where scripts/module.sh has built the module: with its words and under its lock nothing is
# built again, and the checkout has no objects in it. in_tree SERIES RELEASE KDIR DEST
in_tree() {
	local m="make W=1 KDIR=$3 DESTDIR=$4 PREFIX=/usr"
	rm -rf Makefile tools build
	cp -r "$KXEN_TOP/Makefile" "$KXEN_TOP/tools" .
	[ ! -d "$KXEN_TOP/build/tools" ] || { mkdir build && cp -r "$KXEN_TOP/build/tools" build/ && rm -rf build/tools/kxenlat; }
	$m install >"$4.log" 2>&1
	rc=$?
	said $rc "make install for $1"
	[ $rc = 0 ] || tail -20 "$4.log"
	same "each file is where it belongs, for $1" "644 lib/modules/$2/DIR/kvm-xen.ko
644 lib/modules/$2/DIR/kvm-xen-vfio.ko
755 usr/sbin/kvm-xen
644 usr/share/man/man8/kvm-xen.8
644 usr/share/bash-completion/completions/kvm-xen
644 usr/share/man/man7/kvm-xen-dom0.7
644 usr/lib/udev/rules.d/99-kvm-xen.rules
755 usr/lib/kvm-xen/xen-tool
$(cd tools/systemd && printf '644 usr/lib/systemd/system/%s\n' *.service)
$(cd tools/bpftrace && printf '755 usr/share/kvm-xen/bpftrace/%s\n' *.bt)" "$4"
	! grep -q '^depmod' "$4.log"
	said $? "no index of this machine's modules was made, for $1"
	$m uninstall >"$4.log" 2>&1
	said $? "make uninstall for $1"
	same "nothing is left, for $1" "" "$4"
	[ ! -e "$4/usr/share/kvm-xen" ] && [ ! -e "$4/usr/lib/kvm-xen" ]
	said $? "no directory of its own is left, for $1"
	make -n KDIR="$3" install 2>/dev/null | grep -qx "depmod $2"
	said $? "without DESTDIR the index is made for $1"
	rm -rf Makefile tools build
}
export -f installed said same in_tree
export KXEN_TOP
for s in $(series_list); do
	"$KXEN_TOP/scripts/module.sh" "$s" -- bash -c 'in_tree "$@"' - \
		"$s" "$(kver_of "$s")" "$(kdir_of "$s")" "$WORK/dest-$s" >"$WORK/install" 2>&1
	tap $? "the module's tree for $s can be had"
	tap_number "install" <"$WORK/install"
done
# A kernel that there are no headers of: no module, so no success.
make KDIR="$WORK/none" DESTDIR="$WORK/dest" install >"$WORK/install" 2>&1
[ $? != 0 ] && grep -q 'no kernel headers' "$WORK/install" && [ -z "$(installed "$WORK/dest")" ]
tap $? "without a module nothing is installed"
tap_end
