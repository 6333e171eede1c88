#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where a test may make a module slow: places.py MODULE.ko, a line for each place.

  FUNCTION OFFSET		behind its call of __fentry__
  FUNCTION:CALLED:N OFFSET	its Nth call of that function
  FUNCTION:cmpxchg:N OFFSET	its Nth locked one

Names that several functions have are left out. For job.sh's stall.
"""
import re
import subprocess
import sys

text = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", sys.argv[1]], check=True,
                      capture_output=True, text=True).stdout
functions = {}      # name: [(what, offset)], None if there are several
for part in re.split(r"\n\n(?=[0-9a-f]+ <)", text):
    head = re.match(r"([0-9a-f]+) <([\w.]+)>:\n", part)
    if not head:
        continue
    start, name = int(head[1], 16), head[2]
    count, places, behind_entry = {}, [], False
    # Each instruction with the relocation that follows it.
    for at, insn, _, to in re.findall(r"^ *([0-9a-f]+):\t(.*)(\n\t+\w+: R_\w+\t([\w.]+))?",
                                      part, re.M):
        offset = int(at, 16) - start
        if behind_entry:
            places.append((name, offset))
        behind_entry = to == "__fentry__"
        what = to if insn.startswith("call") else "cmpxchg" if "lock cmpxchg" in insn else ""
        if what:
            count[what] = count.get(what, 0) + 1
            places.append((f"{name}:{what}:{count[what]}", offset))
    functions[name] = None if name in functions else places
for places in functions.values():
    for place, offset in places or []:
        print(place, hex(offset))
