#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bring what the build, the demo and the tests need into the cache.
#
#   scripts/setup.sh [deb|demo|check|full|arm64] [SERIES...]
#
# Packages are installed with the machine's own apt. Kernels, their headers and
# source packages are only unpacked below $KXEN_CACHE: nothing is booted from or
# added to the machine's own kernels. Every step is skipped when its result is
# there already.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/fetch.sh"
. "$(dirname "$0")/suite.sh"
. "$(dirname "$0")/arm64.sh"

what=${1:-check}
shift || true
series=${*:-$KXEN_SUPPORTED}
mkdir -p "$KXEN_CACHE"/{kernels,debs,src,stamps}

[ "$(uname -m)" = x86_64 ] || die "only amd64 machines are supported"
command -v apt-get >/dev/null || die "this needs a Debian machine (apt-get)"

# A second set-up beside this one would unpack over it.
exec 9>"$KXEN_CACHE/lock"
flock -w 1800 9 || die "another set-up holds $KXEN_CACHE/lock"

PKG_BASE="gcc libc6-dev make bc bison flex libelf-dev busybox-static cpio kmod xz-utils zstd
	python3 qemu-system-x86 seabios ipxe-qemu ca-certificates dpkg-dev gcc-multilib pahole libxen-dev libfdt-dev"
# For the Debian packages of the project itself.
PKG_DEVICES="libbpf-dev bpftool clang zlib1g-dev e2fsprogs iproute2"
PKG_DEB="build-essential debhelper dh-dkms"
PKG_CHECK="$PKG_DEB dkms lintian virt-what sparse patch ninja-build meson pkg-config libglib2.0-dev libpixman-1-dev
	libcap-ng-dev libattr1-dev zlib1g-dev python3-venv perl libc6-dev-i386
	libbpf-dev bpftrace bpftool clang libclang-rt-dev bochs bochsbios vgabios grub-pc-bin grub-common xorriso mtools libvirt-clients"

# Newest release of a series that the configured suites offer.
newest_release() {	# SERIES [ARCHITECTURE]
	local arch=${2:-$KXEN_ARCH}
	apt-cache search --names-only "^linux-image-$1\.[0-9.]*[-+][a-z0-9]*(-$arch)?\$" |
		sed -nE "s/^linux-image-([^ ]*-$arch) .*/\1/p" |
		grep -vE -- '-(rt|cloud|unsigned)' | sort -V | tail -1
}

# The packages name each other by absolute path: point them into the cache.
settle_kernel() {	# ROOT RELEASE
	sed -i "s#/usr/src/#$1/usr/src/#g" "$1/usr/src/linux-headers-$2/Makefile" || return 1
	[ -e "$1/lib" ] || ln -s usr/lib "$1/lib"
	if [ ! -e "$1/boot/vmlinuz-$2" ]; then
		mkdir -p "$1/boot"
		ln -s "../lib/modules/$2/vmlinuz" "$1/boot/vmlinuz-$2" || return 1
	fi
	depmod -b "$1" "$2"
}

# Kernel of series $1 from the configured suites or, if apt is told so, from another one.
unpack_kernel() {
	local s=$1 rel root abi kb p extra=()
	rel=$(newest_release "$s")
	[ -n "$rel" ] || { say "no Debian kernel of series $s in ${suite:-the configured suites}"; return 1; }
	root=$KXEN_CACHE/kernels/$rel
	abi=${rel%-amd64}
	kb=linux-kbuild-$s
	apt-cache show "linux-kbuild-$abi" >/dev/null 2>&1 && kb=linux-kbuild-$abi
	# Newer packages have the image in parts.
	for p in binary modules base; do
		apt-cache show "linux-$p-$rel" >/dev/null 2>&1 && extra+=("linux-$p-$rel")
	done
	say "fetching Debian kernel $rel and its headers"
	rm -rf "$root"
	fetch_debs "$root" "linux-image-$rel" "linux-headers-$rel" "linux-headers-$abi-common" \
		"$kb" "${extra[@]}" || return 1
	settle_kernel "$root" "$rel" || return 1
	[ -z "$suite" ] || suite_tools "$root" "$rel" "$kb" || return 1
	printf '%s\n' "$rel" >"$KXEN_CACHE/kernels/$s.release"
	touch "$root/.done"
}

# For a kernel of another suite, from a cache of before; once.
add_sparse() {	# SERIES
	local root suite dir
	root=$(kroot_of "$1") suite=$(suites_of "$1")
	[ -n "$suite" ] && [ ! -e "$root/tools/sparse" ] && [ ! -e "$root/.no-sparse" ] || return 0
	touch "$root/.no-sparse"
	suite=${suite%% *}
	(install_packages patchelf && dir=$(suite_apt "$suite") &&
		export APT_CONFIG=$dir/apt.conf && suite_sparse "$root") || return 0
}

setup_kernel() {
	local s=$1 rel suites suite= dir
	if [ -s "$KXEN_CACHE/kernels/$s.release" ]; then
		rel=$(cat "$KXEN_CACHE/kernels/$s.release")
		if [ -e "$KXEN_CACHE/kernels/$rel/.done" ]; then
			add_sparse "$s"
			return 0
		fi
	fi
	rm -f "$KXEN_CACHE/kernels/$s.release"
	suites=$(suites_of "$s")
	if [ -z "$suites" ]; then
		apt_update
		unpack_kernel "$s" || die "kernel $s cannot be had"
		return 0
	fi
	# Nothing here ends the set-up: the others are to be had without.
	for suite in $suites; do
		(install_packages patchelf && dir=$(suite_apt "$suite") &&
			export APT_CONFIG=$dir/apt.conf && unpack_kernel "$s") && return 0
	done
	say "kernel $s is left out, its tests will be skipped: it could not be had from ${suites// / or }," \
		"for the reasons above. A newer kernel there by now is a line in scripts/supported-kernels;" \
		"else 'make setup' tries again"
}

# A private apt directory with source entries: the same mirrors, suites and
# keys that the machine itself uses.
source_apt() {
	local d=$KXEN_CACHE/apt
	[ -s "$d/sources.list" ] && [ -e "$d/.updated" ] && return 0
	local codename key=/usr/share/keyrings/debian-archive-keyring.gpg opt=
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[ ! -e "$key" ] || opt="[signed-by=$key] "
	mkdir -p "$d"/{state/lists/partial,cache/archives/partial,parts}
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' \
		"Identifier: Packages" | sort -u |
	while read -r site suite comp; do
		case $suite in "$codename"*) ;; *) continue ;; esac
		[ "$comp" = main ] || continue
		printf 'deb-src %s%s %s %s\n' "$opt" "$site" "$suite" "$comp"
	done >"$d/sources.list"
	[ -s "$d/sources.list" ] || die "no Debian suite found in this machine's apt configuration"
	cat >"$d/apt.conf" <<-CONF
	Dir::State "$d/state";
	Dir::State::status "/var/lib/dpkg/status";
	Dir::Cache "$d/cache";
	Dir::Etc::sourcelist "$d/sources.list";
	Dir::Etc::sourceparts "$d/parts";
	APT::Sandbox::User "root";
	CONF
	APT_CONFIG=$d/apt.conf apt-get update -qq >&2
	touch "$d/.updated"
}

# QEMU with the patches of scripts/qemu: for three faults of VMRUN by which any guest stalls
# now and then, two by which a host with truly parallel CPUs dies, and what real processors say of
# a VMMCALL's length. The number stands for what they do: another one builds QEMU anew.
QEMU_CORRECTION=5
setup_qemu() {
	local q=$KXEN_CACHE/qemu src p
	[ -x "$q/qemu-system-x86_64" ] && [ "$(cat "$q/correction" 2>/dev/null)" = $QEMU_CORRECTION ] &&
		return 0
	source_apt
	say "building the corrected QEMU from Debian's source package (about 5 minutes)"
	rm -rf "$KXEN_CACHE/src/qemu"
	mkdir -p "$KXEN_CACHE/src/qemu" "$q"
	cd "$KXEN_CACHE/src/qemu"
	APT_CONFIG=$KXEN_CACHE/apt/apt.conf apt-get source -qq qemu >&2
	src=$(find . -maxdepth 1 -type d -name 'qemu-*' | head -1)
	for p in "$KXEN_TOP"/scripts/qemu/*.patch; do
		patch -s -p1 -d "$src" <"$p" || die "${p##*/} does not apply to $src any more"
	done
	mkdir -p build && cd build
	"../$src/configure" --target-list=x86_64-softmmu --enable-virtfs --disable-kvm --enable-plugins \
		--disable-docs --disable-tools --disable-guest-agent --disable-werror \
		--disable-vnc --disable-gtk --disable-sdl --disable-curses --disable-spice \
		--disable-gnutls --audio-drv-list= --disable-install-blobs \
		>"$KXEN_CACHE/qemu-configure.log" 2>&1 ||
		{ tail -20 "$KXEN_CACHE/qemu-configure.log" >&2; die "QEMU's configure failed"; }
	ninja qemu-system-x86_64 >"$KXEN_CACHE/qemu-build.log" 2>&1 ||
		{ tail -20 "$KXEN_CACHE/qemu-build.log" >&2; die "QEMU's build failed"; }
	cp qemu-system-x86_64 "$q/qemu-system-x86_64.new"
	mv "$q/qemu-system-x86_64.new" "$q/qemu-system-x86_64"
	cp "../$src/include/qemu/qemu-plugin.h" "$q/"
	echo $QEMU_CORRECTION >"$q/correction"
	cd "$KXEN_TOP"
	rm -rf "$KXEN_CACHE/src/qemu"
}

# checkpatch and the kselftest library: from Debian's linux-source package.
setup_kselftest() {
	local d=$KXEN_CACHE/kselftest source=linux-source-$KXEN_OLD tmp
	[ -e "$d/.done" ] && return 0
	apt_update
	say "taking checkpatch and kselftest's library from the linux-source package"
	tmp=$(mktemp -d "$KXEN_CACHE/src/ls.XXXXXX")
	fetch_debs "$tmp" "$source"
	rm -rf "$d" && mkdir -p "$d"
	tar -C "$d" --strip-components=1 -xf "$tmp"/usr/src/$source.tar.xz \
		$source/scripts/checkpatch.pl $source/scripts/spelling.txt \
		$source/scripts/const_structs.checkpatch $source/scripts/kernel-doc \
		$source/tools/testing/selftests/lib.mk \
		$source/tools/testing/selftests/kselftest.h \
		$source/tools/testing/selftests/kselftest_harness.h \
		$source/tools/testing/selftests/kselftest
	rm -rf "$tmp"
	# Each test program boots machines: no limit of 45 seconds.
	sed -i 's/^export kselftest_default_timeout=.*/export kselftest_default_timeout=3600/; s/^kselftest_default_timeout=.*/kselftest_default_timeout=3600/' \
		"$d/tools/testing/selftests/kselftest/runner.sh"
	touch "$d/.done"
}

# Real Xen, the oracle: hypervisor and tools, unpacked only.
setup_xen() {
	local d=$KXEN_CACHE/xen
	[ -e "$d/.done2" ] && return 0
	apt_update
	say "fetching Debian's Xen 4.17, to compare with"
	rm -rf "$d"
	fetch_debs "$d" xen-hypervisor-4.17-amd64 xen-hypervisor-4.17-amd64-dbg xen-utils-4.17 xen-utils-common \
		xenstore-utils libxencall1 libxendevicemodel1 libxenevtchn1 \
		libxenforeignmemory1 libxengnttab1 libxenhypfs1 libxenmisc4.17 \
		libxenstore4 libxentoolcore1 libxentoollog1 libyajl2
	touch "$d/.done2"
}

# QEMU with Xen's devices, the backend of a guest's: what this machine has not of all that it needs,
# unpacked only.
setup_xen_qemu() {
	local d=$KXEN_CACHE/xen-qemu missing
	[ -e "$d/.done" ] && return 0
	apt_update
	say "fetching Debian's QEMU for Xen's devices"
	rm -rf "$d"
	missing=$(apt-get -s -qq --no-install-recommends install qemu-system-xen | awk '/^Inst/ { print $2 }')
	# shellcheck disable=SC2086
	fetch_debs "$d" ${missing:-qemu-system-xen} || die "qemu-system-xen cannot be had"
	touch "$d/.done"
}

# Xen's tools of the Debian release after the machine's, which run with that one's C library, from
# wherever they lie: for check-full. Without them there is a test less.
setup_xen420() {
	local d=$KXEN_CACHE/xen-4.20 apt
	[ -e "$d/.done" ] && return 0
	say "fetching the tools of Debian's Xen 4.20"
	apt=$(suite_apt trixie) || return 0
	rm -rf "$d"
	(export APT_CONFIG=$apt/apt.conf
	fetch_debs "$d" xen-utils-4.20 xenstore-utils libc6 libncurses6 libtinfo6 libxencall1 \
		libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxenhypfs1 \
		libxenmisc4.20 libxenstore4 libxentoolcore1 libxentoollog1 libyajl2 libext2fs2t64 \
		liblzma5 libuuid1 libzstd1 zlib1g) || die "Xen 4.20 cannot be had"
	relocate "$d/usr" "$d" || die "the tools of Xen 4.20 cannot be moved"
	touch "$d/.done"
}

# A newer one of the backports, for network: the other moves no packets for Xen's interfaces. It runs
# with the same libraries. And the one without Xen's devices of that version, to compare with.
setup_xen_qemu_new() {
	local d=$KXEN_CACHE/xen-qemu-new codename dir
	[ -e "$d/.done" ] && [ -e "$d/usr/bin/qemu-system-x86_64" ] && return 0
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	say "fetching a newer QEMU for Xen's devices from $codename-backports"
	[ -e "$d/.done" ] || rm -rf "$d"
	(dir=$(suite_apt "$codename-backports") && export APT_CONFIG=$dir/apt.conf &&
		fetch_debs "$d" qemu-system-xen qemu-system-x86) && touch "$d/.done" && return 0
	say "it could not be had: tests of network interfaces are left out; 'make setup' tries again"
}

# Who is asked what he takes a host for, with /proc/xen: udev, and libvirt with its driver for Xen, which
# no machine need have. Unpacked only; without them there is a test less.
setup_judges() {
	local d=$KXEN_CACHE/judges missing
	[ -e "$d/.done" ] && return 0
	apt_update
	say "fetching udev, and libvirt's driver for Xen"
	rm -rf "$d"
	missing=$(apt-get -s -qq --no-install-recommends install libvirt-daemon libvirt-daemon-driver-xen |
		awk '/^Inst/ && $2 != "udev" && $3 !~ /^\[/ { print $2 }') || missing=
	# shellcheck disable=SC2086
	fetch_debs "$d" udev ${missing:-libvirt-daemon libvirt-daemon-driver-xen} && touch "$d/.done" && return 0
	say "they could not be had: what they say is not tested; 'make setup' tries again"
}

# An emulator of a processor with a memory protection unit of exception level 2, which the machine's
# own version has not, and a linker for programs of it. Without them there is a test less.
setup_mpu() {
	local d=$KXEN_CACHE/mpu codename dir
	[ ! -e "$d/.done" ] || return 0
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	say "fetching an emulator of Cortex-R52 from $codename-backports"
	rm -rf "$d"
	(install_packages "lld llvm" && dir=$(suite_apt "$codename-backports") &&
		export APT_CONFIG=$dir/apt.conf && fetch_debs "$d" qemu-system-arm) &&
		"$d/usr/bin/qemu-system-arm" -M help | grep -q mps3-an536 && touch "$d/.done" && return 0
	say "it could not be had: mpu.sh is left out; 'make setup' tries again"
}

# GRUB that enters by PVH, to boot a kernel with: for check-full.
setup_grub_xen() {
	local d=$KXEN_CACHE/grub-xen
	[ -e "$d/.done" ] && return 0
	apt_update
	say "fetching Debian's GRUB for PVH guests"
	rm -rf "$d"
	fetch_debs "$d" grub-xen-bin
	touch "$d/.done"
}

# A Debian user space on a disk image, with systemd: for check-full. The number stands for what is on
# it: another one makes it anew.
USERSPACE=2
setup_userspace() {
	local d=$KXEN_CACHE/userspace site codename
	[ -s "$d/debian.img" ] && [ "$(cat "$d/what" 2>/dev/null)" = $USERSPACE ] && return 0
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	site=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' "Identifier: Packages" |
		awk -v c="$codename" '$2 == c && $3 == "main" { print $1; exit }')
	[ -n "$site" ] || die "no Debian suite found in this machine's apt configuration"
	say "bootstrapping a Debian user space (some minutes)"
	rm -rf "$d" && mkdir -p "$d"
	as_root debootstrap --variant=minbase --include=systemd-sysv,udev,dbus \
		"$codename" "$d/tree" "$site" >"$d/log" 2>&1 || { tail -5 "$d/log" >&2; die "debootstrap failed"; }
	as_root rm -rf "$d"/tree/var/cache/apt/archives/*.deb "$d"/tree/usr/share/doc "$d"/tree/usr/share/locale
	cat >"$d/tree/etc/systemd/system/kxen-test.service" <<-'UNIT'
	[Unit]
	Description=Say what this guest sees, then power off
	After=multi-user.target
	[Service]
	Type=oneshot
	StandardOutput=tty
	TTYPath=/dev/ttyS0
	ExecStart=/bin/sh -c 'echo "L2 systemd $(systemctl is-system-running)"; echo "L2 hypervisor $(systemd-detect-virt)"; echo "L2 clocksource $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"; echo "L2 failed $(systemctl --failed --no-legend | wc -l)"; dmesg | grep -qE "BUG:|WARNING:|rcu.*stall|soft lockup" && echo "L2 splat"; echo L2DONE; stty -F /dev/ttyS0 115200; systemctl --force --no-block poweroff'
	[Install]
	WantedBy=multi-user.target
	UNIT
	# A login on that line would throw away what is still to be sent.
	as_root chroot "$d/tree" systemctl mask serial-getty@ttyS0.service >/dev/null 2>&1
	as_root chroot "$d/tree" systemctl enable kxen-test.service >/dev/null 2>&1
	# For a guest with a console and an interface of Xen's, which says on its command line that this
	# service is not to run, and systemd-networkd is.
	as_root chroot "$d/tree" passwd -q -d root
	echo debian | as_root tee "$d/tree/etc/hostname" >/dev/null
	printf '%s\n' "[Match]" "Type=ether" "[Network]" "Address=10.78.0.2/24" |
		as_root tee "$d/tree/etc/systemd/network/10-test.network" >/dev/null
	as_root mke2fs -q -t ext4 -d "$d/tree" "$d/debian.img.new" 900M
	as_root rm -rf "$d/tree"
	mv "$d/debian.img.new" "$d/debian.img"
	echo $USERSPACE >"$d/what"
}

case $what in
deb)
	install_packages "$PKG_DEB"
	exit
	;;
arm64)
	setup_arm64 || say "what arm64 hosts need could not be had: their tests are skipped; 'make setup-arm64' tries again"
	exit
	;;
esac
install_packages "$PKG_BASE"
for s in $series; do setup_kernel "$s"; done
case $what in
demo) ;;
devices)
	install_packages "$PKG_DEVICES"
	setup_xen
	setup_xen_qemu
	setup_xen_qemu_new
	;;
check | full)
	install_packages "$PKG_CHECK"
	setup_kselftest
	setup_xen
	setup_xen_qemu
	setup_xen_qemu_new
	setup_judges
	setup_mpu
	setup_qemu
	[ "$what" = check ] || { install_packages "debootstrap e2fsprogs"; setup_userspace; setup_grub_xen; setup_xen420; }
	;;
*) die "usage: setup.sh [deb|demo|devices|check|full|arm64] [SERIES...]" ;;
esac
