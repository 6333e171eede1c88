#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Machines that begin anew: every way of a reset, kexec, crash kernels, and vCPUs and
# disks that a VMM brings.
WEIGHT=200
. "$(dirname "$0")/lib.sh"

need_guests
echo "TAP version 13"
hosts "$SELF/jobs/reset" guest_files --timeout 1500
tap_end
