#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Life and death of domains, and what an administrator may do meanwhile.
WEIGHT=60
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	test_module "$1" second
	echo "--file $BUILD/$1-forged/kvm-xen.ko=forged.ko --file $BUILD/selftests/kvm-xen"
}
for s in $(series_list); do
	"$KXEN_TOP/scripts/module.sh" "$s" KXEN_FORGE_LAYOUT=1 || bail "no module for another layout"
done
[ "$KXEN_CHECK" != full ] || PARAMS="LOADS=100 ARMS=100"
echo "TAP version 13"
hosts "$SELF/jobs/life" files --timeout 1500
tap_end
