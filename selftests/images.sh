#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest images on kvm-xen, on every supported host kernel.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./job.sh
check "insmod" insmod kvm-xen.ko || exit 1
for m in 64 32 pae; do
	for i in version ops evtchn upcall lapic orders fifo more; do image $i-$m; done
done
case $(cat /sys/module/kvm_amd/parameters/avic 2>/dev/null) in
Y | 1) image lapic-64 ;;
*) echo "skip - a LAPIC vector delivered by AVIC" ;;
esac
image entry-64
image smp2-64 --smp 2
image smp4-64 --smp 4
image smp2-32 --smp 2
for i in gsi-64 gsi-32; do image $i; done
image fiforace-64 --smp 2
for i in fifobatch-64 fifobatch-32; do image $i --smp 2; done
image fiforace-32 --smp 2
# Cut by signals, so that the reset at its end goes on as a continuation.
image fifobig-64 --max-ports 131072 --kick 500
# The N-level ABI, for domains that are offered it.
for i in nlevel-64 nlevel-32; do image $i --nlevel --max-ports 262144; done
image nlbig-64 --nlevel --max-ports 262144
for i in nlrace-64 nlrace-32; do image $i --smp 2 --nlevel --max-ports 262144; done
for i in smp4-64; do
	./vmm --limit 90 --smp 4 --late $i > /tmp/late 2>&1
	check "vCPUs that are created after the attach" grep -q '^DONE good' /tmp/late
done

# A multicall that the VMM's signals cut: the domain counts how often.
for i in multi-64 multi-32; do
	rm -f /tmp/cut
	(until c=$(grep -h continued /sys/kernel/debug/kvm-xen/d70/state 2>/dev/null); do usleep 5000; done
	while c=$(grep -h continued /sys/kernel/debug/kvm-xen/d70/state 2>/dev/null); do echo "$c" > /tmp/cut; done) &
	image $i --kick 300 --domid 70
	wait $!
	check "$i: it was cut ($(cat /tmp/cut))" grep -q 'continued [1-9]' /tmp/cut
done

# A handler that is known to clear the flag, and then leaves it set: nobody but the work
# item looks, as a rule.
rm -f /tmp/left
(until l=$(grep -h left_set /sys/kernel/debug/kvm-xen/d71/state 2>/dev/null); do usleep 5000; done
while l=$(grep -h left_set /sys/kernel/debug/kvm-xen/d71/state 2>/dev/null); do echo "$l" > /tmp/left; usleep 20000; done) & see=$!
taskset -p 2 $see > /dev/null
image level-64 --domid 71 --pin
wait $see
check "level-64: a flag that was left set was found ($(cat /tmp/left))" grep -q 'left_set [1-9]' /tmp/left
image level-32

# Interrupt windows (exit 100) of an image that leaves the flag set now and then: fewer than
# vectors, since a vCPU that clears it needs none; each its own while kxen_ack is traced.
T=/sys/kernel/tracing
windows() {	# and vectors, into $w and $v
	echo > $T/trace
	echo 'exit_reason == 100' > $T/events/kvm/kvm_exit/filter
	echo 1 > $T/events/kvm/kvm_exit/enable
	echo 1 > $T/events/kvm_xen/kxen_vector/enable
	./vmm level-64 > /dev/null
	echo 0 > $T/events/kvm/kvm_exit/enable
	echo 0 > $T/events/kvm_xen/kxen_vector/enable
	w=$(grep -c ' kvm_exit: ' $T/trace) v=$(grep -c ' kxen_vector: ' $T/trace)
}
windows
check "level-64: most upcalls need no window ($w of $v)" [ "$v" -gt 400 -a "$w" -lt $((v * 3 / 4)) ]
echo 1 > $T/events/kvm_xen/kxen_ack/enable
windows
echo 0 > $T/events/kvm_xen/kxen_ack/enable
check "level-64: each has one while kxen_ack is on ($w of $v)" [ "$v" -gt 400 -a "$w" -ge "$v" ]

# Each reason of SCHEDOP_shutdown: what the VMM is told, and its exit status.
down() {	# NAME REASON STATUS WORDS
	./vmm --limit 60 --append $2 down-64 > /tmp/down 2>&1
	_rc=$?
	sed -n 's/^\(ok\|not ok\) - /&down-64: /p' /tmp/down
	check "shutdown, $1: status $_rc" [ $_rc = $3 ]
	check "shutdown, $1: $4" grep -q "$4" /tmp/down
}
down poweroff 0 0 'VMM poweroff'
down reboot 1 3 'VMM reset'
down suspend 2 0 'DONE good'
down crash 3 3 'VMM crash'
down watchdog 4 3 'VMM crash'
down soft_reset 5 0 'DONE good'

# Port 0x10, for a domain that has it.
image unplug-64 --unplug

# What a vCPU cannot have of a CPU that it shares shows as runnable.
share() { sed -n "s/.*$1 \([0-9]*\).*/\1/p" /tmp/image.out; }
image runstate-64
check "alone, next to nothing is runnable ($(share runnable) %)" [ "$(share runnable)" -lt 15 ]
cat > /tmp/busy <<'BUSY'
while :; do :; done
BUSY
taskset 1 sh /tmp/busy & busy=$!
taskset -p 1 $$ > /dev/null
image runstate-64
taskset -p ff $$ > /dev/null
kill $busy
check "beside another process, a good part is ($(share runnable) %)" [ "$(share runnable)" -gt 20 ]

./vmm --limit 60 watchdog-64 > /tmp/dog 2>&1
check "a watchdog that expires ends the machine" [ $? = 4 ]
check "one that is fed does not" grep -q HUNG /tmp/dog

# Two domains. The server is killed when the client asks for it.
for i in pair-64 pair-32; do
	# What the pair before has left must not be taken for this one's.
	rm -f /tmp/server /tmp/client
	check "$i: the numbers are free" wait_for no_domain
	./vmm --domid 700 --limit 200 $i > /tmp/server 2>&1 &
	server=$!
	wait_for grep -q serving /tmp/server
	./vmm --domid 701 --limit 200 $i > /tmp/client 2>&1 &
	client=$!
	wait_for grep -q '^KILL' /tmp/client
	kill -9 $server
	wait $client
	rc=$?
	sed -n "s/^\(ok\|not ok\) - /&$i: /p" /tmp/client
	check "$i: ends by itself" [ $rc = 0 ] || tail -5 /tmp/client
done
check_gone "images"
exit 0
JOB
echo "TAP version 13"
rm -f "$BUILD"/images-6.*.report
hosts "$job" common_files --timeout 400
for s in $(series_list); do cp "$WORK/$s.out" "$BUILD/images-$s.report"; done
tap_end
