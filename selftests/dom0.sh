#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host as domain 0: its device nodes, through Debian's unmodified libraries.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
export PATH=$PATH:/usr/sbin:/sbin
. ./job.sh
usleep() { sleep "$(awk -v u="$1" 'BEGIN { print u / 1000000 }')"; }
no_ports() { [ "$(./kvm-xen dump --json 0 | sed 's/.*"ports": \([0-9]*\).*/\1/')" -le 1 ]; }

check "insmod" insmod kvm-xen.ko || exit 1
check "/dev/xen/evtchn is there" test -c /dev/xen/evtchn
check "for root alone" [ "$(stat -c %a /dev/xen/evtchn)" = 600 ]
./vmm --domid 700 --limit 200 echo-64 > /tmp/echo 2>&1 & guest=$!
check "a guest serves" wait_for grep -q serving /tmp/echo
./evtchn_dev 700 $guest
check "/dev/xen/evtchn: all is well" [ $? = 0 ]
check "no port is left" wait_for no_ports
exec 7<>/dev/xen/evtchn
check "rmmod is refused while the device is open" fails rmmod kvm_xen
exec 7>&-
check_gone "dom0"
check "the device is gone" fails test -e /dev/xen/evtchn
exit 0
JOB
files() {
	common_files "$1"
	echo "--file $BUILD/selftests/evtchn_dev --file $BUILD/selftests/kvm-xen --root"
}
gcc -O2 -Wall -Wextra -o "$BUILD/selftests/evtchn_dev" "$SELF/evtchn_dev.c" -lxenevtchn || exit 1
echo "TAP version 13"
hosts "$job" files --timeout 300
tap_end
