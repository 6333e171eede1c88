#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Logic that the kernel and user space can compile alike, under sanitizers: fuzzed for a
# number of runs (FUZZ_RUNS, with FUZZ_SEED), and with threads. 'make fuzz' runs longer.
PARTS=all WEIGHT=100
. "$(dirname "$0")/lib.sh"
U=$BUILD/user
mkdir -p "$U"
cd "$SELF/user" || exit 1
C="clang -g -O1 -Wall -Wextra -fno-omit-frame-pointer -I$KXEN_TOP/include"
runs=${FUZZ_RUNS:-$([ "$KXEN_CHECK" = full ] && echo 1000000 || echo 150000)}
seed=${FUZZ_SEED:-1}

fuzz() {	# NAME SANITIZERS [RUNS [A FILE TO BEGIN WITH]]
	local runs=${3:-$runs}
	$C -fsanitize=fuzzer,"$2" -fno-sanitize-recover=all -o "$U/$1" "$1.c" >"$U/$1.log" 2>&1
	tap $? "$1: builds with $2"
	mkdir -p "$U/$1.corpus"
	[ $# -lt 4 ] || cp "$4" "$U/$1.corpus/"
	"$U/$1" -runs="$runs" -seed="$seed" -max_len=512 -artifact_prefix="$U/$1." "$U/$1.corpus" >"$U/$1.log" 2>&1
	rc=$?
	tap $rc "$1: $runs runs with $2, seed $seed"
	[ $rc = 0 ] || sed 's/^/# /' "$U/$1.log" | tail -20
	grep -q "DONE\|Done $runs" "$U/$1.log"
	tap $? "$1: all of them were made ($(grep -o 'cov: [0-9]*' "$U/$1.log" | tail -1))"
}

echo "TAP version 13"
command -v clang >/dev/null || { tap 1 "there is clang: make setup"; tap_end; }
fuzz fifo address,undefined
fuzz nlevel address,undefined
fuzz ports address,undefined
fuzz stream address,undefined
fuzz grants address,undefined
fuzz paging address,undefined
fuzz mpu address,undefined
# What the tool reads: text, of which most is refused in its first line.
fuzz cfg address,undefined $((runs / 5)) "$KXEN_TOP/Documentation/examples/guest.cfg"
threads() {	# NAME
	$C -DTHREADS -fsanitize=thread -pthread -o "$U/$1-threads" "$1.c" >"$U/threads.log" 2>&1
	tap $? "$1: builds with the thread sanitizer"
	timeout 300 "$U/$1-threads" >"$U/threads.log" 2>&1
	tap $? "$1: the thread sanitizer finds nothing"
	tap_number "$1" <"$U/threads.log"
}
threads fifo
threads nlevel
threads ports
threads grants
steps() {	# NAME WHAT
	$C -DSTEPS -fsanitize=address,undefined -o "$U/$1-steps" "$1.c" >"$U/steps.log" 2>&1
	tap $? "$1: builds step by step"
	"$U/$1-steps" >"$U/steps.log" 2>&1
	tap $? "$1: $2"
	tap_number "$1" <"$U/steps.log"
}
steps fifo "a guest that is quicker at any step of the host's is dealt with"
steps nlevel "a scan between any two steps of a raiser loses nothing"
for a in "" -DBLAME_NOBODY; do
	$C $a -fsanitize=address,undefined -o "$U/bits$a" bits.c >"$U/bits.log" 2>&1
	tap $? "bits$a: builds"
done
"$U/bits" >"$U/bits.log" 2>&1
tap $? "bits: a guest that lets no atomic operation succeed is stopped, and holds nobody up; one window is enough"
tap_number "bits" <"$U/bits.log"
bash -c "ulimit -c 0; '$U/bits-DBLAME_NOBODY'" >"$U/bits.log" 2>&1
[ $? != 0 ] && grep -q 'is not stopped' "$U/bits.log"
tap $? "bits: and where that is not told, it is found"
steps mpu "windows are where they were asked for, and nothing overlaps between two writes"
steps cfg "a configuration is read, and each fault in one has its line"
steps stream "each damage of a stream is refused for its reason"
$C -fsanitize=address,undefined -o "$U/subsys" subsys.c >"$U/subsys.log" 2>&1
tap $? "subsys: builds"
"$U/subsys" >"$U/subsys.log" 2>&1
tap $? "subsys: each part of a domain is called in its turn"
tap_number "subsys" <"$U/subsys.log"
$C -fsanitize=address,undefined -o "$U/hooks" hooks.c >"$U/hooks.log" 2>&1
tap $? "hooks: builds"
"$U/hooks" >"$U/hooks.log" 2>&1
tap $? "hooks: sets come and go together"
tap_number "hooks" <"$U/hooks.log"
$C -fsanitize=address,undefined -o "$U/btf" btf.c >"$U/btf.log" 2>&1
tap $? "btf: builds"
"$U/btf" >"$U/btf.log" 2>&1
tap $? "btf: types are read, of the image and of a module"
tap_number "btf" <"$U/btf.log"
tool=$KXEN_TOP/tools/kvm-xen
$C -D_GNU_SOURCE -I"$KXEN_TOP/include/uapi" -fsanitize=address,undefined -o "$U/platform" platform.c \
	"$tool/vmm_args.c" "$tool"/cfg*.c >"$U/platform.log" 2>&1
tap $? "platform: builds"
"$U/platform" >"$U/platform.log" 2>&1
tap $? "platform: the tool makes its own device, and takes no other one away"
tap_number "platform" <"$U/platform.log"
$C -D_GNU_SOURCE -I"$KXEN_TOP/include/uapi" -fsanitize=address,undefined -o "$U/plan" plan.c \
	"$tool"/cfg*.c >"$U/plan.log" 2>&1
tap $? "plan: builds"
"$U/plan" >"$U/plan.log" 2>&1
tap $? "plan: QEMU and the guest find on a command line what the configuration says"
tap_number "plan" <"$U/plan.log"
$C -D_GNU_SOURCE -I"$KXEN_TOP/include/uapi" -fsanitize=address,undefined -o "$U/devtree" devtree.c \
	-lfdt >"$U/devtree.log" 2>&1
tap $? "devtree: builds"
# QEMU's own tree, where there is a QEMU for arm64.
tree=
if [ -x "$KXEN_CACHE/arm64/tools/bin/qemu-system-aarch64" ]; then
	tree=$U/devtree.dtb
	"$KXEN_CACHE/arm64/tools/bin/qemu-system-aarch64" -machine virt,gic-version=3 -cpu cortex-a76 -m 512 \
		-nodefaults -display none -S -machine dumpdtb="$tree" >/dev/null 2>&1
fi
"$U/devtree" $tree >"$U/devtree.log" 2>&1
tap $? "devtree: a guest's device tree is made to tell of Xen, or is refused with a reason"
tap_number "devtree" <"$U/devtree.log"
$C -D_GNU_SOURCE -I"$KXEN_TOP/include/uapi" -fsanitize=address,undefined -o "$U/vmmtree" vmmtree.c \
	"$tool/vmm_args.c" -lfdt >"$U/vmmtree.log" 2>&1
tap $? "vmmtree: builds"
mkdir -p "$U/vmm"
install -m 755 vmmtree.sh "$U/vmm/qemu-system-aarch64"
# A program that is refused does not free what it had.
ASAN_OPTIONS=detect_leaks=0 "$U/vmmtree" "$U/vmm" >"$U/vmmtree.log" 2>&1
tap $? "vmmtree: a VMM for arm64 is asked for its tree, by no word that does something, and is given another one"
tap_number "vmmtree" <"$U/vmmtree.log"
# That a fault would be found: a window whose first byte is another one while it is open.
sed "s#\"../../direct/#\"direct/#; s#\"shim.h\"#\"$SELF/user/shim.h\"#" mpu.c >"$U/moved.c"
mkdir -p "$U/direct" && cp ../../direct/*.h "$U/direct/"
sed -i "s#\"../selftests/user#\"$SELF/user#" "$U/direct/shim.h"
sed -i '/^static.*kxen_window_move/,/^}/{/window(m), 0)/{h;d};/prbar/G}' "$U/direct/window.h"
$C -DSTEPS -I"$U" -o "$U/moved" "$U/moved.c" 2>"$U/moved.log"
tap $? "mpu: a window that is moved while it is open is built"
bash -c "ulimit -c 0; '$U/moved'" >"$U/moved.log" 2>&1
[ $? != 0 ] && grep -q 'overlap' "$U/moved.log"
tap $? "mpu: and it is found ($(grep -o 'regions .* overlap' "$U/moved.log"))"
# That a fault would be found: a raiser that sets the leaf after its parents.
sed "s#\"../../evtchn#\"$KXEN_TOP/evtchn#; s#\"../../kvm-xen#\"$KXEN_TOP/kvm-xen#; s#\"shim.h\"#\"$SELF/user/shim.h\"#" nlevel.c |
	sed 's/if (kxen_guest_test_and_set(&dom, kxen_gptr_own(leaf), port))/if (kxen_guest_test(kxen_gptr_own(leaf), port))/; s/^\(\t\tkxen_guest_test_and_set(kxen_gptr_own(&root.*\)$/\1\n\tkxen_guest_test_and_set(\&dom, kxen_gptr_own(leaf), port);/' >"$U/wrong.c"
$C -DSTEPS -o "$U/wrong" "$U/wrong.c" 2>"$U/wrong.log"
tap $? "nlevel: a raiser with the wrong order is built"
bash -c "ulimit -c 0; '$U/wrong'" >"$U/wrong.log" 2>&1
[ $? != 0 ] && grep -qE 'is (lost|stuck)' "$U/wrong.log"
tap $? "nlevel: and it is found ($(grep -oE 'is (lost|stuck)' "$U/wrong.log"))"
tap_end
