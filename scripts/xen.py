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


def initramfs(work, images, rel, root):
    tree = plant(work, ("x", "l", "lib64", "var"))
    lib = os.path.join(XEN, "usr/lib/x86_64-linux-gnu")
    env = dict(os.environ, LD_LIBRARY_PATH=lib)
    for name in ("xl", "xenstored", "xenconsoled", "init-xenstore-domain", "xen-init-dom0"):
        found = glob.glob(os.path.join(XEN, "usr/lib/xen-4.17/bin", name))
        if not found:
            continue
        shutil.copy(found[0], os.path.join(tree, "x", name))
        for f in libraries(found[0], env):
            dst = "lib64" if "ld-linux" in f else "l"
            shutil.copy(f, os.path.join(tree, dst, os.path.basename(f)))
    for f in glob.glob("/lib/x86_64-linux-gnu/libgcc_s.so.1"):  # for pthread_cancel()
        shutil.copy(f, os.path.join(tree, "l"))
    for name in ("xenstore-exists", "xenstore-write"):
        f = os.path.join(XEN, "usr/bin", name)
        if not os.path.exists(f):
            f = os.path.join(XEN, "usr/bin/xenstore")
        if os.path.exists(f):
            shutil.copy(f, os.path.join(tree, "x", name))
    put_modules(tree, modules(rel, root, ["xen-evtchn", "xen-gntdev", "xen-gntalloc",
                                          "xen-privcmd", "xenfs"]))
    with open(os.path.join(tree, "t/list"), "w") as f:
        for path, cpus, domains in images:
            shutil.copy(path, os.path.join(tree, "t"))
            f.write(f"{os.path.basename(path)} {cpus} {domains}\n")
    return pack(tree, "init-xen")


def main():
    images = []
    for arg in sys.argv[1:]:
        path, cpus, domains = (arg + ":1:1").split(":")[:3]
        images.append((path, cpus, domains))
    if not images:
        sys.exit(__doc__)
    rel, root = kernel(OLD)
    work = tempfile.mkdtemp(prefix="kxen-xen.")
    log = os.path.join(work, "console")
    hyper = glob.glob(os.path.join(XEN, "boot/xen-4.17-amd64.gz"))
    if not hyper:
        sys.exit("error: Xen is not in the cache: run 'make setup'")
    with open(os.path.join(work, "xen"), "wb") as out:
        subprocess.run(["gzip", "-dc", hyper[0]], stdout=out, check=True)
    initrd = initramfs(work, images, rel, root)
    own = os.path.join(CACHE, "qemu", "qemu-system-x86_64")
    cmd = [own, "-L", "/usr/share/qemu", "-L", "/usr/share/seabios", "-L", "/usr/lib/ipxe/qemu",
           "-accel", "tcg,thread=single", "-cpu", "max,+svm,+npt,-smap", "-smp", "1", "-m", "2G",
           "-display", "none", "-nodefaults", "-no-reboot", "-serial", "file:" + log,
           "-kernel", os.path.join(work, "xen"),
           "-append", "console=com1 com1=115200,8n1 dom0_mem=768M spec-ctrl=no loglvl=warning "
                      "guest_loglvl=all",
           "-initrd", f"{root}/boot/vmlinuz-{rel} console=hvc0 quiet panic=-1 mitigations=off,"
                      + initrd]
    cmd += os.environ.get("KXEN_QEMU", "").split()
    if os.environ.get("KXEN_ICOUNT"):       # a time-stamp counts instructions
        cmd += ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
    try:
        subprocess.run(cmd, stdin=subprocess.DEVNULL, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        print("# Xen did not end within %d s" % LIMIT)
    text = open(log, errors="replace").read().replace("\r", "")
    if os.environ.get("KXEN_XEN_LOG"):
        shutil.copy(log, os.environ["KXEN_XEN_LOG"])
    done = False
    pending, last = {}, ""
    for line in text.split("\n"):
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


sys.exit(main())
