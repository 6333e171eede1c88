#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build kvm-xen.ko for a kernel of the cache: module.sh SERIES [MAKE ARGS...] [-- COMMAND...]
# The result is build/SERIES[-forged|-fault]/kvm-xen.ko, and kvm-xen-vfio.ko where the kernel can
# have it, stripped of debug information, and beside them Module.symvers, for other modules. Nothing
# is done if they are newer than their sources. A warning is an error, of gcc's and, where there is
# one, of sparse's.
#
# The objects lie in the cache (KXEN_TREES takes its place), a tree for a kernel, that all
# checkouts bring up to date by turns: what has the same text as the last time is not compiled
# again, in a new checkout either. COMMAND runs in that tree while nobody else can change it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

series=$1
shift
args=() command=()
while [ $# -gt 0 ]; do
	if [ "$1" = -- ]; then
		shift
		command=("$@")
		break
	fi
	args+=("$1")
	shift
done
tree=$series base= what="Kbuild VERSION scripts/supported-kernels include $(module_dirs)"
case " ${args[*]} " in
*KXEN_FORGE_LAYOUT*) tree=$series-forged base=$series ;;
*KXEN_FAULT*) tree=$series-fault what="$what selftests/fault selftests/probe" ;;
esac
out=$KXEN_TOP/build/$tree
trees=${KXEN_TREES:-$KXEN_CACHE/build}
src=$trees/$tree
how="$(kver_of "$series") ${args[*]}"
kdir=$(kdir_of "$series")
cd "$KXEN_TOP"
mkdir -p "$out" "$src"

# A directory is newer when a file has gone from it.
fresh() {
	# shellcheck disable=SC2086
	[ ${#command[@]} = 0 ] && [ -s "$out/kvm-xen.ko" ] && [ -s "$out/Module.symvers" ] &&
		[ "$(cat "$out/built" 2>/dev/null)" = "$how" ] &&
		[ -z "$(find $what scripts/module.sh -newer "$out/built" -print -quit)" ]
}
! fresh || exit 0
exec 9>"$src.lock"
flock 9
! fresh || exit 0

# A forged module differs in two objects, so its tree begins as the true one's: what kbuild
# notes of each object names the place, and what is made of all of them is made anew. Below, what
# is not this checkout's text is compiled, as in any tree.
take_over() {	# TREE
	[ ! -e "$1/building" ] || return 0
	rm -rf "$src"
	cp -a "$1" "$src"
	rm -f "$src"/{,.}kvm-xen{,-vfio}.* "$src"/{,.}modules.order* "$src"/{,.}Module.symvers*
	find "$src" -name '.*.cmd' -exec sed -i "s|$1/|$src/|g" {} +
}
if [ -n "$base" ]; then
	"$KXEN_TOP/scripts/module.sh" "$base"
	exec 8>"$trees/$base.lock"
	flock 8
	take_over "$trees/$base"
	exec 8>&-
fi
echo "$how" >"$out/building"

# By their text, not by their times: a checkout is always newer than the objects. What a
# build has left in the checkout is none of a source.
# shellcheck disable=SC2086
find $what -type f \( -name '*.[chS]' -o -name Kbuild -o -name VERSION -o -name supported-kernels \) \
	>"$out/sources"
while read -r f; do
	cmp -s "$f" "$src/$f" || cp --parents "$f" "$src/"
done <"$out/sources"
# What has gone since, or is another branch's, with its object.
(cd "$src" && find . -mindepth 2 -name '*.[chSo]' -printf '%P\n') |
	awk 'NR == FNR { have[$0]; sub(/\.[cS]$/, ".o"); have[$0]; next } !($0 in have)' "$out/sources" - |
	(cd "$src" && xargs -r rm -f)

PATH=$(path_of "$series")
# Who looks besides gcc: the machine's sparse, or for a kernel with a compiler of its own the
# one beside that; nobody for kernels that are built for the tests, where headers with lockdep
# say more of locks than they keep to. The kernel's own look whether sparse will do needs a
# script that Debian's headers lack, so KBUILD_CHECKSRC says it.
has_sparse() {
	local tools
	tools=$(kroot_of "$series")/tools
	case $series in *-arm64) ;; *-*) return 1 ;; esac
	if [ -d "$tools" ]; then
		[ -x "$tools/sparse" ]
	else
		command -v sparse >/dev/null
	fi
}
# Objects that were compiled while there was no sparse are all looked at. A module for a test is
# not: the true one is.
look=C=0
if [ "$tree" != "$series" ]; then
	:
elif has_sparse; then
	look=C=1
	[ ! -e "$src/unseen" ] || look=C=2
else
	touch "$src/unseen"
fi

# What kbuild does not see: another compiler of the same name, another package of the kernel's.
compilers() {
	compgen -c | grep -xE '([a-z0-9_]+-linux-gnu-)?gcc(-[0-9]+)?' | sort -u |
		while read -r c; do "$c" --version | head -1; done
	! has_sparse || sparse --version
	cksum "$kdir/Module.symvers" "$kdir/include/generated/autoconf.h"
}
compilers >"$src/compilers.new"
cmp -s "$src/compilers.new" "$src/compilers" || touch "$src/building"
# Nor half an object with the time of a whole one, of a build that was killed.
[ ! -e "$src/building" ] || find "$src" -name '*.o' -delete
mv "$src/compilers.new" "$src/compilers"

bad= status=0
touch "$src/building"
# The kernel's own headers for arm64 cut constants all the time.
checks=-D__CHECK_ENDIAN__
[ "$(arch_of "$series")" = x86 ] || checks="$checks -Wno-cast-truncate"
make -s -j"$(nproc)" -C "$kdir" M="$src" ARCH="$(arch_of "$series")" CROSS_COMPILE="$(cross_of "$series")" W=1 $look KBUILD_CHECKSRC="${look#C=}" CF="$checks" "${args[@]}" \
	modules >"$out/build.log" 2>&1 || status=$?
# By a signal, or one of its own was.
[ $status -lt 128 ] && ! grep -qE 'Killed|Terminated' "$out/build.log" || die "the build for $series was ended"
[ $status = 0 ] || bad="the module does not build for $series"
# sparse ends well with errors, too.
[ $status = 0 ] && says='(warning|error):' || says='warning:'
if grep -qE "$says" "$out/build.log"; then
	bad=${bad:-"warnings in the build for $series"}
	# What is not compiled again does not warn again.
	find "$src" -name '*.o' -delete
fi
rm -f "$src/building"
[ -z "$bad" ] || { cat "$out/build.log" >&2; die "$bad"; }
[ $look = C=0 ] || rm -f "$src/unseen"
for ko in kvm-xen.ko kvm-xen-vfio.ko; do
	# What the tree has of before is not of this build.
	if ! grep -qE "(^|/)${ko%.ko}\.k?o\$" "$src/modules.order"; then
		rm -f "$out/$ko"
		continue
	fi
	"$(cross_of "$series")strip" --strip-debug -o "$out/$ko.new" "$src/$ko"
	cmp -s "$out/$ko.new" "$out/$ko" 2>/dev/null || cp "$out/$ko.new" "$out/$ko"
	rm -f "$out/$ko.new"
done
cp "$src/Module.symvers" "$out/"
mv "$out/building" "$out/built"
[ ${#command[@]} = 0 ] || { cd "$src" && "${command[@]}"; }
