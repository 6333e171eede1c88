#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pairs of operations on the same event channels from two CPUs, and from the host. In
# check-full longer, and with the host's CPUs running truly at the same time; on a kernel
# that finds mistakes in that way alone.
WEIGHT=180 FAST=halves
. "$(dirname "$0")/lib.sh"

case $KXEN_CHECK in
full) limit=2400 ways="one many" PARAMS="LIMIT=400 MS=300 MS_FIFO=2000" ;;
debug) limit=900 ways=many PARAMS="LIMIT=400 MS_FIFO=300" ;;
*) limit=900 ways=one ;;
esac
echo "TAP version 13"
case $ways in *one*)
	hosts "$SELF/jobs/races" common_files --timeout $limit
	hosts_without "$SELF/jobs/races" common_files --timeout $limit
	;;
esac
if [ "$ways" != one ]; then
	PARAMS="${PARAMS-} PARALLEL=1"
	for s in $(series_list); do
		need_module "$s"
		# One at a time: each has both of the machine's cores.
		# shellcheck disable=SC2046
		host_start "$s" "$SELF/jobs/races" $(common_files "$s") --thread multi --append maxcpus=1 --timeout $limit
		host_report "$s, in parallel" "$s"
	done
fi
tap_end
