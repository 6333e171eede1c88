#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The documents against the tree: numbers of behaviours, hypercalls, options, names.
PARTS=all WEIGHT=15
. "$(dirname "$0")/lib.sh"
cd "$KXEN_TOP" || exit 1

compare() {	# NAME CHECK: good if docs.py finds nothing that does not fit
	local text
	text=$(python3 selftests/docs.py "$2" 2>&1)
	[ -z "$text" ] || sed 's/^/# /' <<<"$text" | head -40
	[ -z "$text" ]
	tap $? "$1"
}

built() {	# DIRECTORY: make there, into $WORK/tools
	make -s -C "$1" OUT="$WORK/tools" >"$WORK/make" 2>&1 && return
	sed 's/^/# /' "$WORK/make" | tail -20
	return 1
}

echo "TAP version 13"
compare "every number that is cited is in Documentation/semantics, and every one there is cited" ids
compare "hypercalls.rst has what the tables in the code have" hypercalls
compare "paths and files that documents name are there" paths
compare "architecture.rst says what each file of the module is" house
# shellcheck disable=SC2046
mkdir "$WORK/house" && cp -r --parents $(module_dirs) scripts Kbuild include Documentation "$WORK/house" &&
	mv "$WORK/house/kvm-xen/kvm/hook.c" "$WORK/house/kvm-xen/kvm/hooking.c"
[ "$(cd "$WORK/house" && python3 "$SELF/docs.py" house)" = \
"architecture.rst does not say what kvm-xen/kvm/hook.h is
architecture.rst does not say what kvm-xen/kvm/hooking.c is
architecture.rst says what kvm-xen/kvm/hook.c is, which is not there" ]
tap $? "found: a file that has another name than there"
compare "each index has every document" index
compare "testing.rst has every test program" programs
compare "functions and constants that documents name are there" symbols
compare "tracing.rst has every tracepoint, and its fields" tracepoints
compare "functions that comments name are there" comments
compare "the tool has words for every reason of a refusal" reasons
compare "each statistic has a table, and a line in the manual page" statistics
compare "save-stream.rst has each byte of each record, and how often it comes" stream
compare "MAINTAINERS has an area for every file, NEWS has the version" maintained

export KVM_XEN=$WORK/tools/kvm-xen KXENLAT=$WORK/tools/kxenlat
built tools
tap $? "kvm-xen builds"
compare "kvm-xen's --help, manual page, completion and source have the same options" options
if command -v clang >/dev/null && [ -e /usr/include/bpf/libbpf.h ]; then
	built tools/kxenlat
	tap $? "kxenlat builds"
	compare "kxenlat's --help, manual page and source have the same options" kxenlat
else
	tap_skip "kxenlat's options" "no clang, or no libbpf"
fi
if python3 -c 'import docutils' 2>/dev/null; then
	compare "the documents are well-formed" wellformed
else
	tap_skip "the documents are well-formed" "no docutils"
fi
tap_end
