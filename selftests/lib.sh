# SPDX-License-Identifier: GPL-2.0
# Shared by the test programs: parts, TAP out, hosts, modules. Sourced.
#
# A program prints TAP 13 with one line per check. What runs inside a host is a file in
# jobs/, which says "ok - NAME" and "not ok - NAME"; here the lines get their numbers, and
# the name of the group before them.
#
#   NAME.sh		all of it, its hosts side by side
#   NAME.sh --list	its parts, for scripts/check.py: PART WEIGHT [PROGRAM:PART before it]
#   NAME.sh PART	one part
#
# A part is a host of series_list() unless the program says otherwise before it sources
# this file: PARTS="ONE TWO"; ONCE=old, new or newest is the only host in 'check', for a program
# that hardly depends on it. WEIGHT is what a part takes in seconds, as a first guess, AFTER the
# PROGRAM:HOST that must have run before. All may be left out.

set -u
SELF=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$SELF/../scripts/common.sh"
BUILD=$KXEN_TOP/build
PROGRAM=${0##*/}
PROGRAM=${PROGRAM%.sh}
KXEN_CHECK=${KXEN_CHECK:-check}
tap_nr=0
tap_bad=0

# Whether setup.sh could have them or not.
wanted_list() {
	local s
	if [ -n "${KXEN_SERIES-}" ]; then
		echo "$KXEN_SERIES"
	elif [ "$KXEN_CHECK" = quick ]; then
		echo "$KXEN_OLD"
	elif [ "$KXEN_CHECK" = check ] && [ -n "${ONCE-}" ]; then
		for s in $ONCE; do series_named "$s"; done | uniq
	else
		for s in $KXEN_SUPPORTED; do
			[ "$KXEN_CHECK" != full ] && ! checked_on "$s" "$PROGRAM" || echo "$s"
		done
	fi
}

series_list() {
	local s
	for s in $(wanted_list); do left_out "$s" || echo "$s"; done
}

# In 'check' two hosts share what does not depend on the host: the first does half 1, the
# other half 2, and job.sh's mine() asks for it; one that is beyond() them does half 2, too. A
# host that is alone does all, and so does each of check-full.
all_series=$(series_list | xargs)
halves() {	# SERIES
	case $KXEN_CHECK:$all_series in
	check:"$1 "*) echo 1 ;;
	check:*" "*) echo 2 ;;
	*) echo 1 2 ;;
	esac
}

# Does this host have calls served in KVM's exit fast path, which is off unless a program says FAST=1?
# FAST=halves: in 'check' the second host has not, and the others have.
fast_path() {	# SERIES
	case ${FAST-0}:$(halves "$1") in
	halves:2) beyond "$1" && echo 1 || echo 0 ;;
	halves:*) echo 1 ;;
	*) echo "${FAST-}" ;;
	esac
}

beyond() { case $KXEN_CHECK:$all_series in check:*" "*" $1"*) ;; *) false ;; esac; }	# SERIES

own_parts=${PARTS:+1}
PARTS=${PARTS:-$(wanted_list | xargs)}
case ${1-} in
"") ;;
--list)
	after=${AFTER:+${AFTER%:*}:$(series_named "${AFTER#*:}")}
	for p in $PARTS; do echo "$p ${WEIGHT-60} $after"; done
	exit
	;;
*)
	case " $PARTS " in *" $1 "*) ;; *) die "${0##*/} has these parts: $PARTS" ;; esac
	[ -n "$own_parts" ] || KXEN_SERIES=$1
	if [ -z "$own_parts" ] && left_out "$1"; then
		printf 'TAP version 13\nok 1 - %s # SKIP kernel %s could not be had from %s\n1..1\n' \
			"$PROGRAM on $1" "$1" "$(suites_of "$1")"
		exit
	fi
	;;
esac

tap() {	# RESULT NAME: RESULT is a status, 0 is good
	tap_nr=$((tap_nr + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_nr - $2"
	else
		echo "not ok $tap_nr - $2"
		tap_bad=$((tap_bad + 1))
	fi
}

tap_skip() {	# NAME REASON
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

# Number what comes on standard input; other lines become comments.
tap_number() {	# GROUP
	local line
	while IFS= read -r line; do
		case $line in
		"ok - "*) tap 0 "$1: ${line#ok - }" ;;
		"not ok - "*) tap 1 "$1: ${line#not ok - }" ;;
		"skip - "*) tap_skip "$1: ${line#skip - }" "not on this host" ;;
		*) echo "# $line" ;;
		esac
	done
}

tap_end() {
	echo "1..$tap_nr"
	[ $tap_bad = 0 ] && [ $tap_nr -gt 0 ]
	exit
}

bail() { echo "Bail out! $*"; exit 1; }

# Boot a host and run a job in it, beside others (a host is one busy thread):
#   host_start SERIES JOB [l1.py options]; then, once per start, host_report GROUP SERIES
# HOST names the script that boots it.
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
host_start() {
	local series=$1 job=$2
	shift 2
	(
		python3 "$KXEN_TOP/scripts/${HOST:-l1.py}" --series "$series" "$@" "$job" \
			>"$WORK/$series.out" 2>&1
		echo $? >"$WORK/$series.status"
	) &
	echo $! >"$WORK/$series.pid"
}

host_report() {
	local group=$1 series=$2 status
	wait "$(cat "$WORK/$series.pid")"
	status=$(cat "$WORK/$series.status" 2>/dev/null || echo 99)
	tap_number "$group" <"$WORK/$series.out"
	case $status in
	98) tap 1 "$group: the host's log is clean" ;;
	99) tap 1 "$group: the job ends" ;;
	*)
		tap 0 "$group: the host's log is clean"
		tap "$status" "$group: the job ends well"
		;;
	esac
}

# The same job on every series: hosts JOB FILES-FUNCTION [l1.py options]. WAY is said behind the
# series, of a second time.
hosts() {
	local job=$1 files=$2 s
	shift 2
	for s in $(series_list); do need_module "$s"; done
	for s in $(series_list); do
		# shellcheck disable=SC2046
		host_start "$s" "$job" $($files "$s") "$@"
	done
	for s in $(series_list); do host_report "$s${WAY-}" "$s"; done
}

# Once more in check-full, without KVM's exit fast path: hosts_without JOB FILES-FUNCTION [options]
hosts_without() {
	[ "$KXEN_CHECK" != full ] || FAST=0 WAY=" without the fast path" hosts "$@"
}

need_programs() {
	locked programs make -s -C "$SELF" all || bail "the test programs do not build"
}

need_module() {	# SERIES
	need_programs
	"$KXEN_TOP/scripts/module.sh" "$1" || bail "the module does not build for $1"
}

# What images.list says of the images: images WANT [WIDTHS], see images.awk.
images() { awk -v want="$1" -v widths="${2-}" -f "$SELF/images.awk" "$SELF/images.list"; }

# Options of l1.py that put the module, the small VMM and the images into a host, and
# what a job is told: its ./params, which job.sh reads. A program adds to them by PARAMS,
# as NAME=VALUE lines.
common_files() {	# SERIES
	local i
	printf '%s=%q\n' SERIES "$1" HALVES "$(halves "$1")" SUPPORTED "${KXEN_SUPPORTED// /, }" OWN "$KXEN_OWN" \
		OLD "$KXEN_OLD" NEW "$KXEN_NEW" KXEN_CHECK "$KXEN_CHECK" \
		TOP "$KXEN_TOP" KXEN_CACHE "$KXEN_CACHE" FAST_PATH "$(fast_path "$1")" >"$WORK/params-$1"
	echo "${PARAMS-}" >>"$WORK/params-$1"
	echo "--file $BUILD/$1/kvm-xen.ko --file $BUILD/selftests/vmm --file $SELF/job.sh"
	echo "--file $WORK/params-$1=params"
	for i in $(images build); do echo "--file $BUILD/selftests/img/$i"; done
}

# Build the module of that directory for that kernel, and where it is, as options of l1.py.
test_module() {	# SERIES DIRECTORY
	local out=$BUILD/$1-$2 f
	mkdir -p "$out"
	cp -u "$SELF/$2"/* "$out/"
	PATH=$(path_of "$1") locked "$2-$1" make -s -C "$(kdir_of "$1")" M="$out" W=1 \
		KXEN_INCLUDE="$KXEN_TOP/include" KBUILD_EXTRA_SYMBOLS="$BUILD/$1/Module.symvers" \
		modules >"$out/log" 2>&1 || cat "$out/log" >&2
	for f in "$out"/*.ko; do
		strip --strip-debug "$f"
		echo "--file $f"
	done
}

# And what job.sh's stall needs, and the like.
stall_files() {	# SERIES
	local dir
	dir=$("$KXEN_TOP/scripts/stall.sh" "$1") && echo "--file $dir/kxen_stall.ko --file $dir/kxen_starve.ko --file $dir/places"
}

# The same for Debian kernels as guests, under the machine's own QEMU.
guest_files() {	# SERIES
	common_files "$1"
	echo "--file $SELF/guest-job.sh --file $BUILD/selftests/qmp --root --mem 3G"
}

need_guests() {
	"$KXEN_TOP/scripts/guest.sh" && locked tools make -s -C "$KXEN_TOP/tools" ||
		bail "no guest kernels"
}
