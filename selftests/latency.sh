#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Tracepoints, the bpftrace tools and kxenlat: on a host with a guest that is busy with
# events, each shows what it is for. No time is asserted.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
export PATH=$PATH:/usr/sbin:/sbin
. ./job.sh
usleep() { sleep "$(awk -v u="$1" 'BEGIN { print u / 1000000 }')"; }
D=$(cat topdir)
check "insmod" insmod kvm-xen.ko || exit 1
# Guests that never end: one with the callback vector, one with a LAPIC vector.
./vmm --domid 600 --limit 500 ticker-64 > /run/cb 2>&1 &
./vmm --domid 601 --limit 500 --append lapic ticker-64 > /run/lapic 2>&1 &
check "a guest is busy" wait_for grep -q ticking /run/cb
check "another one, with a LAPIC vector" wait_for grep -q ticking /run/lapic

T=/sys/kernel/tracing
# Never read while it is written: the guests are quicker.
traced() {
	echo 1 > $T/tracing_on; usleep 100000; echo 0 > $T/tracing_on
	cat $T/trace > /run/trace
	grep -q 'kxen_ack: d601v0 EOI' /run/trace && grep -q 'kxen_ack: d600v0' /run/trace
}
echo 0 > $T/tracing_on
echo 1 > $T/events/kvm_xen/enable
check "both guests are traced" wait_for traced
echo 0 > $T/events/kvm_xen/enable
echo > $T/trace; echo 1 > $T/tracing_on
seen() { check "trace: $1" grep -qE "$2" /run/trace; }
seen "a send names where it goes" 'kxen_send: d600 port=[0-9]+ state=[0-9] to d600 port=[0-9]'
seen "an event becomes pending" 'kxen_pending: d600v0 port=[0-9]+ priority=7$'
seen "one that was pending" 'kxen_pending: d600v0 port=[0-9]+ priority=7 again'
seen "one that is masked" 'kxen_pending: d600v0 port=[0-9]+ priority=7.* masked'
seen "the upcall" 'kxen_upcall: d600v0'
seen "the callback vector" 'kxen_vector: d600v0 vector=0xf3'
seen "the LAPIC vector" 'kxen_vector: d601v0 vector=0xf4'
seen "a callback is seen clear" 'kxen_ack: d600v0 seen clear \(upper bound\)'
seen "a LAPIC vector ends with an EOI" 'kxen_ack: d601v0 EOI'

# --- bpftrace ---------------------------------------------------------------------------
bt() {	# TOOL SECONDS WORDS...: what it prints
	timeout -s INT $(($2 + 60)) bpftrace -e "$(cat $D/tools/bpftrace/$1.bt) interval:s:$2 { exit(); }" > /run/bt.$1 2>&1
	check "$1 ends well" [ $? = 0 ] || tail -5 /run/bt.$1
}
bt kxen-latency 2
check "kxen-latency: a histogram of the guest's port" grep -qE '^@ns\[600, [0-9]+\]:' /run/bt.kxen-latency || tail -5 /run/bt.kxen-latency
bt kxen-storm 3
check "kxen-storm: the guest's ports" grep -qE '^@events\[600, [0-9]+\]: [0-9]+' /run/bt.kxen-storm || tail -5 /run/bt.kxen-storm
check "kxen-storm: events that were one" grep -qE '^@again\[600, [0-9]+\]: [0-9]+' /run/bt.kxen-storm
bt kxen-queue 2
check "kxen-queue: depth by priority" grep -qE '^@depth\[600, 7\]:' /run/bt.kxen-queue || tail -5 /run/bt.kxen-queue
bt kxen-lost 2
check "kxen-lost: upcalls are taken" grep -qE '^@taken: [0-9]+' /run/bt.kxen-lost || tail -5 /run/bt.kxen-lost
# A guest that has no callback is told and never takes it.
rm -f /run/bt.kxen-lost
(wait_for grep -q Ctrl-C /run/bt.kxen-lost; exec ./vmm --domid 602 --limit 500 --append deaf ticker-64) > /run/deaf 2>&1 &
bt kxen-lost 6
check "kxen-lost: one that is not shows" grep -qE "^@since\[$((602 << 16))\]" /run/bt.kxen-lost || tail -5 /run/bt.kxen-lost

# --- kxenlat ----------------------------------------------------------------------------
K=$D/build/tools/kxenlat
json() { /usr/bin/python3 -c "
import json, sys
d = json.load(open('/run/lat.json'))
rows = {(r['domid'], r['port'], r['stage']): r for r in d['rows']}
$1"; }
for how in "" --classic; do
	n="kxenlat${how:+ $how}"
	$K $how -t 4 --json > /run/lat.json 2> /run/lat.err
	check "$n ends well" [ $? = 0 ] || cat /run/lat.err
	check "$n says how it measures" grep -q "by $([ -n "$how" ] && echo classic || echo raw) tracepoints" /run/lat.err || cat /run/lat.err
	check "$n shows its progress" grep -q 'of 4 s, [1-9]' /run/lat.err
	check "$n: both guests, every stage" json "
for dom in (600, 601):
    for s in ('taken', 'acked', 'whole'):
        assert rows[(dom, -1, s)]['count'] > 0, (dom, s)" || head -c 600 /run/lat.json
	check "$n: rows for ports" json "
assert [k for k in rows if k[0] == 600 and k[1] > 0 and k[2] == 'taken']"
	check "$n: percentiles are in order" json "
for r in d['rows']:
    assert 0 < r['p50'] <= r['p90'] <= r['p99'] <= r['p99.9'], r
    assert sum(c for _, c in r['hist']) == r['count'], r"
	check "$n: the whole is not shorter than its part" json "
for k, r in rows.items():
    if k[2] == 'whole':
        assert r['mean'] >= rows[(k[0], k[1], 'taken')]['mean'] * 0.9, k"
	check "$n: EOIs and upper bounds" json "
assert 0 < d['upper_bounds'] < d['acks']"
done
$K -t 2 -d 600 --report /run/lat.html > /run/lat.txt 2>/dev/null
check "kxenlat: a table" grep -qE '^ +600 +all taken' /run/lat.txt || head -5 /run/lat.txt
check "kxenlat -d: no other domain" fails grep -qE '^ +601 ' /run/lat.txt
check "kxenlat --report: a page" sh -c "grep -q '<svg' /run/lat.html && grep -q '</html>' /run/lat.html"
check "kxenlat --report: it is well-formed" /usr/bin/python3 -c "
import html.parser
open_tags = []
class P(html.parser.HTMLParser):
    def handle_starttag(self, t, a):
        if t not in ('meta',): open_tags.append(t)
    def handle_endtag(self, t): assert open_tags.pop() == t
P().feed(open('/run/lat.html').read()); assert not open_tags"
check "kxenlat --live: the table while it measures" sh -c "$K -t 2 --live 2>/dev/null | grep -c 'domid' | grep -q '[2-9]'"
check "kxenlat --help" sh -c "$K --help | grep -q upper"
killall -9 vmm 2>/dev/null
echo 1 > $T/events/kvm_xen/enable
check_gone "latency, with its tracepoints on"
check "nothing is left of them" fails test -e $T/events/kvm_xen
check "kxenlat without the module says what to do" sh -c "$K 2>&1 | grep -q 'load the module'"
exit 0
JOB
files() {
	common_files "$1"
	echo "$KXEN_TOP" >"$WORK/topdir"
	echo "--file $WORK/topdir --root"
}
command -v bpftrace >/dev/null || { echo "Bail out! no bpftrace: make setup"; exit 1; }
make -s -C "$KXEN_TOP/tools/kxenlat" || { echo "Bail out! kxenlat does not build"; exit 1; }
echo "TAP version 13"
hosts "$job" files --timeout 300
tap_end
