# SPDX-License-Identifier: GPL-2.0
# Hosts of arm64, emulated: Debian's kernels and headers for it, a compiler and an emulator. They
# are some hundred megabytes, so nothing but what is for arm64 fetches them. All of it is unpacked
# below the cache, nothing is installed. Sourced by setup.sh, after suite.sh.

# A private apt directory of the suites that the machine itself uses. Prints the directory.
arm64_apt() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' "Identifier: Packages" "Origin: Debian" |
		sort -u | while read -r site suite comp; do
			case $suite:$comp in "$codename"*:main) apt_line "$site" "$suite" ;; esac
		done | private_apt "$KXEN_CACHE/suites/own-arm64" arm64 ||
		{ say "this machine's mirror has no package lists for arm64"; return 1; }
}

# What the compiler is made of, all of it: one that is installed would not find the rest there.
arm64_compiler() {	# GCC
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances "$1-aarch64-linux-gnu" libc6-dev-arm64-cross |
		grep -E '^[a-z].*(aarch64-linux-gnu|arm64-cross|cross-base)'
}

# The compiler and the emulator, with what that needs and the machine has not. Programs find their
# libraries there, and what calls them has them in a directory for the PATH.
arm64_tools() {
	local d=$KXEN_CACHE/arm64/tools cc packages f
	cc=gcc-$(gcc -dumpversion | cut -d. -f1)
	[ ! -e "$d/.done" ] || return 0
	say "fetching $cc for arm64 and qemu-system-aarch64"
	apt_update
	packages=$({
		arm64_compiler "$cc"
		echo qemu-system-arm
		apt-get -s -qq --no-install-recommends install qemu-system-arm | awk '/^Inst/ { print $2 }'
	} | sort -u)
	rm -rf "$d"
	# shellcheck disable=SC2086
	fetch_debs "$d" $packages || return 1
	rm -rf "$d"/usr/share/{doc,man,locale}
	find "$d/usr" -type f -perm /111 | while read -r f; do
		patchelf --print-interpreter "$f" >/dev/null 2>&1 || continue
		patchelf --force-rpath --set-rpath "$d/usr/lib/x86_64-linux-gnu" "$f" || return 1
	done || return 1
	mkdir -p "$d/bin"
	for f in "$d"/usr/bin/aarch64-linux-gnu-* "$d"/usr/bin/qemu-system-aarch64; do
		ln -sf "$f" "$d/bin/"
	done
	ln -sf "aarch64-linux-gnu-$cc" "$d/bin/aarch64-linux-gnu-gcc"
	(PATH=$d/bin:$PATH && aarch64-linux-gnu-gcc --version && aarch64-linux-gnu-ld --version &&
		qemu-system-aarch64 --version) >/dev/null || { say "the tools for arm64 do not run"; return 1; }
	touch "$d/.done"
}

# The programs that build a module for it are the machine's; they come with its own kernels.
arm64_kernel() {	# SERIES
	local s=$1 rel root abi kb
	if [ -s "$KXEN_CACHE/kernels/$s-arm64.release" ]; then
		rel=$(cat "$KXEN_CACHE/kernels/$s-arm64.release")
		[ ! -e "$KXEN_CACHE/kernels/$rel/.done" ] || return 0
	fi
	rel=$(APT_CONFIG=$apt/apt.conf newest_release "$s" arm64)
	[ -n "$rel" ] || { say "no Debian kernel of series $s for arm64"; return 1; }
	root=$KXEN_CACHE/kernels/$rel
	abi=${rel%-arm64}
	kb=linux-kbuild-$s
	apt-cache show "linux-kbuild-$abi" >/dev/null 2>&1 && kb=linux-kbuild-$abi
	say "fetching Debian kernel $rel and its headers"
	rm -rf "$root"
	(export APT_CONFIG=$apt/apt.conf && fetch_debs "$root" "linux-image-$rel" "linux-headers-$rel" \
		"linux-headers-$abi-common") && fetch_debs "$root" "$kb" &&
		settle_kernel "$root" "$rel" || return 1
	printf '%s\n' "$rel" >"$KXEN_CACHE/kernels/$s-arm64.release"
	touch "$root/.done"
}

# The user space of such a host.
arm64_busybox() {
	local d=$KXEN_CACHE/arm64/busybox
	[ ! -e "$d/.done" ] || return 0
	say "fetching busybox for arm64"
	rm -rf "$d"
	(export APT_CONFIG=$apt/apt.conf && fetch_debs "$d" busybox-static) || return 1
	touch "$d/.done"
}

# A QEMU that runs there, Xen's own programs, and all that they need, as Debian has them; and what the
# command is compiled with.
arm64_user() {
	local d=$KXEN_CACHE/arm64/user packages
	[ ! -e "$d/.done" ] || return 0
	say "fetching qemu-system-aarch64 and Xen's programs for hosts of arm64"
	rm -rf "$d"
	packages=$({
		printf '%s\n' libxen-dev libfdt-dev xen-utils-4.17
		APT_CONFIG=$apt/apt.conf apt-get -s -qq --no-install-recommends install qemu-system-arm \
			xenstore-utils libxenmisc4.17 libyajl2 libncurses6 | awk '/^Inst/ { print $2 }'
	} | sort -u) || return 1
	# shellcheck disable=SC2086
	(export APT_CONFIG=$apt/apt.conf && fetch_debs "$d" $packages) || return 1
	rm -rf "$d"/usr/share/{doc,man,locale}
	touch "$d/.done"
}

# 0, or 1 with the reason in the log.
setup_arm64() {
	local apt=$KXEN_CACHE/suites/own-arm64 s had=1
	install_packages patchelf
	mkdir -p "$KXEN_CACHE/arm64"
	[ -e "$KXEN_CACHE/arm64/busybox/.done" ] && [ -e "$KXEN_CACHE/arm64/user/.done" ] || had=
	for s in $KXEN_OWN; do [ -s "$KXEN_CACHE/kernels/$s-arm64.release" ] || had=; done
	[ -n "$had" ] || { apt_update; apt=$(arm64_apt) || return 1; }
	arm64_tools && arm64_busybox && arm64_user || return 1
	for s in $KXEN_OWN; do arm64_kernel "$s" || return 1; done
}
