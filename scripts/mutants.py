#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Would the tests notice? Break the code on purpose and see: mutants.py [NUMBER|NAME...]

Each selftests/mutants/NN-name.patch is one defect. Its header says which test is to fail:

  Caught-by: image NAME-WIDTH [options of vmm]	with what images.list says of it
  Caught-by: peers COUNT NAME-WIDTH [options]	so many domains of it, see job.sh
  Caught-by: large KIND COUNT NAME-WIDTH [options]	likewise, memory of large pages
  Caught-by: old_mmu KIND COUNT NAME-WIDTH [options]	and KVM without its newer MMU
  Caught-by: saved NAME-WIDTH ABI [options]	saved, and restored into a new VM
  Caught-by: stalled NAME-WIDTH "PLACE MICROSECONDS" [options]	see job.sh
  Caught-by: PROGRAM[:PART]			selftests/PROGRAM.sh; its part for the oldest
						host, if it has one, else its first; a host is
						named, or is old or new (common.sh)
  Caught-by: none				there is no such test yet; the text says why

First the tests run on the unmodified tree: what fails there judges nobody. Then each defect
is put into a copy of the tree, the module is built, and its test runs. KXEN_WORKERS copies
are in use at a time (2), each for one defect after the other, so that only what a defect
touches is compiled again. A mutant is killed by a test that fails, which then need not go on,
and by one that does not end. The output of each is build/mutants/NAME.log. Exit status 1
if a mutant survives, does not apply or does not build, or a test fails unmodified.
"""
import fcntl
import glob
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from kxen import BUILD, CACHE, NEW, OLD, TOP

PATCHES = os.path.join(TOP, "selftests/mutants")
OUT = os.path.join(BUILD, "mutants")
LIMIT_HOST = 240        # seconds of one image in a host
LIMIT = 1500            # of a program, for a hang
LIMIT_BUILD = 900


class Mutant:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path).removesuffix(".patch")
        with open(path) as f:
            head = f.read().split("\n--- ", 1)[0]
        found = re.findall(r"^Caught-by: (.+)$", head, re.M)
        if len(found) != 1:
            sys.exit(f"error: {path} has {len(found)} lines 'Caught-by:'")
        self.test = found[0].strip()
        self.verdict, self.why = "not judged", ""


def choose(wanted):
    """Those that are named, by number, name or both; all if none is."""
    every = [Mutant(p) for p in sorted(glob.glob(os.path.join(PATCHES, "*.patch")))]
    if not wanted:
        return every
    out = []
    for w in wanted:
        some = [m for m in every if w == m.name or w in m.name.split("-", 1) or
                w.isdigit() and int(w) == int(m.name.split("-")[0])]
        if not some:
            sys.exit(f"error: no mutant is called {w}")
        out += [m for m in some if m not in out]
    return out


running = set()


def end(p):
    """A program with all that it has started."""
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def complaints(paths):
    """What the output of a test in these files does not like."""
    out = []
    for path in paths:
        with open(path, errors="replace") as f:
            out += re.findall(r"^not ok .*|^# host: .*", f.read(), re.M)
    return out


def wait(p, limit, failed):
    """Its exit status; None at the limit, or as soon as it has failed."""
    end_of_time = time.time() + limit
    while time.time() < end_of_time and not (failed and failed()):
        try:
            return p.wait(2)
        except subprocess.TimeoutExpired:
            pass
    return None


def run(argv, cwd, log, limit, env=None, failed=None):
    """Its exit status, None if it had to be ended; what it says goes to the log."""
    with open(log, "a") as out:
        out.write("$ " + shlex.join(argv) + "\n")
        out.flush()
        p = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                             stderr=subprocess.STDOUT, start_new_session=True,
                             env=dict(os.environ, KXEN_CACHE=CACHE,
                                      KXEN_TREES=os.path.join(cwd, "build/trees"), **(env or {})))
        running.add(p)
        status = wait(p, limit, failed)
        end(p)
        p.wait()
        running.discard(p)
    return status


class Tree:
    """A copy of the tree, for one worker. What git ignores stays behind, but for programs."""

    def __init__(self, number):
        self.top = os.path.join(OUT, str(number))
        shutil.rmtree(self.top, ignore_errors=True)
        shutil.copytree(TOP, self.top, symlinks=True, ignore=self.not_copied)
        self.build = os.path.join(self.top, "build")
        os.makedirs(self.build)
        shutil.copytree(os.path.join(BUILD, "selftests"), os.path.join(self.build, "selftests"),
                        symlinks=True)
        if os.path.isdir(os.path.join(BUILD, "guest")):
            os.symlink(os.path.join(BUILD, "guest"), os.path.join(self.build, "guest"))

    @staticmethod
    def not_copied(path, names):
        return [n for n in names if n in (".git", "__pycache__") or
                path == TOP and n == "build"]

    def patch(self, mutant, log, back=False):
        """All of it or nothing, exactly where it is to go."""
        argv = ["patch", "-p1", "-F0", "-s", "-f", "--no-backup-if-mismatch", "-i",
                mutant.path] + ["-R"] * back
        return (run(argv + ["--dry-run"], self.top, log, 60) == 0 and
                run(argv, self.top, log, 60) == 0)

    def make(self, log):
        """The module, the programs; tools are built by who needs them."""
        return (run(["scripts/module.sh", OLD], self.top, log, LIMIT_BUILD) == 0 and
                run(["make", "-s", "-C", "selftests", "all"], self.top, log, LIMIT_BUILD) == 0)

    def image_test(self, test, log):
        """One guest in a host of its own."""
        words = shlex.split(test)
        # What stands before the image's name is a number of domains, or a kind of memory.
        before = {"peers": 1, "large": 2, "old_mmu": 2}.get(words[0], 0)
        kind, image, *options = words[:1] + words[1 + before:]
        if kind == "image":
            text = subprocess.run(["awk", "-v", "want=show", "-f", "images.awk", "images.list"],
                                  cwd=os.path.join(self.top, "selftests"), check=True,
                                  capture_output=True, text=True).stdout
            listed = {w[0]: w[1:] for w in map(str.split, text.splitlines())}
            words = [kind, image, *listed[image], *options]
        with tempfile.NamedTemporaryFile("w", prefix="kxen-params.") as params:
            params.write("TEST=" + shlex.quote(shlex.join(words)) + "\n")
            params.flush()
            files = [f"{OLD}/kvm-xen.ko", "selftests/vmm", f"selftests/img/{image}"]
            argv = ["python3", "scripts/l1.py", "--series", OLD,
                    "--timeout", str(LIMIT_HOST), "--file", "selftests/job.sh",
                    "--file", params.name + "=params"]
            if kind == "stalled":   # while one CPU of the host is slow the other goes on
                argv += ["--thread", "multi"]
                files += [f"{OLD}-stall/kxen_stall.ko", f"{OLD}-stall/places"]
                run(["scripts/stall.sh", OLD], self.top, log, LIMIT_BUILD)
            for f in files:
                argv += ["--file", os.path.join(self.build, f)]
            return run(argv + ["selftests/jobs/mutant"], self.top, log, LIMIT_HOST + 60,
                       failed=lambda: complaints([log]))

    def program_test(self, test, log):
        name, _, part = test.partition(":")
        part = {"old": OLD, "new": NEW}.get(part, part)
        program = os.path.join("selftests", name + ".sh")
        # A host that is alone does all of its program.
        env = {"KXEN_CHECK": "check", "KXEN_SERIES": part or OLD}
        text = subprocess.run([program, "--list"], cwd=self.top, check=True, text=True,
                              env=dict(os.environ, **env), capture_output=True).stdout
        parts = [line.split()[0] for line in text.splitlines()]
        part = part or (OLD if OLD in parts else parts[0])
        # A program passes a host's report on when that has ended.
        with tempfile.TemporaryDirectory(prefix="kxen-mutant.") as tmp:
            hosts = os.path.join(tmp, "*", "*.out")
            status = run([program, part], self.top, log, LIMIT, dict(env, TMPDIR=tmp),
                         lambda: complaints(glob.glob(hosts)))
            with open(log, "a") as f:
                f.writelines(line + "\n" for line in complaints(glob.glob(hosts)))
            return status

    def fails(self, test, log):
        """What the test does not like, or ''."""
        if test.split()[0] in ("image", "peers", "large", "old_mmu", "saved", "stalled"):
            status = self.image_test(test, log)
        else:
            status = self.program_test(test, log)
        bad = complaints([log])
        if status == 0 and not bad:
            return ""
        ended = "it does not end" if status in (None, 99) else f"status {status}"
        return re.sub(r"^not ok (\d+ )?- ", "", bad[0]) if bad else ended

    def judge(self, mutant, log):
        """The verdict, and what was said. The tree is as before afterwards."""
        if not self.patch(mutant, log):
            return "stale", "it does not apply"
        try:
            if not self.make(log):
                return "does not build", log
            if mutant.test == "none":
                return "no test", ""
            why = self.fails(mutant.test, log)
            return ("killed", why) if why else ("SURVIVES", mutant.test)
        finally:
            self.patch(mutant, log, back=True)


class Work:
    """What is to be done, by several trees: a list of (name, function of a tree and a log)."""

    def __init__(self, trees):
        self.trees = trees
        self.lock = threading.Lock()
        self.start = time.time()

    def say(self, text):
        with self.lock:
            print(f"[{time.time() - self.start:6.0f}] {text}", flush=True)

    def all(self, jobs, what):
        waiting = queue.Queue()
        for j in jobs:
            waiting.put(j)
        self.done = 0
        workers = [threading.Thread(target=self.some, args=(t, waiting, len(jobs), what),
                                    daemon=True) for t in self.trees]
        for w in workers:
            w.start()
        for w in workers:
            w.join()

    def some(self, tree, waiting, total, what):
        while True:
            try:
                name, fn = waiting.get_nowait()
            except queue.Empty:
                return
            log = os.path.join(OUT, re.sub(r"[^\w.-]+", "_", name) + ".log")
            open(log, "w").close()
            begin = time.time()
            said = fn(tree, log)
            with self.lock:
                self.done += 1
                done = self.done
            self.say(f"{what} {done} of {total}: {name}: {said} ({time.time() - begin:.0f} s)")


def control(work, tests):
    """The tests that fail without a defect: {test: what fails}"""
    bad = {}

    def one(test):
        def fn(tree, log):
            why = tree.fails(test, log) if tree.make(log) else "it does not build"
            if why:
                bad[test] = why
            return why or "passes"
        return "control " + test, fn

    work.all([one(t) for t in tests], "control")
    return bad


def judge_all(work, mutants, bad):
    def one(m):
        def fn(tree, log):
            if m.test in bad:
                m.verdict, m.why = "not judged", m.test
            else:
                m.verdict, m.why = tree.judge(m, log)
            return f"{m.verdict}: {m.why}" if m.why else m.verdict
        return m.name, fn

    work.all([one(m) for m in mutants], "mutant")


def table(mutants, bad):
    for test, why in bad.items():
        print(f"FAILS UNMODIFIED: {test}: {why}")
    for m in mutants:
        if m.verdict != "killed":
            print(f"{m.verdict:15} {m.name:34} {m.test}")
    count = {v: sum(m.verdict == v for m in mutants) for v in
             ("killed", "SURVIVES", "no test", "not judged", "stale", "does not build")}
    print(", ".join(f"{n} {v}" for v, n in count.items()))
    return 1 if bad or len(mutants) != count["killed"] + count["no test"] else 0


def main():
    mutants = choose([w for a in sys.argv[1:] for w in a.replace(",", " ").split()])
    os.makedirs(OUT, exist_ok=True)
    log = os.path.join(OUT, "programs.log")
    lock = open(os.path.join(OUT, "lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)        # the copies have room for one run
    if run(["make", "-s", f"-j{os.cpu_count()}", "-C", "selftests", "all"], TOP, log, LIMIT_BUILD):
        sys.exit(f"error: the test programs do not build: {log}")
    tests = list(dict.fromkeys(m.test for m in mutants if m.test != "none"))
    workers = min(int(os.environ.get("KXEN_WORKERS") or 2), len(mutants))
    work = Work([Tree(i) for i in range(workers)])
    # Tests are in sessions of their own: who ends this ends them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        bad = control(work, tests)
        judge_all(work, mutants, bad)
    except KeyboardInterrupt:
        for p in list(running):
            end(p)
        print("interrupted")
        return 1
    return table(mutants, bad)


if __name__ == "__main__":
    sys.exit(main())
