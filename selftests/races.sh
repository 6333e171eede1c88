#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Pairs of operations on the same event channels from two CPUs, and from the host. In
# check-full longer, and with the host's CPUs running truly at the same time.
WEIGHT=180
. "$(dirname "$0")/lib.sh"

[ "$KXEN_CHECK" != full ] || PARAMS="LIMIT=400 MS=300 MS_FIFO=2000"
echo "TAP version 13"
hosts "$SELF/jobs/races" common_files --timeout $([ "$KXEN_CHECK" = full ] && echo 2400 || echo 900)
if [ "$KXEN_CHECK" = full ]; then
	PARAMS="$PARAMS PARALLEL=1"
	for s in $(series_list); do
		# One at a time: each has both of the machine's cores.
		# shellcheck disable=SC2046
		host_start "$s" "$SELF/jobs/races" $(common_files "$s") --thread multi --append maxcpus=1 --timeout 2400
		host_report "$s, in parallel" "$s"
	done
fi
tap_end
