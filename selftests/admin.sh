#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What else may sit on the functions that are hooked: BPF programs and livepatches, put
# there before a domain lives, and while one does.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
export PATH=$PATH:/usr/sbin:/sbin
. ./job.sh
usleep() { sleep "$(awk -v u="$1" 'BEGIN { print u / 1000000 }')"; }
refused() { ./vmm version-64 > /tmp/no.out 2>&1; grep -q 'KXEN_ATTACH.*reason' /tmp/no.out; }
hooked() { grep -q ' armed ' /sys/kernel/debug/kvm-xen/hooks; }

check "insmod" insmod kvm-xen.ko || exit 1

# --- before: an attach is refused with the reason, and works when it has gone ----------
mkfifo /tmp/bpf
./fentry kvm_cpuid < /tmp/bpf > /tmp/bpf.out 2>&1 & bpf=$!
exec 5> /tmp/bpf
check "a BPF program on a KVM function" wait_for grep -q attached /tmp/bpf.out || cat /tmp/bpf.out
check "BPF first: no attach" refused
check "and the log says what to do" log_says "already carries somebody else's direct hook"
check "nothing is hooked half-way" unarmed
exec 5>&-
wait $bpf
check "when it has gone, a guest finds Xen" wait_for image version-64

check "a livepatch of a KVM function" insmod kxlp.ko
check "livepatch first: no attach" refused
check "and the log says what to do" log_says "a livepatch or a tracer of that function has to go first"
check "nothing is hooked half-way" unarmed
echo 0 > /sys/kernel/livepatch/kxlp/enabled
check "the livepatch goes" wait_for rmmod kxlp
check "when it has gone, a guest finds Xen" image version-64

# --- while a domain lives: they are refused, the guest never notices --------------------
mkfifo /tmp/in
./vmm --hold version-64 < /tmp/in > /tmp/held.out 2>&1 & held=$!
exec 4> /tmp/in
wait_for grep -q READY /tmp/held.out
check "a domain holds the hooks" hooked
check "BPF on a hooked function is refused" sh -c './fentry kvm_cpuid < /dev/null | grep -q refused'
check "a livepatch of a hooked function is refused" fails insmod kxlp.ko
check "BPF on another function is not" sh -c './fentry kvm_arch_vcpu_ioctl_get_regs < /dev/null | grep -q attached'
check "the hooks are there" hooked
echo go >&4
check "the guest finds Xen" wait_for grep -q '^DONE good' /tmp/held.out
check_gone "admin"
exit 0
JOB
livepatch() {	# SERIES: build it for that kernel
	local out=$BUILD/$1-livepatch
	mkdir -p "$out"
	cp "$SELF/livepatch/Kbuild" "$SELF/livepatch/kxlp.c" "$out/"
	make -s -C "$(kdir_of "$1")" M="$out" modules >"$out/log" 2>&1 || cat "$out/log"
	strip --strip-debug "$out/kxlp.ko"
}
files() {
	common_files "$1"
	echo "--file $BUILD/selftests/fentry --file $BUILD/$1-livepatch/kxlp.ko --root"
}
gcc -O2 -Wall -o "$BUILD/selftests/fentry" "$SELF/fentry.c" -lbpf || exit 1
for s in $(series_list); do livepatch "$s"; done
echo "TAP version 13"
hosts "$job" files --timeout 300
tap_end
