#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Unpack the ELF kernel out of a bzImage: vmlinux.py BZIMAGE OUT

The boot protocol gives the offset and length of the payload; what compressed it
shows in its first bytes. QEMU's PVH loader wants the ELF file.
"""
import struct
import subprocess
import sys


def main():
    data = open(sys.argv[1], "rb").read()
    start = (data[0x1f1] + 1) * 512 + struct.unpack_from("<I", data, 0x248)[0]
    payload = data[start:start + struct.unpack_from("<I", data, 0x24c)[0]]
    if payload[1:5] == b"7zXZ":
        tool = ["xz", "--single-stream", "-dc"]
    elif payload[:4] == b"\x28\xb5\x2f\xfd":
        tool, payload = ["zstd", "-dc"], payload[:-4]
    else:
        sys.exit("error: unknown compression of " + sys.argv[1])
    out = subprocess.run(tool, input=payload, stdout=subprocess.PIPE).stdout
    if out[:4] != b"\x7fELF":
        sys.exit("error: no ELF kernel in " + sys.argv[1])
    open(sys.argv[2], "wb").write(out)


main()
