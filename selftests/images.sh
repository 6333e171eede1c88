#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest images on kvm-xen, on every supported host kernel.
. "$(dirname "$0")/lib.sh"

job=$WORK/job
cat >"$job" <<'JOB'
. ./job.sh
check "insmod" insmod kvm-xen.ko || exit 1
for m in 64 32 pae; do
	for i in version ops evtchn upcall lapic; do image $i-$m; done
done
image smp2-64 --smp 2
image smp4-64 --smp 4
image smp2-32 --smp 2
# Two domains. The server is killed when the client asks for it.
for i in pair-64 pair-32; do
	# What the pair before has left must not be taken for this one's.
	rm -f /tmp/server /tmp/client
	check "$i: the numbers are free" wait_for no_domain
	./vmm --domid 700 --limit 200 $i > /tmp/server 2>&1 &
	server=$!
	wait_for grep -q serving /tmp/server
	./vmm --domid 701 --limit 200 $i > /tmp/client 2>&1 &
	client=$!
	wait_for grep -q '^KILL' /tmp/client
	kill -9 $server
	wait $client
	rc=$?
	sed -n "s/^\(ok\|not ok\) - /&$i: /p" /tmp/client
	check "$i: ends by itself" [ $rc = 0 ] || tail -5 /tmp/client
done
check_gone "images"
exit 0
JOB
echo "TAP version 13"
rm -f "$BUILD"/images-6.*.report
hosts "$job" common_files --timeout 400
for s in $(series_list); do cp "$WORK/$s.out" "$BUILD/images-$s.report"; done
tap_end
