#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified Debian kernels as guests under an unmodified QEMU.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./guest-job.sh
check "insmod" insmod kvm-xen.ko || exit 1
. ./cases
check "linux: the module unloads" wait_for rmmod kvm_xen
exit 0
JOB
cat >"$WORK/cases-6.1" <<'CASES'
boot "PVH 6.1, 2 vCPUs" vmlinux-6.1 2 load,sleep,hotplug
has "events and timers under load" 'L2 load done'
has "a second is a second" 'L2 sleep 1'
has "CPU offline and online" 'L2 hotplug 1 2'
boot "bzImage 6.12, 1 vCPU" vmlinuz-6.12 1 load
inside "the module in a Xen guest" 6.1
boot "PVH 6.12, 4 vCPUs on 2" vmlinux-6.12 4 load,steal
has "steal time is true: the vCPUs have waited" 'L2 steal [1-9]'
CASES
cat >"$WORK/cases-6.12" <<'CASES'
boot "PVH 6.1, 1 vCPU" vmlinux-6.1 1 sleep
boot "bzImage 6.1, 2 vCPUs" vmlinuz-6.1 2 load,sleep
boot "PVH 6.12, 2 vCPUs" vmlinux-6.12 2 load,hotplug
has "CPU offline and online" 'L2 hotplug 1 2'
CASES
if [ "$KXEN_CHECK" = full ]; then
	for s in 6.1 6.12; do
		for g in 6.1 6.12; do
			for c in 1 2 4; do
				for k in vmlinux vmlinuz; do
					echo "boot 'full: $k $g, $c vCPUs' $k-$g $c load,sleep"
				done
			done
		done >>"$WORK/cases-$s"
		echo "systemd 'full: a Debian user space, 2 vCPUs' vmlinuz-6.1 2" >>"$WORK/cases-$s"
		for i in 1 2 3 4 5 6 7 8 9 10; do
			echo "boot 'full: SMP boot $i of 10' vmlinux-6.1 2 load"
		done >>"$WORK/cases-$s"
	done
fi
files() {
	guest_files "$1"
	echo "--file $WORK/cases-$1=cases"
}
need_guests
echo "TAP version 13"
hosts "$job" files --timeout $([ "$KXEN_CHECK" = full ] && echo 3600 || echo 700)
tap_end
