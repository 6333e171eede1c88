#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# /dev/kvm-xen with right and wrong arguments (uapi.c), pausing a busy domain.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./job.sh
check "insmod" insmod kvm-xen.ko || exit 1
./uapi > /tmp/uapi.out 2>&1
# The harness numbers its lines; ours are numbered outside.
sed -n 's/^ok [0-9]* # SKIP \(.*\)/skip - \1/p; t; s/^ok [0-9]* /ok - /p; s/^not ok [0-9]* /not ok - /p' /tmp/uapi.out
grep -q '^# FAILED' /tmp/uapi.out && cat /tmp/uapi.out

# A paused guest makes no progress, a guest that was let go does.
mkfifo /tmp/in
./vmm --hold --domid 500 --smp 2 --limit 120 spin-64 < /tmp/in > /tmp/spin.out 2>&1 &
exec 4> /tmp/in
wait_for grep -q READY /tmp/spin.out
echo go >&4
check "a busy guest runs" wait_for grep -q tick /tmp/spin.out
check "pause" ./kvm-xen pause 500
# A thread that was outside KVM_RUN may still write the line that it had in hand.
usleep 300000
a=$(grep -c tick /tmp/spin.out); usleep 700000; b=$(grep -c tick /tmp/spin.out)
check "paused: no progress ($a, $b)" [ "$a" = "$b" ]
check "paused: a second pause nests" ./kvm-xen pause 500
check "let go once" ./kvm-xen unpause 500
usleep 300000; c=$(grep -c tick /tmp/spin.out)
check "still paused ($c)" [ "$c" = "$b" ]
check "let go" ./kvm-xen unpause 500
check "it goes on" wait_for sh -c "[ \$(grep -c tick /tmp/spin.out) -gt $c ]"
check "paused again" ./kvm-xen pause 500
kill -9 %1
check "a paused VMM can be killed" wait_for fails ./kvm-xen dump 500
check "list" sh -c './kvm-xen list | grep -q "0  host"'
check "list --json is JSON" sh -c './kvm-xen list --json | grep -q "\"domid\": 0"'
check "an unknown domain is explained" sh -c './kvm-xen dump 999 2>&1 | grep -q "kvm-xen list"'
for o in "-hda x" "-drive file=x" "-device e1000" "-nic user"; do
	check "run --unplug with $o is refused" sh -c "./kvm-xen run --unplug -- qemu -nodefaults $o 2>&1 | grep -Eq 'twice|if=none'"
done
check "run --unplug with QEMU's default devices is refused" sh -c './kvm-xen run --unplug -- qemu 2>&1 | grep -q "nodefaults"'
check "an unknown command is explained" sh -c './kvm-xen frob 2>&1 | grep -q "\-\-help"'
# --- what a controller may do ----------------------------------------------------------
./vmm --domid 501 --max-ports 64 --limit 200 echo-64 > /tmp/echo 2>&1 & echo=$!
wait_for grep -q serving /tmp/echo
open_ports() { ./kvm-xen dump --ports "$@" 501 | grep -c vcpu; }
is() { [ "$1" = "$2" ]; }
check "reset of a domain that runs is refused, and says what to do" sh -c './kvm-xen evtchn 501 reset 2>&1 | grep -q "kvm-xen pause"'
p=$(./kvm-xen evtchn 501 alloc 0)
check "a channel for domain 0 ($p)" is "$(./kvm-xen dump --ports 501 | awk -v p="$p" '$1 == p { print $2, $6 }')" "unbound d0"
q=$(./kvm-xen evtchn 501 alloc 1234)
check "one for a domain that there is not yet ($q)" is "$(./kvm-xen dump --ports 501 | awk -v p="$q" '$1 == p { print $2, $6 }')" "unbound d1234"
check "dump --state finds them" is "$(open_ports --state unbound)" 3
check "dump --state of none" is "$(open_ports --state virq)" 0
check "dump --pending of none" is "$(open_ports --pending)" 0
check "dump --ports --json is JSON" sh -c "./kvm-xen dump --ports --json 501 | grep -q '^{\"event_channels\": \[{'"
check "dump: a state that there is not" fails ./kvm-xen dump --state open 501
n=0; while ./kvm-xen evtchn 501 alloc 0 > /dev/null 2>&1; do n=$((n + 1)); done
check "to the limit ($n more)" is "$(open_ports)" 63
check "80 % of the limit were counted" is "$(./kvm-xen dump 501 | awk '/ports_high/ { print $2 }')" 1
check "and the log says so" log_says "d501: 80 % of its event channels are in use"
check "pause" ./kvm-xen pause 501
check "reset of a paused domain" ./kvm-xen evtchn 501 reset
check "all channels are closed" is "$(open_ports)" 0
check "let go" ./kvm-xen unpause 501
kill -9 $echo

# What ports cost is the VM's: its group grows by their 8 MB of kernel memory, and shrinks.
C=/tmp/cg
mkdir -p $C && mount -t cgroup2 none $C
echo +memory > $C/cgroup.subtree_control
mkdir $C/vm
kernel_memory() { awk '$1 == "kernel" || $1 == "percpu" { n += $2 } END { print int(n / 1048576) }' $C/vm/memory.stat; }
sh -c "echo \$\$ > $C/vm/cgroup.procs; exec ./vmm --domid 503 --max-ports 131072 --limit 200 fifobig-64" > /tmp/big 2>&1 & big=$!
most=0
while kill -0 $big 2>/dev/null; do k=$(kernel_memory); [ "$k" -gt $most ] && most=$k; usleep 20000; done
check "131072 ports were open" grep -q 'ok - A3 then to the limit' /tmp/big
check "they are charged to the VM's memory cgroup ($most MB)" [ "$most" -ge 8 ]
check "and given back ($(kernel_memory) MB)" wait_for sh -c '[ $(awk "\$1 == \"kernel\" { print int(\$2 / 1048576) }" '$C'/vm/memory.stat) -lt 2 ]'
umount $C

./vmm --domid 502 --limit 200 handler-64 > /tmp/handler 2>&1 & handler=$!
wait_for grep -q "not the handler" /tmp/handler
check "a virtual interrupt that is not global" fails ./kvm-xen evtchn 502 virq 0
check "one that there is not" fails ./kvm-xen evtchn 502 virq 99
check "the end of domains goes to a guest" ./kvm-xen evtchn 502 virq 3
check "it has bound it" wait_for grep -q "^the handler" /tmp/handler
image version-64
wait $handler
check "it was told, and ends" grep -q '^DONE good' /tmp/handler
sed -n 's/^\(ok\|not ok\) - /&handler-64: /p' /tmp/handler
check_gone "uapi"
./kvm-xen list > /tmp/no.out 2>&1
check "without the module the tool says what to do" grep -q "load the module" /tmp/no.out
exit 0
JOB
files() {
	common_files "$1"
	echo "--file $BUILD/selftests/uapi --file $BUILD/selftests/kvm-xen"
}
echo "TAP version 13"
hosts "$job" files --timeout 400
tap_end
