#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Is the generic half generic? noarch.sh SERIES DIR [FILE...], by scripts/module.sh SERIES --, in
# its tree of objects; the sources are those below DIR, or some of them. Prints what is wrong.
#
# All that lies in no directory of an architecture's, nor in vfio/, whose device is for x86's HVM
# guests, nor is for kernels that place hooks in another way, is compiled, without code being made, with
# an architecture that has nothing: the headers of noarch/, which stand for what arch.h and
# kvm/glue.h say that one brings. The kernel's own headers are those of the host, and what is
# looked into there is not found so: for that, the code is searched for x86's words, and arm64's.
set -euo pipefail
self=$(cd "$(dirname "$0")" && pwd)
. "$self/../scripts/common.sh"
series=$1 tree=$PWD top=$(cd "$2" && pwd)
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top"
# shellcheck disable=SC2046
mapfile -t all < <(find $(module_dirs) -name '*.[ch]' | grep -vE '(^|/)(x86|arm64)/|^vfio/|/hook_redirect\.c$' | sort)
[ ${#all[@]} -gt 80 ] || { echo "only ${#all[@]} files below $top"; exit 1; }
[ $# != 0 ] || set -- "${all[@]}"

# As kbuild has compiled one of them, but for the architecture's directories.
words=() flags=() first=()
eval "words=($(sed -n '1s/^[^=]*:=\([^;]*\).*/\1/p' "$tree/kvm-xen/.main.o.cmd"))"
for ((i = 1; i < ${#words[@]}; i++)); do
	case ${words[i]} in
	-include) first+=("${words[i]}" "${words[++i]}") ;;
	-o) i=$((i + 1)) ;;
	-c | -g | -Wp,* | *.c | "-I$tree/x86" | "-I$tree/kvm-xen/kvm/x86") ;;
	"-I$tree/"*) flags+=("-I$top/${words[i]#"-I$tree/"}") ;;
	*) flags+=("${words[i]}") ;;
	esac
done
flags+=("-I$self/noarch" "-I$top/kvm-xen" -Winvalid-pch)
PATH=$(path_of "$series")
compile() { (cd "$(kdir_of "$series")" && "${words[0]}" "${flags[@]}" "$@" 2>&1 | sed "s,$top/,,"); }

# What they include of the kernel is read once for all.
grep -ohE '^#include <(linux|kvm)/[a-z0-9_/-]+\.h>' "${all[@]}" | sort -u |
	grep -vE 'entry-virt|leafops|trace' >"$work/kernel.h"
compile "${first[@]}" -x c-header "$work/kernel.h" -o "$work/kernel.h.gch"
for f in "$@"; do
	[ "${f%.c}" = "$f" ] || compile -include "$work/kernel.h" -fsyntax-only "$top/$f" || true
done

# Without comments; an owner's number in a stream, and parameters that Xen has everywhere, are none.
perl -0777 -ne '
	s{/\*.*?\*/}{$& =~ tr/\n//cdr}gse;
	my $n = 0;
	for (split /\n/) {
		$n++;
		s/KXEN_OWNER_X86|HVM_PARAM_MEMORY_EVENT_\w+//g;
		print "$ARGV:$n: a word of arm64: $&\n" if m{\barm(64|32|v\d)|aarch64|vgic|\bgic(v\d)?\b|psci|\bppi|
			sctlr|ttbr|\bhvc\b|\bwfi\b}xi;
		print "$ARGV:$n: a word of x86: $&\n" if m{x86|apic|vmx|svm|vmc[bs]|msr|cpuid|gsi|
			\btsc|_tsc|pvclock|kvmclock|kvm[-_](amd|intel)|rflags|\b[re][abcd]x\b|\bcr[0348]\b|
			<asm/|\b(vcpu|kvm)->arch|unplug}xi;
	}' "$@"
