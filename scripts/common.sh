# SPDX-License-Identifier: GPL-2.0
# Shared by every script: where the cache lies, what is supported, messages.
# Sourced, never run.

KXEN_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
KXEN_CACHE=${KXEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvm-xen}
KXEN_SUPPORTED=$(awk '/^[0-9]/ { print $1 }' "$KXEN_TOP/scripts/supported-kernels" | xargs)
# Those that come from the machine's own suites, oldest first: every machine has them.
KXEN_OWN=$(awk '/^[0-9]/ && NF == 1 { print $1 }' "$KXEN_TOP/scripts/supported-kernels" | xargs)
# Of those the first and the last: the host where one is enough, and what most guests run.
KXEN_OLD=${KXEN_OWN%% *}
KXEN_NEW=${KXEN_OWN##* }
KXEN_ARCH=amd64

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The parts of a domain, each with a directory of its name: Kbuild reads them as this does.
domain_parts() { sed -n 's/^[[:space:]]*EACH(\([a-z0-9_]*\)).*/\1/p' "$KXEN_TOP/kvm-xen/parts.h"; }

# The directories that have objects: the module's code, but for headers that others read.
module_dirs() {
	{
		grep -oE '[a-z0-9-]+(/[a-z0-9_-]+)+\.o' "$KXEN_TOP/Kbuild" | cut -d/ -f1
		domain_parts
	} | sort -u | grep -vx selftests | xargs
}

# The kernel release that the cache has for series $1: one that is supported, or that of a kernel
# which is built for the tests, such as $KXEN_NEW-debug.
kver_of() {
	local f=$KXEN_CACHE/kernels/$1.release
	[ -s "$f" ] || die "kernel $1 is not in the cache: run 'make setup'"
	cat "$f"
}

# The suites that may have series $1, when it does not come from the machine's own.
suites_of() { awk -v s="$1" '$1 == s { gsub(",", " ", $2); print $2 }' "$KXEN_TOP/scripts/supported-kernels"; }

# Whether make check runs program $2 on series $1.
checked_on() {
	awk -v s="$1" -v p=",$2," '$1 == s { exit !($3 == "" || index("," $3 ",", p)) }' \
		"$KXEN_TOP/scripts/supported-kernels"
}

# Series $1 can be left out, and was: 'make setup' could not have it.
left_out() { [ -n "$(suites_of "$1")" ] && [ ! -s "$KXEN_CACHE/kernels/$1.release" ]; }

# The last of all that this machine could have.
newest_had() {
	local s
	for s in $KXEN_SUPPORTED; do left_out "$s" || echo "$s"; done | tail -1
}

# Series by what they are, for who says so before this file is read: old, new, newest. Others are
# their own names.
series_named() {
	case $1 in
	old) echo "$KXEN_OLD" ;;
	new) echo "$KXEN_NEW" ;;
	newest) newest_had ;;
	*) echo "$1" ;;
	esac
}

# Unpacked image (boot/, lib/modules/) and unpacked headers of series $1.
kroot_of() { printf '%s/kernels/%s\n' "$KXEN_CACHE" "$(kver_of "$1")"; }
kdir_of() { printf '%s/usr/src/linux-headers-%s\n' "$(kroot_of "$1")" "$(kver_of "$1")"; }

# The architecture of series $1, as the kernel's make has it, and the prefix of its compiler. One
# with no architecture in its name is for the machine's.
arch_of() { case $1 in *-arm64) echo arm64 ;; *) echo x86 ;; esac; }
cross_of() { case $1 in *-arm64) echo aarch64-linux-gnu- ;; esac; }

# Does the cache have what hosts of arm64 of series $1 need? Nobody has to have that: arm64.sh.
arm64_had() {
	[ -e "$KXEN_CACHE/arm64/tools/.done" ] && [ -e "$KXEN_CACHE/arm64/busybox/.done" ] &&
		[ -e "$KXEN_CACHE/arm64/user/.done" ] && [ -s "$KXEN_CACHE/kernels/$1-arm64.release" ]
}

# The PATH for a build for series $1: its own compiler comes first, if it has one.
path_of() {
	local t
	t=$(kroot_of "$1")/tools
	[ "$(arch_of "$1")" = x86 ] || t=$KXEN_CACHE/arm64/tools/bin
	[ -d "$t" ] && printf '%s:%s\n' "$t" "$PATH" || printf '%s\n' "$PATH"
}

# Run a command that builds something while nobody else builds it: locked NAME COMMAND...
locked() {
	local lock=$KXEN_TOP/build/lock/$1
	shift
	mkdir -p "${lock%/*}"
	flock "$lock" "$@"
}
