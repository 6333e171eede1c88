#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What can be seen without running anything: warnings, sparse, checkpatch, kernel
# style, the direction of includes, names.
PARTS=all WEIGHT=60
. "$(dirname "$0")/lib.sh"
cd "$KXEN_TOP" || exit 1
scripts=$KXEN_CACHE/kselftest/scripts
# And a part that is in no release, by the same rules.
code="$(module_dirs) selftests/probe"

report() {	# NAME: good if standard input is empty
	local text
	text=$(cat)
	[ -z "$text" ] || sed 's/^/# /' <<<"$text" | head -40
	[ -z "$text" ]
	tap $? "$1"
}

# git's list in a checkout, else what is there.
sources() {
	git ls-files -- "$@" 2>/dev/null | grep . || find "$@" -type f
}

echo "TAP version 13"
for s in $(series_list); do
	"$KXEN_TOP/scripts/module.sh" "$s" >"$WORK/build" 2>&1
	tap $? "builds for $s, with no warning from gcc W=1 and sparse"
	report "what they say for $s" <"$WORK/build"
	if "$KXEN_TOP/scripts/module.sh" "$s" -- test ! -e unseen >/dev/null 2>&1; then
		tap 0 "sparse has looked at it for $s"
	elif [ -n "$(suites_of "$s")" ]; then
		tap_skip "sparse has looked at it for $s" "no sparse of $(suites_of "$s") could be had"
	else
		tap 1 "sparse has looked at it for $s"
	fi
done

# The same for arm64, where what that takes was fetched (scripts/arm64.sh).
for s in $KXEN_OWN; do
	if arm64_had "$s"; then
		"$KXEN_TOP/scripts/module.sh" "$s-arm64" >"$WORK/build" 2>&1
		tap $? "builds for $s-arm64, with no warning from gcc W=1 and sparse"
		report "what they say for $s-arm64" <"$WORK/build"
	else
		tap_skip "builds for $s-arm64" "'make setup-arm64' was not run"
	fi
done

report "checkpatch --strict" < <(
	perl "$scripts/checkpatch.pl" --no-tree --strict --terse --no-summary \
		--ignore FILE_PATH_CHANGES,MACRO_ARG_REUSE,ENOSYS,PREFER_DEFINED_ATTRIBUTE_MACRO,AVOID_EXTERNS \
		-f $(sources $code include | grep -E '\.[chS]$' | grep -vE '(kvm-xen/(trace|parts)|probe/lines)\.h') \
		2>&1 | grep -E 'ERROR|WARNING|CHECK')

report "editors and clang-format know checkpatch's width of a line" < <(
	{
		perl -ne 'print "$1\n" if /^my \$max_line_length = (\d+);/' "$scripts/checkpatch.pl"
		sed -n 's/^ColumnLimit: //p' .clang-format
		sed -n 's/^max_line_length = //p' .editorconfig
	} | sort | uniq -c | awk '{ widths = widths " " $2; n += $1 } END { if (NR != 1 || n < 3) print "widths:" widths }')

# Only the glue knows KVM's inside; only hook.c hooks; one file makes tracepoints.
report "KVM's inside is named in the glue alone" < <(
	grep -nE 'kallsyms|LINUX_VERSION_CODE|\b(vcpu|kvm)->arch' \
		$(sources $code | grep -vE 'kvm-xen/kvm/') |
		grep -vE ':\s*(/?\*|//)')
report "hook.c alone places hooks" < <(
	grep -nE 'register_ftrace|register_kprobe|klp_enable' \
		$(sources $code | grep -vE 'kvm-xen/kvm/hook(_direct|_redirect)?\.[ch]'))
report "what is looked up by name is in the list" < <(
	grep -nE 'kxen_hook_(find|lookup)\("|kallsyms_lookup' $(sources $code | grep -vE 'kvm-xen/kvm/hook(_direct)?\.c'))
# From a page, a frame or its host address to a pointer; what copies pages; and what is in
# guest_word.h for itself.
opens='(\.|->)raw\b|page_address|page_to_virt|folio_address|pfn_to_(virt|kaddr)|phys_to_virt|\b__va\('
opens+='|\bv?kmap|\bvmap|vm_map_ram|\b(mem|io)remap|(copy|clear|zero)_(high|user_)?(page|folio)\b|highpage'
opens+='|mem(cpy|set|move|zero)_(to_|from_)?(page|folio)|sg_virt|bvec_|access_(process|remote)_vm'
opens+='|kvm_(read|write)_guest|kvm_(vcpu_)?map\b|gfn_to_(pfn|page|virt)|gpc_|gfn_to_hva_cache'
opens+='|iov_iter|(copy_(to|from)|get|put|clear)_user_nofault|raw_copy_'
opens+='|kxen_gptr_(un)?map|kxen_bits_'
touches() {	# KVM's own copies are the glue's, as are names of its functions that are hooked
	grep -nE "$opens" $(sources $code | grep -vE 'kvm-xen/guest_word\.h|/guest_bits\.h') |
		grep -vE '^kvm-xen/kvm/.*(kvm_(read|write)_guest|#define KXEN_KVM_[A-Z]+\s+")'
}
report "guest_word.h alone touches a guest's page" < <(touches)
mkdir -p "$WORK/touch"
cp -r $code --parents "$WORK/touch"
for how in 'x = *(u32 *)g.raw' 'page_address(p)' 'page_to_virt(p)' 'folio_address(f)' 'phys_to_virt(a)' \
	'__va(a)' 'pfn_to_kaddr(n)' 'pfn_to_virt(n)' 'kmap_local_page(p)' 'kmap_atomic(p)' 'vmap(&p, 1, 0, k)' \
	'vm_map_ram(&p, 1, 0)' 'memremap(a, 4096, MEMREMAP_WB)' 'ioremap_cache(a, 4096)' \
	'memcpy_to_page(p, 0, b, 8)' 'memcpy_from_page(b, p, 0, 8)' 'memzero_page(p, 0, 8)' 'copy_page(a, b)' \
	'clear_highpage(p)' 'copy_highpage(p, q)' 'memcpy(g.raw, b, 8)' 'kxen_gptr_map(g)' \
	'kxen_bits_xchg8(p, 1, &w)' 'kvm_write_guest(k, a, b, 8)' 'kvm_vcpu_map(v, n, &m)' \
	'access_process_vm(t, a, b, 8, 0)'; do
	echo "	(void)($how);"
done >"$WORK/touch.lines"
cat "$WORK/touch.lines" >>"$WORK/touch/kvm-xen/world.c"
found=$(cd "$WORK/touch" && touches | grep -cF 'kvm-xen/world.c:')
[ "$found" = "$(wc -l <"$WORK/touch.lines")" ]
tap $? "found: each of $(wc -l <"$WORK/touch.lines") ways to touch a guest's page elsewhere ($found)"
report "p2m.c alone goes from a guest's frame to a page" < <(
	grep -nE 'gfn_to_hva|glue_mem\(|glue_write_phys' $(sources $code | grep -vE 'kvm-xen/(p2m\.[ch]|kvm/)'))
report "no internal header crosses directories" < <(
	grep -nE "include \".*/.*_internal\.h" $(sources $code))
report "global symbols begin with kxen_" < <(
	scripts/module.sh "$KXEN_OLD" -- nm -g --defined-only kvm-xen.o 2>&1 | awk '{ print $3 }' |
		grep -vE '^(kxen_|__(tracepoint|traceiter|probestub|export_symbol|ksymtab|crc)_kxen_|__SC[KT]__|init_module|cleanup_module|__this_module|__mod_|__pfx_)')
# What the compiler splits off a function is the function's. A name with a number is a variable of
# one function, or made by a macro of the kernel's.
twice() {	# what nm -A says of objects: names that more than one of them defines
	awk '$(NF - 1) ~ /^[TtDdBbRr]$/ {
		file = $1
		sub(/:.*/, "", file)
		name = $NF
		while (sub(/\.(part|isra|cold|constprop)(\.[0-9]+)?$/, "", name))
			;
		if (name ~ /^__|\./ || (name, file) in seen)
			next
		seen[name, file]
		where[name] = where[name] " " file
		if (++files[name] > 1)
			print name ":" where[name]
	}
	END {
		if (!length(files))
			print "no names were there"
	}'
}
report "no name is in two files: a probe or a backtrace by it says where" < <(
	scripts/module.sh "$KXEN_OLD" -- sh -c 'nm -A $(cat kvm-xen.mod)' 2>&1 | twice)
printf 'claim:\nclaim.cold:\nclaim.part.0:\nkey.1:\n' | as -o "$WORK/one.o" -
printf 'claim.isra.0.constprop.0:\nkey.1:\n' | as -o "$WORK/two.o" -
[ "$(cd "$WORK" && nm -A one.o two.o | twice)" = "claim: one.o two.o" ]
tap $? "found: a function of two files, and no more"
report "nothing of the tests is in the module" < <(
	scripts/module.sh "$KXEN_OLD" -- nm kvm-xen.o 2>&1 | grep -E 'kxen_(probe|fault)|No such')
report "the core names no part of a domain but in its table" < <(
	grep -nE 'kxen_(evtchn|virq|host)_|KXEN_F_EVTCHN|KXEN_DOM_NLEVEL|(grant|maptrack)_frames' $(sources kvm-xen |
		grep -vE 'kvm-xen/(subsys|timer|trace|hypercall|hc_[a-z]*)\.[ch]$'))
report "includes and calls between files go one way, and in no circle of more than three" < <(
	scripts/module.sh "$KXEN_OLD" -- python3 "$SELF/callgraph.py" . 2>&1)
up() {	# FILE HEADER WHY: an include that must be found
	mkdir -p "$WORK/up"
	cp -r $code "$WORK/up"
	printf '#include "../%s"\n' "$2" >>"$WORK/up/$1"
	[ "$(python3 "$SELF/callgraph.py" "$WORK/up" --includes)" = "$1 -> $2: $3" ]
	tap $? "found: $3"
}
up evtchn/port.h kvm-xen/hypercall.h "event channels includes hypercalls"
up x86/life.c evtchn/evtchn.h "the architecture includes event channels"
up kvm-xen/world.c x86/x86.h "a header of the architecture that is not for others"
# In the tree of objects: what is said of a copy with some that call as none may, and a circle.
wrong_calls() {	# DIR
	cp -rs "$PWD/." "$1" && cd "$1" || return
	while read -r file mine its; do
		: >"$file.c"
		gcc -c -x c -o "$file.o" - <<<"void $its(void); void $mine(void); void $mine(void) { $its(); }"
	done <<-'EOF'
		evtchn/more kxen_more kxen_hypercall
		kvm-xen/hc_more kxen_hc_more kxen_cpuid_base
		x86/more kxen_on_more kxen_port_send
		kvm-xen/hc_a kxen_hc_a kxen_hc_b
		kvm-xen/hc_b kxen_hc_b kxen_hc_c
		kvm-xen/hc_c kxen_hc_c kxen_hc_d
		kvm-xen/hc_d kxen_hc_d kxen_hc_a
	EOF
	python3 "$SELF/callgraph.py" .
}
export -f wrong_calls
SELF=$SELF scripts/module.sh "$KXEN_OLD" -- bash -c 'wrong_calls "$1"' - "$WORK/calls" >"$WORK/calls.log" 2>&1
while read -r what; do
	grep -qxF "$what" "$WORK/calls.log"
	tap $? "found: $what"
done <<-'EOF'
	evtchn/more -> kvm-xen/hypercall: event channels uses hypercalls: kxen_hypercall
	kvm-xen/hc_more -> x86/cpuid: uses kxen_cpuid_base past arch.h
	x86/more -> evtchn/bind: the architecture uses event channels: kxen_port_send
	a circle of 4 files: kvm-xen/hc_a kvm-xen/hc_b kvm-xen/hc_c kvm-xen/hc_d
EOF
[ "$(grep -c '' "$WORK/calls.log")" = 4 ]
tap $? "found: nothing else there"
report "what is no architecture's compiles with one that has nothing" < <(
	scripts/module.sh "$KXEN_OLD" -- bash "$SELF/noarch.sh" "$KXEN_OLD" "$KXEN_TOP" 2>&1)
mkdir -p "$WORK/noarch"
cp -r $code include "$WORK/noarch"
cat >>"$WORK/noarch/kvm-xen/world.c" <<-'EOF'
	u8 kxen_t(struct kxen_vcpu *v);
	u8 kxen_t(struct kxen_vcpu *v) { return v->arch.upcall_vector + kxen_cpuid_base(v); }
	u8 kxen_vgic_t(void);
EOF
scripts/module.sh "$KXEN_OLD" -- bash "$SELF/noarch.sh" "$KXEN_OLD" "$WORK/noarch" kvm-xen/world.c >"$WORK/noarch.log" 2>&1
for what in "no member named .upcall_vector" "implicit declaration of function .kxen_cpuid_base" \
	"a word of x86: cpuid" "a word of arm64: vgic"; do
	grep -q "^kvm-xen/world.c:.*$what" "$WORK/noarch.log"
	tap $? "found in the core: $what"
done
report "the uapi header compiles alone" < <(
	for f in include/uapi/*/*.h; do
		gcc -fsyntax-only -Wall -Werror -std=c99 -x c "$f" 2>&1
	done)
report "kernel-doc is well-formed" < <(
	perl "$scripts/kernel-doc" -none include/uapi/*/*.h $(sources $code | grep '\.[ch]$') 2>&1 | grep -iE 'warning|error')
perl "$scripts/kernel-doc" -rst include/uapi/linux/kvm_xen.h >"$WORK/uapi.rst" 2>/dev/null
report "the document of the interface has every structure" < <(
	grep -oE '^struct kxen_[a-z_]+' include/uapi/linux/kvm_xen.h | sort -u |
		while read -r s; do grep -q "c:type:: $s" "$WORK/uapi.rst" || echo "$s"; done)
report "shell scripts parse" < <(
	for f in $(sources scripts selftests tools .ci | grep -E '\.sh$|/(run|init)$|/jobs/'); do
		bash -n "$f" 2>&1
	done)
compiled() {	# FILE...: what Python cannot read of them
	PYTHONPYCACHEPREFIX=$WORK/pyc python3 -m py_compile "$@" 2>&1
}
# shellcheck disable=SC2046
report "Python files compile" < <(compiled $(sources . | grep '\.py$' | grep -vE '^\./(build|\.git)/'))
# What runs inside a host is a file, which this program can read: no text in a job, none that a
# script hands to an interpreter or writes as a program.
as_text() {	# DIRECTORY
	local here='(^|[^<])<<-?[[:space:]]*["'\''\\]?[A-Za-z_]' jobs scripts
	cd "$1" || return
	jobs=$(sources scripts/jobs selftests/jobs selftests/linux/init selftests/job.sh selftests/guest-job.sh selftests/create-job.sh)
	scripts=$(sources scripts selftests | grep '\.sh$' | grep -v '/static\.sh$')
	grep -nHE "$here" $jobs
	grep -nHE 'python3?( +-[A-Za-z]+)* +-c?( |$)' $jobs
	grep -nHE "\b(python3?|perl|awk|ba?sh|sh)\b[^#]*$here" $scripts
	awk 'FNR > 1 && /^[[:space:]]*#!/ { print FILENAME ":" FNR ": " $0 }' $scripts
}
report "what runs inside a host is a file, not text in a script" < <(as_text .)
seen_as_text() {	# NAME FILE LINES: such a text must be found
	local dir=$WORK/text
	rm -rf "$dir"
	mkdir -p "$dir/scripts/jobs" "$dir/selftests/jobs" "$dir/selftests/linux"
	cp selftests/job.sh selftests/guest-job.sh selftests/create-job.sh "$dir/selftests/"
	cp selftests/linux/init "$dir/selftests/linux/"
	cp selftests/jobs/uapi "$dir/selftests/jobs/"
	cp scripts/jobs/demo "$dir/scripts/jobs/"
	printf '%b\n' "$3" >>"$dir/$2"
	(as_text "$dir") | grep -q "^$2:"
	tap $? "found: $1"
}
seen_as_text "a program in a job" selftests/jobs/uapi "cat > /tmp/busy <<'BUSY'\nwhile :; do :; done\nBUSY"
seen_as_text "a job's program for Python" selftests/jobs/uapi "python3 -IS -c '\nimport sys'"
seen_as_text "a script's text for an interpreter" selftests/guest-job.sh "python3 - <<-PY\nPY"
seen_as_text "a program that a script writes" selftests/job.sh 'cat >init <<EOF\n#!/bin/sh\nEOF'
echo 'def f(:' >"$WORK/bad.py"
compiled "$WORK/bad.py" | grep -q SyntaxError
tap $? "found: Python that does not compile"
# Which looks for domains, hooks, pins and memory. 'run' is no test.
unchecked_end() {	# JOB...: those that load the module, and do not look what it has left
	awk 'FNR == 1 && NR > 1 && loaded { print file } FNR == 1 { loaded = 0; file = FILENAME }
		/^[^#]*insmod kvm-xen\.ko/ && !/fails insmod/ { loaded = FNR } /^\t?check_gone / { loaded = 0 }
		END { if (loaded) print file }' "$@"
}
report "every job that loads the module ends with check_gone" < <(
	unchecked_end $(sources selftests/jobs | grep -v '/run$'))
sed 's/^check_gone .*/rmmod kvm_xen/' selftests/jobs/reset >"$WORK/bare"
[ "$(unchecked_end selftests/jobs/uapi "$WORK/bare" selftests/jobs/life)" = "$WORK/bare" ]
tap $? "found: a job that ends with rmmod alone"
report "every deliberate defect still applies: selftests/mutants" < <(
	for f in selftests/mutants/*.patch; do
		patch -p1 -F0 -s -f --dry-run -i "$f" >/dev/null 2>&1 || echo "$f"
	done)
report "no file is longer than 800 lines" < <(
	sources $code selftests tools scripts | grep -E '\.(c|h|py|sh)$' |
		xargs wc -l | awk '$2 != "total" && $1 > 800 { print }')
# Else by common.sh's names, or a job's OLD and NEW. What a comment, or the head of a deliberate
# defect, tells of a kernel stays true.
kernels_in() {	# FILE...
	local any
	any=$(awk '/^[0-9]/ { gsub("[.]", "[.]"); printf "%s%s", sep, $1; sep = "|" }' scripts/supported-kernels)
	grep -HnIE "(^|[^0-9.])($any)([^0-9a-z]|\$)" "$@" |
		grep -vE '^[^:]*:[0-9]+:[[:space:]]*(#([^a-z]|$)|/?\*|//)|^selftests/mutants/[^:]*:[0-9]+:[^C]'
}
report "no series of a kernel is named but in scripts/supported-kernels" < <(
	kernels_in $(sources Makefile Kbuild .ci include tools scripts selftests $(module_dirs) |
		grep -vx 'scripts/supported-kernels'))
for s in $KXEN_SUPPORTED; do
	cat >"$WORK/series" <<-EOF
		# What host $s does.
		series=\${1:-$s}
		vm vmlinux-$s 2
		width=1$s.0 version=2.$s format=%${s}f
	EOF
	[ "$(kernels_in "$WORK/series" | cut -d: -f2 | xargs)" = "2 3" ]
	tap $? "found: $s is named"
done
report "no path of one machine" < <(
	grep -nE '/(home|root|work)/' $(sources . |
		grep -vE '^(\./)?(COPYING|selftests/static\.sh)$|^\./(build|\.git)/'))
tap_end
