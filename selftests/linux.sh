#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Unmodified Debian kernels as guests under an unmodified QEMU.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
export PATH=$PATH:/usr/sbin:/sbin
. ./job.sh
usleep() { sleep "$(awk -v u="$1" 'BEGIN { print u / 1000000 }')"; }
G=$(cat gdir) T=$(cat tdir) n=0

# boot NAME KERNEL CPUS WORDS: one guest from start to power-off
boot() {
	n=$((n + 1))
	log=/run/l2.$n
	timeout 240 $T/kvm-xen run -- qemu-system-x86_64 -accel kvm -cpu host -smp $3 -m 256M \
		-display none -nodefaults ${NOREBOOT--no-reboot} -serial file:$log \
		-kernel $G/$2 -initrd $G/initrd.gz \
		-append "console=ttyS0 mitigations=off noxsave no_timer_check panic=-1 kxen=$4" </dev/null >/run/q.$n 2>&1
	rc=$?
	check "$1: ends by itself" [ $rc = 0 ] && check "$1: says that it is done" grep -q '^L2DONE' $log
	check "$1: finds Xen" grep -q 'L2 hypervisor xen' $log
	check "$1: has $3 CPUs" grep -q "L2 cpus $3" $log
	check "$1: the clock is Xen's" grep -q 'L2 clocksource xen' $log
	check "$1: a timer event channel per CPU" grep -q "L2 timer irqs $3" $log
	check "$1: no splat" fails grep -q 'L2 splat' $log
	grep -q '^L2DONE' $log || { tail -15 $log; cat /run/q.$n; }
}
# The same machine once more, as the guest asks: its second life does the rest.
# reboot NAME KERNEL CPUS WAY
reboot() {
	n=$((n + 1))
	log=/run/l2.$n
	$T/kvm-xen run --domid $((600 + n)) -- qemu-system-x86_64 -accel kvm -cpu host -smp $3 -m 256M \
		-display none -nodefaults -serial file:$log -kernel $G/$2 -initrd $G/initrd.gz \
		-append "console=ttyS0 mitigations=off noxsave no_timer_check panic=-1 kxen=load,$4" </dev/null >/run/q.$n 2>&1 &
	q=$!
	check "$1: a second life" wait_for sh -c "[ \$(grep -c 'L2 load done' $log) -ge 2 ]" || tail -20 $log
	check "$1: the domain was reset" sh -c "$T/kvm-xen dump $((600 + n)) | grep -q 'resets  *[1-9]'"
	check "$1: Xen's clock in the second life" sh -c "[ \$(grep -c 'L2 clocksource xen' $log) -ge 2 ]"
	kill $q; wait $q
	check "$1: no splat" fails grep -q 'L2 splat' $log
}
# kexec: a second kernel in the same machine, after SHUTDOWN_soft_reset.
# by_kexec NAME KERNEL CPUS
by_kexec() {
	n=$((n + 1))
	log=/run/l2.$n
	timeout 300 $T/kvm-xen run --domid 650 -- qemu-system-x86_64 -accel kvm -cpu host -smp $3 -m 512M \
		-display none -nodefaults -no-reboot -serial file:$log -kernel $G/$2 \
		-initrd $G/initrd-kexec.gz \
		-append "console=ttyS0 mitigations=off noxsave no_timer_check panic=-1 kxen=load,kexec" </dev/null >/run/q.$n 2>&1
	rc=$?
	check "$1: ends by itself" [ $rc = 0 ]
	check "$1: the first kernel has handed over" grep -q '^L2 kexec' $log
	check "$1: the second says that it is done" grep -q '^L2DONE' $log || tail -25 $log
	check "$1: both kernels on Xen's clock" [ "$(grep -c 'L2 clocksource xen' $log)" = 2 ]
	check "$1: both with $3 CPUs" [ "$(grep -c "L2 cpus $3" $log)" = 2 ]
	check "$1: no splat" fails grep -q 'L2 splat' $log
}
has() { check "$1" grep -q "$2" /run/l2.$n; }

check "insmod" insmod kvm-xen.ko || exit 1
. ./cases
check "linux: the module unloads" wait_for rmmod kvm_xen
exit 0
JOB
cat >"$WORK/cases-6.1" <<'CASES'
boot "PVH 6.1, 2 vCPUs" vmlinux-6.1 2 load,sleep,hotplug,steal
has "events and timers under load" 'L2 load done'
has "a second is a second" 'L2 sleep 1'
has "CPU offline and online" 'L2 hotplug 1 2'
has "steal time is there" 'L2 steal 1'
boot "bzImage 6.12, 1 vCPU" vmlinuz-6.12 1 load
boot "PVH 6.12, 4 vCPUs" vmlinux-6.12 4 load
reboot "reboot=k: by the keyboard controller" vmlinuz-6.1 2 reboot
by_kexec "kexec" vmlinuz-6.1 2
CASES
cat >"$WORK/cases-6.12" <<'CASES'
boot "PVH 6.1, 1 vCPU" vmlinux-6.1 1 sleep
boot "bzImage 6.1, 2 vCPUs" vmlinuz-6.1 2 load,sleep
boot "PVH 6.12, 2 vCPUs" vmlinux-6.12 2 load,hotplug
has "CPU offline and online" 'L2 hotplug 1 2'
reboot "emergency restart" vmlinux-6.1 2 triple
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
		for i in 1 2 3 4 5 6 7 8 9 10; do
			echo "boot 'full: SMP boot $i of 10' vmlinux-6.1 2 load"
		done >>"$WORK/cases-$s"
	done
fi
echo "$BUILD/guest" >"$WORK/gdir"
echo "$BUILD/tools" >"$WORK/tdir"
files() {
	common_files "$1"
	echo "--file $WORK/cases-$1=cases --file $WORK/gdir --file $WORK/tdir --root --mem 2G"
}
"$KXEN_TOP/scripts/guest.sh" || exit 1
make -s -C "$KXEN_TOP/tools" || exit 1
echo "TAP version 13"
hosts "$job" files --timeout $([ "$KXEN_CHECK" = full ] && echo 3600 || echo 700)
tap_end
