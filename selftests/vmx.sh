#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest images on Intel's VMX, emulated by Bochs: host 6.1, and host 6.12 on a CPU
# with indirect branch tracking, where a call to a sealed kernel function oopses.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./job.sh
check "the host has VMX" grep -q ' vmx ' /proc/cpuinfo
[ -e want-ibt ] && check "the host enforces indirect branch tracking" sh -c "dmesg | grep -q 'Indirect Branch Tracking enabled'"
check "insmod" insmod kvm-xen.ko || exit 1
for i in version-64 ops-64 evtchn-64 upcall-64 lapic-64 version-32 evtchn-32; do image $i; done
check_gone "vmx"
exit 0
JOB
: >"$WORK/want-ibt"
start() {	# SERIES CPU [options]
	local series=$1 cpu=$2
	shift 2
	need_module "$series"
	(
		# shellcheck disable=SC2046
		python3 "$KXEN_TOP/scripts/vmx.py" --series "$series" --cpu "$cpu" --timeout 600 \
			$(common_files "$series") "$@" "$job" >"$WORK/$series.out" 2>&1
		echo $? >"$WORK/$series.status"
	) &
	echo $! >"$WORK/$series.pid"
}
"$KXEN_TOP/scripts/guest.sh" || exit 1
echo "TAP version 13"
start 6.1 corei7_haswell_4770
start 6.12 tigerlake --file "$WORK/want-ibt"
host_report "VMX 6.1" 6.1
host_report "VMX 6.12 IBT" 6.12
tap_end
