#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Random hypercalls and random calls of the host, with the host's CPUs running truly at
# the same time: FUZZ_SECONDS (60; 600 on a kernel that finds mistakes) with FUZZ_SEED (1).
ONCE=new WEIGHT=120
. "$(dirname "$0")/lib.sh"

[ "$KXEN_CHECK" = debug ] && seconds=600 || seconds=60
seconds=${FUZZ_SECONDS:-$seconds}
PARAMS="FUZZ_SECONDS=$seconds FUZZ_SEED=${FUZZ_SEED:-1}"
files() {	# SERIES
	common_files "$1"
	echo "--file $BUILD/selftests/hfuzz"
}
echo "TAP version 13"
# Also if the host does not live to say it.
echo "# FUZZ_SEED=${FUZZ_SEED:-1}"
for s in $(series_list); do
	need_module "$s"
	# One at a time: each has both of the machine's cores. A crash ends it at once.
	# shellcheck disable=SC2046
	host_start "$s" "$SELF/jobs/fuzz" $(files "$s") --thread multi --append "maxcpus=1 oops=panic rcupdate.rcu_expedited=1" \
		--timeout $((seconds + 900))
	host_report "$s" "$s"
done
tap_end
