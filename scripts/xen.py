#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run guest images on Debian's real Xen, all in one boot of it.

xen.py IMAGE[:CPUS[:DOMAINS]]... prints, for each image, "== NAME" and the lines that the
guest wrote to I/O port 0xE9; of several domains, those of the last one. Xen, its tools and the kernel of domain 0 come from
the cache that 'make setup' fills; the machine is an emulated one with SVM.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from kxen import CACHE, OLD, kernel, modules, pack, plant, put_modules

XEN = os.path.join(CACHE, "xen")
LIMIT = 400
PRINT_BUFFER = 78       # Xen breaks a guest's line after so many characters


def libraries(binary, env):
    out = subprocess.run(["ldd", binary], env=env, capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def step_function():
    """Plugin options for Xen's function that finds an instruction's length."""
    syms = os.path.join(XEN, "usr/lib/debug/boot/xen-syms-4.17-amd64")
    text = subprocess.run(["nm", "-n", syms], capture_output=True, text=True, check=True).stdout
    names = [line.split() for line in text.splitlines()]
    at = next(i for i, n in enumerate(names) if n[-1] == "svm_get_insn_len")
    thunk = next((n[0] for n in names if n[-1] == "__x86_return_thunk"), "0")
    end = next(n[0] for n in names[at:] if n[0] != names[at][0])
    return f",from={names[at][0]},to={end},thunk={thunk}"


def put_program(tree, path, lib):
    """A program into /x, what it is linked with into /l."""
    shutil.copy(path, os.path.join(tree, "x"))
    for f in libraries(path, dict(os.environ, LD_LIBRARY_PATH=lib)):
        dst = "lib64" if "ld-linux" in f else "l"
        shutil.copy(f, os.path.join(tree, dst, os.path.basename(f)))


def plant_domain0(work, rel, root, more=()):
    """The root of domain 0's initramfs, with Xen's tools, and more modules than they need."""
    tree = plant(work, ("x", "l", "lib64", "var"))
    lib = os.path.join(XEN, "usr/lib/x86_64-linux-gnu")
    for name in ("xl", "xenstored", "xenconsoled", "init-xenstore-domain", "xen-init-dom0",
                 "xenlockprof"):
        found = glob.glob(os.path.join(XEN, "usr/lib/xen-4.17/bin", name))
        if found:
            put_program(tree, found[0], lib)
    for f in glob.glob("/lib/x86_64-linux-gnu/libgcc_s.so.1"):  # for pthread_cancel()
        shutil.copy(f, os.path.join(tree, "l"))
    for name in ("xenstore-exists", "xenstore-write", "xenstore-read"):
        f = os.path.join(XEN, "usr/bin", name)
        if not os.path.exists(f):
            f = os.path.join(XEN, "usr/bin/xenstore")
        if os.path.exists(f):
            shutil.copy(f, os.path.join(tree, "x", name))
    put_modules(tree, modules(rel, root, ["xen-evtchn", "xen-gntdev", "xen-gntalloc",
                                          "xen-privcmd", "xenfs", *more]))
    return tree


def initramfs(work, images, rel, root):
    tree = plant_domain0(work, rel, root)
    with open(os.path.join(tree, "t/list"), "w") as f:
        for path, cpus, domains in images:
            shutil.copy(path, os.path.join(tree, "t"))
            f.write(f"{os.path.basename(path)} {cpus} {domains}\n")
    return pack(tree, "init-xen")


def boot(work, rel, root, initrd, mem="768M", limit=LIMIT):
    """Xen with that domain 0, until it powers off; what its serial line has said."""
    log = os.path.join(work, "console")
    hyper = glob.glob(os.path.join(XEN, "boot/xen-4.17-amd64.gz"))
    if not hyper:
        sys.exit("error: Xen is not in the cache: run 'make setup'")
    with open(os.path.join(work, "xen"), "wb") as out:
        subprocess.run(["gzip", "-dc", hyper[0]], stdout=out, check=True)
    own = os.path.join(CACHE, "qemu", "qemu-system-x86_64")
    cmd = [own, "-L", "/usr/share/qemu", "-L", "/usr/share/seabios", "-L", "/usr/lib/ipxe/qemu",
           "-accel", "tcg,thread=single", "-cpu", "max,+svm,+npt,-smap", "-smp", "1", "-m", "2G",
           "-display", "none", "-nodefaults", "-no-reboot", "-serial", "file:" + log,
           "-kernel", os.path.join(work, "xen"),
           "-append", f"console=com1 com1=115200,8n1 dom0_mem={mem} spec-ctrl=no loglvl=warning "
                      "guest_loglvl=all",
           "-initrd", f"{root}/boot/vmlinuz-{rel} console=hvc0 quiet panic=-1 mitigations=off,"
                      + initrd]
    cmd += os.environ.get("KXEN_QEMU", "").split()
    if os.environ.get("KXEN_ICOUNT"):       # a time-stamp counts instructions
        cmd += ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
    try:
        subprocess.run(cmd, stdin=subprocess.DEVNULL, timeout=limit)
    except subprocess.TimeoutExpired:
        print("# Xen did not end within %d s" % limit)
    if os.environ.get("KXEN_XEN_LOG"):
        shutil.copy(log, os.environ["KXEN_XEN_LOG"])
    return open(log, errors="replace").read().replace("\r", "")


def main():
    images = []
    for arg in sys.argv[1:]:
        path, cpus, domains = (arg + ":1:1").split(":")[:3]
        images.append((path, cpus, domains))
    if not images:
        sys.exit(__doc__)
    rel, root = kernel(OLD)
    work = tempfile.mkdtemp(prefix="kxen-xen.")
    text = boot(work, rel, root, initramfs(work, images, rel, root))
    done = False
    pending, last = {}, ""
    for line in text.split("\n"):
        m = re.search(r"ORACLE TOOL (\S+) (.*)", line)
        if m:
            print("# {}: {}".format(*m.groups()))
            continue
        m = re.search(r"ORACLE (BEGIN|END|DONE) ?(\S*) ?(\d*)", line)
        if m:
            if m.group(1) == "BEGIN":
                print("== " + m.group(2))
                last = m.group(3)
            done |= m.group(1) == "DONE"
            continue
        m = re.match(r"\(d(\d+)\) (.*)", line)
        if not m:
            continue
        who, part = m.groups()
        if len(part) >= PRINT_BUFFER:
            pending[who] = pending.get(who, "") + part
            continue
        text = pending.pop(who, "") + part
        print(text if who == last else f"# domain {who}: {text}")
    shutil.rmtree(work, ignore_errors=True)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
