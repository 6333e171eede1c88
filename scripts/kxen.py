# SPDX-License-Identifier: GPL-2.0
"""What the scripts that boot machines share: places, kernels, an initramfs of busybox.
'python3 kxen.py elf SERIES' says where the cache has a kernel as ELF, for shell scripts."""
import os
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
CACHE = os.environ.get("KXEN_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "kvm-xen")


def listed():
    """The list of kernels: [series, suites, programs] of each, or the first of these."""
    with open(os.path.join(TOP, "scripts/supported-kernels")) as f:
        return [w for w in map(str.split, f) if w and w[0][0].isdigit()]


# As in common.sh: the first and the last of those that come from the machine's own suites.
OWN = [w[0] for w in listed() if len(w) == 1]
OLD, NEW = OWN[0], OWN[-1]


def supported():
    """The series that the module supports and the cache has."""
    return [w[0] for w in listed()
            if os.path.exists(os.path.join(CACHE, "kernels", w[0] + ".release"))]


def kernel(series):
    """(release, root of its files) of the cache's kernel of that series."""
    rel = open(os.path.join(CACHE, "kernels", series + ".release")).read().strip()
    return rel, os.path.join(CACHE, "kernels", rel)


def elf(rel, root):
    """The kernel without what unpacks it, for QEMU's PVH loader; once, beside the packed one."""
    path = os.path.join(root, "vmlinux")
    if not os.path.exists(path):
        new = f"{path}.{os.getpid()}"
        subprocess.run([sys.executable, os.path.join(TOP, "scripts/vmlinux.py"),
                        f"{root}/boot/vmlinuz-{rel}", new], check=True)
        os.replace(new, path)
    return path


def modules(rel, root, names):
    """Files to load for these modules, in order."""
    out = []
    for name in names:
        text = subprocess.run(
            ["modprobe", "-d", root, "-S", rel, "--ignore-install", "--show-depends", name],
            check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            word = line.split()
            if word and word[0] == "insmod" and word[1] not in out:
                out.append(word[1])
    return out


def plant(work, more=(), busybox="/bin/busybox"):
    """The root of an initramfs, with busybox in /bin; another one has the same programs."""
    tree = os.path.join(work, "i")
    for d in ("bin", "proc", "sys", "dev", "m", "t", "tmp", "run", *more):
        os.makedirs(os.path.join(tree, d))
    shutil.copy(busybox, os.path.join(tree, "bin/busybox"))
    for a in subprocess.run(["/bin/busybox", "--list"], capture_output=True,
                            text=True).stdout.split():
        if a != "busybox":
            os.symlink("busybox", os.path.join(tree, "bin", a))
    return tree


def put_modules(tree, files, strip=False):
    """Modules into /m, and their order into /m/order."""
    with open(os.path.join(tree, "m/order"), "w") as order:
        for f in files:
            name = os.path.basename(f).removesuffix(".xz")
            dst = os.path.join(tree, "m", name)
            if f.endswith(".xz"):
                with open(dst, "wb") as out:
                    subprocess.run(["xz", "-dc", f], check=True, stdout=out)
            else:
                shutil.copy(f, dst)
            if strip:
                subprocess.run(["strip", "--strip-debug", dst], check=True)     # .BTF stays
            order.write(name + "\n")


def put_files(tree, files):
    """SRC[=NAME] into /t."""
    for f in files:
        src, _, dst = f.partition("=")
        shutil.copy(src, os.path.join(tree, "t", dst or os.path.basename(src)))


def pack(tree, init, compress=True):
    """The archive of that tree, with this file of jobs/ as its /init; the tree is removed."""
    shutil.copy(os.path.join(TOP, "scripts/jobs", init), os.path.join(tree, "init"))
    os.chmod(os.path.join(tree, "init"), 0o755)
    path = tree + (".gz" if compress else ".cpio")
    with open(path, "wb") as out:
        find = subprocess.Popen(["find", "."], cwd=tree, stdout=subprocess.PIPE)
        cpio = subprocess.Popen(["cpio", "-o", "-H", "newc", "--quiet"], cwd=tree,
                                stdin=find.stdout, stdout=subprocess.PIPE)
        subprocess.run(["gzip", "-1"] if compress else ["cat"], stdin=cpio.stdout, stdout=out,
                       check=True)
    shutil.rmtree(tree)
    return path


def plugin(name):
    """Build one of the emulator's plugins; its path."""
    so = os.path.join(BUILD, name + ".so")
    new = f"{so}.{os.getpid()}"
    subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-I", os.path.join(CACHE, "qemu"),
                    "-o", new, os.path.join(TOP, "scripts/plugin", name + ".c")], check=True)
    os.replace(new, so)
    return so


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "elf":
        sys.exit(f"usage: {sys.argv[0]} elf SERIES")
    print(elf(*kernel(sys.argv[2])))
