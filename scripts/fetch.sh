# SPDX-License-Identifier: GPL-2.0
# Debian packages: installed with the machine's own apt, or only unpacked. Sourced.

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null || die "packages are missing and this is not root: $*"
		sudo "$@"
	fi
}

apt_updated=
apt_update() {
	[ -z "$apt_updated" ] || return 0
	say "updating the package lists"
	as_root apt-get update -qq >&2
	apt_updated=1
}

install_packages() {
	local p missing=()
	for p in $1; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	apt_update
	say "installing ${missing[*]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
		--no-install-recommends "${missing[@]}" >"$KXEN_CACHE/apt.log" 2>&1 ||
		{ tail -20 "$KXEN_CACHE/apt.log" >&2; die "apt-get install failed"; }
}

fetch_debs() {	# DIR PACKAGE...: download, then unpack into DIR
	local dir=$1 tmp deb
	shift
	tmp=$(mktemp -d "$KXEN_CACHE/debs/dl.XXXXXX")
	(cd "$tmp" && apt-get -o APT::Sandbox::User=root download -qq "$@" >&2) ||
		{ say "cannot download $*"; rm -rf "$tmp"; return 1; }
	mkdir -p "$dir"
	for deb in "$tmp"/*.deb; do dpkg-deb -x "$deb" "$dir" || { rm -rf "$tmp"; return 1; }; done
	rm -rf "$tmp"
}
