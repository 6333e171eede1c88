#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build and run one guest image, with what images.list says of it, on a stock host, and show
# its report: run.sh IMAGE [SERIES [MORE OPTIONS of vmm]]
set -euo pipefail
. "$(dirname "$0")/common.sh"

tests=$KXEN_TOP/selftests
images() { awk -v want="$1" -f "$tests/images.awk" "$tests/images.list"; }
image=${1-} series=${2:-$KXEN_OLD}
[ $# -lt 2 ] && set -- || shift 2
options=$(images show | sed -n "s/^$image\( \|\$\)//p")
images build | grep -qxF -- "$image" ||
	die "IMAGE='$image' is none of: $(images build | tr '\n' ' ')"

out=$KXEN_TOP/build/selftests
locked programs make -s -C "$tests" "$tests/../build/selftests/vmm" "$tests/../build/selftests/img/$image"
"$KXEN_TOP/scripts/module.sh" "$series"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s=%q\n' IMAGE "$image" OPTIONS "$options $*" >"$work/params"
python3 "$KXEN_TOP/scripts/l1.py" --series "$series" --timeout 200 --file "$out/vmm" \
	--file "$out/img/$image" --file "$KXEN_TOP/build/$series/kvm-xen.ko" --file "$work/params" \
	"$tests/jobs/run"
