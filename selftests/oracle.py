#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare two reports of the guest images: oracle.py OURS XEN DIFFERENCES

OURS has lines "ok - IMAGE: CHECK = VALUE", XEN has "== IMAGE" and "ok - CHECK =
VALUE". Prints a TAP-like line per image and per intended difference.
"""
import fnmatch
import re
import sys

LINE = re.compile(r"(?:not )?ok - (.*?) = (-?\d+)(?:, want -?\d+)?$")


def ours(path):
    out = {}
    for line in open(path, errors="replace"):
        m = re.match(r"((?:not )?ok - )([a-z0-9]+-(?:64|32|pae)): (.*)", line.rstrip())
        v = m and LINE.match(m.group(1) + m.group(3))
        if v:
            out.setdefault(m.group(2), {})[v.group(1)] = v.group(2)
    return out


def xens(path):
    out, done, image = {}, set(), None
    for line in open(path, errors="replace"):
        line = line.rstrip()
        if line.startswith("== "):
            image = line[3:]
            out[image] = {}
        elif line.startswith("DONE "):
            done.add(image)
        elif image and LINE.match(line):
            m = LINE.match(line)
            out[image][m.group(1)] = m.group(2)
    return out, done


def table(path):
    rows = []
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            rows.append([f.strip() for f in line.split("|")] + [False])
    return rows


def intended(rows, image, check, xen, own):
    for row in rows:
        if fnmatch.fnmatch(image, row[0]) and row[1] == check and row[2] == xen and row[3] == own:
            row[5] = True
            return True
    return False


def main():
    own = ours(sys.argv[1])
    xen, done = xens(sys.argv[2])
    rows = table(sys.argv[3])
    for image in sorted(xen):
        mine, bad = own.get(image, {}), []
        for check, value in xen[image].items():
            if check not in mine:
                bad.append(f"'{check}' is only in Xen's report")
            elif mine[check] != value and not intended(rows, image, check, value, mine[check]):
                bad.append(f"'{check}': Xen {value}, ours {mine[check]}")
        bad += [f"'{c}' is only in our report" for c in mine if c not in xen[image]]
        if image not in done:
            bad.append("did not end on Xen")
        for b in bad[:20]:
            print("#   " + b)
        ok = "not ok" if bad or not xen[image] else "ok"
        print(f"{ok} - {image}: {len(xen[image])} checks answer as on Xen 4.17")
    for row in rows:
        print(f"{'ok' if row[5] else 'not ok'} - intended difference is met: {row[0]} {row[1]}")


main()
