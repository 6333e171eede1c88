# SPDX-License-Identifier: GPL-2.0
# Shared by the jobs that run inside a host (busybox sh, or bash in the machine's root).
# Sourced, with what the program has for the job: SERIES, HALVES, SUPPORTED, OWN (the series of
# the machine's own suites), OLD and NEW (the first and the last of them), KXEN_CHECK, TOP,
# KXEN_CACHE, FAST_PATH (1: with KVM's exit fast path), and its own PARAMS.
! [ -e params ] || . ./params
if [ -n "${BASH_VERSION-}" ]; then
	export PATH=$PATH:/usr/sbin:/sbin
	# Who waits asks again and again, and to load a program with its libraries takes an emulated
	# host more than 50 milliseconds, each time. busybox has none, and the shell can wait.
	for _p in awk cat grep sed tail; do eval "$_p() { /bin/busybox $_p \"\$@\"; }"; done
	mkfifo /run/never
	exec {never}<>/run/never
	usleep() {
		printf -v _nap '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
		read -rt $_nap -u $never || :
	}
fi
# A kernel that is built for the tests, whose series has a dash, takes about so many times as long;
# for limits, which are for hangs.
SLOWER=1
case ${SERIES-} in *-*) SLOWER=4 ;; esac
export SLOWER

# The module, as the program wants it where the job does not say.
insmod() {
	case $1:$* in
	kvm-xen.ko:*fast_path=*) command insmod "$@" ;;
	kvm-xen.ko:*) command insmod "$@" ${FAST_PATH:+fast_path=$FAST_PATH} ;;
	*) command insmod "$@" ;;
	esac
}

check() {	# NAME COMMAND...: is its status 0?
	_name=$1
	shift
	if "$@" > /tmp/check.out 2>&1; then
		echo "ok - $_name"
	else
		echo "not ok - $_name"
		sed 's/^/#   /' /tmp/check.out | tail -20
		return 1
	fi
}

fails() { ! "$@"; }
# Is half 1 or 2 of the job for this host? See lib.sh.
mine() { case ${HALVES-1 2} in *$1*) ;; *) false ;; esac; }

# Wait until a command's status is 0; the limit is for a hang, not a measure.
wait_for() {	# COMMAND...
	_n=0
	until "$@" > /dev/null 2>&1; do
		_n=$((_n + 1))
		[ $_n -gt 1200 ] && return 1
		usleep 100000
	done
}

loaded() { grep -q '^kvm_xen ' /proc/modules; }
log_says() { dmesg | grep -qF "$1"; }
# But for domain 0, and the one that stays.
no_domain() { [ "$(ls -d /sys/kernel/debug/kvm-xen/d* | wc -l)" = $((1 + ${stays-0})) ]; }
unarmed() { ! grep -q ' armed ' /sys/kernel/debug/kvm-xen/hooks; }

# A domain that stays, so that hooks are not put in place for each of the others, which takes
# seconds here: stay, and leave. jobs/life is where they come and go.
stay() {
	stays=1
	mkfifo /run/stay
	./vmm --hold --domid 9000 --limit 3000 version-64 < /run/stay > /run/stayed 2>&1 &
	exec 4> /run/stay
	wait_for grep -q READY /run/stayed
}
leave() {
	echo go >&4
	exec 4>&-
	check "the domain that stayed finds Xen" wait_for grep -q '^DONE good' /run/stayed ||
		{ grep -v '^ok' /run/stayed; look_at $(pidof vmm); }
	stays=0
}

# Where the threads of these processes are, for a test that has failed: look_at PID...
look_at() {
	for _p in "$@"; do
		for _t in /proc/"$_p"/task/*; do
			echo "# $(cat "$_t/comm") $_t: $(sed -n 's/^State:[[:space:]]*//p' "$_t/status")"
			sed 's/^/#   /' "$_t/stack"
		done
	done
	for _p in /sys/kernel/debug/kvm-xen/d*/state; do sed "s|^|# $_p: |" "$_p"; done
	# Is the timer that one of them sleeps for due, and whose CPU has not seen it?
	grep -E '^cpu:|^now at|expires_next|hrtimer_wakeup|# expires' /proc/timer_list | head -80 |
		sed 's/^/# timers: /'
}

# The counters lag, each on its CPU, for a second or so: two that are behind would be even.
pins_even() {
	echo 1 > /proc/sys/vm/stat_refresh
	[ "$(awk '/nr_foll_pin_acquired/ { print $2 }' /proc/vmstat)" = \
	  "$(awk '/nr_foll_pin_released/ { print $2 }' /proc/vmstat)" ]
}

# No domain is left, nothing is hooked, and the module can go; it has pinned no page that is
# not released, and where the kernel can tell, it has left no memory.
check_gone() {
	check "$1: no domain is left" wait_for no_domain
	check "$1: KVM's functions are as they were" wait_for unarmed
	# A domain's memory goes a moment after the domain.
	check "$1: the module unloads" wait_for rmmod kvm_xen
	check "$1: every page that was pinned is released" wait_for pins_even ||
		grep nr_foll_pin /proc/vmstat
	! [ -e $LEAKS ] || check "$1: no memory is left" no_leak
}

# What is younger than five seconds is none yet to kmemleak, and what only the second scan
# finds was a pointer on the move.
LEAKS=/sys/kernel/debug/kmemleak
no_leak() {
	for _s in 1 2; do
		usleep 6000000
		echo scan > $LEAKS
	done
	! grep -A 20 '^unreferenced' $LEAKS
}

# Make the window of a race wide: who comes to a place of kvm-xen's (scripts/places.py lists
# them) waits there for so long. Before the guests run, and until they have ended: under an
# emulator with several threads code is not to be changed while another CPU executes it.
# stall "PLACE MICROSECONDS, ..."
stall() {
	_where='' _us=''
	# shellcheck disable=SC2046
	set -- $(echo "$1" | tr , ' ')
	while [ $# -gt 1 ]; do
		_at=$(awk -v p="$1" '$1 == p { print $2 }' places)
		[ -n "$_at" ] || { echo "there is no $1"; return 1; }
		_where=$_where,kvm_xen:${1%%:*}+$_at _us=$_us,$2
		shift 2
	done
	insmod kxen_stall.ko where="${_where#,}" us="${_us#,}"
}

# It ends; and somebody has come to each place.
unstall() {
	_hits=$(cat /sys/module/kxen_stall/parameters/hits)
	rmmod kxen_stall || return 1
	echo "hits: $_hits"
	case ,$_hits, in *,0,*) false ;; esac
}

# A guest image beside that: stalled IMAGE "PLACE MICROSECONDS, ..." [options of vmm]
stalled() {
	_img=$1 _slow=$2
	shift 2
	check "$_img: made slow: $_slow" stall "$_slow"
	image "$_img" "$@"
	check "$_img: its domain is gone" wait_for no_domain
	check "$_img: it was slow, and is not any more" unstall
}

# Lines of a report, named by its group: part GROUP FILE
part() { sed -n "s/^\(ok\|not ok\) - /&$1: /p" "$2"; }
saved_gone() { ! [ -e /sys/kernel/debug/kvm-xen/d700 ]; }

# One life until it is saved, one from there on: saved IMAGE ABI [options of vmm]
saved() {
	_what="$1 $2" _img=$1 _abi=$2
	shift 2
	./vmm --limit ${SAVED_LIMIT-60} --domid 700 --smp 2 --append "$_abi" --save /run/state "$@" "$_img" > /run/first 2>&1
	check "$_what: it is saved" [ $? = 6 ] || tail -5 /run/first
	part "$_what" /run/first
	check "$_what: the domain goes with its VM" wait_for saved_gone
	./vmm --limit ${SAVED_LIMIT-60} --domid 700 --smp 2 --restore /run/state "$@" > /run/second 2>&1
	check "$_what: restored, it ends by itself" [ $? = 0 ] || tail -5 /run/second
	part "$_what" /run/second
}

# Run a guest image and pass its report on: image NAME [options of vmm]
image() {
	_img=$1
	shift
	./vmm --limit $((90 * SLOWER)) "$@" "$_img" > /tmp/image.out 2>&1
	_rc=$?
	sed -n "s/^\(ok\|not ok\) - /&$_img: /p" /tmp/image.out
	if [ $_rc = 0 ] && grep -q '^DONE good' /tmp/image.out; then
		echo "ok - $_img: ends by itself"
	else
		echo "not ok - $_img: ends by itself (status $_rc)"
		grep -v "^ok" /tmp/image.out | tail -20
		return 1
	fi
}

# So many domains of the same image: the last one drives and reports, the others serve it.
peers() {	# NUMBER[,WORD] IMAGE [options of vmm]
	_n=${1%%,*} _word=${1#"${1%%,*}"} _i=$2 _servers= _d=700
	shift 2
	_all=$_d
	while [ $((_d += 1)) -lt $((700 + _n)) ]; do _all=$_all,$_d; done
	_d=699
	while [ $((_d += 1)) -lt $((699 + _n)) ]; do
		./vmm --domid $_d --limit $((120 * SLOWER)) --append peers=$_all "$@" "$_i" > /tmp/server.$_d 2>&1 &
		_servers="$_servers $!"
	done
	image "$_i" --domid $_d --limit $((120 * SLOWER)) --append peers=$_all$_word "$@"
	kill -9 $_servers 2> /dev/null
	wait $_servers 2> /dev/null
	check "$_i: the domains are gone" wait_for no_domain
}

# KVM anew, with its older MMU, which also maps neighbours of a page that faults.
kvm_anew() {
	check "kvm goes" rmmod kvm_xen kvm_amd kvm &&
		insmod "$(ls /m/kvm.ko*)" tdp_mmu=N tsc_tolerance_ppm=20000 &&
		insmod "$(ls /m/kvm-amd.ko* /m/kvm_amd.ko* 2> /dev/null | head -1)" &&
		insmod kvm-xen.ko
	check "kvm has its older MMU" [ "$(cat /sys/module/kvm/parameters/tdp_mmu)" = N ]
}

# Domains whose memory is of large pages, if the host makes any: large KIND NUMBER IMAGE [options]
large() {
	_kind=$1 _thp=$(awk '$1 == "thp_fault_alloc" { print $2 }' /proc/vmstat)
	shift
	[ $_kind != hugetlb ] || echo 80 > /proc/sys/vm/nr_hugepages
	peers "$@" --ram $_kind > /tmp/large
	sed "s/^\(ok\|not ok\) - /&$_kind: /" /tmp/large
	case $_kind in
	thp) check "thp: the kernel has made some" [ $(awk '$1 == "thp_fault_alloc" { print $2 }' /proc/vmstat) -gt $_thp ] ;;
	hugetlb) check "hugetlb: they are back" wait_for grep -q '^HugePages_Free: *80' /proc/meminfo ;;
	esac
	echo 0 > /proc/sys/vm/nr_hugepages
}

# The same on that MMU, which stays: old_mmu KIND NUMBER IMAGE [options]
old_mmu() {
	kvm_anew
	large "$@" > /tmp/old
	sed 's/^\(ok\|not ok\) - /&tdp_mmu=N: /' /tmp/old
}

# A pager that does what it is told (paging/whole.c), or does so until it is told the next thing:
# obeys DOMID FRAMES; tell COMMAND [ITS ANSWER]; begin COMMAND
obeys() {
	rm -f /run/tell /tmp/obeys
	mkfifo /run/tell
	./paging obey $1 $2 < /run/tell > /tmp/obeys 2>&1 & obeys=$!
	exec 7> /run/tell
	check "a pager of domain $1" wait_for grep -q READY /tmp/obeys || cat /tmp/obeys
}
answered() { [ $(wc -l < /tmp/obeys) -gt $_lines ]; }
begin() {
	_lines=$(wc -l < /tmp/obeys)
	echo "$1" >&7
}
tell() {
	begin "$1"
	wait_for answered
	[ -z "${2-}" ] || [ "$(tail -1 /tmp/obeys)" = "$2" ] || { tail -3 /tmp/obeys; false; }
}
no_more() {	# the pager's end
	echo end >&7
	exec 7>&-
	wait $obeys
}
