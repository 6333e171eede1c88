#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Boot a stock Debian kernel as the KVM host and run a job in it.

The job is a shell script (busybox sh, or bash with --root). What it prints goes
to standard output; the kernel's console goes to the log, which is looked through
for splats. Exit status: the job's; 99 if it did not end; 98 for a splat.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from kxen import CACHE, OLD, TOP, elf, kernel, modules, pack, plant, put_files, put_modules

# What no host may say while a test runs.
SPLAT = re.compile(
    r"\bBUG\b|\bWARNING\b|\bOops\b|general protection fault|Call Trace|"
    r"Kernel panic|lockdep|possible recursive locking|circular locking|"
    r"rcu.*(stall|detected)|soft lockup|hung task|blocked for more than|"
    r"use-after-free|refcount_t|list_(add|del) corruption|UBSAN|KASAN|KCSAN|ODEBUG|"
    r"inconsistent lock|suspicious RCU|sleeping function|Redzone|Poison overwritten|"
    r"deprecated workqueue|kmemleak: .* new|irq lock inversion|lock held when returning")
# Said by these kernels at boot on this emulated machine, module or not.
HARMLESS = re.compile(
    r"Spectre|MDS|Speculative|RETBleed|mitigation|unsupported hardware|"
    r"no TSC_DEADLINE|debug info|LBR|ACPI BIOS|rcu: (?!INFO)|RCU Tasks(?!.*stall)|"
    r"kvm_xen: loading out-of-tree|module verification failed|"
    r"RCU (lockdep checking|CPU stall warnings)")
# What a host of arm64 is made of: scripts/arm64.sh.
ARM64_QEMU = os.path.join(CACHE, "arm64/tools/bin/qemu-system-aarch64")
ARM64_BUSYBOX = os.path.join(CACHE, "arm64/busybox/bin/busybox")
ARM64_USER = os.path.join(CACHE, "arm64/user")
# What a host boots faster with. What is counted is counted without.
# The clock is measured twice; on a loaded machine the second figure may be so much lower that
# KVM, which took the first, leaves its guests without a working clock (tsc_tolerance_ppm).
BOOT_WORDS = "init_on_alloc=0 cryptomgr.notests kvm.tsc_tolerance_ppm=20000"
# The emulated CPUs read one counter, but do not say so. The oldest host does not trust it, so that
# each vCPU has a clock of its own (no master clock); the others do, as real machines would.
CLOCK_WORDS = "tsc=reliable"
# For kernels that are built for the tests. They are slow.
DEBUG_WORDS = ("kasan_multi_shot page_poison=1 watchdog_thresh=60 "
               "rcupdate.rcu_cpu_stall_timeout=120")


def is_arm64(args):
    return args.series.endswith("-arm64")


def is_debug(args):
    """Built for the tests: such a series has a dash and a name."""
    return "-" in args.series and not is_arm64(args)


def initramfs(args, rel, root, work):
    tree = plant(work, busybox=ARM64_BUSYBOX) if is_arm64(args) else plant(work)
    names = list(args.module)
    if args.root:
        names += ["virtio_pci", "9p", "9pnet_virtio"]
    put_modules(tree, modules(rel, root, names))
    if args.root and is_arm64(args):
        open(os.path.join(tree, "m/user"), "w").close()
    elif args.root:
        open(os.path.join(tree, "m/root"), "w").close()
        with open(os.path.join(tree, "m/keep"), "w") as f:
            f.write(TOP + "\n" + CACHE + "\n")
    put_files(tree, args.file + [args.job + "=job"])
    with open(os.path.join(tree, "m/tty"), "w") as f:
        f.write("ttyS0\n" if is_arm64(args) else "ttyS1\n")
    return pack(tree, "init-l1", compress=False)


def emulator(args):
    own = os.path.join(CACHE, "qemu", "qemu-system-x86_64")
    if args.stock_qemu or not os.access(own, os.X_OK):
        return ["qemu-system-x86_64"], True
    return [own, "-L", "/usr/share/qemu", "-L", "/usr/share/seabios",
            "-L", "/usr/lib/ipxe/qemu"], False


def nested_kvm():
    for vendor in ("amd", "intel"):
        try:
            v = open(f"/sys/module/kvm_{vendor}/parameters/nested").read().strip()
        except OSError:
            continue
        if v in ("1", "Y") and os.access("/dev/kvm", os.R_OK | os.W_OK):
            return True
    return False


def image(args, rel, root):
    """Debian's as ELF: to unpack itself is a quarter of a host's start under emulation.
    Those that are built for the tests have no PVH entry."""
    return f"{root}/boot/vmlinuz-{rel}" if is_debug(args) or is_arm64(args) else elf(rel, root)


def shared_root(path):
    return ["-virtfs", f"local,path={path},mount_tag=hostroot,security_model=none,"
                       "readonly=on,multidevs=remap"]


def arm64_command(args, rel, root, initrd, work):
    """The job's words come by a serial line on PCI: the machine has one of its own."""
    cpu = args.cpu or "cortex-a76"
    return [ARM64_QEMU, "-machine", "virt,virtualization=on,gic-version=3",
            "-accel", "tcg,thread=" + args.thread, "-cpu", cpu, "-smp", str(args.smp),
            "-m", args.mem, "-display", "none", "-no-reboot", "-nodefaults",
            "-monitor", f"unix:{work}/monitor,server=on,wait=off", "-serial", "file:" + args.log,
            "-chardev", "stdio,id=job,signal=off", "-device", "pci-serial,chardev=job",
            "-kernel", image(args, rel, root), "-initrd", initrd,
            "-append", "console=ttyAMA0 loglevel=7 panic=-1 oops=panic " + args.append] + (
                shared_root(ARM64_USER) if args.root else []) + args.qemu


def command(args, rel, root, initrd, work):
    qemu, stock = emulator(args)
    smp = 1 if stock and not args.smp_force else args.smp
    if args.nested and nested_kvm():
        machine = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host"]
        smp = args.smp
    else:
        machine = qemu + ["-accel", "tcg,thread=" + args.thread,
                          "-cpu", args.cpu or "max,+svm,+npt"]
    cmd = machine + [
        "-smp", str(smp), "-m", args.mem, "-display", "none", "-no-reboot",
        "-nodefaults", "-monitor", f"unix:{work}/monitor,server=on,wait=off",
        "-serial", "file:" + args.log, "-serial", "stdio",
        "-kernel", image(args, rel, root), "-initrd", initrd,
        "-append", "console=ttyS0 loglevel=7 panic=-1 oops=panic mitigations=off nokaslr "
                   "no_timer_check " + args.append]
    if args.icount:
        cmd += ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
    if args.root:
        cmd += shared_root("/")
    return cmd + args.qemu


def look_inside(proc, path, seconds):
    """The time is over: what the emulator knows of the host's CPUs, then its end."""
    print(f"# no end within {seconds} s; the emulated CPUs:")
    text = b""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(path)
            s.sendall(b"info registers -a\ninfo lapic\ninfo pic\n")
            while True:
                part = s.recv(65536)
                if not part:
                    break
                text += part
    except OSError:
        pass
    for line in text.decode("utf-8", "replace").splitlines():
        if re.search(r"PC=|RIP=|CPU#|HLT|timer|LVTT|ISR|IRR|TMICT|TMCCT|DCR|irr=|EFL", line):
            print("# emulator: " + line.strip())
    proc.kill()


def splats(log):
    bad = []
    for line in open(log, errors="replace"):
        if SPLAT.search(line) and not HARMLESS.search(line):
            bad.append(line.rstrip())
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--series", default=OLD, help=f"kernel of the host ({OLD})")
    p.add_argument("--smp", type=int, default=2)
    p.add_argument("--smp-force", action="store_true",
                   help="more than one CPU also with the uncorrected emulator")
    p.add_argument("--thread", default="single")
    p.add_argument("--mem", default=None, help="1G; 2G for a kernel with debugging options")
    p.add_argument("--cpu", default=None)
    p.add_argument("--module", action="append", default=None)
    p.add_argument("--file", action="append", default=[], help="SRC[=NAME] to put into /t")
    p.add_argument("--root", action="store_true", help="run the job in this machine's root; "
                   "on arm64 beside Debian's programs in /usr")
    p.add_argument("--icount", action="store_true")
    p.add_argument("--nested", action="store_true", help="use nested KVM if there is any")
    p.add_argument("--stock-qemu", action="store_true")
    p.add_argument("--timeout", type=int, default=300)
    p.add_argument("--log", default=None, help="console of the host")
    p.add_argument("--append", default="")
    p.add_argument("--qemu", action="append", default=[])
    p.add_argument("--no-scan", action="store_true")
    p.add_argument("job")
    args = p.parse_args()
    if args.module is None:
        args.module = ["kvm-amd", "kvm-intel"] if args.nested else ["kvm-amd"]
        if is_arm64(args):      # KVM is part of the kernel
            args.module = []

    if not args.icount:
        args.append = BOOT_WORDS + " " + args.append
        if args.series != OLD and not is_arm64(args):
            args.append = CLOCK_WORDS + " " + args.append
    debug = is_debug(args)
    args.mem = args.mem or ("2G" if debug else "1G")
    if debug:
        args.append = DEBUG_WORDS + " " + args.append
        args.timeout *= 3

    rel, root = kernel(args.series)
    work = tempfile.mkdtemp(prefix="kxen-l1.")
    args.log = args.log or os.path.join(work, "console.log")
    try:
        initrd = initramfs(args, rel, root, work)
        make = arm64_command if is_arm64(args) else command
        proc = subprocess.Popen(make(args, rel, root, initrd, work),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        timer = threading.Timer(args.timeout, look_inside,
                                (proc, os.path.join(work, "monitor"), args.timeout))
        timer.start()
        status = None
        for raw in proc.stdout:
            line = raw.decode("utf-8", "replace").replace("\r", "")
            m = re.match(r"L1END (\d+)", line)
            if m:
                status = int(m.group(1))
                continue
            sys.stdout.write(line)
            sys.stdout.flush()
        proc.wait()
        timer.cancel()
        bad = [] if args.no_scan else splats(args.log)
        for line in bad[:20]:
            print("# host: " + line)
        if bad or status is None:
            tail = open(args.log, errors="replace").read().splitlines()[-40:]
            for line in tail:
                print("# console: " + line)
        if status is None and proc.returncode != -signal.SIGKILL:
            print(f"# the host {rel} ended before its job; the emulator's status is "
                  f"{proc.returncode}")
            return 98 if bad else 99
        if status is None:
            print(f"# the job on {rel} did not end within {args.timeout} s")
            return 99
        return 98 if bad else status
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
