#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""make bench: instructions per operation, on kvm-xen, on plain KVM and on Xen 4.17.

The host runs under QEMU's icount, where a time-stamp counts instructions, with one
CPU; the same guest image runs everywhere. The emulated SVM does not save the address
of the next instruction, so KVM emulates the one it steps over, which real processors
spare it: 'net' is without that part, as function_graph measures it in the same run.
Writes build/bench.json.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
IMG = os.path.join(BUILD, "selftests/img")
JOB = """
echo "PLAIN"; ./vmm --plain --limit 100 bench-64
insmod kvm-xen.ko || exit 1
echo "IDLE"; ./vmm --plain --limit 100 bench-64
./vmm --domid 700 --limit 300 sink-64 > /tmp/sink 2>&1 &
until grep -q port /tmp/sink; do usleep 10000; done
kill -STOP $!
echo "BUSY1"; ./vmm --plain --limit 100 bench-64
n=0; while [ $n -lt 15 ]; do ./vmm --hold --limit 300 version-64 < /dev/zero > /tmp/h.$n 2>&1 & n=$((n + 1)); done
n=0; while [ $n -lt 15 ]; do until grep -q READY /tmp/h.$n || ! kill -0 $! 2>/dev/null; do usleep 10000; done; n=$((n + 1)); done
echo "BUSY16"; ./vmm --plain --limit 100 bench-64
kill -CONT %1 2>/dev/null; kill -CONT $(pidof vmm) 2>/dev/null
echo "XEN"; ./vmm --domid 701 --limit 200 bench-64
T=/sys/kernel/tracing
echo kvm_skip_emulated_instruction kxen_park_point > $T/set_ftrace_filter
echo function_graph > $T/current_tracer; echo > $T/trace
./vmm --domid 702 --limit 200 version-64 > /dev/null
median() { grep "$1" $T/trace | grep -o '[0-9.]* us' | sort -n | awk -v n=$2 -v min=$3 '$1 > min { v[++c] = $1 } END { print "BENCH", n, int(v[int((c + 1) / 2)] * 1000 + 0.5) }'; }
# An OUT says where it ends and is stepped over at once: those are the short ones.
echo "SKIP"; median kvm_skip skip 1.5; median kxen_park tracer 0
echo nop > $T/current_tracer
killall -9 vmm 2>/dev/null
exit 0
"""


def parse(text):
    out, part = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z]+\d*", line):
            part = line
        m = re.match(r"BENCH (\S+) (\d+)", line)
        if m:
            out.setdefault(part, {})[m.group(1)] = int(m.group(2))
    return out


def on_host(series):
    with tempfile.NamedTemporaryFile("w", suffix=".job") as f:
        f.write(JOB)
        f.flush()
        cmd = [os.path.join(TOP, "scripts/l1.py"), "--series", series, "--icount", "--smp", "1",
               "--timeout", "900", "--no-scan", f.name]
        for x in (f"{BUILD}/{series}/kvm-xen.ko", f"{BUILD}/selftests/vmm", f"{IMG}/bench-64",
                  f"{IMG}/sink-64", f"{IMG}/version-64"):
            cmd += ["--file", x]
        text = subprocess.run(cmd, capture_output=True, text=True).stdout
    got = parse(text)
    if "XEN" not in got or "SKIP" not in got:
        sys.exit("the benchmark did not run on %s:\n%s" % (series, text[-2000:]))
    return got


def main():
    rows = []
    for series in sys.argv[1:] or ["6.1", "6.12"]:
        subprocess.run([os.path.join(TOP, "scripts/module.sh"), series], check=True)
        got = on_host(series)
        # What the tracer itself adds shows on a function of four instructions.
        skip = got["SKIP"]["skip"] - got["SKIP"]["tracer"]

        def row(op, impl, raw):
            rows.append({"op": op, "width": 64, "impl": impl, "host": series, "raw": raw,
                         "net": raw - skip, "locked": None})

        for op, raw in got["XEN"].items():
            row(op, "kvm-xen", raw)
        row("null", "kvm-intree", got["PLAIN"]["null"])
        for part, op in (("PLAIN", "bystander_none"), ("IDLE", "bystander_idle"),
                         ("BUSY1", "bystander_busy1"), ("BUSY16", "bystander_busy16")):
            row(op, "kvm-xen" if part != "PLAIN" else "kvm-intree", got[part]["cpuid"])
        print(f"host {series}: stepping over an instruction costs {skip}")
    xen = subprocess.run([os.path.join(TOP, "scripts/xen.py"), f"{IMG}/bench-64"],
                         env=dict(os.environ, KXEN_ICOUNT="1"), capture_output=True, text=True)
    for op, raw in parse("XEN\n" + xen.stdout).get("XEN", {}).items():
        rows.append({"op": op, "width": 64, "impl": "xen-4.17", "host": "xen-4.17", "raw": raw,
                     "net": None, "locked": None})
    json.dump({"rows": rows}, open(os.path.join(BUILD, "bench.json"), "w"), indent=1)
    print(f"{'operation':22} {'implementation':14} {'host':9} {'raw':>7} {'net':>7}")
    for r in rows:
        print(f"{r['op']:22} {r['impl']:14} {r['host']:9} {r['raw']:7} {r['net'] if r['net'] is not None else '-':>7}")


main()
