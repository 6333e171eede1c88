#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Windows and views on a real memory protection unit of exception level 2, in instructions.

Runs selftests/mpu on QEMU's board with a Cortex-R52 (mps3-an536), one instruction a translation
block, and looks in the emulator's log what each call of its functions has executed: how many
instructions, which of them write a register of the unit, which are barriers. Nothing here is a
cycle: what a register or a barrier costs on silicon is not known here.

Adds "mpu" to build/bench.json; with --tap prints checks instead of a table: those of the program,
and that a window costs what it may.
"""
import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

from kxen import BUILD, CACHE, TOP

OUT = os.path.join(BUILD, "selftests/mpu")
ELF = os.path.join(OUT, "mpu.elf")
ROOT = os.path.join(CACHE, "mpu")
QEMU = os.path.join(ROOT, "usr/bin/qemu-system-arm")
# The aims, with a register for each region: a page of another guest's, and one that is open.
WINDOW, WRITES, HIT = 16, 3, 4
SHOWN = (1, 8, 14)  # of the sizes of views; with 14 there is no room for a window
FORMS = {"direct": "a register each", "select": "selected region"}


def symbols():
    """{name: address}, and the names of what is measured by address."""
    where, measured = {}, {}
    for line in subprocess.run(["llvm-nm", ELF], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        addr, _, name = line.split()
        where[name] = int(addr, 16)
        measured[int(addr, 16)] = name
    return where, measured


def code():
    """A function that gives the instruction at an address."""
    data = open(ELF, "rb").read()
    phoff, = struct.unpack_from("<I", data, 28)
    size, n = struct.unpack_from("<HH", data, 42)
    parts = [struct.unpack_from("<5I", data, phoff + i * size) for i in range(n)]

    def at(addr):
        for kind, offset, start, _, length in parts:
            if kind == 1 and start <= addr < start + length:
                return struct.unpack_from("<I", data, offset + addr - start)[0]
        return 0
    return at


def kind(insn):
    """What an instruction does to the unit."""
    if insn & 0x0ff0_0010 == 0x0e80_0010 and insn & 0xf00 == 0xf00 and insn >> 16 & 15 == 6:
        return "writes"     # MCR p15, 4, Rt, c6, ...
    if insn & 0xffff_fff0 in (0xf57f_f040, 0xf57f_f060):
        return "barriers"   # DSB, ISB
    return None


def run(*options):
    return subprocess.run([QEMU, "-L", os.path.join(ROOT, "usr/share/qemu"), "-M", "mps3-an536",
                           "-smp", "1", "-display", "none", "-serial", "none", "-monitor", "none",
                           "-semihosting-config", "enable=on,target=native", "-kernel", ELF,
                           *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300)


def calls(log, where, measured):
    """[(function, {instructions, writes, barriers})] of the log, in order."""
    begin, end = where["calls_begin"], where["calls_end"]
    names = {"nothing", "begin", "page", "find", "end", "enter", "send_2l", "send_fifo",
             "send_fifo_behind", "send_nlevel"}
    at, out, now, calling = code(), [], None, False
    for line in log:
        m = re.match(r"Trace \d+: \S+ \[\w+/(\w+)/", line)
        if not m:
            continue
        pc = int(m.group(1), 16)
        if begin <= pc < end:
            now, calling = None, True
            continue
        if calling and measured.get(pc) in names:
            now = {"insns": 0, "writes": 0, "barriers": 0}
            out.append((measured[pc], now))
        calling = False
        if now is not None:
            now["insns"] += 1
            what = kind(at(pc))
            if what:
                now[what] += 1
    return out


def measure():
    """[row], and what the program has said."""
    where, measured = symbols()
    size = where["measured_end"] - where["calls_begin"]
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "log")
        done = run("-accel", "tcg,one-insn-per-tb=on", "-d", "exec,nochain", "-D", path,
                   "-dfilter", f"{where['calls_begin']:#x}+{size:#x}")
        with open(path) as f:
            seen = calls(f, where, measured)
    rows, last = [], None
    for line in done.stdout.splitlines():
        word = line.split()
        if word[:1] == ["CALL"]:
            fn, count = seen[len(rows)] if len(rows) < len(seen) else ("nothing", {})
            if not word[3].startswith(fn):
                sys.exit(f"the log has {fn} where the program says {line}")
            policy, _, form = word[1].partition("_")
            last = {"policy": policy, "form": form, "regions": int(word[2]), "what": word[3],
                    **count}
            rows.append(last)
        elif word[:1] == ["COUNT"]:
            last["counted"] = dict(zip(("writes", "barriers", "windows", "hits", "switches"),
                                       map(int, word[1:])))
    if len(rows) != len(seen):
        sys.exit(f"{len(seen)} calls are in the log, and {len(rows)} were made:\n"
                 + done.stdout[-500:])
    return rows, done


def net(rows):
    """Beyond an empty function; of a send, beyond the same one where all memory is reached."""
    base = {}
    for r in rows:
        if r["policy"] == "flat" and r["what"].startswith("send"):
            base[r["what"]] = r["insns"]
    empty = min(r["insns"] for r in rows if r["what"] == "nothing")
    for r in rows:
        r["net"] = r["insns"] - (base[r["what"]] if r["what"].startswith("send") else empty)
    return base


def pick(rows, policy, form, regions, what):
    return next(r for r in rows if (r["policy"], r["form"], r["regions"], r["what"]) ==
                (policy, form, regions, what))


def show(rows, base):
    print("Cortex-R52 (QEMU), instructions executed, not cycles; 2 more regions are the "
          "hypervisor's own")
    print(f"\n{'one step':34} {'registers':16} {'regions':>7} {'insns':>6} {'writes':>6} "
          f"{'barriers':>8}")

    def row(name, r, regions):
        print(f"{name:34} {FORMS[r['form']]:16} {regions:>7} {r['net']:>6} {r['writes']:>6} "
              f"{r['barriers']:>8}")
    for form in FORMS:
        for name, what in (("window: another page", "page_other"), ("window: the same page", "page_again"),
                           ("window: closed by the call's end", "end"),
                           ("a page is the caller's own: found", "find_own"),
                           ("it is not: found, window", "find_other")):
            row(name, pick(rows, "window", form, 1, what), 1)
        for n in sorted({r["regions"] for r in rows if r["what"] == "enter"}):
            row("view exchanged: all memory", pick(rows, "switch", form, n, "page_first"), n)
            row("view exchanged: back", pick(rows, "switch", form, n, "end"), n)
            row("view exchanged: another vCPU's", pick(rows, "switch", form, n, "enter"), n)
    print(f"\n{'a send to another guest':24} {'policy':18} {'registers':16} {'regions':>7} "
          f"{'insns':>6} {'writes':>6} {'barriers':>8} {'windows':>7} {'hits':>5}")
    for what in base:
        print(f"{what:24} {'all is reached':18} {'':16} {'':>7} {base[what]:>6}")
        for policy, text in (("window", "1 window"), ("switch", "2 switch"),
                             ("both", "1 (twice), then 2")):
            for form in FORMS:
                for r in rows:
                    if (r["policy"], r["form"], r["what"]) != (policy, form, what) or \
                            r["regions"] not in (SHOWN[:1] if policy == "window" else SHOWN):
                        continue
                    c = pick(rows, policy, "counted", r["regions"], what)["counted"]
                    print(f"{'  beyond that':24} {text:18} {FORMS[form]:16} {r['regions']:>7} "
                          f"{r['net']:>6} {r['writes']:>6} {r['barriers']:>8} "
                          f"{c['windows']:>7} {c['hits']:>5}")


def checks(rows, done):
    """TAP: what the program says, and what of it was seen from outside."""
    said = [line.partition(" - ")[::2] for line in done.stdout.splitlines()
            if line.startswith(("ok ", "not ok "))]
    bad = [text for how, text in said if how.startswith("not")]
    tap = [(done.returncode == 0 and len(said) > 700 and f"1..{len(said)}" in done.stdout,
            f"the program makes all of its checks, {len(said)}")]
    tap += [(False, text) for text in bad]
    tap.append((not bad, "each is good"))
    for r in rows:
        if "counted" in r and any(r[k] != r["counted"][k] for k in ("writes", "barriers")):
            tap.append((False, f"{r['what']}, {r['policy']}: {r['counted']} are counted, "
                               f"{r['writes']} and {r['barriers']} are executed"))
    tap.append((all(t[0] for t in tap), "what is counted is what is executed"))
    other, again = (pick(rows, "window", "direct", 1, w) for w in ("page_other", "page_again"))
    tap.append((other["net"] <= WINDOW and other["writes"] <= WRITES,
                f"a window is at most {WINDOW} instructions and {WRITES} writes: "
                f"{other['net']} and {other['writes']}"))
    tap.append((again["net"] <= HIT and not again["writes"] and not again["barriers"],
                f"a hit is at most {HIT} instructions and nothing else: {again['net']}"))
    print("TAP version 13")
    for i, (good, text) in enumerate(tap, 1):
        print(f"{'ok' if good else 'not ok'} {i} - {text}")
    print(f"1..{len(tap)}")
    sys.exit(not all(t[0] for t in tap))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tap", action="store_true")
    args = p.parse_args()
    if not os.path.exists(QEMU):
        print("no emulator of a Cortex-R52 could be had (make setup): windows are not measured")
        return
    subprocess.run(["make", "-s", "-C", os.path.join(TOP, "selftests/mpu"), f"OUT={OUT}"],
                   check=True)
    rows, done = measure()
    base = net(rows)
    if args.tap:
        checks(rows, done)
    show(rows, base)
    path = os.path.join(BUILD, "bench.json")
    data = json.load(open(path)) if os.path.exists(path) else {"rows": []}
    data["mpu"] = rows
    with open(path, "w") as f:
        json.dump(data, f, indent=1)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
