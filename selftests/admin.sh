#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What else may sit on the functions that are hooked: BPF programs and livepatches, put
# there before a domain lives, and while one does.
WEIGHT=70
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	test_module "$1" livepatch
	echo "--file $BUILD/selftests/fentry --root"
}
echo "TAP version 13"
hosts "$SELF/jobs/admin" files --timeout 800
tap_end
