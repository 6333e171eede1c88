#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build kvm-xen.ko for a kernel of the cache: module.sh SERIES [MAKE ARGS...] [-- COMMAND...]
# The result is build/SERIES[-forged|-fault]/kvm-xen.ko, stripped of debug information. Nothing
# is done if it is newer than its sources. A warning is an error, of gcc's and, where there is
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
tree=$series what="Kbuild VERSION scripts/supported-kernels include $(module_dirs)"
case " ${args[*]} " in
*KXEN_FORGE_LAYOUT*) tree=$series-forged ;;
*KXEN_FAULT*) tree=$series-fault what="$what selftests/fault" ;;
esac
out=$KXEN_TOP/build/$tree
src=${KXEN_TREES:-$KXEN_CACHE/build}/$tree
how="$(kver_of "$series") ${args[*]}"
cd "$KXEN_TOP"
mkdir -p "$out" "$src"

# A directory is newer when a file has gone from it.
# shellcheck disable=SC2086
if [ ${#command[@]} = 0 ] && [ -s "$out/kvm-xen.ko" ] &&
	[ "$(cat "$out/built" 2>/dev/null)" = "$how" ] &&
	[ -z "$(find $what scripts/module.sh -newer "$out/built" -print -quit)" ]; then
	exit 0
fi
exec 9>"$src.lock"
flock 9
echo "$how" >"$out/building"
# Who is killed here may leave half an object, with the time of a whole one.
[ ! -e "$src/building" ] || find "$src" -name '*.o' -delete

# By their text, not by their times: a checkout is always newer than the objects.
# shellcheck disable=SC2086
find $what -type f | sort >"$out/sources"
while read -r f; do
	cmp -s "$f" "$src/$f" || cp --parents "$f" "$src/"
done <"$out/sources"
# What has gone, and a file of another branch.
# shellcheck disable=SC2086
(cd "$src" && find $what -name '*.[chS]' | sort) | comm -23 - "$out/sources" | (cd "$src" && xargs -r rm -f)

# Objects that were compiled while there was no sparse are all looked at.
look=C=0
if command -v sparse >/dev/null; then
	look=C=1
	[ ! -e "$src/unseen" ] || look=C=2
else
	touch "$src/unseen"
fi
bad=
touch "$src/building"
PATH=$(path_of "$series")
make -s -C "$(kdir_of "$series")" M="$src" W=1 $look CF=-D__CHECK_ENDIAN__ "${args[@]}" modules \
	>"$out/build.log" 2>&1 || bad="the module does not build for $series"
if grep -qE 'warning:' "$out/build.log"; then
	bad=${bad:-"warnings in the build for $series"}
	# What is not compiled again does not warn again.
	find "$src" -name '*.o' -delete
fi
rm -f "$src/building"
[ -z "$bad" ] || { cat "$out/build.log" >&2; die "$bad"; }
[ $look = C=0 ] || rm -f "$src/unseen"
strip --strip-debug -o "$out/kvm-xen.ko.new" "$src/kvm-xen.ko"
cmp -s "$out/kvm-xen.ko.new" "$out/kvm-xen.ko" 2>/dev/null ||
	cp "$out/kvm-xen.ko.new" "$out/kvm-xen.ko"
rm -f "$out/kvm-xen.ko.new"
mv "$out/building" "$out/built"
[ ${#command[@]} = 0 ] || { cd "$src" && "${command[@]}"; }
