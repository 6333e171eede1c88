# SPDX-License-Identifier: GPL-2.0
# A kernel of a Debian suite that the machine does not use, and the compiler for it, which
# need not run on the machine's C library. Nothing is installed: all of it is unpacked below
# the kernel's directory in the cache. Sourced by setup.sh, after fetch.sh.

# A private apt directory that knows what its sources.list names and no installed package: what it
# resolves is complete. Its sources.list is standard input. Prints the directory.
private_apt() {	# DIR [ARCHITECTURE]
	local d=$1
	# Of the machine's configuration its ways out alone: a release that it prefers is no
	# suite of this directory's.
	mkdir -p "$d"/{state/lists/partial,cache/archives/partial,parts}
	: >"$d/status"
	cat >"$d/sources.list"
	cat >"$d/apt.conf" <<-CONF
	Dir::State "$d/state";
	Dir::State::status "$d/status";
	Dir::Cache "$d/cache";
	Dir::Etc::sourcelist "$d/sources.list";
	Dir::Etc::sourceparts "$d/parts";
	Dir::Etc::preferences "$d/none";
	Dir::Etc::preferencesparts "$d/parts";
	Dir::Etc::main "$d/none";
	Dir::Etc::parts "$d/parts";
	APT::Sandbox::User "root";
	APT::Update::Error-Mode "any";
	Debug::NoLocking "true";
	CONF
	[ -z "${2-}" ] || printf 'APT::Architecture "%s";\nAPT::Architectures { "%s"; };\n' "$2" "$2" >>"$d/apt.conf"
	apt-config dump | grep '^Acquire::' >>"$d/apt.conf"
	APT_CONFIG=$d/apt.conf apt-get update -qq >&2 || return 1
	printf '%s\n' "$d"
}

# A line of a sources.list, for the suite of a mirror.
apt_line() {	# MIRROR SUITE
	local key=/usr/share/keyrings/debian-archive-keyring.gpg opt=
	[ ! -e "$key" ] || opt="[signed-by=$key] "
	printf 'deb %s%s %s main\n' "$opt" "$1" "$2"
}

# One of a suite that the machine does not use. The mirror is the machine's own.
suite_apt() {	# SUITE
	local codename site
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	site=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' "Identifier: Packages" "Origin: Debian" |
		awk -v own="$codename" -v want="$1" '$3 != "main" { next }
			$2 == want { found = $1; exit }
			$2 == own && found == "" { found = $1 }
			END { print found }')
	[ -n "$site" ] ||
		{ say "this machine's apt has no package lists of Debian's own suite $codename"; return 1; }
	apt_line "$site" "$1" | private_apt "$KXEN_CACHE/suites/$1" ||
		{ say "the package lists of $1 cannot be had from this machine's mirror"; return 1; }
}

# Programs below DIR run with the C library that is unpacked in ROOT, wherever that is.
# Which they are: what the kernel itself would start, so no objects and no libraries.
relocate() {	# DIR ROOT
	local lib=usr/lib/x86_64-linux-gnu f
	find "$1" -type f -perm /111 | while read -r f; do
		patchelf --print-interpreter "$f" >/dev/null 2>&1 || continue
		patchelf --set-interpreter "$2/$lib/ld-linux-x86-64.so.2" \
			--force-rpath --set-rpath "$2/$lib" "$f" || return 1
	done
}

# The compiler and what it needs, into the kernel's directory. What a build calls is linked
# from tools/, which common.sh puts into the PATH.
suite_tools() {	# ROOT RELEASE KBUILD-PACKAGE
	local root=$1 cc archives f
	cc=$(apt-cache depends "linux-headers-$2" | sed -nE 's/.*Depends: <?(gcc-[0-9]+).*/\1/p' | head -1)
	[ -n "$cc" ] || { say "linux-headers-$2 names no compiler"; return 1; }
	say "fetching $cc and what it needs"
	rm -rf "$KXEN_CACHE/suites/$suite/cache/archives"
	archives=$KXEN_CACHE/suites/$suite/cache/archives
	mkdir -p "$archives/partial"
	apt-get install -qq -y --download-only --no-install-recommends "$cc" "$3" >&2 || return 1
	for f in "$archives"/*.deb; do dpkg-deb -x "$f" "$root" || return 1; done
	rm -rf "$archives" "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
	relocate "$root/usr" "$root" || return 1
	mkdir -p "$root/tools"
	for f in "$cc" as ld nm ar strip objcopy objdump readelf; do
		f=x86_64-linux-gnu-$f
		[ -x "$root/usr/bin/$f" ] || { say "there is no $f for $2"; return 1; }
		ln -sf "../usr/bin/$f" "$root/tools/$f"
		ln -sf "../usr/bin/$f" "$root/tools/${f#x86_64-linux-gnu-}"
	done
	ln -sf ../usr/bin/pahole "$root/tools/pahole"
	suite_sparse "$root"
}

# That suite's sparse: an older one does not understand the kernel's headers.
suite_sparse() {	# ROOT
	local tmp
	tmp=$(mktemp -d "$KXEN_CACHE/src/sparse.XXXXXX")
	fetch_debs "$tmp" sparse && relocate "$tmp/usr/bin" "$1" && mkdir -p "$1/tools" &&
		mv "$tmp/usr/bin/sparse" "$1/tools/sparse" ||
		say "there is no sparse of $suite: it does not look at the module for this kernel"
	rm -rf "$tmp"
}
