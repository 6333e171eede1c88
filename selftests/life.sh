#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Life and death of domains, and what an administrator may do meanwhile.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./job.sh
T=/sys/kernel/tracing
hold() { mkfifo /tmp/in.$1 2>/dev/null; shift_n=$1; shift
	./vmm --hold "$@" < /tmp/in.$shift_n > /tmp/out.$shift_n 2>&1 & eval "pid$shift_n=$!"
	eval "exec 1$shift_n> /tmp/in.$shift_n"; wait_for grep -q READY /tmp/out.$shift_n; }

# --- loading -------------------------------------------------------------------
check "on another kernel than the supported ones there is no load" fails insmod forged.ko
check "and it says which are" log_says "is not in the supported list (6.1, 6.12): 'unsupported=1' loads anyway"
check "a module for another layout is refused" fails insmod forged.ko unsupported=1
check "and says which member it is" log_says "struct kvm_vcpu.preempt_notifier is at"
sysctl -w kernel.ftrace_enabled=0 > /dev/null
check "no load with ftrace switched off" fails insmod kvm-xen.ko
check "and says so" log_says "ftrace is switched off"
sysctl -w kernel.ftrace_enabled=1 > /dev/null
check "insmod" insmod kvm-xen.ko || exit 1
check "nothing is hooked without a domain" unarmed
check "and the kernel agrees" fails grep -q kvm_emulate_hypercall $T/enabled_functions

# --- one domain held --------------------------------------------------------------
hold 1 version-64
check "hooked with a domain" fails unarmed
check "rmmod is refused while a domain lives" fails rmmod kvm_xen
check "ftrace cannot be switched off now" fails sysctl -w kernel.ftrace_enabled=0
echo kvm_emulate_hypercall > $T/set_ftrace_filter
echo kvm_cpuid >> $T/set_ftrace_filter
echo function > $T/current_tracer
check "a function tracer on hooked functions" image version-64
check "the tracer has seen them" grep -q kvm_emulate_hypercall $T/trace
echo nop > $T/current_tracer; echo > $T/set_ftrace_filter; echo > $T/trace
echo 'p:kxt kvm_emulate_hypercall' > $T/kprobe_events
echo 1 > $T/events/kprobes/kxt/enable
check "a kprobe on a hooked function" image version-64
check "the kprobe has fired" grep -q 'kxt:' $T/trace
echo 0 > $T/events/kprobes/kxt/enable; echo > $T/kprobe_events; echo > $T/trace
echo 'r:kxr kvm_emulate_hypercall' > $T/kprobe_events
echo 1 > $T/events/kprobes/kxr/enable
check "a kretprobe on a hooked function" image version-64
check "the kretprobe has fired" grep -q 'kxr:' $T/trace
echo 0 > $T/events/kprobes/kxr/enable; echo > $T/kprobe_events; echo > $T/trace
check "two domains at once" image upcall-64
echo go >&11
check "the held guest finds Xen" wait_for grep -q '^DONE good' /tmp/out.1
check_gone "held"

# --- SIGKILL in each phase --------------------------------------------------------
check "insmod again" insmod kvm-xen.ko
hold 2 version-64
kill -9 $pid2
check "killed before it ran: the domain goes" wait_for no_domain
i=0
while [ $i -lt 12 ]; do
	./vmm --smp 2 smp2-64 > /tmp/k.out 2>&1 & p=$!
	usleep $((i * 60000))
	kill -9 $p 2>/dev/null; wait $p 2>/dev/null
	i=$((i + 1))
done
check_gone "killed 12 times, while it ran"

# --- over and over -------------------------------------------------------------------
./vmm --plain --hold --limit 3000 version-64 < /tmp/in.1 > /tmp/out.p 2>&1 & plain=$!
exec 11> /tmp/in.1
wait_for grep -q READY /tmp/out.p
slab() { echo 3 > /proc/sys/vm/drop_caches; awk '/^SUnreclaim/ { print $2 }' /proc/meminfo; }
vstat() { awk -v n=$1 '$1 == n { print $2 }' /proc/vmstat; }
before=$(slab)
n=0
while [ $n -lt ${LOADS:-10} ]; do
	insmod kvm-xen.ko && rmmod kvm_xen || break
	n=$((n + 1))
done
check "loaded and unloaded $n times" [ $n = ${LOADS:-10} ]
insmod kvm-xen.ko
n=0
while [ $n -lt ${ARMS:-10} ]; do
	./vmm ops-64 > /tmp/a.out 2>&1 || break
	wait_for unarmed
	n=$((n + 1))
done
check "armed and disarmed $n times" [ $n = ${ARMS:-10} ]
echo go >&11
check "a VM that is not attached finds no Xen" wait_for grep -q "signature is Xen's = 0" /tmp/out.p
kill -9 $plain 2>/dev/null
check_gone "over and over"
check "every page that was pinned is released ($(vstat nr_foll_pin_acquired) pins)" \
	wait_for sh -c "[ \$(awk '/nr_foll_pin_acquired/ { print \$2 }' /proc/vmstat) = \$(awk '/nr_foll_pin_released/ { print \$2 }' /proc/vmstat) ]"
check "some pages were pinned at all" [ "$(vstat nr_foll_pin_acquired)" -gt 0 ]
after=$(slab)
check "kernel memory is back ($before kB, then $after kB)" [ $((after - before)) -lt 2048 ]

# --- lockdown: last, since it cannot be taken back --------------------------------------
mount -t securityfs sec /sys/kernel/security
insmod kvm-xen.ko
for level in integrity confidentiality; do
	check "lockdown=$level is on" sh -c "echo $level > /sys/kernel/security/lockdown"
	check "lockdown=$level: a module that was loaded before serves a guest" image version-64
done
check_gone "lockdown"
check "lockdown: an unsigned module is refused" fails insmod kvm-xen.ko
check "and the kernel says why" log_says "unsigned module loading is restricted"
exit 0
JOB
echo "TAP version 13"
files() {
	common_files "$1"
	echo "--file $BUILD/$1-forged/kvm-xen.ko=forged.ko"
}
for s in $(series_list); do
	"$KXEN_TOP/scripts/module.sh" "$s" KXEN_FORGE_LAYOUT=1
done
if [ "$KXEN_CHECK" = full ]; then
	sed -i '1i LOADS=100 ARMS=100' "$job"
fi
hosts "$job" files --timeout 1500
tap_end
