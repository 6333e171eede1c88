#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build kvm-xen.ko for a kernel of the cache: module.sh SERIES [MAKE ARGS...]
# The result is build/SERIES[-forged|-fault]/kvm-xen.ko, stripped of debug information. Nothing
# is done if it is newer than its sources, unless C=2 asks sparse to look at all of them.
# A warning is an error.
set -euo pipefail
. "$(dirname "$0")/common.sh"

series=$1
shift
out=$KXEN_TOP/build/$series
src=$out/src
what="Kbuild VERSION scripts/supported-kernels include $(module_dirs)"
case " $* " in
*KXEN_FORGE_LAYOUT*) out=$out-forged ;;
*KXEN_FAULT*) out=$out-fault src=$out-fault/src what="$what selftests/fault" ;;
esac
how="$(kver_of "$series") $*" check=
case " $* " in *" C=2 "*) how="$(kver_of "$series") " check=1 ;; esac
cd "$KXEN_TOP"
mkdir -p "$out" "$src/scripts"
exec 9>"$src.lock"
flock 9

# A directory is newer when a file has gone from it.
# shellcheck disable=SC2086
if [ -z "$check" ] && [ -s "$out/kvm-xen.ko" ] &&
	[ "$(cat "$out/built" 2>/dev/null)" = "$how" ] &&
	[ -z "$(find $what scripts/module.sh -newer "$out/built" -print -quit)" ]; then
	exit 0
fi
echo "$how" >"$out/building"
# Each kernel has a tree of its own: kbuild leaves its objects in it. A forged module differs
# in two of them.
# shellcheck disable=SC2086
cp -ru --parents $what "$src/"
# shellcheck disable=SC2046
(cd "$src" && find $(module_dirs) include -name '*.[chS]') | while read -r f; do
	[ -e "$f" ] || rm -f "$src/$f"
done
bad=
PATH=$(path_of "$series")
make -s -C "$(kdir_of "$series")" M="$src" W=1 "$@" modules >"$out/build.log" 2>&1 ||
	bad="the module does not build for $series"
if grep -qE 'warning:' "$out/build.log"; then
	bad=${bad:-"warnings in the build for $series"}
	# What is not compiled again does not warn again.
	find "$src" -name '*.o' -delete
fi
[ -z "$bad" ] || { cat "$out/build.log" >&2; die "$bad"; }
strip --strip-debug -o "$out/kvm-xen.ko.new" "$src/kvm-xen.ko"
cmp -s "$out/kvm-xen.ko.new" "$out/kvm-xen.ko" 2>/dev/null ||
	cp "$out/kvm-xen.ko.new" "$out/kvm-xen.ko"
rm -f "$out/kvm-xen.ko.new"
mv "$out/building" "$out/built"
