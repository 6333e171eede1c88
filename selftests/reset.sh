#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Machines that begin anew: every way of a reset, kexec, crash kernels, and vCPUs and
# disks that a VMM brings.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./guest-job.sh
check "insmod" insmod kvm-xen.ko || exit 1
. ./cases
check "reset: the module unloads" wait_for rmmod kvm_xen
exit 0
JOB
cat >"$WORK/cases-6.1" <<'CASES'
again "reboot=k: by the keyboard controller" vmlinuz-6.1 2 "kxen=load,reboot reboot=k"
again "reboot=t: by a triple fault" vmlinux-6.1 2 "kxen=load,reboot reboot=t"
by_kexec "kexec" vmlinuz-6.1 2 kexec 2
by_kexec "kdump" vmlinuz-6.1 2 kdump 1 crashkernel=256M
CASES
cat >"$WORK/cases-6.12" <<'CASES'
again "reboot=p: by port CF9" vmlinux-6.1 2 "kxen=load,reboot reboot=p"
again "QMP system_reset" vmlinux-6.12 2 "kxen=load,stay" system_reset

next
vm vmlinux-6.1 1,maxcpus=2,sockets=2 256 initrd.gz kxen=load,hotadd -no-reboot \
	-qmp unix:/run/qmp.$n,server=on,wait=off &
check "hot-add: the guest is up" wait_for lives 'L2 hotadd ready' 1 || tail -20 $log
check "hot-add: the VMM adds a CPU" qmp /run/qmp.$n '{"execute": "device_add", "arguments":
	{"driver": "host-x86_64-cpu", "id": "c1", "socket-id": 1, "core-id": 0, "thread-id": 0}}'
wait $!
done_well "hot-add" $?
has "hot-add: the new CPU works on Xen's events" 'L2 hotadd 2 timers 2'

next
timeout 300 $T/kvm-xen run -- qemu-system-x86_64 -accel kvm -cpu host -smp 2 -m 256M \
	-display none -nodefaults -no-reboot -serial file:$log \
	-drive file=$G/disk.img,format=raw,if=virtio,readonly=on </dev/null >/run/q.$n 2>&1
done_well "disk by SeaBIOS and GRUB" $?
has "disk by SeaBIOS and GRUB: finds Xen" 'L2 hypervisor xen'
has "disk by SeaBIOS and GRUB: was GRUB" 'L2 cmdline BOOT_IMAGE'
CASES
files() {
	guest_files "$1"
	echo "--file $WORK/cases-$1=cases"
}
need_guests
echo "TAP version 13"
hosts "$job" files --timeout 700
tap_end
