# SPDX-License-Identifier: GPL-2.0
# Shared by the jobs whose guests 'kvm-xen create' makes (bash, in the machine's root). Sourced.
. ./guest-job.sh
X=$KXEN_CACHE/xen BIN=$X/usr/lib/xen-4.17/bin BACKEND=$KXEN_CACHE/xen-qemu/usr/libexec/xen-qemu-system-i386
export LD_LIBRARY_PATH=$X/usr/lib/x86_64-linux-gnu:$KXEN_CACHE/xen-qemu/usr/lib/x86_64-linux-gnu PATH=$T:$X/usr/bin:$PATH
R=/run/kvm-xen
mount -t devpts devpts /dev/pts
mkdir -p /run/xenstored

# create NAME [options]: what it says is in /run/said, its status in $rc, the domain's number in $id
create() {
	_c=$1
	shift
	timeout 300 kvm-xen create "$@" /run/$_c.cfg > /run/id 2> /run/said < /dev/null
	rc=$?
	read -r id < /run/id || id=
}
says() { grep -q -- "$1" /run/said || { sed 's/^/# said: /' /run/said; return 1; }; }
is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
id_of() { kvm-xen list | awk -v n="$1" '$7 == n { print $1 }'; }
pid_of() { head -n 1 $R/$1/pid; }
child_of() { local p=$1; shift; pgrep -P "$p" "$@"; }
life_of() { child_of "$(pid_of $1)"; }
vmm_of() { child_of "$(life_of $1)" -f qemu-system-x86_64; }
backend_of() { child_of "$(life_of $1)" -f xen-qemu-system; }
logged() { grep -q "$2" $R/$1/log || { cat $R/$1/log; return 1; }; }
node() { xenstore-read "$1" > /dev/null 2>&1; }
free_name() { (exec 5< $R/$1/lock; flock -n 5); }

# Nothing of a guest is there, and nobody who serves one.
nothing_left() {	# NAME
	free_name $1 || { echo "somebody looks after it"; return 1; }
	! pidof qemu-system-x86_64 xen-qemu-system-i386 || return 1
	no_domain || { kvm-xen list; return 1; }
	# shellcheck disable=SC2046
	is "$(echo $(xenstore-list /local/domain))" 0 && is "$(xenstore-list /vm)" "" && is "$(xenstore-list /tool/kvm-xen)" "" &&
		is "$(xenstore-list /libxl)" "" && is "$(xenstore-list /local/domain/0/device-model)" "" &&
		is "$(xenstore-list /local/domain/0/backend/qdisk 2> /dev/null)" "" && ! [ -e $R/$1/pid ]
}
gone() { check "$2: nothing is left" wait_for nothing_left $1 || { nothing_left $1; xenstore-ls; cat $R/$1/log; }; }

# Somebody at the console of a guest: open NAME, type WORDS, leave
open() {
	rm -f /run/keys
	mkfifo /run/keys
	kvm-xen console $1 < /run/keys > /run/cons.$1 2>&1 & console=$!
	exec 7> /run/keys
}
type() { printf '%s\n' "$*" >&7; }
# It may have ended with its guest.
trap '' PIPE
leave_console() { printf '\035' >&7 2> /dev/null; exec 7>&-; wait $console; }
heard() { grep -q "$2" /run/cons.$1; }
await() { check "$1: $3" wait_for heard $2 "$4" || tail -30 /run/cons.$2; }
daemons() {
	check "xenstored" "$BIN/xenstored" --pid-file /run/xenstored.pid
	check "it listens" wait_for node /tool/xenstored
	check "xenconsoled" "$BIN/xenconsoled" --pid-file=/run/xenconsoled.pid --log=none
}
