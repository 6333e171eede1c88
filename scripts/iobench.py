#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a disk's 4 KB request and a network packet cost: iobench.py [--tap] [--where FILE] [IMPL[:HOST]...]

A guest, an unmodified Debian kernel, makes requests one at a time, to a disk and a network
interface of the same QEMU: Xen's on kvm-xen, virtio's on the same host, and Xen's in domain 0
of Xen 4.17. A plugin of the emulator counts all instructions that the machine executes
meanwhile: the guest's, the host's, and the backend's. IMPL is kvm-xen, virtio or xen-4.17.

'raw' is all of them for one request or packet. 'net' is without the rounds of string
instructions after the first, which is how 4 KB are copied, and without what KVM and Xen spend
on stepping over an instruction (as in bench.py, which tells the former; without it 'net' of
these is not known). A packet is one direction of an echo, or one that nobody answers,
without what as many pauses cost.
Adds its rows to build/bench.json. With --where also a FILE.HOST of code addresses, which
/proc/kallsyms of the host, in FILE.HOST.symbols, gives names to; with --tap it prints checks
behind the table, and adds nothing.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import xen
from kxen import BUILD, CACHE, NEW, OLD, TOP, elf, kernel, pack, plugin

QEMU = os.path.join(CACHE, "xen-qemu-new/usr/bin/qemu-system-x86_64")
BACKEND = os.path.join(CACHE, "xen-qemu-new/usr/libexec/xen-qemu-system-i386")
JOBS = os.path.join(TOP, "scripts/jobs")
PARTS = ("guest_program", "guest_kernel", None, "program", "kernel", "xen", "rounds", "step",
         "hypercalls", "halts", "cpuid_msr", "ports", "others")
INSNS = ("guest_program", "guest_kernel", "program", "kernel", "xen")
IMPLS = ("kvm-xen", "virtio", "xen-4.17")
# How many times what virtio's costs a request may cost: 1.3 is the aim, which packets miss on some hosts
# (Documentation/dom0-devices.rst).
MOST = {"blk4k_read": 1.3, "blk4k_write": 1.3, "netpkt_echo": 1.4, "netpkt_out": 1.5}
# What KVM steps over by reading the instruction: of a hypercall the processor says where it ends.
STEPPED = ("halts", "cpuid_msr")
# The guest's words beyond those of its devices.
WORDS = ("mitigations=off noxsave no_timer_check nokaslr lpj=10000000 cryptomgr.notests "
         "pci=noearly panic=-1")


def host_run(series, what, options, symbols):
    """The text of a KVM host that runs these."""
    with tempfile.TemporaryDirectory() as d:
        params = os.path.join(d, "params")
        with open(params, "w") as f:
            for k, v in (("TOP", TOP), ("KXEN_CACHE", CACHE), ("OLD", OLD), ("QEMU", QEMU),
                         ("BACKEND", BACKEND), ("WHAT", " ".join(what)), ("WORDS", WORDS),
                         ("SYMBOLS", symbols)):
                f.write(f"{k}={shlex.quote(v)}\n")
        cmd = [os.path.join(TOP, "scripts/l1.py"), "--series", series, "--icount", "--smp", "1",
               "--root", "--mem", "2G", "--module", "kvm-amd", "--module", "tun", "--no-scan",
               "--timeout", os.environ.get("KXEN_TIMEOUT", "1800"),
               "--append=kvm.halt_poll_ns=0 norandmaps cryptomgr.notests",
               "--file", f"{BUILD}/{series}/kvm-xen.ko", "--file", params,
               *(f"--qemu={o}" for o in options), os.path.join(JOBS, "iobench")]
        return subprocess.run(cmd, capture_output=True, text=True).stdout


def xen_run(options):
    """The text of Xen's domain 0 that runs the same guest."""
    rel, root = kernel(OLD)
    work = tempfile.mkdtemp(prefix="kxen-io.")
    try:
        tree = xen.plant_domain0(work, rel, root, ["tun"])
        lib = [os.path.join(CACHE, d, "usr/lib/x86_64-linux-gnu") for d in ("xen", "xen-qemu")]
        xen.put_program(tree, BACKEND, ":".join(lib))
        for src, name in ((elf(rel, root), "vmlinux"), (f"{BUILD}/guest/initrd-iobench.gz", "initrd"),
                          (os.path.join(JOBS, "iobench-xen"), "io")):
            shutil.copy(src, os.path.join(tree, "t", name))
        with open(os.path.join(tree, "t/words"), "w") as f:
            f.write(WORDS)
        os.environ.update(KXEN_ICOUNT="1", KXEN_QEMU=" ".join(options))
        return xen.boot(work, rel, root, pack(tree, "init-xen", compress=False), "1G", 1800)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def read_plugin(path):
    """A list of runs, each {number: [counts of a round]}: the numbers begin anew with each."""
    runs, last = [], None
    for line in open(path):
        number, *counts = (int(w) for w in line.split())
        if last is None or number < last:
            runs.append({})
        last = number
        runs[-1].setdefault(number, []).append(dict(zip(PARTS, counts)))
    return runs


def usual(rounds, each):
    """The round in the middle, for one request."""
    rounds = sorted(rounds, key=lambda r: sum(r[p] for p in INSNS))
    return {p: n / each for p, n in rounds[len(rounds) // 2].items() if p}


def packets(op):
    """Of what was measured, {name: counts} of what is told."""
    def minus(a, b):
        return {p: a[p] - b[p] for p in a}
    out = {"blk4k_read": op["blk_read"], "blk4k_write": op["blk_write"],
           "netpkt_echo": {p: n / 2 for p, n in op["net_echo"].items()},
           "netpkt_out": minus(op["net_out"], op["net_idle"])}
    return out


def rows_of(impl, host, text, counts, step):
    """Rows of one guest: what it has said, and what the plugin has counted."""
    ops = {int(m.group(1)): (m.group(2), int(m.group(3))) for m in
           re.finditer(rf"^{re.escape(impl)} IO (\d+) (\S+) (\d+)", text, re.M)}
    if not re.search(rf"^{re.escape(impl)} IODONE", text, re.M) or set(ops) - set(counts):
        sys.exit(f"{impl} on {host} did not end:\n{text[-3000:]}")
    op = {name: usual(counts[nr], each) for nr, (name, each) in ops.items()}
    rows = []
    for name, c in packets(op).items():
        raw = sum(c[p] for p in INSNS)
        steps = c["step"] if impl == "xen-4.17" else \
            None if step is None else step * sum(c[p] for p in STEPPED)
        rows.append({"op": name, "width": 64, "impl": impl, "host": host, "raw": round(raw),
                     "net": None if steps is None else round(raw - c["rounds"] - steps),
                     "locked": None, "parts": {p: round(n, 2) for p, n in c.items()}})
    return rows


def show(rows):
    print(f"{'operation':12} {'impl':9} {'host':9} {'raw':>7} {'net':>7}   guest: program, kernel"
          "   host: program, kernel, xen   rounds   hypercalls, halts, cpuid/msr, ports, others")
    for r in rows:
        p = r["parts"]
        print(f"{r['op']:12} {r['impl']:9} {r['host']:9} {r['raw']:>7} "
              f"{'-' if r['net'] is None else r['net']:>7}   "
              + " ".join(f"{p[k]:>8.0f}" for k in (*INSNS, "rounds")) + "   "
              + " ".join(f"{p[k]:>5.2f}" for k in PARTS[8:]))


def checks(rows):
    """Nobody's requests cost more than they may: lines for the test. Steps are in it."""
    def say(good, name):
        print(("ok - " if good else "not ok - ") + name)
    cost = {(r["op"], r["impl"], r["host"]): r["raw"] - round(r["parts"]["rounds"]) for r in rows}
    for (op, impl, host), own in cost.items():
        if impl != "kvm-xen":
            continue
        peer, real = cost.get((op, "virtio", host)), cost.get((op, "xen-4.17", "xen-4.17"))
        say(peer and own <= MOST[op] * peer,
            f"{op}: {own}, not more than {MOST[op]} times virtio's {peer}")
        if real:
            say(own < real, f"{op}: and less than domain 0's of Xen, {real}")


def read_json():
    path = os.path.join(BUILD, "bench.json")
    return path, json.load(open(path)) if os.path.exists(path) else {"rows": []}


def measure(impls, host, args, data):
    """All of these on one host."""
    with tempfile.TemporaryDirectory() as d:
        out = f"{args.where}.{host}.parts" if args.where else os.path.join(d, "parts")
        so = plugin("parts") + f",out={out}"
        if args.where:
            so += f",where={args.where}.{host}"
        if host == "xen-4.17":
            text = xen_run(["-plugin", so + xen.step_function()])
        else:
            subprocess.run([os.path.join(TOP, "scripts/module.sh"), host], check=True)
            text = host_run(host, impls, ["-plugin", so], "yes" if args.where else "")
        if args.where:
            with open(f"{args.where}.{host}.symbols", "w") as f:
                f.writelines(m.group(1) + "\n" for m in re.finditer(r"^SYM (.*)", text, re.M))
        runs = read_plugin(out)
    order = [m.group(1) for m in re.finditer(r"^RUN (\S+)", text, re.M) if m.group(1) != "done"]
    if len(order) != len(runs) or "RUN done" not in text:
        sys.exit(f"{host} did not end:\n{text[-3000:]}")
    return [row for impl, counts in zip(order, runs)
            for row in rows_of(impl, host, text, counts, data.get("step", {}).get(host))]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--where", metavar="FILE")
    p.add_argument("--tap", action="store_true", help="checks, too, and no rows added")
    p.add_argument("impl", nargs="*", default=IMPLS)
    args = p.parse_args()
    for f in (QEMU, BACKEND):
        if not os.path.exists(f):
            print(("skip - " if args.tap else "")
                  + "disk and network are left out: there is no newer QEMU; 'make setup' says why")
            return
    path, data = read_json()
    subprocess.run([os.path.join(TOP, "scripts/guest.sh"), OLD], check=True)
    subprocess.run(["make", "-s", "-C", os.path.join(TOP, "tools")], check=True)
    wanted = {}
    for w in args.impl:
        impl, _, host = w.partition(":")
        wanted.setdefault("xen-4.17" if impl == "xen-4.17" else host or NEW, []).append(impl)
    rows = []
    for host, impls in wanted.items():
        rows += measure(impls, host, args, data)
    show(rows)
    if args.tap:
        checks(rows)
        return
    new = {(r["op"], r["impl"], r["host"]) for r in rows}
    data["rows"] = [r for r in data["rows"] if (r["op"], r["impl"], r["host"]) not in new] + rows
    with open(path, "w") as f:
        json.dump(data, f, indent=1)


main()
