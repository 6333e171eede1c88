#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Users of /dev/kvm-xen who mean harm (hostile/), and guest memory in files: what other users,
# root and the host's kernel must not feel.
WEIGHT=300
. "$(dirname "$0")/lib.sh"

files() {
	common_files "$1"
	stall_files "$1"
	echo "--file $BUILD/selftests/hostile --file $BUILD/selftests/kvm-xen"
}

job() {	# NAME SERIES [l1.py options]
	local name=$1 s=$2
	shift 2
	# A kernel that is built for the tests has no file system on a disk.
	case $name:$s in file:*-*) return ;; esac
	# shellcheck disable=SC2046
	host_start "$s" "$SELF/jobs/$name" $(files "$s") --timeout 1000 "$@"
	host_report "$s, $name" "$s"
}

echo "TAP version 13"
for s in $(series_list); do need_module "$s"; done
for s in $(series_list); do
	# One at a time: races want both of the machine's cores.
	job hostile "$s" --thread multi
	# The newer kernel refuses what the older one lets pass.
	case $(halves "$s") in *2*) job file "$s" --root --module kvm-amd --module loop --module ext4 ;; esac
done
tap_end
