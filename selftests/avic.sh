#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# KVM with AVIC, on the newest host: there it is the default where the processor has it.
WEIGHT=40 ONCE=newest
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
hosts "$SELF/jobs/avic" common_files --timeout 400
tap_end
