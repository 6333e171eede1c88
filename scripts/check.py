#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the selftests and count: check.py quick|check|full

Runs 'make -C selftests run_tests', shows what it prints with the time since the
start, and ends with one line: N passed, N failed, N skipped.
"""
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.environ.get("KXEN_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "kvm-xen")


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "check"
    env = dict(os.environ, KXEN_CHECK=what, KXEN_CACHE=CACHE)
    start = time.time()
    passed = failed = skipped = 0
    inner = 0           # lines counted inside the present program
    bad = []
    proc = subprocess.Popen(["make", "-s", "-C", os.path.join(TOP, "selftests"), "run_tests"],
                            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace")
    for line in proc.stdout:
        line = line.rstrip()
        print(f"[{time.time() - start:6.1f}] {line}", flush=True)
        m = re.match(r"# (not )?ok \d+ ?(.*)", line)
        if m:
            inner += 1
            if m.group(1):
                failed += 1
                bad.append(m.group(2))
            elif "# SKIP" in line:
                skipped += 1
            else:
                passed += 1
            continue
        m = re.match(r"(not )?ok \d+ (selftests: .*)", line)
        if m:
            # A program that died, or reported nothing, is a failure of its own.
            if m.group(1) or not inner:
                failed += 1
                bad.append(m.group(2))
            inner = 0
    if proc.wait() and not failed:
        failed += 1
        bad.append("make run_tests")
    for name in bad:
        print("FAILED: " + name)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
