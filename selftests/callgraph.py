#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which file calls which, by the symbols of the objects, and which includes which:
callgraph.py DIR prints what is wrong below DIR. --show prints the circles of calls instead, and
by what; --includes looks at the includes alone, which needs no objects.

Files are in layers, the lowest one first: a file uses its own layer and those below, and so
does a header, which has the layer of the file of its name. KVM calls us through entry.S
and x86/exit.c alone, and we call KVM; that circle is in the nature of the thing, so what these
call does not count.
"""
import fnmatch
import os
import re
import subprocess
import sys
from collections import defaultdict

LAYERS = [
    ('KVM', 'kvm-xen/kvm/* kvm-xen/log'),
    ('core', 'kvm-xen/trace kvm-xen/world kvm-xen/limits kvm-xen/stream kvm-xen/guest_pin kvm-xen/guest_mem kvm-xen/dom0_page '
             'kvm-xen/area kvm-xen/p2m kvm-xen/p2m_table kvm-xen/p2m_map kvm-xen/p2m_foreign kvm-xen/p2m_view kvm-xen/p2m_iommu kvm-xen/p2m_hole kvm-xen/park kvm-xen/hc_arg '
             # headers without a file: what all share, and two contracts
             'kvm-xen/kxen kvm-xen/guest_word kvm-xen/window kvm-xen/hrtimer kvm-xen/xen_abi kvm-xen/toolstack_abi '
             'kvm-xen/arch kvm-xen/part kvm-xen/parts'),
    ('event channels', 'evtchn/*'),
    ('later subsystems', 'gnttab/* mempaging/*'),	# and what has no line here
    ('life of a domain', 'kvm-xen/subsys kvm-xen/domain kvm-xen/attach kvm-xen/vcpu '
                         'kvm-xen/vcpu_info kvm-xen/enter kvm-xen/shared_info kvm-xen/special kvm-xen/memory_map kvm-xen/balloon kvm-xen/timer kvm-xen/runstate '
                         'kvm-xen/watchdog kvm-xen/pause kvm-xen/kill kvm-xen/machine_reset kvm-xen/save '
                         'kvm-xen/query kvm-xen/stats kvm-xen/debugfs kvm-xen/vm_hold'),
    ('hypercalls', 'kvm-xen/hypercall kvm-xen/hc_*'),
    ('user space', 'kvm-xen/ctl kvm-xen/ctl_prepare dom0/* vfio/*'),
    ('main', 'kvm-xen/main'),
]
LATER = [name for name, _ in LAYERS].index('later subsystems')
# The architecture is below and above: it knows the core, and is known by this contract.
ARCH = 'x86/* arm64/*'
CONTRACT = 'kxen_arch_* kxen_layouts kxen_trace_*'
# What of it others include, by these names: whichever there is stands for it.
ARCH_HEADERS = '*/arch_types.h */guest_bits.h */entry.h */trampoline.S'
# And what it has of KVM's inside: for the glue, and for files of that architecture.
ARCH_GLUE = 'kvm-xen/kvm/x86/* kvm-xen/kvm/arm64/*'
GLUE_USERS = f'kvm-xen/kvm/* {ARCH} */x86/* */arm64/*'
# Where else than beside the file a header is looked for, as Kbuild says.
SEARCH = ('x86', 'kvm-xen/kvm/x86', 'arm64', 'kvm-xen/kvm/arm64')
NOT_BY_ARCH = ('event channels', 'later subsystems', 'user space', 'main')
ENTRY = '*/entry x86/exit'
LARGEST = 3


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, p) for p in patterns.split())


def objects(top):
    """{file: (symbols it defines, symbols it uses)}"""
    out = {}
    for where, _, names in os.walk(top):
        for name in names:
            path = os.path.join(where, name)
            file = os.path.relpath(path, top)[:-2]
            if not name.endswith('.o') or file.count('/') < 1 or file.startswith('selftests') \
                    or not any(os.path.exists(path[:-1] + e) for e in 'cS'):
                continue
            defined, used = set(), set()
            for line in subprocess.run(['nm', path], capture_output=True, text=True,
                                       check=True).stdout.splitlines():
                kind, symbol = line.split()[-2:]
                if kind == 'U':
                    used.add(symbol)
                elif kind.isupper():
                    defined.add(symbol)
            out[file] = defined, used
    return out


def calls(objs):
    """{file: {other file: symbols}}"""
    where = {s: f for f, (defined, _) in objs.items() for s in defined}
    graph = {f: defaultdict(list) for f in objs}
    for f, (_, used) in objs.items():
        for s in sorted(used):
            if where.get(s, f) != f:
                graph[f][where[s]].append(s)
    return graph


def includes(top):
    """{file: [header]}, both with their endings: what is included by quotes, or by Kbuild's -I"""
    out = {}
    for where, _, names in os.walk(top):
        for name in names:
            path = os.path.relpath(os.path.join(where, name), top)
            if not name.endswith(('.c', '.h', '.S')) or path.count('/') < 1 or \
                    path.startswith(('selftests', 'include', 'tools', 'build', '.')):
                continue
            with open(os.path.join(top, path), encoding='utf-8') as f:
                text = f.read()
            out[path] = []
            for m in re.findall(r'^\s*#\s*include\s+[<"]([\w./-]+)[>"]', text, re.M):
                tried = (os.path.normpath(os.path.join(d, m)) for d in (os.path.dirname(path), *SEARCH))
                out[path] += [t for t in tried if os.path.isfile(os.path.join(top, t))][:1]
    return out


def circles(graph):
    """Sets of files that all reach each other, but for single ones."""
    def reach(edges, start):
        seen, todo = set(), [start]
        while todo:
            for n in edges[todo.pop()]:
                if n not in seen:
                    seen.add(n)
                    todo.append(n)
        return seen
    back = {f: [g for g in graph if f in graph[g]] for f in graph}
    left, out = set(graph), []
    while left:
        f = min(left)
        circle = reach(graph, f) & reach(back, f)
        left -= circle | {f}
        if len(circle) > 1:
            out.append(sorted(circle))
    return sorted(out, key=len)


def layer(file):
    for i, (name, patterns) in enumerate(LAYERS):
        if matches(file, patterns):
            return i, name
    # A directory that nobody has named: a part of a domain, until it is one that others use.
    return (None, None) if file.startswith('kvm-xen/') else (LATER, LAYERS[LATER][0])


def wrong_arrow(f, g, symbols):
    """Why @f must not use these of @g, or None."""
    (i, mine), (k, its) = layer(f), layer(g)
    if matches(g, ARCH):
        bad = [s for s in symbols if not matches(s, CONTRACT)]
        return bad and not matches(f, ARCH) and f'uses {" ".join(bad)} past arch.h'
    if matches(f, ARCH):
        return its in NOT_BY_ARCH and f'the architecture uses {its}: {" ".join(symbols)}'
    return None not in (i, k) and k > i and f'{mine} uses {its}: {" ".join(symbols)}'


def wrong_include(f, g):
    """Why @f must not include @g, or None."""
    (i, mine), (k, its) = (layer(os.path.splitext(n)[0]) for n in (f, g))
    if matches(g, ARCH):
        return not matches(f, ARCH) and not matches(g, ARCH_HEADERS) and \
            'a header of the architecture that is not for others'
    if matches(g, ARCH_GLUE) and not matches(f, GLUE_USERS):
        return "the architecture's half of the glue is not for others"
    if matches(f, ARCH):
        return its in NOT_BY_ARCH and f'the architecture includes {its}'
    if k is None:
        return 'in no layer of selftests/callgraph.py'
    return i is not None and k > i and f'{mine} includes {its}'


def look_at_includes():
    graph = includes(sys.argv[1])
    if sum(map(len, graph.values())) < 100:
        sys.exit(f'hardly an include below {sys.argv[1]}')
    for f in sorted(graph):
        for g in graph[f]:
            why = wrong_include(f, g)
            if why:
                print(f'{f} -> {g}: {why}')


def main():
    if '--show' not in sys.argv:
        look_at_includes()
    if '--includes' in sys.argv:
        return
    graph = calls(objects(sys.argv[1]))
    if len(graph) < 40:
        sys.exit(f'only {len(graph)} objects below {sys.argv[1]}')
    for f in graph:
        if matches(f, ENTRY):
            graph[f] = {}
        elif not matches(f, ARCH) and layer(f)[0] is None:
            print(f'{f}: in no layer of selftests/callgraph.py')
    for f in sorted(graph):
        for g in sorted(graph[f]):
            why = wrong_arrow(f, g, graph[f][g])
            if why:
                print(f'{f} -> {g}: {why}')
    for circle in circles(graph):
        if '--show' in sys.argv:
            print(len(circle), ' '.join(circle))
            for f in circle:
                for g in sorted(set(graph[f]) & set(circle)):
                    print(f'    {f} -> {g}: {" ".join(graph[f][g])}')
        elif len(circle) > LARGEST:
            print(f'a circle of {len(circle)} files: {" ".join(circle)}')


main()
