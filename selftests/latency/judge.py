#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What kxenlat has measured of the two guests of jobs/latency: judge.py NAME FILE

All in one, since Python takes seconds to start in an emulated host. Says "ok - NAME: ..." and
"not ok - NAME: ..." for each thing that the JSON in FILE is to have.
"""
import json
import sys


def main():
    name, path = sys.argv[1:]
    with open(path) as f:
        d = json.load(f)
    rows = {(r["domid"], r["port"], r["stage"]): r for r in d["rows"]}

    def check(what, *bad):
        bad = [b for b in bad if b]
        print("not ok" if bad else "ok", "-", name + ":", what)
        for b in bad[:5]:
            print("#  ", b)

    check("both guests, every stage",
          *[(dom, s) for dom in (600, 601) for s in ("taken", "acked", "whole")
            if (dom, -1, s) not in rows or not rows[dom, -1, s]["count"]])
    check("rows for ports",
          not [k for k in rows if k[0] == 600 and k[1] > 0 and k[2] == "taken"])
    check("percentiles are in order",
          *[r for r in d["rows"] if not 0 < r["p50"] <= r["p90"] <= r["p99"] <= r["p99.9"]])
    check("each event is in its histogram",
          *[r for r in d["rows"] if sum(c for _, c in r["hist"]) != r["count"]])
    check("the whole is not shorter than its part",
          *[k for k, r in rows.items() if k[2] == "whole" and
            r["p50"] < rows[k[0], k[1], "taken"]["p50"] * 0.9])
    check("EOIs and upper bounds", not 0 < d["upper_bounds"] < d["acks"])


if __name__ == "__main__":
    main()
