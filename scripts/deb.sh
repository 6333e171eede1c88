#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Debian packages, source and binary, of what this checkout has: deb.sh [DIRECTORY], which
# is build/deb if none is named. Built in a copy, so that nothing of a build is in the source.
set -euo pipefail
. "$(dirname "$0")/common.sh"

out=$(realpath -m "${1:-$KXEN_TOP/build/deb}")
mkdir -p "$out"
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
src=$work/kvm-xen-$(cat "$KXEN_TOP/VERSION")
cd "$KXEN_TOP"
mkdir "$src"
if [ -e .git ]; then
	# What git has forgotten to delete is not there to be copied.
	git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do
		[ ! -e "$f" ] || printf '%s\0' "$f"
	done
else
	find . -type f -not -path './build/*' -not -name '*.o' -not -name '*.ko' -not -name '*.mod*' \
		-not -name '.*.cmd' -printf '%P\0' -o -type l -printf '%P\0'
fi | xargs -0 cp -P --parents -t "$src"
cd "$src"
dpkg-buildpackage -us -uc >"$out/log" 2>&1 || { tail -n 20 "$out/log" >&2; die "the packages do not build: $out/log"; }
rm -f "$out"/kvm-xen*
find "$work" -maxdepth 1 -type f -exec mv -t "$out" {} +
ls "$out"/*.deb
