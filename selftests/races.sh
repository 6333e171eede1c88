#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pairs of operations on the same event channels from two CPUs, and from the host. In
# check-full longer, and with the host's CPUs running truly at the same time.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./job.sh
check "insmod" insmod kvm-xen.ko || exit 1
mkfifo /tmp/in
./vmm --hold --limit 3000 version-64 < /tmp/in > /tmp/held 2>&1 &
exec 4> /tmp/in
wait_for grep -q READY /tmp/held
if [ -n "${PARALLEL-}" ]; then
	# The hooks are in place before there is a second CPU to patch them under.
	check "a second CPU comes" sh -c 'echo 1 > /sys/devices/system/cpu/cpu1/online'
	./vmm --plain --limit 60 --smp 2 spin-64 > /tmp/control 2>&1 & control=$!
	check "a guest without the module runs beside" wait_for grep -q tick /tmp/control
	kill -9 $control
fi
run() { image "$@" | sed "s/^\(ok\|not ok\) - $1: /&$what, /"; }
for abi in 2l fifo nl3; do
	what=$abi ms=${MS-100}
	# The ABI that guests use: a second for each pair.
	[ $abi = fifo ] && ms=${MS_FIFO-1000}
	run races-64 --smp 2 --nlevel --limit ${LIMIT-200} --append $abi,$ms
	what="$abi, the host saves meanwhile"
	run races-64 --smp 2 --nlevel --limit ${LIMIT-200} --append $abi,${MS-100} --churn
done
what=fifo
run races-32 --smp 2 --nlevel --limit ${LIMIT-200} --append fifo,${MS-100}
echo go >&4
check "the domain that stayed finds Xen" wait_for grep -q '^DONE good' /tmp/held ||
	{ grep -v '^ok' /tmp/held; look_at $(pidof vmm); }
check_gone "races"
check "every page that was pinned is released" \
	wait_for sh -c "[ \$(awk '/nr_foll_pin_acquired/ { print \$2 }' /proc/vmstat) = \$(awk '/nr_foll_pin_released/ { print \$2 }' /proc/vmstat) ]"
exit 0
JOB
echo "TAP version 13"
if [ "$KXEN_CHECK" = full ]; then
	sed -i '1i LIMIT=400 MS=300 MS_FIFO=2000' "$job"
	hosts "$job" common_files --timeout 2400
	sed -i '1i PARALLEL=1' "$job"
	for s in $(series_list); do
		# One at a time: each has both of the machine's cores.
		# shellcheck disable=SC2046
		host_start "$s" "$job" $(common_files "$s") --thread multi --append maxcpus=1 --timeout 2400
		host_report "$s, in parallel" "$s"
	done
else
	hosts "$job" common_files --timeout 900
fi
tap_end
