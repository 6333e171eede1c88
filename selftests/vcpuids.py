#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The numbers of vCPUs that the kvm-xen command computes, against those that the VMM
writes into the ACPI tables of its guest: vcpuids.py PROGRAM

No KVM is needed: the tables are the same without. Each machine runs until its firmware
has put the tables into memory.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

# Full and with gaps in the APIC ids, some to come later, and some that came out of order.
MACHINES = [
    ("pc", "2"),
    ("pc", "1,maxcpus=4,sockets=4"),
    ("pc", "1,maxcpus=4,sockets=4", "socket-id=3,core-id=0,thread-id=0"),
    ("pc", "1,maxcpus=12,sockets=2,cores=3,threads=2", "socket-id=1,core-id=2,thread-id=0"),
    ("q35", "3,maxcpus=30,sockets=2,dies=3,cores=5,threads=1"),
    ("q35", "7,maxcpus=45,sockets=3,dies=1,cores=5,threads=3"),
]
SECONDS = 60        # for a hang, not a measure


class Monitor:
    def __init__(self, path):
        end = time.time() + SECONDS
        while True:
            self.s = socket.socket(socket.AF_UNIX)
            try:
                self.s.connect(path)
                break
            except OSError:
                if time.time() > end:
                    raise
                time.sleep(0.05)
        self.f = self.s.makefile("rw")
        self.f.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.f.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.f.flush()
        while True:
            r = json.loads(self.f.readline())
            if "return" in r or "error" in r:
                return r


def madt(memory):
    """{processor id: APIC id} of the table in a guest's memory; None if it is not there."""
    at = memory.find(b"APIC")
    while at >= 0:
        size = int.from_bytes(memory[at + 4:at + 8], "little")
        if 44 < size < 65536 and not sum(memory[at:at + size]) & 255:
            table, ids, p = memory[at:at + size], {}, 44
            while p < size:
                if table[p] == 0:
                    ids[table[p + 2]] = table[p + 3]
                p += table[p + 1]
            return ids
        at = memory.find(b"APIC", at + 4)
    return None


def of_guest(monitor, path):
    end = time.time() + SECONDS
    monitor.ask("cont")
    while time.time() < end:
        monitor.ask("pmemsave", val=0, size=64 << 20, filename=path)
        with open(path, "rb") as f:
            ids = madt(f.read())
        if ids:
            return ids
        time.sleep(0.1)
    return None


def one(program, work, machine, smp, *devices):
    monitors = [os.path.join(work, n) for n in ("tool", "test")]
    cmd = ["qemu-system-x86_64", "-accel", "tcg", "-M", machine, "-smp", smp, "-m", "64",
           "-cpu", "max", "-S", "-display", "none", "-nodefaults"]
    for m in monitors:
        cmd += ["-qmp", f"unix:{m},server=on,wait=off"]
    for d in devices:
        cmd += ["-device", "max-x86_64-cpu," + d]
    proc = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        monitor = Monitor(monitors[1])
        said = subprocess.run([program, monitors[0]], capture_output=True, text=True,
                              timeout=SECONDS)
        ours = dict(map(int, line.split()) for line in said.stdout.splitlines())
        theirs = of_guest(monitor, os.path.join(work, "memory"))
    finally:
        proc.kill()
        proc.wait()
        for m in monitors:
            if os.path.exists(m):
                os.unlink(m)
    if not theirs or ours != theirs:
        print(f"# computed {ours}, in the guest's table {theirs} {said.stderr}")
    return bool(theirs) and ours == theirs


def main():
    with tempfile.TemporaryDirectory(prefix="kxen-vcpuids.") as work:
        for m in MACHINES:
            good = one(sys.argv[1], work, *m)
            print(f"{'ok' if good else 'not ok'} - {' '.join(m)}: numbers as in the guest's "
                  "ACPI table", flush=True)


main()
