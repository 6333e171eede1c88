#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each allocation of each call fails once (jobs/failnth). On the stock kernels, which
# cannot inject failures, by a module that was built for it. That one has a part of a domain
# more, which is looked at next (jobs/probe).
WEIGHT=120 ONCE=new
. "$(dirname "$0")/lib.sh"

files() {	# SERIES
	common_files "$1"
	echo "--file $BUILD/selftests/hnth"
	case $1 in
	*-*) ;;
	*) echo "--file $BUILD/$1-fault/kvm-xen.ko" ;;
	esac
}
probe_files() {	# SERIES
	files "$1"
	echo "--file $BUILD/$1/kvm-xen.ko=product.ko --file $BUILD/selftests/hprobe"
	echo "--file $BUILD/selftests/kvm-xen"
}
for s in $(series_list); do
	case $s in
	*-*) ;;
	*) "$KXEN_TOP/scripts/module.sh" "$s" KXEN_FAULT=1 || bail "no module that fails for $s" ;;
	esac
done
echo "TAP version 13"
hosts "$SELF/jobs/failnth" files --timeout 1200
case $(series_list) in
*-*) ;;
*) hosts "$SELF/jobs/probe" probe_files --timeout 300 --thread multi ;;
esac
tap_end
