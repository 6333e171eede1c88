#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the selftests and count: check.py quick|check|full|debug [NAME[:PART]...]

Each program of selftests/ has parts (NAME.sh --list), a host each as a rule. They wait in
one queue, the longest first, and KXEN_WORKERS of them run at a time (as many as there are
CPUs, if each has 4 GB, two at least: an emulated host is one busy thread). One more runs
beside them while parts that wait a good deal leave it the time for it. What a part says is
shown when it has ended, with the time since the start; how long it took, and how busy it was,
is kept in the cache, for the next run. Names take the place of the programs that
selftests/Makefile has for quick, check, full and debug. Ends with the slowest parts, what
failed parts have said, and one line: N passed, N failed, N skipped.
"""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

from kxen import BUILD, CACHE, TOP

TESTS = os.path.join(TOP, "selftests")
OUT = os.path.join(BUILD, "check")
DURATIONS = os.path.join(CACHE, "durations.json")
LIMIT = {"full": 4 * 3600}      # of a part, for a hang; others
LIMIT_ELSE = 3600
SLACK = 0.1                     # CPUs by which parts may be busier than there are
SHOWN = 20                      # lines that a failed check may say in the summary


class Part:
    """One part of a program: a host with its job, or the whole of it."""

    def __init__(self, name, part, weight, after):
        self.name, self.part, self.weight, self.after = name, part, weight, after
        self.key = f"{name}:{part}"
        self.busy = 1.0         # CPUs that it uses
        self.proc = None
        self.wall = self.cpu = 0.0
        self.passed = self.skipped = 0
        self.bad = []           # (check, what was said)

    def start(self, env):
        self.begin = time.time()
        self.path = os.path.join(OUT, f"{self.name}-{self.part}.tap")
        with open(self.path, "w") as out:
            self.proc = subprocess.Popen([os.path.join(TESTS, self.name + ".sh"), self.part],
                                         env=env, stdin=subprocess.DEVNULL, stdout=out,
                                         stderr=subprocess.STDOUT, start_new_session=True)

    def kill(self):
        try:
            os.killpg(self.proc.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def wait(self, limit):
        """Its end; what it has said, counted."""
        timer = threading.Timer(limit, self.kill)
        timer.start()
        _, status, usage = os.wait4(self.proc.pid, 0)
        timer.cancel()
        self.kill()             # what it has left behind
        self.wall = time.time() - self.begin
        self.cpu = usage.ru_utime + usage.ru_stime
        with open(self.path, errors="replace") as f:
            self.lines = f.read().splitlines()
        self.count(os.waitstatus_to_exitcode(status))

    def count(self, status):
        """TAP: a part that died, says nothing or not all of it is a failure of its own."""
        seen, plan, said = 0, None, None
        for line in self.lines:
            m = re.match(r"(not )?ok \d+ ?-? ?(.*)", line)
            if m:
                seen += 1
                said = None
                if m.group(1):
                    said = []
                    self.bad.append((m.group(2), said))
                elif "# SKIP" in line:
                    self.skipped += 1
                else:
                    self.passed += 1
            elif re.match(r"1\.\.\d+$", line):
                plan = int(line[3:])
            elif said is not None:
                said.append(line)
        tail = self.lines[-SHOWN:]
        if not seen:
            self.bad.append(("it runs any check", tail))
        elif plan != seen:
            self.bad.append((f"it says all its checks ({seen} of {plan})", tail))
        elif status and not self.bad:
            self.bad.append((f"it ends well (status {status})", tail))


def list_parts(name, env, known):
    """The parts of a program, with what they took the last time."""
    text = subprocess.run([os.path.join(TESTS, name + ".sh"), "--list"], env=env, check=True,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    out = []
    for line in text.splitlines():
        part, weight, *after = line.split()
        p = Part(name, part, float(weight), after)
        p.weight, p.busy = known.get(f"{env['KXEN_CHECK']} {p.key}", [p.weight, p.busy])
        out.append(p)
    return out


def choose(what, wanted, env):
    """The parts that are to run."""
    known = read_durations()
    if not wanted:
        text = subprocess.run(["make", "-s", "-C", TESTS, "progs"], env=env, check=True,
                              capture_output=True, text=True).stdout
        wanted = [w.removesuffix(".sh") for w in text.split()]
    parts = []
    for w in wanted:
        name, _, part = w.removesuffix(".sh").partition(":")
        if not os.access(os.path.join(TESTS, name + ".sh"), os.X_OK):
            sys.exit(f"error: there is no selftests/{name}.sh")
        some = [p for p in list_parts(name, env, known) if part in ("", p.part)]
        if not some:
            sys.exit(f"error: {name}.sh has no part {part}")
        parts += some
    return parts


def read_durations():
    """{"check save:SERIES": (seconds, CPUs)}, as far as it is known."""
    try:
        with open(DURATIONS) as f:
            # One of before has the seconds alone.
            return {k: v if isinstance(v, list) else [v, 1.0] for k, v in json.load(f).items()}
    except (OSError, ValueError):
        return {}


def keep(what, parts):
    """What parts took, for the next run."""
    known = read_durations()
    known.update({f"{what} {p.key}": [round(p.wall, 1), round(p.cpu / p.wall, 2)]
                  for p in parts if not p.bad})
    with open(DURATIONS + ".new", "w") as f:
        json.dump(known, f, indent=1, sort_keys=True)
    os.replace(DURATIONS + ".new", DURATIONS)


def default_workers():
    """How many parts at a time, and whether there is room for one more."""
    with open("/proc/meminfo") as f:
        room = int(re.search(r"^MemAvailable: *(\d+)", f.read(), re.M).group(1)) >> 22
    workers = int(os.environ.get("KXEN_WORKERS") or max(2, min(os.cpu_count(), room)))
    return workers, room > workers and "KXEN_WORKERS" not in os.environ


class Queue:
    """Workers take the longest part that need not wait for another one; one more of them takes
    what the CPUs have time for."""

    def __init__(self, parts, env, limit, workers, one_more):
        # What another one waits for counts with it.
        rank = {p.key: p.weight + max((q.weight for q in parts if p.key in q.after), default=0)
                for p in parts}
        self.waiting = sorted(parts, key=lambda p: -rank[p.key])
        self.env, self.limit, self.workers, self.one_more = env, limit, workers, one_more
        self.running, self.done = [], []
        self.total = len(parts)
        self.start = time.time()
        self.change = threading.Condition()

    def may_start(self, p):
        if {q.key for q in self.waiting + self.running}.intersection(p.after):
            return False
        busy = sum(q.busy for q in self.running) + p.busy
        return len(self.running) < self.workers or busy <= os.cpu_count() + SLACK

    def take(self):
        with self.change:
            while self.waiting:
                for p in self.waiting:
                    if self.may_start(p):
                        self.waiting.remove(p)
                        self.running.append(p)
                        p.start(self.env)
                        return p
                self.change.wait()
            return None

    def work(self):
        while True:
            p = self.take()
            if p is None:
                return
            p.wait(self.limit)
            with self.change:
                self.running.remove(p)
                self.done.append(p)
                self.show(p)
                self.change.notify_all()

    def show(self, p):
        stamp = f"[{time.time() - self.start:6.1f}]"
        for line in p.lines:
            print(f"{stamp} {p.key}| {line}")
        others = ", ".join(r.key for r in self.running) or "nothing"
        print(f"{stamp} == {p.key}: {p.passed} passed, {len(p.bad)} failed, {p.skipped} skipped "
              f"in {p.wall:.0f} s; {len(self.done)} of {self.total} parts done, {others} running",
              flush=True)

    def run(self):
        threads = [threading.Thread(target=self.work, daemon=True)
                   for _ in range(self.workers + self.one_more)]
        for t in threads:
            t.start()
        try:
            for t in threads:
                t.join()
        except KeyboardInterrupt:
            with self.change:
                self.waiting.clear()
                for p in self.running:
                    p.kill()
            raise


def summary(parts, wall):
    print(f"{'part':24} {'seconds':>8} {'CPU':>6}")
    for p in sorted(parts, key=lambda p: -p.wall)[:12]:
        print(f"{p.key:24} {p.wall:8.0f} {p.cpu:6.0f}")
    used = sum(p.cpu for p in parts) / (wall * os.cpu_count())
    print(f"{'all':24} {wall:8.0f} {sum(p.cpu for p in parts):6.0f} "
          f"({100 * used:.0f} % of {os.cpu_count()} CPUs)")
    for p in parts:
        for check, said in p.bad:
            print(f"FAILED: {p.key}: {check}")
            for line in said[:SHOWN]:
                print("    " + line)


def main():
    what, *wanted = sys.argv[1:] or ["check"]
    wanted = [w for arg in wanted for w in arg.split(",") if w]
    env = dict(os.environ, KXEN_CHECK=what, KXEN_CACHE=CACHE)
    os.makedirs(OUT, exist_ok=True)
    begin = time.time()
    # With all CPUs, before each part finds that there is nothing to build.
    if subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "-C", TESTS, "all"],
                      env=env).returncode:
        print("FAILED: the test programs do not build\n0 passed, 1 failed, 0 skipped")
        return 1
    queue = Queue(choose(what, wanted, env), env, LIMIT.get(what, LIMIT_ELSE), *default_workers())
    # Parts are in sessions of their own: who ends this ends them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        queue.run()
    except KeyboardInterrupt:
        print("interrupted")
        return 1
    keep(what, queue.done)
    summary(queue.done, time.time() - begin)
    passed, failed = sum(p.passed for p in queue.done), sum(len(p.bad) for p in queue.done)
    print(f"{passed} passed, {failed} failed, {sum(p.skipped for p in queue.done)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
