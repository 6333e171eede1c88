#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A host kernel that finds mistakes, built from Debian's source into the cache.
#
#   scripts/debug-kernel.sh [kasan|kcsan]
#
# The result is one more series, SERIES-debug or SERIES-kcsan of the newest that the machine's
# own suites have, laid out as setup.sh lays out Debian's own kernels: module.sh and l1.py take
# it as they take those. The fragments in kconfig/ say what is in it. 15 to 25 minutes and 4 GB
# on two processors; afterwards only the image, the modules and what a module's build needs are
# kept.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/fetch.sh"

BASE=$KXEN_NEW
kind=${1:-kasan}
case $kind in
kasan) series=$BASE-debug parts="base find kasan" ;;
kcsan) series=$BASE-kcsan parts="base kcsan" ;;
*) die "usage: debug-kernel.sh [kasan|kcsan]" ;;
esac
fragments=()
for part in $parts; do fragments+=("$KXEN_TOP/scripts/kconfig/$part.config"); done
stamp=$(cat "${fragments[@]}" | sha256sum | cut -c1-16)

mkdir -p "$KXEN_CACHE"/{kernels,debs,src}
exec 9>"$KXEN_CACHE/lock.$series"
flock -w 3600 9 || die "another build holds $KXEN_CACHE/lock.$series"

built() {
	local rel
	rel=$(cat "$KXEN_CACHE/kernels/$series.release" 2>/dev/null) || return 1
	[ "$(cat "$KXEN_CACHE/kernels/$rel/.done" 2>/dev/null)" = "$stamp" ]
}

unpack() {	# DIR
	apt-cache show linux-source-$BASE >/dev/null 2>&1 || apt_update
	say "unpacking Debian's source of Linux $BASE"
	fetch_debs "$1/deb" linux-source-$BASE
	tar -C "$1" -xf "$1"/deb/usr/src/linux-source-$BASE.tar.xz
	rm -rf "$1/deb"
}

# KCSAN makes a kernel slow, and most of it is not what is looked at: KVM alone is compiled
# for it, and later the module.
narrow_kcsan() {
	local where='\$(KCSAN_SANITIZE)\$(is-kernel-object)'
	local only='$(KCSAN_SANITIZE)$(if $(KBUILD_EXTMOD)$(filter arch/x86/kvm%,$(obj)),y,n)'

	grep -q "$where" scripts/Makefile.lib || die "where KCSAN is switched on has changed"
	sed -i "s@$where@$only@" scripts/Makefile.lib
}

# Every option that a fragment asks for has to be in the result: one that silently is not
# would find nothing for ever.
configure() {
	local line name lost=
	cat "${fragments[@]}" >all.config
	make -s KCONFIG_ALLCONFIG=all.config allnoconfig >"$log" 2>&1 || failed "the configuration"
	while read -r line; do
		case $line in
		'#'* | '') ;;
		*=n) name=${line%=n}; ! grep -q "^$name=" .config || lost+=" $line" ;;
		*) grep -qxF "$line" .config || lost+=" $line" ;;
		esac
	done <all.config
	[ -z "$lost" ] || die "the kernel's configuration has lost:$lost"
}

failed() { tail -20 "$log" >&2; die "$1 failed; the whole log is $log"; }

# What Debian puts into a package of headers: the kernel's own list. Of vmlinux a module's
# build wants the type information alone.
install_headers() {	# DIR
	# shellcheck disable=SC2016
	make -s run-command KBUILD_RUN_COMMAND='$(srctree)/scripts/package/install-extmod-build '"$1"
	mkdir -p "$1/tools/bpf/resolve_btfids"
	cp tools/bpf/resolve_btfids/resolve_btfids "$1/tools/bpf/resolve_btfids/"
	objcopy --only-section=.BTF vmlinux "$1/vmlinux"
}

build() {
	local rel root hdr
	configure
	rel=$(make -s kernelrelease)
	root=$KXEN_CACHE/kernels/$rel
	hdr=usr/src/linux-headers-$rel
	say "building $rel (about 15 minutes)"
	make -j"${JOBS:-$(nproc)}" bzImage modules >"$log" 2>&1 || failed "the kernel's build"
	rm -rf "$root"
	mkdir -p "$root/boot"
	make -s INSTALL_MOD_PATH="$root" INSTALL_MOD_STRIP=1 modules_install >>"$log" 2>&1 ||
		failed "the modules' installation"
	cp "$(make -s image_name)" "$root/boot/vmlinuz-$rel"
	cp .config "$root/boot/config-$rel"
	cp System.map "$root/boot/System.map-$rel"
	install_headers "$root/$hdr" >>"$log" 2>&1 || failed "the headers' installation"
	ln -sfn "/$hdr" "$root/lib/modules/$rel/build"
	echo "$rel" >"$KXEN_CACHE/kernels/$series.release"
	echo "$stamp" >"$root/.done"
}

! built || exit 0
install_packages "gcc libc6-dev make bc bison flex libelf-dev xz-utils kmod pahole dpkg-dev"
log=$KXEN_CACHE/$series-build.log
work=$KXEN_CACHE/src/$series
rm -rf "$work"
mkdir -p "$work"
unpack "$work"
cd "$work/linux-source-$BASE"
[ "$kind" != kcsan ] || narrow_kcsan
build
rm -rf "$work"
say "series $series: $(kver_of "$series"), $(du -sh "$(kroot_of "$series")" | cut -f1)"
