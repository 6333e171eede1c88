#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make demo: from a fresh Debian machine to an unmodified Debian kernel that runs
# as a Xen guest on a stock KVM host.
set -euo pipefail
. "$(dirname "$0")/common.sh"

series=${1:-6.1}
case " $KXEN_SUPPORTED " in
*" $series "*) ;;
*) die "KERNEL=$series is not supported; choose one of: $KXEN_SUPPORTED" ;;
esac
say "1/4 packages and the host kernel (kept in $KXEN_CACHE)"
"$KXEN_TOP/scripts/setup.sh" demo "$series"
! left_out "$series" ||
	die "there is no kernel $series, see above; make demo KERNEL=6.12 needs nothing but the machine's own suites"
say "2/4 building kvm-xen.ko and the kvm-xen command"
"$KXEN_TOP/scripts/module.sh" "$series"
make -s -C "$KXEN_TOP/tools"
say "3/4 unpacking the guest: Debian's kernel, as it is, and a small test initramfs"
"$KXEN_TOP/scripts/guest.sh" "$series"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/job" <<JOB
export PATH=\$PATH:/usr/sbin:/sbin
. /run/t/demo-host $KXEN_TOP/build $series
JOB
cat >"$work/demo-host" <<'JOB'
B=$1 S=$2
echo "== host: stock Debian kernel $(uname -r), $(nproc) CPU(s)"
insmod kvm-xen.ko || exit 1
echo "== host: kvm-xen.ko is loaded; kvm-xen run -- qemu-system-x86_64 -smp 2 ..."
echo "== the guest's console follows; firmware and early boot print nothing for a while"
$B/tools/kvm-xen run -- qemu-system-x86_64 -accel kvm -cpu host -smp 2 -m 256M \
	-display none -nodefaults -no-reboot -serial file:/run/console \
	-kernel $B/guest/vmlinux-$S -initrd $B/guest/initrd.gz \
	-append "console=ttyS0 mitigations=off noxsave no_timer_check kxen=show,load,sleep,wait" \
	< /dev/null 2>/run/qemu.log &
vmm=$!
touch /run/console
tail -f -n +1 /run/console | sed -u 's/^/   | /' &
show=$!
t=0
until grep -q '^L2 waiting' /run/console; do
	kill -0 $vmm 2>/dev/null || break
	t=$((t + 1))
	[ $((t % 50)) = 0 ] && echo "== host: $((t / 5)) s, $(grep -c '' /run/console) lines from the guest"
	[ $t -gt 1200 ] && break
	sleep 0.2
done
echo "== host: kvm-xen list"
$B/tools/kvm-xen list
domid=$($B/tools/kvm-xen list | awk 'NR > 2 { print $1; exit }')
echo "== host: kvm-xen dump $domid"
$B/tools/kvm-xen dump $domid
wait $vmm
rc=$?
sleep 0.5
kill $show 2>/dev/null
[ $rc = 0 ] || { cat /run/qemu.log; echo "== the VMM ended with status $rc"; exit 1; }
type=$(sed -n 's/^L2 hypervisor \([a-z]*\).*/\1/p' /run/console)
clock=$(sed -n 's/^L2 clocksource \([a-z]*\).*/\1/p' /run/console)
grep -q '^L2DONE' /run/console && [ "$type" = xen ] && [ "$clock" = xen ] || exit 1
# The domain goes with the VM's last file, a moment after the VMM.
t=0
until rmmod kvm_xen 2>/dev/null || [ $t -gt 100 ]; do t=$((t + 1)); sleep 0.1; done
lsmod | grep -q ^kvm_xen || echo "== host: the module is unloaded, KVM is as it was"
echo "SHOWN: an unmodified Debian kernel with 2 vCPUs ran on stock Debian KVM $(uname -r) with /sys/hypervisor/type=$type, clocksource=$clock, timers and IPIs through event channels in the host kernel"
JOB
say "4/4 booting a stock Debian $series kernel as the KVM host (nested KVM if this machine has it, else emulated SVM)"
smp=1
[ -x "$KXEN_CACHE/qemu/qemu-system-x86_64" ] && smp=2
python3 "$KXEN_TOP/scripts/l1.py" --series "$series" --nested --root --mem 2G --smp $smp \
	--timeout 400 --file "$KXEN_TOP/build/$series/kvm-xen.ko" --file "$work/demo-host" "$work/job" ||
	die "the demonstration failed; what the host said is above"
