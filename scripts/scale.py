#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a send touches in the host as ports, vCPUs and domains grow: scale.py [--tap] [SERIES]

A domain's first and last vCPU, on two CPUs of the host, send to themselves on channels
that have nothing to do with each other. A plugin of the emulator notes each cache line
that the host touches and each locked instruction. What both touch and one of them writes
is a line that they contend for; the guest's own pages do not count. All but 'two nulls'
is beyond the null hypercall, which is KVM's exit and entry for the most part.
Adds "scaling" to build/bench.json; with --tap prints checks instead of a table.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

from kxen import BUILD, TOP, plugin, supported

NULL_FIRST, SEND_FIRST, NULL_LAST, SEND_LAST, ALLOC_LAST = range(5)


def run_host(series, so, out):
    cmd = [os.path.join(TOP, "scripts/l1.py"), "--series", series, "--smp", "2",
           "--timeout", "600", "--qemu=-plugin", f"--qemu={so},out={out}",
           "--append=noreplace-smp"]
    for x in (f"{BUILD}/{series}/kvm-xen.ko", f"{BUILD}/selftests/vmm",
              f"{BUILD}/selftests/img/scale-64", f"{BUILD}/selftests/img/version-64"):
        cmd += ["--file", x]
    cmd.append(os.path.join(TOP, "scripts/jobs/scale"))
    return subprocess.run(cmd, capture_output=True, text=True)


def usual(rounds):
    """(locked, {line: written}) of what most rounds have in common: no tick, no first time."""
    need = len(rounds) // 2 + 1
    count, written = {}, {}
    for _, lines in rounds:
        for line, how in lines.items():
            count[line] = count.get(line, 0) + 1
            written[line] = written.get(line, 0) + (how == "w")
    locked = sorted(r[0] for r in rounds)[len(rounds) // 2]
    return locked, {line: written[line] >= need for line, n in count.items() if n >= need}


def read_plugin(path):
    """A list of groups, each {op: (locked, lines)}."""
    groups = []
    for text in open(path):
        words = text.split()
        if words == ["group"]:
            groups.append({})
            continue
        lines = dict(w.split(":") for w in words[3:])
        groups[-1].setdefault(int(words[0]), []).append((int(words[2]), lines))
    return [{op: usual(rounds) for op, rounds in g.items()} for g in groups]


def contended(a, b):
    """Lines of both that one of them writes."""
    return {line for line in a.keys() & b.keys() if a[line] or b[line]}


def rows_of(text, groups, series):
    rows, domains, at = [], 0, iter(groups)
    for line in text.splitlines():
        words = line.split()
        if line.startswith("RUN domains="):
            domains = int(line.split("=")[1])
        elif line.startswith("not ok"):
            sys.exit("the image failed: " + line)
        elif words[:1] == ["CONFIG"]:
            g = next(at)
            locked, lines = g[SEND_FIRST]
            null_locked, null_lines = g[NULL_FIRST]
            own = {x: w for x, w in lines.items() if x not in null_lines}
            row = {"abi": words[1], "ports": int(words[2]), "vcpus": int(words[3]),
                   "domains": domains, "host": series, "locked": locked - null_locked,
                   "lines": len(own), "written": sum(own.values()), "all_lines": len(lines),
                   "group": g, "vcpus_share": None, "alloc_share": None, "null_share": None,
                   "domains_share": None}
            if SEND_LAST in g:
                null = contended(null_lines, g[NULL_LAST][1])
                row["null_share"] = len(null)
                row["vcpus_share"] = len(contended(lines, g[SEND_LAST][1]) - null)
                row["alloc_share"] = len(contended(lines, g[ALLOC_LAST][1]) - null)
            rows.append(row)
    # The last two runs are two domains that live at the same time.
    pairs = [r for r in rows if r["domains"] == 15]
    for a, b in zip(pairs, (r for r in rows if r["domains"] == 16)):
        b["domains_share"] = len(contended(a["group"][SEND_FIRST][1], b["group"][SEND_LAST][1]))
    return rows


def show(rows):
    print("what a send touches in the host: locked instructions, cache lines (written), and "
          "lines that unrelated calls contend for")
    print(f"{'abi':8} {'ports':>6} {'vcpus':>6} {'domains':>8} {'host':>5} {'locked':>7} "
          f"{'lines':>6} {'written':>8} {'two nulls':>10} {'two sends':>10} {'send+alloc':>11} "
          f"{'two domains':>12}")
    for r in rows:
        cell = ["-" if r[c] is None else r[c]
                for c in ("null_share", "vcpus_share", "alloc_share", "domains_share")]
        print(f"{r['abi']:8} {r['ports']:>6} {r['vcpus']:>6} {r['domains']:>8} {r['host']:>5} "
              f"{r['locked']:>7} {r['lines']:>6} {r['written']:>8} {cell[0]:>10} {cell[1]:>10} "
              f"{cell[2]:>11} {cell[3]:>12}")


def checks(rows):
    """The promises, as lines for the test."""
    def say(good, name):
        print(("ok - " if good else "not ok - ") + name)
    for abi in sorted({r["abi"] for r in rows}):
        mine = [r for r in rows if r["abi"] == abi]
        say(len({r["locked"] for r in mine}) == 1,
            f"{abi}: locked instructions do not grow: {sorted({r['locked'] for r in mine})}")
        say(max(r["lines"] for r in mine) <= min(r["lines"] for r in mine) + 2,
            f"{abi}: nor do cache lines: {sorted({r['lines'] for r in mine})}")
        more = [r for r in mine if r["vcpus"] > 1]
        for what, name in (("vcpus_share", "two vCPUs' sends"), ("alloc_share", "a send and an allocation")):
            n = [r[what] for r in more]
            say(n and not any(n), f"{abi}: {name} contend for no line that KVM's exits do not: {n}")
        two = [r["domains_share"] for r in mine if r["domains_share"] is not None]
        say(two and not any(two), f"{abi}: nor do those of two domains: {two}")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--tap", action="store_true", help="checks, not a table")
    p.add_argument("--keep", metavar="FILE", help="keep what the plugin wrote")
    p.add_argument("series", nargs="*", default=supported())
    args = p.parse_args()
    rows = []
    for series in args.series:
        subprocess.run([os.path.join(TOP, "scripts/module.sh"), series], check=True)
        with tempfile.TemporaryDirectory() as d:
            out = args.keep or os.path.join(d, "lines")
            done = run_host(series, plugin("lines"), out)
            if done.returncode:
                sys.exit(f"the host {series} failed:\n{done.stdout[-2000:]}")
            rows += rows_of(done.stdout, read_plugin(out), series)
    if args.tap:
        checks(rows)
        return
    show(rows)
    path = os.path.join(BUILD, "bench.json")
    data = json.load(open(path)) if os.path.exists(path) else {"rows": []}
    data["scaling"] = [{k: v for k, v in r.items() if k != "group"} for r in rows]
    with open(path, "w") as f:
        json.dump(data, f, indent=1)


main()
