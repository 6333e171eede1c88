#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What of the kvm-xen command needs no host: the numbers that it has for vCPUs, against the
# ACPI tables that QEMU makes, what 'create' would do, and what 'make install' puts where.
PARTS=all WEIGHT=60
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"

# --- numbers of vCPUs, against the VMM's own tables -----------------------------------
cd "$KXEN_TOP" || exit 1
gcc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Iinclude/uapi -o "$WORK/vcpuids" \
	selftests/vcpuids.c tools/kvm-xen/{vcpus,json,qmp}.c
tap $? "the program that shows numbers of vCPUs builds"
tap_number "vCPUs" < <(python3 selftests/vcpuids.py "$WORK/vcpuids" 2>&1)

# --- create, as far as nothing is done ----------------------------------------------------
KX=$BUILD/tools/kvm-xen
head -c 5000 /bin/true >"$WORK/vmlinux"
: >"$WORK/disk.img"
config() { cat >"$WORK/guest.cfg"; }
dry() { "$KX" create --dry-run "$WORK/guest.cfg" >"$WORK/dry" 2>"$WORK/dry.err"; }
fails() { ! "$@"; }
says() {	# NAME TEXT: a line of what it says has that
	grep -qF -- "$2" "$WORK/dry" "$WORK/dry.err"
	rc=$?
	tap $rc "$1"
	[ $rc = 0 ] || sed 's/^/# /' "$WORK/dry" "$WORK/dry.err"
}
locked tools make -s -C tools
tap $? "kvm-xen builds"
config <<-CFG
	name = "web"
	kernel = "$WORK/vmlinux"
	cmdline = "a 'b'"
	vcpus = 2
	uuid = "5c2b34a1-0f0e-4d3c-8b2a-190807060504"
	disk = [ '$WORK/disk.img,raw,xvda' ]
	vif = [ 'bridge=br0' ]
	backend = "/nowhere/qemu"
CFG
dry
tap $? "create --dry-run"
says "the VMM's command line, as a shell takes it" "-smp 2 -m 128M -kernel $WORK/vmlinux -append 'a '\''b'\'''"
says "the backend's" "/nowhere/qemu -M xenpv -xen-attach -display none -nodefaults -monitor none -xen-domid N -name web"
says "its disk" "-drive file=$WORK/disk.img,format=raw,if=none,id=d0 -device xen-disk,vdev=xvda,drive=d0"
says "its interface, with an address that stays" "-netdev bridge,id=n0,br=br0 -device xen-net-device,netdev=n0,mac=00:16:3e:59:bc:91"
says "the domain's directory, which the guest can read" '/local/domain/N = "" (n0 rN)'
says "what the guest writes" '/local/domain/N/control/shutdown = "" (nN)'
says "each vCPU" '/local/domain/N/cpu/1/availability = "online"'
says "the handle" '/vm/5c2b34a1-0f0e-4d3c-8b2a-190807060504/name = "web"'
[ "$(grep -oE '^  [0-9]\. [a-z]+' "$WORK/dry" | xargs)" = "1. start 2. pages 3. write 4. introduce 5. its 6. start 7. resume" ]
tap $? "the steps have Xen's order"
sed -i '/disk\|vif/d' "$WORK/guest.cfg"
dry && ! grep -q nowhere "$WORK/dry"
tap $? "without devices there is no backend"
config <<-CFG
	name = "web"
	kernel = "/nowhere/vmlinux"

	disk = [ '$WORK,raw,xvda' ]
	memroy = 5
CFG
dry
[ $? = 65 ] && [ ! -s "$WORK/dry" ]
tap $? "a configuration with a fault: nothing is planned"
says "which, with file and line" "$WORK/guest.cfg:5: there is no key 'memroy'"
sed -i '/memroy/d' "$WORK/guest.cfg"
fails dry
tap $? "one that names what is not there"
says "a kernel" "$WORK/guest.cfg:2: /nowhere/vmlinux: No such file or directory"
says "a directory" "$WORK/guest.cfg:4: $WORK is a directory"
echo hello >"$WORK/vmlinuz"
printf 'name = "web"\nkernel = "%s"\n' "$WORK/vmlinuz" | config
fails dry
says "a kernel that PVH cannot enter" "$WORK/guest.cfg:2: $WORK/vmlinuz is no ELF file"
head -c 1200000 /dev/zero >"$WORK/guest.cfg"
fails dry
says "no configuration at all" "has more than 1048576 bytes"
"$KX" create --dry-run "$KXEN_TOP/Documentation/examples/guest.cfg" >"$WORK/dry" 2>"$WORK/dry.err"
[ "$(grep -c 'guest.cfg:' "$WORK/dry.err")" = "$(grep -c 'guest.cfg:.*No such file' "$WORK/dry.err")" ]
tap $? "the example lacks nothing but its files"

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
644 usr/share/man/man5/kvm-xen.cfg.5
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
