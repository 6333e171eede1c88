#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Domains whose memory stays as it is, and what their accesses are counted as: direct-map.rst.
WEIGHT=30 ONCE=new
. "$(dirname "$0")/lib.sh"

echo "TAP version 13"
hosts "$SELF/jobs/direct" common_files --timeout 300
tap_end
