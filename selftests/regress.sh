#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guest images that have once found a fault of the module's, and need more than a plain run:
# two domains, a VMM that looks, and host CPUs that run truly at the same time.
WEIGHT=150
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
for s in $(series_list); do need_module "$s"; done
for s in $(series_list); do
	# One at a time: each has both of the machine's cores.
	# shellcheck disable=SC2046
	host_start "$s" "$SELF/jobs/regress" $(common_files "$s") $(stall_files "$s") --thread multi --timeout 1000
	host_report "$s" "$s"
done
tap_end
