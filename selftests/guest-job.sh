# SPDX-License-Identifier: GPL-2.0
# Shared by the jobs that boot Debian kernels as guests (bash, in the machine's root).
# Sourced. A boot counts only if the guest says that it is done.
. ./job.sh
G=$TOP/build/guest T=$TOP/build/tools n=0
# Each letter on the serial line is an exit to QEMU: more of a boot's time than all the rest.
# So is each read of PCI's configuration, where Linux looks for an AGP bridge on all buses,
# twice. Each CPU but the first measures its delay loop by the clock, for more than a second,
# while the first one spins; how long a delay is matters to no device here. The second line
# spares a third; the disk of scripts/guest.sh boots without it.
WORDS="console=ttyS0 loglevel=5 mitigations=off noxsave no_timer_check panic=-1"
WORDS="$WORDS nokaslr init_on_alloc=0 cryptomgr.notests pci=noearly lpj=10000000"

# The machine: vm KERNEL CPUS MEGABYTES INITRD WORDS [options of QEMU]; its console is $log.
vm() {
	local kernel=$1 cpus=$2 mem=$3 initrd=$4 words=$5
	shift 5
	case $initrd in /*) ;; *) initrd=$G/$initrd ;; esac
	timeout ${WAIT-300} $T/kvm-xen ${RUN-run} ${DOMID:+--domid $DOMID} -- qemu-system-x86_64 -accel kvm \
		-cpu host -smp $cpus -m ${mem}M -display none -nodefaults -serial file:$log \
		-kernel $G/$kernel -initrd $initrd -append "$WORDS $words" "$@" </dev/null >/run/q.$n 2>&1
}
next() { n=$((n + 1)); log=/run/l2.$n; DOMID=; }
has() { check "$1" grep -q "$2" /run/l2.$n; }
done_well() {	# NAME STATUS
	check "$1: ends by itself" [ $2 = 0 ]
	check "$1: says that it is done" grep -q '^L2DONE' $log || { tail -25 $log; cat /run/q.$n; }
	check "$1: no splat" fails grep -q 'L2 splat' $log
}
lives() { [ "$(grep -c "$1" $log)" -ge "$2" ]; }
resets() { [ "$($T/kvm-xen dump $DOMID | sed -n 's/.*resets  *\([0-9]*\).*/\1/p')" -ge $1 ]; }

# boot NAME KERNEL CPUS KXEN-WORDS: one guest from start to power-off
boot() {
	next
	vm $2 $3 256 initrd.gz kxen=$4 -no-reboot
	done_well "$1" $?
	check "$1: finds Xen" grep -q 'L2 hypervisor xen' $log
	check "$1: has $3 CPUs" grep -q "L2 cpus $3" $log
	check "$1: the clock is Xen's" grep -q 'L2 clocksource xen' $log
	check "$1: FIFO event channels" grep -q 'L2 events FIFO-based' $log
	check "$1: a timer event channel per CPU" grep -q "L2 timer irqs $3" $log
}

# A Xen guest is no host for this module: the guest tries. inside NAME SERIES
inside() {
	local rel=$(cat "$KXEN_CACHE/kernels/$2.release")
	next
	mkdir -p /run/inside
	cp kvm-xen.ko /run/inside/
	for m in virt/lib/irqbypass.ko arch/x86/kvm/kvm.ko; do
		m=$(ls "$KXEN_CACHE/kernels/$rel/lib/modules/$rel/kernel/$m"*)
		case $m in *.xz) xz -dc "$m" ;; *) cat "$m" ;; esac > /run/inside/$(basename "${m%.xz}")
	done
	(cat $G/initrd.gz; cd /run/inside && find . | cpio -o -H newc --quiet | gzip -1) > /run/inside.gz
	vm vmlinux-$2 1 384 /run/inside.gz kxen=inside -no-reboot
	done_well "$1" $?
	has "$1: it is refused, and says why" 'L2 inside [1-9].*this host is a Xen guest itself'
}

# systemd NAME KERNEL CPUS: a whole Debian, from a disk that stays as it is
systemd() {
	next
	TMPDIR=/run WAIT=${SYSTEMD_WAIT-900} vm $2 $3 512 initrd-disk.gz "root=/dev/vda quiet" -no-reboot \
		-drive file=$KXEN_CACHE/userspace/debian.img,format=raw,if=virtio,snapshot=on
	done_well "$1" $?
	has "$1: runs on Xen" 'L2 hypervisor xen'
	has "$1: Xen's clock" 'L2 clocksource xen'
	has "$1: no unit has failed" 'L2 failed 0'
}

# A machine of several lives, which it begins by itself or is made to: kxen=load lives=...
# (linux/init). lives_begin KERNEL CPUS LIVES; another for each of them but the first; lives_end
lives_begin() {
	next
	DOMID=$((600 + n))
	WAIT=600 vm $1 $2 256 initrd.gz "kxen=load lives=$3" -qmp unix:/run/qmp.$n,server=on,wait=off & q=$!
}
another() {	# NAME LIFE
	check "$1: another life" wait_for lives 'L2 load done' $2 || tail -20 $log
	check "$1: the machine says so, too" lives "L2 life $2" 1
	check "$1: the domain was reset" resets $(($2 - 1))
	check "$1: Xen's clock in this life" lives 'L2 clocksource xen' $2
}
lives_end() {	# NAME HOW-MANY-STAYED
	check "$1: the last life comes to its end" wait_for lives 'L2 staying' $2 || tail -20 $log
	pkill -f "file:$log "; wait $q
	check "$1: no splat" fails grep -q 'L2 splat' $log
}

# A second kernel in the same machine, by kexec or after a crash: WORD says which.
# by_kexec NAME KERNEL CPUS WORD CPUS-THEN [WORDS]
by_kexec() {
	next
	vm $2 $3 768 initrd-kexec.gz "kxen=load,$4 ${6-}" -no-reboot
	done_well "$1" $?
	check "$1: the first kernel has handed over" [ "$(grep -c 'L2 cmdline' $log)" = 2 ]
	check "$1: both kernels on Xen's clock" [ "$(grep -c 'L2 clocksource xen' $log)" = 2 ]
	check "$1: then with $5 CPUs" [ "$(grep 'L2 cpus' $log | tail -1 | tr -d '\r')" = "L2 cpus $5" ]
}

# qmp SOCKET COMMAND...: each a JSON object. No Python: it takes seconds to start here.
QMP=$PWD/qmp
qmp() { "$QMP" "$@"; }

# Guests that Debian's unmodified xenstored, or oxenstored, and xenconsoled serve.
xen_daemons() {	# what they need; those that are not to see their libraries run by xen
	X=$KXEN_CACHE/xen BIN=$X/usr/lib/xen-4.17/bin LIBS=$X/usr/lib/x86_64-linux-gnu
	export XENSTORED_RUNDIR=/run/xenstored XENSTORED_ROOTDIR=/run/xenstored.root
	mkdir -p $XENSTORED_RUNDIR $XENSTORED_ROOTDIR /run/log /dev/pts
	mount -t devpts -o ptmxmode=666 devpts /dev/pts
	ln -sf pts/ptmx /dev/ptmx
	WORDS="$WORDS console=hvc0"
}
xen() { LD_LIBRARY_PATH=$LIBS PATH=$BIN:$X/usr/bin:$PATH "$@"; }
xenconsoled_starts() {
	export LD_LIBRARY_PATH=$LIBS PATH=$X/usr/bin:$PATH
	xenstore-write /local/domain/0/domid 0
	check "xenconsoled starts" xen xenconsoled --pid-file=/run/xenconsoled.pid --log=guest --log-dir=/run/log
}
# A guest that waits to be introduced: introduced KERNEL-SERIES DOMID WHAT:WHAT...
introduced() {
	next
	DOMID=$2 WAIT=400 vm vmlinux-$1 1 256 initrd-grants-$1.gz "kxen=vchan vchan=$3" -no-reboot -S \
		-qmp unix:/run/qmp.$2,server=on,wait=off &
	wait_for sh -c "$T/kvm-xen dump $2 2>/dev/null | grep -q ': running'" ||
		cat /run/q.$n
	check "domain $2 is introduced" xen ./introduce $2 console
	check "its console has a terminal" wait_for sh -c "xenstore-read /local/domain/$2/console/tty | grep -q /dev/pts"
	qmp /run/qmp.$2 '{"execute":"cont"}' > /run/cont
}
said() { grep -aq "$2" /run/log/guest-guest-$1.log; }
host() {	# NAME ROLE DOMID PATH
	xen timeout 200 ./vchan $2 $3 $4 > /run/host 2>&1
	check "$1: the host's program ends well" [ $? = 0 ] || cat /run/host
	sed -n "s/^L2 \(ok\|not ok\) - /\1 - $1, host: /p" /run/host
}
results() {	# DOMID
	tr -d '\r' < /run/log/guest-guest-$1.log | sed -n "s/^L2 \(ok\|not ok\) - /\1 - domain $1: /p"
}
vchans_ended() {	# DOMID HOW-MANY: all that it had, well
	results $1
	for v in $(tr -d '\r' < /run/log/guest-guest-$1.log | sed -n 's/^L2 vchan \([^ ]*\) ended \([0-9]*\)$/\1=\2/p'); do
		check "domain $1: ${v%=*}" [ "${v#*=}" = 0 ]
	done
	check "domain $1: no splat" fails said $1 'L2 splat'
	check "domain $1: there were $2" [ "$(grep -ac 'ended 0' /run/log/guest-guest-$1.log)" = $2 ]
}
