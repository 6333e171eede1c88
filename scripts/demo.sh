#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make demo: from a fresh Debian machine to unmodified Debian kernels that run as Xen guests on a
# stock KVM host. STAGE=spine: one guest, and what the module serves by itself; else two, with
# devices by Debian's own programs for Xen.
set -euo pipefail
. "$(dirname "$0")/common.sh"

series=${1:-$KXEN_OLD} stage=${2:-devices}
case " $KXEN_SUPPORTED " in
*" $series "*) ;;
*) die "KERNEL=$series is not supported; choose one of: $KXEN_SUPPORTED" ;;
esac
case $stage in
spine) guests=$series what=demo job=demo ;;
devices) guests=$KXEN_OWN what=devices job=demo-devices ;;
*) die "STAGE=$stage is not known; it is devices, or spine" ;;
esac
say "1/4 packages and kernels (kept in $KXEN_CACHE)"
# shellcheck disable=SC2086
"$KXEN_TOP/scripts/setup.sh" $what $(printf '%s\n' "$series" $guests | sort -u)
! left_out "$series" ||
	die "there is no kernel $series, see above; make demo KERNEL=$KXEN_NEW needs nothing but the machine's own suites"
if [ $stage = devices ] && [ ! -e "$KXEN_CACHE/xen-qemu-new/.done" ]; then
	die "there is no QEMU for Xen's network interfaces, see above; make demo STAGE=spine does without"
fi
ready=$(date +%s)
say "2/4 building kvm-xen.ko and the tools"
"$KXEN_TOP/scripts/module.sh" "$series"
make -s -C "$KXEN_TOP/tools"
[ $stage = spine ] || make -s -C "$KXEN_TOP" kxenlat
say "3/4 unpacking the guests: Debian's kernels, as they are, and a small initramfs"
# shellcheck disable=SC2086
"$KXEN_TOP/scripts/guest.sh" $guests

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s=%q\n' TOP "$KXEN_TOP" SERIES "$series" KXEN_CACHE "$KXEN_CACHE" OLD "$KXEN_OLD" NEW "$KXEN_NEW" >"$work/params"
say "4/4 booting a stock Debian $series kernel as the KVM host (nested KVM if this machine has it, else emulated SVM)"
smp=1
[ -x "$KXEN_CACHE/qemu/qemu-system-x86_64" ] && smp=2
python3 "$KXEN_TOP/scripts/l1.py" --series "$series" --nested --root --mem 2G --smp $smp \
	--module kvm-amd --module kvm-intel --module tun --module bridge \
	--timeout 700 --file "$KXEN_TOP/build/$series/kvm-xen.ko" --file "$work/params" \
	"$KXEN_TOP/scripts/jobs/$job" ||
	die "the demonstration failed; what the host said is above"
say "that took $(($(date +%s) - ready)) s, after the packages"
