#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compare the documents with the tree: docs.py CHECK prints what does not fit.

Each check reads the sources by name, not by line, so that code can move between files.
docs.sh runs them all.
"""
import functools
import glob
import os
import re
import subprocess
import sys

CODE = ['include'] + subprocess.run(['bash', '-c', '. scripts/common.sh; module_dirs'],
                                    capture_output=True, text=True).stdout.split()
TESTS = ['selftests']
SEMANTICS = 'Documentation/semantics'


@functools.cache
def files():
    """What git knows, or what is there in a tree without it."""
    out = subprocess.run(['git', 'ls-files'], capture_output=True, text=True).stdout.split()
    if out:
        return [f for f in out if os.path.exists(f)]
    return [os.path.relpath(os.path.join(d, f)) for d, _, fs in os.walk('.') for f in fs
            if not os.path.relpath(d).startswith(('build', '.git'))]


def under(dirs, *ext):
    return [f for f in files() if f.split('/')[0] in dirs and (not ext or f.endswith(ext))]


@functools.cache
def text(f):
    return open(f, encoding='utf-8', errors='replace').read()


def documents():
    return [f for f in files() if f.startswith('Documentation/') and f.endswith('.rst')
            or f in ('README.md', 'CONTRIBUTING.md')]


def uncommented(f):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text(f), flags=re.S)


# --- numbers of behaviours ---------------------------------------------------------

def defined_ids():
    """{number: its text}, the numbers of headings, and the letters that have a page."""
    ids, heads, letters = {}, set(), set()
    for f in files():
        if not f.startswith(SEMANTICS + '/') or f.endswith('index.rst'):
            continue
        letters |= set(re.findall(r'^([A-H]): .*\n=+$', text(f), re.M))
        heads |= set(re.findall(r'^([A-H]\.\d+) .*\n-+$', text(f), re.M))
        for m in re.finditer(r'^([A-H]\d{1,3}|0\.\d{1,2})\n((?:    .*\n|\n(?=    ))+)',
                             text(f), re.M):
            if m[1] in ids:
                print(f'{f}: {m[1]} twice')
            ids[m[1]] = m[2]
    return ids, heads, letters


def spread(first, last):
    """A17 to A19 cites each of them."""
    head = re.match(r'[A-H]|0\.', first)[0]
    return {f'{head}{n}' for n in range(int(first[len(head):]), int(last[len(head):]) + 1)}


def cited_ids(names, letters, exist):
    """{number: where}: a letter that has a page, or 0.N where C would not have a number."""
    one = rf'[{"".join(sorted(letters))}]\d{{1,3}}'
    zero = r'0\.[1-9]\d?'
    found = {}
    for f in names:
        t = text(f)
        for m in re.finditer(rf'(?<![\w.%\\])({one})(?: to ({one}))?\b(?!\()', t):
            for n in (spread(m[1], m[2]) & exist | {m[1], m[2]} if m[2] else {m[1]}):
                found.setdefault(n, f)
        if not f.endswith(('.c', '.h', '.S', '.rst', 'differences')):
            continue
        before = r'(?:semantics |\(|"|\| |, )'
        for m in re.finditer(rf'{before}({zero})(?: to ({zero}))?(?=[ ),:;.])', t):
            for n in (spread(m[1], m[2]) & exist | {m[1], m[2]} if m[2] else {m[1]}):
                found.setdefault(n, f)
    return found


def ids():
    defined, heads, letters = defined_ids()
    mine = ('selftests/docs.py', 'selftests/docs.sh')
    code = [f for f in under(CODE + TESTS) if f not in mine]
    docs = [f for f in files() if f.startswith('Documentation/')
            and not f.startswith(SEMANTICS + '/')]
    cited = cited_ids(code, letters, set(defined))
    for n, f in sorted((cited_ids(docs, letters, set(defined)) | cited).items()):
        if n not in defined:
            print(f'{f} cites {n}, which {SEMANTICS} does not have')
    for n, body in defined.items():
        if (n in cited) == ('Not implemented' in body):
            print(f'{SEMANTICS} has {n}: ' + ('cited, though it says not implemented'
                                              if n in cited else 'nothing cites it'))
    for f in code:
        for n in re.findall(r'(?<![\w.])([A-H]\.\d+)\b', text(f)):
            if n not in heads:
                print(f'{f} cites {n}, which is no heading of {SEMANTICS}')


# --- hypercalls ---------------------------------------------------------------------

GROUPS = {'XENMEM': 'memory_op', 'XENVER': 'xen_version', 'GNTTABOP': 'grant_table_op',
          'VMASST_CMD': 'vm_assist', 'VCPUOP': 'vcpu_op', 'SCHEDOP': 'sched_op',
          'EVTCHNOP': 'event_channel_op', 'HVMOP': 'hvm_op'}


def tables(f):
    """{heading: rows of the simple tables below it, as [first column, second column]}"""
    out, head, lines = {}, '', text(f).split('\n')
    inside, cols = False, []
    for i, line in enumerate(lines):
        if re.fullmatch(r'=+( +=+)+', line):
            # Another one inside ends the head of the table, or the table.
            inside = not inside or bool(lines[i + 1].strip())
            cols = [m.start() for m in re.finditer('=+', line)]
        elif re.fullmatch(r'[-=]{3,}', line) and i and lines[i - 1].strip():
            head, inside = lines[i - 1].strip(), False
        elif inside and line[:cols[1]].strip():
            out.setdefault(head, []).append([line[:cols[1]].strip(),
                                             line[cols[1]:].split('  ')[0].strip()])
    return out


def ops_in_code():
    """{group: sub-operations}: labels of a switch, designators, heads of table rows, compares"""
    out = {g: set() for g in GROUPS.values()}
    for f in under(CODE, '.c', '.h'):
        for m in re.finditer(r'(?:\bcase\s+|\[\s*|\{\s*|[=!]=\s*)([A-Z]+(?:_CMD)?)_([a-z]\w*)\b',
                             uncommented(f)):
            # What is no command of memory_op, but a resource that one is about.
            if m[1] in GROUPS and not m[0].strip('{[!= ').startswith('XENMEM_resource_'):
                out[GROUPS[m[1]]].add(m[2].rstrip('_'))
    return out


def numbers():
    """#define NAME number, of the tree and of Xen's public headers."""
    out = {}
    for f in glob.glob('/usr/include/xen/**/*.h', recursive=True) + under(CODE, '.c', '.h'):
        for m in re.finditer(r'^#\s*define\s+(\w+)\s+(\d+)\b', text(f), re.M):
            out.setdefault(m[1], int(m[2]))
    return out


def table_in_code():
    """{number: name} of the hypercall table: rows '[NUMBER] = { function, arguments }', with
    REFUSED behind them where a part may come in their place, and of the tables of parts: rows
    '{ NUMBER, arguments, function }'"""
    out, num = {}, numbers()
    for f in under(CODE, '.c'):
        for t in re.findall(r'struct kxen_hc_entry \w+\[\] = \{(.*?)\n\};', uncommented(f), re.S):
            for n in re.findall(r'\{\s*(\w+)\s*,\s*\d+\s*,', t):
                out[num.get(n, n)] = re.sub(r'^(__HYPERVISOR|NR)_', '', n).lower()
    row = r'\[\s*(\w+)\s*(?:/\*\s*(\w+)\s*\*/\s*)?\]\s*=\s*\{\s*\w+\s*,\s*\d+\s*' \
          r'(?:,\s*REFUSED\s*)?(?:,\s*\.\w+\s*=\s*(?:\w+|\{[^{}]*\})\s*)*\}'
    for m in re.finditer(row, text('kvm-xen/hypercall.c')):
        name = m[2] or re.sub(r'^(__HYPERVISOR|NR)_', '', m[1]).lower()
        out[int(m[1]) if m[1].isdigit() else num.get(m[1], m[1])] = name
    return out


def host_calls_in_code():
    """Names of the calls that a process of domain 0 can make: those with .host."""
    out = set()
    for f in under(CODE, '.c'):
        for t in re.findall(r'struct kxen_hc_entry \w+\[\] = \{(.*?)\n\};', uncommented(f), re.S):
            out |= set(re.findall(r'\{\s*(\w+)\s*,[^{}]*\.host\s*=', t))
            # One that is given by its place would not be seen.
            if re.search(r'\{\s*\w+\s*,\s*\d+\s*,\s*\w+\s*,\s*\w', t):
                print(f'{f}: a row of struct kxen_hc_entry gives .host by its place')
    out |= set(re.findall(r'\[(\w+)\]\s*=\s*\{[^}]*\.host\s*=', text('kvm-xen/hypercall.c')))
    return {re.sub(r'^(__HYPERVISOR|NR)_', '', n).lower() for n in out}


def fast_in_code():
    """'group operation', or the call's name, of what is served in KVM's exit fast path."""
    out = set()
    for f in under(CODE, '.c'):
        for m in re.finditer(r'(\w+)[^\w{};]*\b[^{};]*\.fast\s*=\s*\{([^{}]*)\}', uncommented(f)):
            for n in re.findall(r'\.cmds\s*=([^,}]*)', m[2]):
                for g, op in re.findall(r'BIT\(([A-Z]+)_(\w+)\)', n):
                    out.add(f'{GROUPS[g]} {op}')
            if re.search(r'\.all\s*=\s*true', m[2]):
                out.add(re.sub(r'^(__HYPERVISOR|NR)_', '', m[1]).lower())
    return out


def compare(what, here, there):
    for n in sorted(here - there):
        print(f'{what}: {n} is served, and hypercalls.rst does not name it')
    for n in sorted(there - here):
        print(f'{what}: hypercalls.rst names {n}, which is not in the code')


def hypercalls():
    doc = tables('Documentation/hypercalls.rst')
    rows = {f'{int(n)} {name}' for n, name in doc.get('Hypercalls', []) if n.isdigit()}
    code = {f'{n} {name}' for n, name in table_in_code().items()}
    if len(code) < 10:
        print('kvm-xen/hypercall.c: its table is not understood any more')
    compare('hypercall', code, rows)
    host, told = host_calls_in_code(), {n for n, _ in tables('Documentation/dom0.rst').get(
        '/dev/xen/privcmd', []) if re.fullmatch(r'[a-z_]+', n)}
    for n in sorted(host ^ told):
        print(f'{n}, by a process of domain 0: {"the code" if n in host else "dom0.rst"} alone has it')
    fast, said = fast_in_code(), set()
    for head, its in doc.items():
        said |= {f'{head} {n}' for n, t in its if t == 'fast'}
    said |= set(re.findall(r'^ *\d+ +(\w+) .*, fast$', text('Documentation/hypercalls.rst'), re.M))
    if not fast:
        print('no call is served in the fast path, or none is found in the code')
    for n in sorted(fast ^ said):
        print(f'{n}, in the fast path: {"the code" if n in fast else "hypercalls.rst"} alone has it')
    for group, ops in ops_in_code().items():
        if not ops:
            print(f'{group}: no operation found in the code')
        compare(group, ops, {name for name, _ in doc.get(group, [])})


# --- the tools ----------------------------------------------------------------------

OPTION = re.compile(r'(?<![\w-])--([a-z][a-z-]*[a-z])')


def run_help(*argv):
    return subprocess.run([*argv, '--help'], capture_output=True, text=True).stdout


def man_options(f):
    """A command line of another program, in bold, has that program's options."""
    t = re.sub(r'\\fB(?!kvm-xen|kxenlat)[a-z][\w-]* [^\\]*\\f', '', text(f).replace('\\-', '-'))
    return set(OPTION.findall(re.sub(r'\\f.', '', t)))


def getopt_names(pattern):
    names = set()
    for f in glob.glob(pattern):
        names |= set(re.findall(r'\{ "([a-z-]+)", (?:[01]|no_argument|required_argument), ',
                                text(f)))
        names |= set(re.findall(r'has_flag\([^)]*"--([a-z-]+)"', text(f)))
    return names


def differ(what, a, name_a, b, name_b):
    for n in sorted(a - b):
        print(f'{what}: {name_a} has --{n}, {name_b} has not')
    for n in sorted(b - a):
        print(f'{what}: {name_b} has --{n}, {name_a} has not')


def completion(command, first):
    """What the completion offers behind a command, asked from bash itself."""
    script = f'''. tools/completion/kvm-xen
compgen() {{ [ "$1" != -W ] || echo "$2" >&3; }}
COMP_WORDS=(kvm-xen {command}); COMP_CWORD={1 if first else 2}; _kvm_xen'''
    return subprocess.run(['bash', '-c', script + ' 3>&1 >/dev/null 2>&1'], text=True,
                          capture_output=True, env=os.environ | {'PATH': '/usr/bin:/bin'}).stdout


def options():
    tool = os.environ['KVM_XEN']
    man, seen = text('tools/kvm-xen/kvm-xen.8'), set()
    commands = re.findall(r'^  (\w+) ', run_help(tool), re.M)
    if len(commands) < 5:
        print('kvm-xen --help: no commands found')
    offered = {w for w in completion('', True).split() if not w.startswith('-')}
    if offered != set(commands):
        print('completion: its commands differ:', *sorted(offered ^ set(commands)))
    for c in commands:
        if not re.search(rf'^\\fBkvm-xen {c}\b|^\\fBkvm-xen \w+\\fR\|\\fB{c}\b', man, re.M):
            print(f'kvm-xen.8: no synopsis of {c}')
        opts = set(OPTION.findall(run_help(tool, c)))
        differ(c, opts | {'help'}, f'{c} --help', set(OPTION.findall(completion(c, False))) |
               {'help'}, 'the completion')
        seen |= opts
    seen -= {'help'}
    documented = man_options('tools/kvm-xen/kvm-xen.8') - {'help'}
    differ('kvm-xen', seen, '--help', documented, 'kvm-xen.8')
    differ('kvm-xen', seen, '--help', getopt_names('tools/kvm-xen/*.c') - {'help'}, 'the source')


def kxenlat():
    opts = set(OPTION.findall(run_help(os.environ['KXENLAT']))) - {'help'}
    if not opts:
        print('kxenlat --help: no options found')
    documented = man_options('tools/kxenlat/kxenlat.8') - {'help'}
    differ('kxenlat', opts, '--help', documented, 'kxenlat.8')
    differ('kxenlat', opts, '--help', getopt_names('tools/kxenlat/*.c') - {'help'}, 'the source')


# --- what documents name ------------------------------------------------------------

def paths():
    """Paths below a directory of the tree, and names of files by themselves."""
    known = set(files())
    tops = {f.split('/')[0] for f in known if '/' in f}
    names = {os.path.basename(f) for f in known}
    for doc in documents():
        t = re.sub(r'https?://\S+', '', text(doc))
        for m in re.finditer(r'(?<![\w/~.>$])((?:\.\./)?\.?[\w-]+(?:/[\w.*-]+)+/?)', t):
            p = m[1].rstrip('.').removeprefix('../')
            if p.split('/')[0] not in tops or p.endswith('.ko') or 'NAME' in p:
                continue
            if not glob.glob(p) and not glob.glob('Documentation/' + p):
                print(f'{doc}: there is no {p}')
        for p in re.findall(r'(?<![\w/.*-])([a-z][\w-]{2,}\.(?:rst|sh|py|bt|[chS8]))\b(?!\()', t):
            if p not in names:
                print(f'{doc}: there is no {p}')


def house():
    """architecture.rst has each file of the module, in its directory's table."""
    told = {head.removeprefix('Files of ') + row[0] for head, rows in
            tables('Documentation/architecture.rst').items() if head.startswith('Files of ')
            for row in rows}
    code = {f for f in under(CODE, '.c', '.h', '.S') if not f.startswith('include/')}
    # A header need not be there beside the file of its name.
    for f in sorted(code - told - {f[:-1] + 'h' for f in code if f.endswith('.c')}):
        print(f'architecture.rst does not say what {f} is')
    for f in sorted(told - code):
        print(f'architecture.rst says what {f} is, which is not there')


def programs():
    """Each test program, a script with TAP output, has its line in testing.rst."""
    t = text('Documentation/testing.rst')
    for f in files():
        if re.fullmatch(r'selftests/[\w-]+\.sh', f) and '/lib.sh"' in text(f) and \
           not re.search(rf'^{re.escape(os.path.basename(f))} ', t, re.M):
            print(f'testing.rst does not tell of {f}')


def index():
    """Each document is in its directory's index."""
    for f in files():
        if f.startswith('Documentation/') and f.endswith('.rst'):
            d, name = os.path.split(f)
            if name != 'index.rst' and name not in text(d + '/index.rst'):
                print(f'{d}/index.rst does not name {name}')


def symbols():
    """``name()`` in a document is a name in the code; a * stands for any rest."""
    code = set()
    for f in under(CODE + TESTS + ['tools', 'scripts'], '.c', '.h', '.S', '.sh', '.py'):
        if f != 'selftests/docs.py':
            code |= set(re.findall(r'\w+', uncommented(f) if f.endswith(('.c', '.h')) else text(f)))
    everything = '\n'.join(code)
    for doc in documents():
        for s in re.findall(r'``?(\w[\w*]*)\(\)``?', text(doc)):
            if not re.search('^' + s.replace('*', r'\w*') + '$', everything, re.M):
                print(f'{doc}: nothing is called {s}()')
        for s in re.findall(r'\b((?:' + '|'.join(GROUPS) + r'|KXEN)_\w+)(?!\w|<)', text(doc)):
            if s not in code and not any(c.startswith(s) for c in code if s.endswith('_')):
                print(f'{doc}: nothing is called {s}')


def tracepoints():
    """tracing.rst has each tracepoint with its fields, in their order."""
    code = {}
    for m in re.finditer(r'TRACE_EVENT\w*\((kxen_\w+),(.*?)TP_fast_assign',
                         uncommented('kvm-xen/trace.h'), re.S):
        code[m[1]] = re.findall(r'__(?:field|string|array)\([^,()]*,?\s*(\w+)', m[2])
    doc = {name: fields.split() for name, fields in
           tables('Documentation/tracing.rst').get('Tracing', []) if name in code
           or name.startswith('kxen_')}
    for n in sorted(code.keys() | doc.keys()):
        if code.get(n) != doc.get(n):
            print(f'{n}: the code has {code.get(n)}, tracing.rst has {doc.get(n)}')


def comments():
    """name() in a comment of the module is a name in its code: pairs of barriers, callers."""
    sources = under(CODE, '.c', '.h', '.S')
    code = set(re.findall(r'\w+', ' '.join(map(uncommented, sources))))
    for f in sources:
        for c in re.findall(r'/\*.*?\*/|//[^\n]*', text(f), re.S):
            for n in re.findall(r'\b([a-z_]\w+)\(\)', c):
                if n not in code:
                    print(f'{f}: a comment names {n}(), which is not there')


def reasons():
    """Why an attach or a restore was refused: the tool has words for each."""
    tool = ''.join(text(f) for f in glob.glob('tools/kvm-xen/*.c'))
    found = re.findall(r'^#define (KXEN_(?:ATTACH|RESTORE)_\w+)\s+(\d+)',
                       text('include/uapi/linux/kvm_xen.h'), re.M)
    for kind in 'ATTACH', 'RESTORE':
        if sum(name.startswith(f'KXEN_{kind}_') for name, _ in found) < 10:
            print(f'include/uapi/linux/kvm_xen.h: reasons of {kind} are not understood')
    for name, value in found:
        if value != '0' and not re.search(rf'\[{name}\]\s*=\s*"', tool):
            print(f'the tool has no words for {name}')


def statistics():
    """Each number of a statistic is in one table, its name there in the manual page."""
    header = text('include/uapi/linux/kvm_xen.h')
    ids = dict(re.findall(r'^#define (KXEN_STAT_\w+)\s+(\d+)', header, re.M))
    room = int(re.search(r'struct kxen_stat_name \{.*?char name\[(\d+)\]', header, re.S)[1])
    man = re.search(r'^\.SH STATISTICS\n(.*?)^\.SH', text('tools/kvm-xen/kvm-xen.8'),
                    re.M | re.S)
    names = set(re.findall(r'\w+', ' '.join(re.findall(r'^\.B[RI]? (.*)', man[1] if man else '',
                                                      re.M))))
    rows = [m for f in under(CODE, '.c') for m in
            re.findall(r'[{(]\s*(KXEN_STAT_\w+),[^"{}()]*"(\w+)"', uncommented(f))]
    if len(ids) < 10 or len(set(ids.values())) < len(ids):
        print('include/uapi/linux/kvm_xen.h: the numbers of statistics are not understood')
    for n in sorted(set(ids) - {n for n, _ in rows}):
        print(f'{n} is in no table')
    for n, name in rows:
        if n not in ids:
            print(f'{n}: its number is not in the header')
        if len(name) >= room:
            print(f'{name} is too long for struct kxen_stat_name')
    for n in {n for n, _ in rows if [m for m, _ in rows].count(n) > 1}:
        print(f'{n} is in two rows')
    for n in sorted({name for _, name in rows} ^ names):
        print(f'kvm-xen.8, STATISTICS, and the tables differ: {n}')


STREAM = 'Documentation/save-stream.rst'
SIZES = {'u8': 1, 'u16': 2, 'u32': 4, 'u64': 8}


def layout(name, structs):
    """[(offset, size, field)] of struct kxen_save_NAME; a structure inside is taken apart."""
    out, at = [], 0
    for kind, field, count in structs[name]:
        inside = re.match(r'struct kxen_save_(\w+)', kind)
        parts = layout(inside[1], structs) if inside else [(0, SIZES[kind], '')]
        size = int(count or 1) * sum(s for _, s, _ in parts)
        if at % (8 if inside else SIZES[kind]):
            print(f'struct kxen_save_{name}: a hole before {field}')
        out += [(at + o, s, f'{field}.{f}') for o, s, f in parts] if inside else \
            [(at, size, field)]
        at += size
    if at % 8:
        print(f'struct kxen_save_{name}: {at} bytes')
    return out


def rows_of(table):
    """[{member: its value}] of an array of struct kxen_rec_desc."""
    return [dict(re.findall(r'\.(\w+) = ([^,}]+)', r)) for r in re.findall(r'\{([^{}]+)\}', table)
            if '.id' in r]


def stream_in_code():
    """{record: (type, version)}, {structure: its fields}, {record: its row}"""
    sources = [uncommented(f) for f in under(CODE, '.h', '.c') if 'kxen_' in text(f)]
    code = '\n'.join(sources)
    owner = dict(re.findall(r'#define (KXEN_OWNER_\w+)\s+(0x\w+)', code))
    recs = {}
    for m in re.finditer(r'#define KXEN_REC_(\w+)\s+KXEN_REC\((\w+), (\d+), (\d+)\)', code):
        recs.setdefault(m[1], (int(owner.get(m[2], m[2]), 16) << 8 | int(m[3]), int(m[4])))
    structs = {m[1]: re.findall(r'((?:struct )?\w+) (\w+)(?:\[(\d+)\])?;', m[2]) for m in
               re.finditer(r'struct kxen_save_(\w+) \{(.*?)\n\}', code, re.S)}
    rows = {}
    for m in re.finditer(r'struct kxen_rec_desc \w+\[\] = \{(.*?)\n\};', code, re.S):
        for row in rows_of(m[1]):
            name = row['id'].strip().removeprefix('KXEN_REC_')
            if name in rows:
                print(f'record {name} is in two rows')
            rows[name] = row
    return recs, structs, rows


def stream_in_document():
    """{record: (type, version)}, {structure: [(offset, size, field)]}, {record: its text}"""
    recs, structs, words, name, lines = {}, {}, {}, '', text(STREAM).split('\n')
    for i, line in enumerate(lines):
        m = re.match(r'(\w+): type 0x([0-9a-f]{4}), version (\d+)$', line)
        if re.fullmatch(r'[-~]{3,}', lines[i + 1] if i + 1 < len(lines) else ''):
            name = {'Header': 'header', 'Records': 'rec'}.get(line, m[1].lower() if m else '')
            if m:
                recs[m[1]] = (int(m[2], 16), int(m[3]))
        row = line.split(None, 3)
        if name and len(row) >= 3 and row[0].isdigit() and row[1].isdigit():
            structs.setdefault(name, []).append((int(row[0]), int(row[1]), row[2]))
        words[name] = words.get(name, '') + line + '\n'
    return recs, structs, words


def stream_numbers(words):
    """The limits of a stream, and the owners."""
    header = uncommented('kvm-xen/stream.h')
    for m in re.finditer(r'#define KXEN_SAVE_(\w+)\s+(\S.*)', header):
        value = str(eval(re.sub(r'(?<=\d)U\b', '', m[2])))
        where = {'MAGIC': m[2].strip(), 'MAX_RECS': value, 'MAX': value, 'VERSION': value + ':'}
        if where[m[1]] not in words['header']:
            print(f'KXEN_SAVE_{m[1]} is {value} in the code, {STREAM} does not say so')
    owners = {int(n, 16) for n in re.findall(r'KXEN_OWNER_\w+\s+(0x\w+)', header)}
    told = {int(n, 16) for n in re.findall(r'^(0x\w\w) ', words['rec'], re.M)} - {0x70}
    for n in sorted(owners ^ told):
        print(f'owner {n:#x} is in {"the code" if n in owners else STREAM} alone')


def stream_rows(recs, rows, words):
    """What the tables of what can be read say, against the words about each record."""
    for n in sorted(recs.keys() ^ rows.keys()):
        print(f'record {n} has no row in a table' if n in recs else f'row {n}: no such record')
    for n in sorted(recs.keys() & rows.keys()):
        said, row = words.get(n.lower(), ''), rows[n]
        for member, word in {'per_vcpu': 'for each vCPU', 'needed': 'needed', 'each': 'list'}.items():
            if (member in row) != (word in said):
                print(f'record {n}: .{member} in its row, "{word}" in {STREAM}: not the same')


def stream():
    """save-stream.rst and the code: each byte of each record, who writes it, how often."""
    recs, structs, rows = stream_in_code()
    doc_recs, doc, words = stream_in_document()
    recs.pop('END', None)
    if len(recs) < 5 or not {n.lower() for n in recs} <= set(structs):
        print('the records in the code are not understood')
    for n in sorted(recs.keys() | doc_recs.keys()):
        if recs.get(n) != doc_recs.get(n):
            print(f'record {n}: the code has {recs.get(n)}, {STREAM} has {doc_recs.get(n)}')
    if len({t for t, _ in recs.values()}) < len(recs):
        print('two records have the same type')
    inside = {k.split('kxen_save_')[1] for s in structs.values() for k, _, _ in s if '_save_' in k}
    for n in sorted((structs.keys() - inside) | doc.keys()):
        a, b = (layout(n, structs) if n in structs else []), doc.get(n, [])
        for row in sorted(set(a) ^ set(b)):
            print(f'struct kxen_save_{n}: {"the code" if row in a else STREAM} alone has', *row)
    stream_numbers(words)
    stream_rows(recs, rows, words)


def maintained():
    """Each file has an area in MAINTAINERS, each pattern a file."""
    pats = re.findall(r'^F:\s+(\S+)', text('MAINTAINERS'), re.M)
    left = set(files())
    for p in pats:
        hit = {f for f in files() if f == p or p.endswith('/') and f.startswith(p)
               or f in set(glob.glob(p))}
        if not hit:
            print(f'MAINTAINERS: no file is {p}')
        left -= hit
    for t in re.findall(r'^T:\t(.+)', text('MAINTAINERS'), re.M):
        for name in t.split():
            if 'selftests/' + name not in files():
                print(f'MAINTAINERS: there is no selftests/{name}')
    for f in sorted(left):
        print(f'MAINTAINERS has no area for {f}')
    if not re.search(rf'^{re.escape(text("VERSION").strip())}\b', text('NEWS'), re.M):
        print('NEWS has nothing of the version in VERSION')


def wellformed():
    """reStructuredText that renders; kernel-doc's own directive is Sphinx's."""
    import docutils.core
    for f in documents():
        if not f.endswith('.rst'):
            continue
        src = re.sub(r'^\.\. kernel-doc::.*', '', text(f), flags=re.M)
        try:
            docutils.core.publish_doctree(src, source_path=f, settings_overrides={
                'report_level': 2, 'halt_level': 5, 'warning_stream': sys.stdout})
        except Exception as e:
            print(f'{f}: {e}')


if __name__ == '__main__':
    {f.__name__: f for f in (ids, hypercalls, options, kxenlat, paths, house, programs, index,
                             symbols, tracepoints, comments, reasons, statistics, stream, maintained,
                             wellformed)
     }[sys.argv[1]]()
