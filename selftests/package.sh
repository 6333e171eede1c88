#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Debian packages: what lintian says, what they have, and a host with systemd that has what they
# install; in check-full with the modules that dkms builds of what they bring, and installed by apt.
WEIGHT=60 ONCE=new
. "$(dirname "$0")/lib.sh"

VERSION=$(cat "$KXEN_TOP/VERSION")
DEBS=$BUILD/deb
said() {	# STATUS NAME LOG: with the log, if it is bad
	[ "$1" = 0 ] || sed 's/^/# /' "$3" | tail -30
	tap "$1" "$2"
}
in_deb() { dpkg-deb -c "$1" | awk '$1 !~ /^d/ { print substr($1, 2), $6 }' | sed 's, \./, ,' | sort; }

same() {	# NAME PACKAGE WANTED, each line is MODES PATH
	diff <(sort <<<"$3") <(in_deb "$DEBS/$2") | sed 's/^/# /'
	[ "$(sort <<<"$3")" = "$(in_deb "$DEBS/$2")" ]
	tap $? "$1"
}

# What does not depend on the kernel, once.
packages() {
	local f=rw-r--r-- x=rwxr-xr-x doc=usr/share/doc/kvm-xen-tools s
	lintian -i -I --pedantic --allow-root "$DEBS"/*.changes >"$WORK/lintian" 2>&1
	[ $? = 0 ] && [ ! -s "$WORK/lintian" ]
	said $? "lintian has nothing to say" "$WORK/lintian"
	for s in "$DEBS"/*.deb; do dpkg-deb -f "$s" Version; done | sort -u >"$WORK/versions"
	[ "$(cat "$WORK/versions")" = "$VERSION" ]
	said $? "each has the version of the file VERSION" "$WORK/versions"
	same "kvm-xen-tools has what it should" "kvm-xen-tools_${VERSION}_amd64.deb" \
		"$(printf "$f %s\n" lib/systemd/system/kvm-xen-{dom0,xenstored,xenconsoled}.service \
			lib/udev/rules.d/99-kvm-xen.rules usr/share/man/man{5/kvm-xen.cfg.5,7/kvm-xen-dom0.7,8/kvm-xen.8}.gz \
			usr/share/bash-completion/completions/kvm-xen usr/share/lintian/overrides/kvm-xen-tools \
			$doc/{README.Debian,README.md.gz,changelog.gz,copyright,examples/{guest.cfg,libvirt-hvm.xml}} \
			$doc/{dom0,dom0-devices,platform-device,tracing}.rst.gz
		printf "$x %s\n" usr/lib/kvm-xen/xen-tool usr/sbin/kvm-xen
		cd "$KXEN_TOP/tools/bpftrace" && printf "$x usr/share/kvm-xen/bpftrace/%s\n" *.bt)"
	# shellcheck disable=SC2046
	same "kvm-xen-dkms has the sources" "kvm-xen-dkms_${VERSION}_all.deb" \
		"$(printf "$f usr/share/doc/kvm-xen-dkms/%s\n" changelog.gz copyright
		cd "$KXEN_TOP" && printf "$f usr/src/kvm-xen-$VERSION/%s\n" Kbuild VERSION dkms.conf \
			scripts/supported-kernels $(find include $(module_dirs) -name '*.[chS]'))"
	dpkg-deb -I "$DEBS/kvm-xen-tools_${VERSION}_amd64.deb" postinst prerm postrm >"$WORK/scripts" 2>&1
	! grep -E 'deb-systemd-invoke|systemctl.* (re)?start' "$WORK/scripts" &&
		[ "$(grep -c 'helper enable' "$WORK/scripts")" = "$(grep -c 'if deb-systemd-helper debian-installed' "$WORK/scripts")" ]
	said $? "no script of kvm-xen-tools starts, stops or first enables a unit" "$WORK/scripts"

	# It looks for programs where systemd does if a unit says nothing.
	mkdir "$WORK/units"
	for s in "$out"/tools/lib/systemd/system/*.service; do
		sed "s,^\(Exec[A-Za-z]*=\)xen-tool ,\1$out/tools/usr/lib/kvm-xen/xen-tool ," "$s" >"$WORK/units/${s##*/}"
	done
	SYSTEMD_UNIT_PATH=$WORK/units: systemd-analyze verify --man=no "$WORK"/units/*.service \
		>"$WORK/verify" 2>&1 && [ ! -s "$WORK/verify" ]
	said $? "systemd-analyze verify has nothing to say" "$WORK/verify"
	for s in "$out"/tools/usr/share/man/man?/*.gz; do man --warnings -E UTF-8 -l -Tutf8 -Z "$s" 2>&1 >/dev/null; done >"$WORK/man"
	[ ! -s "$WORK/man" ]
	said $? "the manual pages have no fault" "$WORK/man"
}

# dkms, with directories of its own in place of the machine's; it signs nothing.
dkms_here() {
	env sign_file=/none dkms "$@" --dkmstree "$out/tree" --sourcetree "$out/dkms/usr/src" \
		--installtree "$out/modules/lib/modules" --kernelsourcedir "$(kdir_of "$s")" -m kvm-xen -v "$VERSION"
}

by_dkms() {	# SERIES: built, and where dkms installs it
	local s=$1 rel m
	rel=$(kver_of "$s") m=$out/modules/lib/modules/$(kver_of "$s")
	mkdir -p "$out/tree"
	dkms_here build -k 0.0.1-other >"$WORK/dkms" 2>&1
	[ $? = 77 ]
	said $? "dkms leaves a kernel alone that is not supported" "$WORK/dkms"
	PATH=$(path_of "$s") dkms_here install -k "$rel" --no-depmod >"$WORK/dkms" 2>&1
	said $? "dkms builds and installs for $s" "$WORK/dkms"
	[ "$(cd "$m" && find . -name '*.ko*' | sort | xargs)" = "./updates/dkms/kvm-xen-vfio.ko ./updates/dkms/kvm-xen.ko" ]
	tap $? "both modules are there, for $s"
	! grep -E 'warning:' "$out/tree/kvm-xen/$VERSION/$rel/x86_64/log/make.log" >"$WORK/warnings"
	said $? "no warning, for $s" "$WORK/warnings"
}

# What modprobe in the host needs: the modules, and those below them, with its tables.
modules_for() {	# SERIES
	local rel root to m
	rel=$(kver_of "$1") root=$(kroot_of "$1") to=$out/modules/lib/modules/$(kver_of "$1")
	mkdir -p "$to"
	case $KXEN_CHECK in
	full) by_dkms "$1" ;;
	*) "$KXEN_TOP/scripts/module.sh" "$1" && cp "$BUILD/$1"/kvm-xen{,-vfio}.ko "$to/" ;;
	esac
	for m in kvm-amd kvm-intel vfio mdev; do modprobe -d "$root" -S "$rel" --show-depends $m; done |
		awk '{ print $2 }' | sort -u | xargs cp -t "$to"
	cp "$root/lib/modules/$rel"/modules.{order,builtin,builtin.modinfo} "$to/"
	depmod -b "$out/modules" "$rel" >"$WORK/depmod" 2>&1 && [ ! -s "$WORK/depmod" ]
	said $? "depmod has nothing to say, for $1" "$WORK/depmod"
}

# By apt, with dkms of this machine's, in a layer above its root.
by_apt() {
	mkdir "$WORK/layer"
	if [ "$(id -u)" != 0 ]; then
		tap_skip "apt installs the packages" "that takes root"
	else
		# shellcheck disable=SC2086
		unshare -m "$SELF/package/layer" "$WORK/layer" "$DEBS" "$VERSION" $KXEN_OWN >"$WORK/by-apt" 2>&1
		tap $? "by apt: it comes to its end"
		tap_number "by apt" <"$WORK/by-apt"
	fi
}

files() {
	common_files "$1" >/dev/null
	echo "--root --module kvm-amd --file $SELF/job.sh --file $WORK/params-$1=params"
	echo "--file $BUILD/selftests/vmm --file $BUILD/selftests/img/version-64"
}
need_programs
echo "TAP version 13"
for s in $(series_list); do
	out=$BUILD/package/$s
	rm -rf "$out"
	mkdir -p "$out"
	locked deb "$KXEN_TOP/scripts/deb.sh" >"$WORK/deb" 2>&1
	said $? "the packages for $s build" "$WORK/deb"
	dpkg-deb -x "$DEBS/kvm-xen-tools_${VERSION}_amd64.deb" "$out/tools" &&
		dpkg-deb -x "$DEBS/kvm-xen-dkms_${VERSION}_all.deb" "$out/dkms"
	tap $? "they can be unpacked, for $s"
	[ "$s" != "$KXEN_NEW" ] || packages
	modules_for "$s"
done
[ "$KXEN_CHECK" != full ] || by_apt
for s in $(series_list); do
	# shellcheck disable=SC2046
	host_start "$s" "$SELF/jobs/package" $(files "$s") --timeout 500
	host_report "$s" "$s"
done
tap_end
