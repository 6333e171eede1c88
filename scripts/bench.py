#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""make bench: instructions per operation, on kvm-xen, on plain KVM and on Xen 4.17.

The host runs under QEMU's icount, where a time-stamp counts instructions, with one
CPU; the same guest image runs everywhere. Of CPUID the emulated SVM does not save the address
of the next instruction, so KVM emulates the one it steps over, which real processors
spare it: 'net' is without that part, as function_graph measures it in the same run. Of
a hypercall it does. On Xen a plugin of the emulator counts the function that does the same.
'locked' are the locked instructions beyond those of the null hypercall, whose row has
its own number; the same plugin counts them, in a run of its own. There it also counts
what string instructions take beyond one each, and beyond the null hypercall's: of maps and
copies 'net' is without that, too. Of an operation that does several things at once all but
'raw' are for one of them.
Writes build/bench.json.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

import xen
from kxen import BUILD, TOP, plugin, supported

IMG = os.path.join(BUILD, "selftests/img")
PER = {}        # how often an operation does what it is named by
ONCE = ("map", "unmap", "copy", "gntdev", "page_", "ffd_")       # here string instructions count once


def locked_counts(runs, path):
    """{run: {op: (locked, rounds)}} from the order of the runs and the plugin's lines."""
    groups, last = [], None
    for line in open(path):
        number, count, _, rounds = (int(w) for w in line.split())
        if last is None or number < last:
            groups.append({})
        groups[-1].setdefault(number, []).append((count, rounds))
        last = number
    out = {}
    for (name, ops), group in zip(runs.items(), groups):
        out[name] = {op: tuple(int(statistics.median(c)) for c in zip(*group[n]))
                     for n, op in ops.items() if n in group}
    return out


def inside_counts(ops, path):
    """{op: instructions in the plugin's function}, of a single run."""
    seen = {}
    for line in open(path):
        number, _, count, _ = (int(w) for w in line.split())
        seen.setdefault(number, []).append(count)
    return {op: int(statistics.median(seen[n])) for n, op in ops.items() if n in seen}


def marked(text):
    """What each run has marked: {run: {number: op}}."""
    out = {}
    for m in re.finditer(r"(\w+ )?MARKED (\d+) (\S+)", text):
        out.setdefault((m.group(1) or "XEN ").strip(), {})[int(m.group(2))] = m.group(3)
    return out


def parse(text):
    out, part = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z]+\d*", line):
            part = line
        m = re.match(r"BENCH (\S+) (\d+) ?(\d*)", line)
        if m:
            out.setdefault(part, {})[m.group(1)] = int(m.group(2))
            PER[m.group(1)] = int(m.group(3) or 1)
    return out


def run_host(series, job, *options):
    cmd = [os.path.join(TOP, "scripts/l1.py"), "--series", series, "--icount", "--smp", "1",
           "--timeout", "900", "--no-scan", "--module", "kvm-amd", "--module", "brd", *options]
    for x in (f"{BUILD}/{series}/kvm-xen.ko", f"{BUILD}/selftests/vmm", f"{IMG}/bench-64",
              f"{IMG}/sink-64", f"{IMG}/sinkfifo-64", f"{IMG}/sinknl-64", f"{IMG}/peerhost-64",
              f"{IMG}/version-64", f"{IMG}/gntbench-64", f"{IMG}/gnthost-64",
              f"{BUILD}/selftests/gntdev_bench", f"{BUILD}/selftests/paging", f"{BUILD}/selftests/notify"):
        cmd += ["--file", x]
    cmd.append(os.path.join(TOP, "scripts/jobs", job))
    return subprocess.run(cmd, capture_output=True, text=True).stdout


def on_host(series, so):
    """Counts of instructions, and of locked ones."""
    text = run_host(series, "bench")
    got = parse(text)
    if "XEN" not in got or "SKIP" not in got:
        sys.exit("the benchmark did not run on %s:\n%s" % (series, text[-2000:]))
    with tempfile.TemporaryDirectory() as d:
        out = os.path.join(d, "locked")
        text = run_host(series, "locked", "--qemu=-plugin", f"--qemu={so},out={out}",
                        "--append=noreplace-smp")
        return got, locked_counts(marked(text), out)


def on_xen(so):
    cmd = [os.path.join(TOP, "scripts/xen.py"), f"{IMG}/bench-64", f"{IMG}/gntbench-64:1:2"]
    env = dict(os.environ, KXEN_ICOUNT="1")
    text = subprocess.run(cmd, env=env, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as d:
        out = os.path.join(d, "locked")
        env["KXEN_QEMU"] = f"-plugin {so},out={out}{xen.step_function()}"
        ops = marked(subprocess.run(cmd, env=env, capture_output=True, text=True).stdout)
        return (parse("XEN\n" + text).get("XEN", {}), locked_counts(ops, out).get("XEN", {}),
                inside_counts(ops.get("XEN", {}), out))


def show(rows):
    print(f"{'operation':20} {'implementation':14} {'host':9} {'raw':>7} {'net':>7} {'locked':>7}")
    for r in rows:
        cell = ["-" if r[c] is None else r[c] for c in ("raw", "net", "locked")]
        print(f"{r['op']:20} {r['impl']:14} {r['host']:9} {cell[0]:>7} {cell[1]:>7} {cell[2]:>7}")


def main():
    rows, steps, so = [], {}, plugin("locked")

    # A system call of the host is no hypercall, nor is a fault.
    calls = ("notify_ioctl", "getppid", "gntdev_copy4096", "gntdev_map_cycle", "touch1",
             "touch1_ram", "page_", "ffd_")

    def add(op, impl, host, raw, skip, locked):
        per = PER.get(op, 1)
        own, rounds = locked.get(op, (None, 0))
        if own is not None and op not in ("null", "cpuid"):
            null = (0, 0) if op.startswith(calls) else locked.get("null", (0, 0))
            own = round((own - null[0]) / per)
            rounds -= null[1]
        if not op.startswith(ONCE):
            rounds = 0
        rows.append({"op": op, "width": 64, "impl": impl, "host": host, "raw": raw,
                     "net": None if skip is None else round((raw - skip - rounds) / per),
                     "locked": own})

    for series in sys.argv[1:] or supported():
        subprocess.run([os.path.join(TOP, "scripts/module.sh"), series], check=True)
        got, locked = on_host(series, so)
        # What the tracer itself adds shows on a function of a few instructions.
        skip = steps[series] = got["SKIP"]["skip"] - got["SKIP"]["tracer"]

        def decoded(op, skip=skip):     # of a call the processor says where it ends
            return skip if op == "cpuid" else 0

        for op, raw in got["XEN"].items():
            add(op, "kvm-xen", series, raw, decoded(op), locked.get("XEN", {}))
        add("kvm_null", "kvm", series, got["PLAIN"]["null"], 0, {})
        for part, op in (("PLAIN", "bystander_none"), ("IDLE", "bystander_idle"),
                         ("BUSY1", "bystander_busy1"), ("BUSY16", "bystander_busy16")):
            add(op, "kvm" if part == "PLAIN" else "kvm-xen", series, got[part]["cpuid"], skip, {})
        for op, raw in got.get("INTREE", {}).items():
            add(op, "kvm-intree", series, raw, decoded(op), locked.get("INTREE", {}))
        print(f"host {series}: stepping over an instruction costs {skip}")
    got, locked, step = on_xen(so)
    for op, raw in got.items():
        add(op, "xen-4.17", "xen-4.17", raw, step.get(op), locked)
    with open(os.path.join(BUILD, "bench.json"), "w") as f:
        json.dump({"rows": rows, "step": steps}, f, indent=1)
    show(rows)


main()
