# SPDX-License-Identifier: GPL-2.0
# Shared by the test programs: TAP out, hosts, modules. Sourced.
#
# A program prints TAP 13 with one line per check. What runs inside a host says
# "ok - NAME" and "not ok - NAME"; here the lines get their numbers, and the name
# of the group before them.

set -u
SELF=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$SELF/../scripts/common.sh"
BUILD=$KXEN_TOP/build
KXEN_CHECK=${KXEN_CHECK:-check}
tap_nr=0
tap_bad=0

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

# Boot a host and run a job in it, beside others (a host is one busy thread):
#   host_start SERIES JOB [l1.py options]; then, once per start, host_report GROUP SERIES
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
host_start() {
	local series=$1 job=$2
	shift 2
	(
		python3 "$KXEN_TOP/scripts/l1.py" --series "$series" "$@" "$job" \
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

# The same job on every series: hosts JOB FILES-FUNCTION [l1.py options]
hosts() {
	local job=$1 files=$2 s
	shift 2
	for s in $(series_list); do need_module "$s"; done
	for s in $(series_list); do
		# shellcheck disable=SC2046
		host_start "$s" "$job" $($files "$s") "$@"
	done
	for s in $(series_list); do host_report "$s" "$s"; done
}

series_list() {
	if [ "$KXEN_CHECK" = quick ]; then echo 6.1; else echo "$KXEN_SUPPORTED"; fi
}

need_module() {	# SERIES
	"$KXEN_TOP/scripts/module.sh" "$1" W=1 || { echo "Bail out! the module does not build for $1"; exit 1; }
}

# Options of l1.py that put the module, the small VMM and the images into a host.
common_files() {	# SERIES
	local i
	echo "--file $BUILD/$1/kvm-xen.ko --file $BUILD/selftests/vmm --file $SELF/job.sh"
	for i in "$BUILD"/selftests/img/*; do echo "--file $i"; done
}

# The same for Debian kernels as guests, under the machine's own QEMU.
guest_files() {	# SERIES
	common_files "$1"
	echo "$BUILD/guest" >"$WORK/gdir"
	echo "$BUILD/tools" >"$WORK/tdir"
	echo "$KXEN_CACHE" >"$WORK/cdir"
	echo "--file $SELF/guest-job.sh --file $WORK/gdir --file $WORK/tdir --file $WORK/cdir --root --mem 3G"
}

need_guests() {
	"$KXEN_TOP/scripts/guest.sh" && make -s -C "$KXEN_TOP/tools" ||
		{ echo "Bail out! no guest kernels"; exit 1; }
}
