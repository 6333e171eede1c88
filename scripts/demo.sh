#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make demo: from a fresh Debian machine to an unmodified Debian kernel that runs
# as a Xen guest on a stock KVM host.
set -euo pipefail
. "$(dirname "$0")/common.sh"

series=${1:-$KXEN_OLD}
case " $KXEN_SUPPORTED " in
*" $series "*) ;;
*) die "KERNEL=$series is not supported; choose one of: $KXEN_SUPPORTED" ;;
esac
say "1/4 packages and the host kernel (kept in $KXEN_CACHE)"
"$KXEN_TOP/scripts/setup.sh" demo "$series"
! left_out "$series" ||
	die "there is no kernel $series, see above; make demo KERNEL=$KXEN_NEW needs nothing but the machine's own suites"
say "2/4 building kvm-xen.ko and the kvm-xen command"
"$KXEN_TOP/scripts/module.sh" "$series"
make -s -C "$KXEN_TOP/tools"
say "3/4 unpacking the guest: Debian's kernel, as it is, and a small test initramfs"
"$KXEN_TOP/scripts/guest.sh" "$series"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s=%q\n' TOP "$KXEN_TOP" SERIES "$series" >"$work/params"
say "4/4 booting a stock Debian $series kernel as the KVM host (nested KVM if this machine has it, else emulated SVM)"
smp=1
[ -x "$KXEN_CACHE/qemu/qemu-system-x86_64" ] && smp=2
python3 "$KXEN_TOP/scripts/l1.py" --series "$series" --nested --root --mem 2G --smp $smp \
	--timeout 400 --file "$KXEN_TOP/build/$series/kvm-xen.ko" --file "$work/params" \
	"$KXEN_TOP/scripts/jobs/demo" ||
	die "the demonstration failed; what the host said is above"
