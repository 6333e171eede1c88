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
image entry-64
# A domain that stays, so that hooks are not put in place for each of the others.
mkfifo /tmp/in
./vmm --hold --limit 2400 version-64 < /tmp/in > /tmp/held 2>&1 &
exec 4> /tmp/in
wait_for grep -q READY /tmp/held
for i in version-64 ops-64 evtchn-64 upcall-64 lapic-64 orders-64 fifo-64 fifo-32 gsi-64 level-64 level-32 version-32 evtchn-32; do image $i; done
for i in nlevel-64 nlevel-32; do image $i --nlevel --max-ports 262144; done
# The other CPU says in its CPUID that its clock is fifty times as fast as it is: what waits
# for a timer there takes minutes.
if [ -e want-ibt ]; then
	echo "skip - save and restore, on a CPU whose clock crawls"
else
	SAVED_LIMIT=200
	saved saver-64 fifo
	saved saver-64 nl3 --nlevel
fi
case $(cat /sys/module/kvm_intel/parameters/enable_apicv 2>/dev/null) in
Y | 1) image lapic-64 ;;
*) echo "skip - a LAPIC vector delivered by APICv" ;;
esac
if [ -e vmlinux ]; then
	# No firmware and no devices: an early console says what the guest finds.
	./vmm --mem 256 --limit 1500 --initrd initrd.gz --append \
		"earlyprintk=serial,0x3f8,115200,keep mitigations=off noxsave no_timer_check panic=-1 loglevel=5 printk.devkmsg=on kxen=load,kmsg" \
		vmlinux > /tmp/linux.out 2>&1 & guest=$!
	while kill -0 $guest 2>/dev/null && ! grep -q L2DONE /tmp/linux.out; do sleep 1; done
	kill -9 $guest 2>/dev/null
	check "a Debian kernel: says that it is done" grep -q L2DONE /tmp/linux.out || tail -20 /tmp/linux.out
	check "a Debian kernel: finds Xen" grep -q 'L2 hypervisor xen' /tmp/linux.out
	check "a Debian kernel: Xen's clock" grep -q 'L2 clocksource xen' /tmp/linux.out
	check "a Debian kernel: Xen's timer" grep -q 'L2 timer irqs 1' /tmp/linux.out
	check "a Debian kernel: no splat" fails grep -q 'L2 splat' /tmp/linux.out
fi
echo go >&4
check "the domain that stayed finds Xen" wait_for grep -q '^DONE good' /tmp/held ||
	{ grep -v '^ok' /tmp/held; look_at $(pidof vmm); }
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
		python3 "$KXEN_TOP/scripts/vmx.py" --series "$series" --cpu "$cpu" --timeout $limit \
			$(common_files "$series") "$@" "$job" >"$WORK/$series.out" 2>&1
		echo $? >"$WORK/$series.status"
	) &
	echo $! >"$WORK/$series.pid"
}
"$KXEN_TOP/scripts/guest.sh" || exit 1
echo "TAP version 13"
limit=600
linux=
if [ "$KXEN_CHECK" = full ]; then
	limit=2400
	strip -o "$WORK/vmlinux" "$BUILD/guest/vmlinux-6.1"
	linux="--mem 1024 --file $WORK/vmlinux --file $BUILD/guest/initrd.gz"
fi
# shellcheck disable=SC2086
start 6.1 corei7_haswell_4770 $linux
start 6.12 tigerlake --file "$WORK/want-ibt"
host_report "VMX 6.1" 6.1
host_report "VMX 6.12 IBT" 6.12
tap_end
