#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Domains that are saved and restored: guest images with every event channel ABI, streams
# that are damaged, a peer that waits, and an unmodified Debian kernel under load.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./guest-job.sh
check "insmod" insmod kvm-xen.ko || exit 1
mkfifo /run/in
# A domain that stays, so that hooks are not put in place for each of the others.
./vmm --hold --limit 1400 version-64 < /run/in > /run/held 2>&1 &
exec 4> /run/in
wait_for grep -q READY /run/held
saved saver-64 2l
saved saver-64 fifo
for l in 2 3 4; do saved saver-64 nl$l --nlevel; done
saved saver-32 2l
saved saver-32 fifo
saved saver-32 nl3 --nlevel

# A channel to another guest, which waits while this one is away.
./vmm --limit 100 --domid 701 answer-64 > /run/answer 2>&1 & peer=$!
wait_for grep -q waiting /run/answer
saved saver-64 fifo
check "the peer was asked" grep -q 'ok - and answers' /run/second
kill -9 $peer

# The other side has no N-level, too few ports, other vCPUs: the guest goes on here.
for how in 2l fifo nl3; do
	./vmm --limit 60 --domid 700 --smp 2 --append $how --nlevel --go-on --save /run/state saver-64 > /run/first 2>&1
	check "saved and let go on, $how: it ends by itself" [ $? = 0 ] || tail -5 /run/first
	part "let go on, $how" /run/first
	cp /run/state /run/state.$how
done
refused() {	# NAME REASON [options of vmm]
	local name=$1 reason=$2
	shift 2
	./vmm --limit 60 --smp 2 --restore /run/state "$@" > /run/second 2>&1
	check "$name: refused" [ $? = 7 ]
	check "$name: says why" grep -q "reason $reason\$" /run/second || cat /run/second
}
refused "restore without N-level" 8
refused "restore with too few ports" 7 --nlevel --max-ports 16
for abi in fifo nl3; do
	./vmm --limit 300 --smp 2 --nlevel --restore /run/state.$abi --fuzz ${FUZZ-20} > /run/second 2>&1
	check "damaged streams, $abi: nothing else happens" [ $? = 0 ] || tail -3 /run/second
	part "damaged streams, $abi" /run/second
done
echo go >&4
check "the domain that stayed finds Xen" wait_for grep -q '^DONE good' /run/held ||
	{ grep -v '^ok' /run/held; look_at $(pidof vmm); }

# A Debian kernel, under load, by QEMU's own migration.
next
DOMID=710
first=$log
vm $GUEST 2 256 initrd.gz kxen=saveme -no-reboot -qmp unix:/run/qmp,server=on,wait=off & q=$!
check "Debian: it is up" wait_for grep -q 'L2 tick 4' $log || tail -5 $log
has "Debian: FIFO event channels" 'L2 events FIFO-based'
check "Debian: save without its monitor" fails $T/kvm-xen save --qmp /run/nothing 710 /run/s
check "Debian: save to no file" fails $T/kvm-xen save --qmp /run/qmp 710 /run/no/s
check "Debian: and it goes on" wait_for grep -q 'L2 tick 7' $log
check "Debian: save" $T/kvm-xen save --qmp /run/qmp 710 /run/debian
check "Debian: its VMM has ended" wait $q
check "Debian: it was not done" fails grep -q 'L2DONE' $log
next
DOMID=
RUN="restore /run/debian" vm $GUEST 2 256 initrd.gz kxen=saveme -no-reboot -qmp unix:/run/qmp,server=on,wait=off
done_well "Debian: restored" $?
has "Debian: restored, its load ends" 'L2 load ended'
has "Debian: restored, Xen's clock" 'L2 clocksource then xen'
last=$(tr -d '\r' < $first | sed -n 's/^L2 tick \([0-9]*\).*/\1/p' | tail -1)
go=$(tr -d '\r' < $log | sed -n 's/^L2 tick \([0-9]*\).*/\1/p' | head -1)
check "Debian: restored, it goes on where it was ($last, then $go)" [ "$go" -le $((last + 2)) -a "$go" -ge "$last" ]
check "Debian: another command line" fails $T/kvm-xen restore /run/debian -- qemu-system-x86_64 -accel kvm -cpu host -smp 1 -m 128M -nodefaults -display none
check "Debian: a file that is none" sh -c "$T/kvm-xen restore /etc/hostname -- true 2>&1 | grep -q 'not a domain'"
check_gone "save"
exit 0
JOB
[ "$KXEN_CHECK" != full ] || sed -i '1i FUZZ=300' "$job"
files() {
	echo "GUEST=vmlinux-$1" | cat - "$job" >"$WORK/job-$1"
	guest_files "$1"
}
need_guests
echo "TAP version 13"
for s in $(series_list); do need_module "$s"; done
for s in $(series_list); do
	opts=$(files "$s")
	# shellcheck disable=SC2086
	host_start "$s" "$WORK/job-$s" $opts --timeout $([ "$KXEN_CHECK" = full ] && echo 1500 || echo 600)
done
for s in $(series_list); do host_report "$s" "$s"; done
tap_end
