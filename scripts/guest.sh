#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an unmodified Debian kernel needs to run as a guest:
# build/guest/initrd.gz and, per series, build/guest/vmlinux-SERIES for PVH.
set -euo pipefail
. "$(dirname "$0")/common.sh"

out=$KXEN_TOP/build/guest
mkdir -p "$out"
exec 9>"$out/lock"
flock 9
if [ "$KXEN_TOP/selftests/linux/init" -nt "$out/initrd.gz" ]; then
	t=$(mktemp -d)
	mkdir -p "$t"/{bin,proc,sys,dev,tmp}
	cp /bin/busybox "$t/bin/"
	for a in $(/bin/busybox --list); do
		[ "$a" = busybox ] || ln -s busybox "$t/bin/$a"
	done
	install -m 755 "$KXEN_TOP/selftests/linux/init" "$t/init"
	(cd "$t" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd.gz.new"
	mv "$out/initrd.gz.new" "$out/initrd.gz"
	rm -rf "$t"
fi
# Three have a kernel or its modules inside: the oldest one's. The demonstration, which needs none
# of them, may have brought another one alone.
r= v=
if [ -s "$KXEN_CACHE/kernels/$KXEN_OLD.release" ]; then
	r=$(kroot_of "$KXEN_OLD") v=$(kver_of "$KXEN_OLD")
fi
# The same with a kernel inside, which the guest executes by kexec.
if [ -n "$r" ] && { [ "$out/initrd.gz" -nt "$out/initrd-kexec.gz" ] ||
	[ "$KXEN_TOP/selftests/linux/kexec-do.c" -nt "$out/initrd-kexec.gz" ]; }; then
	t=$(mktemp -d)
	(cd "$t" && gzip -dc "$out/initrd.gz" | cpio -i --quiet)
	gcc -static -Os -o "$t/bin/kexec-do" "$KXEN_TOP/selftests/linux/kexec-do.c"
	cp "$r/boot/vmlinuz-$v" "$t/kernel"
	cp "$out/initrd.gz" "$t/initrd"
	(cd "$t" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd-kexec.gz.new"
	mv "$out/initrd-kexec.gz.new" "$out/initrd-kexec.gz"
	rm -rf "$t"
fi
# The same with modules of a kernel, which the guest loads in the order of /m/order:
# with_modules NAME SERIES MODULE..., and what else $t has
with_modules() {
	local name=$1 s=$2 m f
	shift 2
	(cd "$t" && gzip -dc "$out/initrd.gz" | cpio -i --quiet)
	mkdir "$t/m"
	for m in "$@"; do
		modprobe -d "$(kroot_of "$s")" -S "$(kver_of "$s")" --ignore-install --show-depends "$m"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r f; do
		case $f in *.xz) xz -dc "$f" ;; *) cat "$f" ;; esac >"$t/m/$(basename "${f%.xz}")"
		basename "${f%.xz}" >>"$t/m/order"
	done
	(cd "$t" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/$name.new"
	mv "$out/$name.new" "$out/$name"
	rm -rf "$t"
}
# With the kernel's drivers that share pages, and who uses them: one for each of the machine's own;
# and with its drivers of PV disks and network interfaces.
for s in $KXEN_OLD $KXEN_NEW; do
	[ -s "$KXEN_CACHE/kernels/$s.release" ] || continue
	if [ "$out/initrd.gz" -nt "$out/initrd-grants-$s.gz" ] ||
		[ "$KXEN_TOP/selftests/linux/gntpair.c" -nt "$out/initrd-grants-$s.gz" ] ||
		[ "$KXEN_TOP/selftests/linux/vchan.c" -nt "$out/initrd-grants-$s.gz" ]; then
		t=$(mktemp -d)
		mkdir "$t/bin"
		gcc -static -Os -o "$t/bin/gntpair" "$KXEN_TOP/selftests/linux/gntpair.c"
		# A static program warns of what it has no use for: dlopen() of a name service.
		gcc -static -Os -o "$t/bin/vchan" "$KXEN_TOP/selftests/linux/vchan.c" -lxenvchan -lxenstore \
			-lxengnttab -lxenevtchn -lxentoollog -lxentoolcore 2>/dev/null
		with_modules "initrd-grants-$s.gz" "$s" xen-evtchn xen-gntdev xen-gntalloc
	fi
	if [ "$out/initrd.gz" -nt "$out/initrd-xenbus-$s.gz" ]; then
		t=$(mktemp -d)
		# What Linux runs when it is asked by xenstore.
		mkdir "$t/sbin"
		printf '#!/bin/sh\nexec /bin/poweroff -f\n' >"$t/sbin/poweroff"
		chmod 755 "$t/sbin/poweroff"
		with_modules "initrd-xenbus-$s.gz" "$s" xen-blkfront xen-netfront
	fi
done
# What the demonstration's guests have: /demo-init is their first program.
for s in $KXEN_OLD $KXEN_NEW; do
	[ -s "$KXEN_CACHE/kernels/$s.release" ] || continue
	{ [ "$out/initrd.gz" -nt "$out/initrd-demo-$s.gz" ] ||
		[ "$KXEN_TOP/scripts/jobs/init-demo" -nt "$out/initrd-demo-$s.gz" ]; } || continue
	t=$(mktemp -d)
	mkdir -p "$t"/{sbin,etc,root,disk}
	install -m 755 "$KXEN_TOP/scripts/jobs/init-demo" "$t/demo-init"
	echo "root::0:0:root:/root:/bin/sh" >"$t/etc/passwd"
	echo "root:x:0:" >"$t/etc/group"
	for w in poweroff reboot; do
		printf '#!/bin/sh\numount /disk\nexec /bin/%s -f\n' $w >"$t/sbin/$w"
		chmod 755 "$t/sbin/$w"
	done
	with_modules "initrd-demo-$s.gz" "$s" xen-blkfront xen-netfront ext4
done
# What iobench.py measures: Xen's drivers and virtio's, and who uses them.
if [ -n "$r" ] && { [ "$out/initrd.gz" -nt "$out/initrd-iobench.gz" ] ||
	[ "$KXEN_TOP/selftests/linux/iobench.c" -nt "$out/initrd-iobench.gz" ] ||
	[ "$KXEN_TOP/scripts/jobs/init-iobench" -nt "$out/initrd-iobench.gz" ]; }; then
	t=$(mktemp -d)
	mkdir "$t/bin"
	gcc -static -Os -o "$t/bin/iobench" "$KXEN_TOP/selftests/linux/iobench.c"
	install -m 755 "$KXEN_TOP/scripts/jobs/init-iobench" "$t/io-init"
	with_modules initrd-iobench.gz "$KXEN_OLD" xen-blkfront xen-netfront virtio_pci virtio_blk virtio_net
fi
# An initramfs that goes on to a root file system on a PV disk: /disk-init is its first program.
for s in $KXEN_OLD $KXEN_NEW; do
	[ -s "$KXEN_CACHE/kernels/$s.release" ] || continue
	{ [ "$out/initrd.gz" -nt "$out/initrd-xvda-$s.gz" ] ||
		[ "$KXEN_TOP/scripts/jobs/init-disk" -nt "$out/initrd-xvda-$s.gz" ]; } || continue
	t=$(mktemp -d)
	mkdir "$t/root"
	install -m 755 "$KXEN_TOP/scripts/jobs/init-disk" "$t/disk-init"
	with_modules "initrd-xvda-$s.gz" "$s" xen-blkfront xen-netfront ext4
done
# The same on a virtio disk.
if [ -n "$r" ] && { [ "$KXEN_TOP/scripts/guest.sh" -nt "$out/initrd-disk.gz" ] ||
	[ "$KXEN_TOP/scripts/jobs/init-disk" -nt "$out/initrd-disk.gz" ]; }; then
	t=$(mktemp -d)
	mkdir -p "$t"/{bin,proc,sys,dev,m,root}
	cp /bin/busybox "$t/bin/"
	for m in virtio_pci virtio_blk ext4; do
		modprobe -d "$r" -S "$v" --ignore-install --show-depends $m
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$t/list"
	while read -r f; do
		cp "$f" "$t/m/"
		basename "$f"
	done <"$t/list" >"$t/m/order"
	install -m 755 "$KXEN_TOP/scripts/jobs/init-disk" "$t/init"
	(cd "$t" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd-disk.gz.new"
	mv "$out/initrd-disk.gz.new" "$out/initrd-disk.gz"
	rm -rf "$t"
fi
# A disk that SeaBIOS boots: GRUB, that kernel, that initramfs.
if [ -n "$r" ] && command -v grub-mkrescue >/dev/null && { [ "$out/initrd.gz" -nt "$out/disk.img" ] ||
	[ "$KXEN_TOP/scripts/guest.sh" -nt "$out/disk.img" ]; }; then
	t=$(mktemp -d)
	mkdir -p "$t/boot/grub"
	cp "$r/boot/vmlinuz-$v" "$t/boot/vmlinuz"
	cp "$out/initrd.gz" "$t/boot/initrd"
	cat >"$t/boot/grub/grub.cfg" <<-'CFG'
		set timeout=0
		linux /boot/vmlinuz console=ttyS0 loglevel=5 mitigations=off noxsave no_timer_check panic=-1 kxen=load
		initrd /boot/initrd
		boot
	CFG
	grub-mkrescue -o "$out/disk.img.new" "$t" --fonts= --locales= --themes= \
		--install-modules="biosdisk iso9660 normal linux part_msdos" >/dev/null 2>&1
	mv "$out/disk.img.new" "$out/disk.img"
	rm -rf "$t"
fi
# GRUB as Debian has it for PVH guests, with that kernel and that initramfs inside.
grub=$KXEN_CACHE/grub-xen/usr/lib/grub/i386-xen_pvh
if [ -n "$r" ] && [ -d "$grub" ] && command -v grub-mkimage >/dev/null &&
	{ [ "$out/initrd.gz" -nt "$out/grub-pvh.elf" ] || [ "$KXEN_TOP/scripts/guest.sh" -nt "$out/grub-pvh.elf" ]; }; then
	t=$(mktemp -d)
	cp "$r/boot/vmlinuz-$v" "$t/vmlinuz"
	cp "$out/initrd.gz" "$t/initrd"
	cat >"$t/grub.cfg" <<-'CFG'
		set root=(memdisk)
		linux /vmlinuz console=ttyS0 loglevel=5 mitigations=off noxsave no_timer_check panic=-1 kxen=load
		initrd /initrd
		echo "GRUB boots"
		boot
	CFG
	tar -C "$t" -cf "$t/disk.tar" vmlinuz initrd
	grub-mkimage -O i386-xen_pvh -d "$grub" -m "$t/disk.tar" -c "$t/grub.cfg" -o "$out/grub-pvh.elf.new" \
		memdisk tar linux normal echo
	mv "$out/grub-pvh.elf.new" "$out/grub-pvh.elf"
	rm -rf "$t"
fi
for s in ${*:-$KXEN_SUPPORTED}; do
	left_out "$s" && continue
	ln -sf "$(python3 "$KXEN_TOP/scripts/kxen.py" elf "$s")" "$out/vmlinux-$s"
	ln -sf "$(kroot_of "$s")/boot/vmlinuz-$(kver_of "$s")" "$out/vmlinuz-$s"
done
