#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Boot a stock Debian kernel as KVM host on emulated VMX (Bochs) and run a job.

As l1.py, which see: vmx.py [--series S] [--cpu MODEL] [--file F]... JOB. The job's
output comes on standard output; exit status 0 if it ended and the log is clean.
"""
import argparse
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from kxen import OLD, TOP, kernel, modules, pack, plant, put_files, put_modules

SPLAT = re.compile(r"\bBUG\b|\bOops\b|general protection fault|Missing ENDBR|Kernel panic|"
                   r"soft lockup|rcu.*stall|WARNING")


def multiboot(vmlinux, work):
    """Link that ELF kernel behind the stub; returns the image."""
    elf = open(vmlinux, "rb").read()
    entry, phoff = struct.unpack_from("<QQ", elf, 24)
    image, end = bytearray(), 0
    for i in range(struct.unpack_from("<H", elf, 56)[0]):
        kind, _, off, _, pa, size, mem, _ = struct.unpack_from("<IIQQQQQQ", elf, phoff + 56 * i)
        if kind != 1:
            continue
        at = pa - 0x1000000
        end = max(end, at + mem)
        image.extend(bytes(max(0, at + size - len(image))))
        image[at:at + size] = elf[off:off + size]
    image = bytes(image).rstrip(b"\0")
    image += bytes(-len(image) % 4096)
    open(os.path.join(work, "kernel.bin"), "wb").write(image)
    with open(os.path.join(work, "stub.ld"), "w") as f:
        f.write("OUTPUT_FORMAT(elf32-i386) ENTRY(_start) PHDRS { s PT_LOAD; k PT_LOAD; }\n"
                "SECTIONS { . = 0x200000; .text : { *(.head) *(.text*) } :s\n"
                ".data : { *(.data*) } :s .bss : { *(.bss*) } :s\n"
                ". = 0x1000000; .kernel : { *(.kernel) } :k .rest : { . += %d; } :k\n"
                "/DISCARD/ : { *(*) } }\n" % (end - len(image)))
    gcc = ["gcc", "-m32", "-c", "-O1", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
           "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-I."]
    src = os.path.join(TOP, "scripts/vmx")
    subprocess.run(gcc + ["-DKENTRY=%#x" % entry, os.path.join(src, "stub.S")], check=True, cwd=work)
    subprocess.run(gcc + ["-o", "stubc.o", os.path.join(src, "stub.c")], check=True, cwd=work)
    subprocess.run(["ld", "-m", "elf_i386", "-z", "noexecstack", "--no-warn-rwx-segments", "-n",
                    "-T", "stub.ld", "stub.o", "stubc.o", "-o", "kernel"], check=True, cwd=work)
    return os.path.join(work, "kernel")


def initramfs(args, rel, root, work):
    tree = plant(work)
    put_modules(tree, modules(rel, root, ["kvm-intel"]), strip=True)
    put_files(tree, args.file + [args.job + "=job"])
    return pack(tree, "init-vmx")


def iso(image, initrd, cmdline, work):
    boot = os.path.join(work, "iso/boot/grub")
    os.makedirs(boot)
    shutil.copy(image, os.path.join(work, "iso/boot/k"))
    shutil.copy(initrd, os.path.join(work, "iso/boot/i"))
    open(os.path.join(boot, "grub.cfg"), "w").write(
        f"set timeout=0\nmultiboot /boot/k {cmdline}\nmodule /boot/i\nboot\n")
    subprocess.run(["grub-mkrescue", "-o", os.path.join(work, "boot.iso"),
                    os.path.join(work, "iso"), "--compress=xz", "--fonts=", "--locales=",
                    "--themes=", "--install-modules=biosdisk iso9660 normal multiboot"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def bochsrc(args, work):
    open(os.path.join(work, "bochsrc"), "w").write(f"""
display_library: rfb, options="timeout=0"
memory: guest={args.mem}, host={args.mem}
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model={args.cpu}, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none, time0=utc
ata0-master: type=cdrom, path=boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=com1
plugin_ctrl: gameport=0, speaker=0
panic: action=fatal
error: action=ignore
""")
    open(os.path.join(work, "rc"), "w").write("c\n")
    open(os.path.join(work, "com1"), "w").close()


def run(work, limit):
    """Show the job's output as it comes; (status, splats)."""
    # rfb listens on every address: no network for it.
    proc = subprocess.Popen(["unshare", "-n", "bochs-bin", "-q", "-f", "bochsrc", "-rc", "rc"],
                            cwd=work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    begin, status, bad, shown, off = time.time(), None, [], False, 0
    rest, over = b"", False
    while not over:
        over = proc.poll() is not None or time.time() - begin > limit
        with open(os.path.join(work, "com1"), "rb") as f:
            f.seek(off)
            data = f.read()
        off += len(data)
        rest += data
        while b"\n" in rest:
            raw, rest = rest.split(b"\n", 1)
            line = raw.decode("latin1").rstrip()
            if line.startswith("VMXBEGIN"):
                shown = True
            elif line.startswith("VMXEND"):
                status, shown = int(line.split()[1]), False
            elif line.startswith("VMXLOG"):
                if SPLAT.search(line):
                    bad.append(line)
            elif line.startswith("VMXOFF"):
                over = True
            elif shown:
                if SPLAT.search(line) and re.match(r"\[ *\d", line):
                    bad.append(line)
                print(line, flush=True)
        time.sleep(0.1)
    proc.terminate()
    try:
        proc.wait(5)
    except subprocess.TimeoutExpired:
        proc.kill()
        proc.wait()
    return status, bad


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--series", default=OLD)
    p.add_argument("--cpu", default="corei7_haswell_4770")
    p.add_argument("--mem", type=int, default=256)
    p.add_argument("--file", action="append", default=[])
    p.add_argument("--timeout", type=int, default=300)
    p.add_argument("--keep", default=None, help="copy the console here")
    p.add_argument("job")
    args = p.parse_args()
    rel, root = kernel(args.series)
    work = tempfile.mkdtemp(prefix="kxen-vmx.")
    try:
        image = multiboot(os.path.join(TOP, "build/guest/vmlinux-" + args.series), work)
        initrd = initramfs(args, rel, root, work)
        iso(image, initrd, "console=ttyS0,115200 quiet nosmp nokaslr mitigations=off "
            "tsc=reliable init_on_alloc=0 cryptomgr.notests numa=off audit=0 apparmor=0 "
            "panic=-1 reboot=t", work)
        bochsrc(args, work)
        status, bad = run(work, args.timeout)
        if args.keep:
            shutil.copy(os.path.join(work, "com1"), args.keep)
        for line in bad[:20]:
            print("# host: " + line)
        if status is None:
            for line in open(os.path.join(work, "com1"), errors="replace").read().splitlines()[-30:]:
                print("# console: " + line)
            print(f"# the job on {rel} did not end within {args.timeout} s")
            return 99
        return 98 if bad else status
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
