# SPDX-License-Identifier: GPL-2.0
# 'make help' lists what can be made.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
# The host's series, for demo, run and fuzz: each has its own if none is named.
KERNEL ?=
# The one that a debugging kernel is built of; asked only where a recipe wants it.
debug_base = $(shell bash -c '. scripts/common.sh; echo "$$KXEN_NEW"')
PREFIX ?= /usr/local
DESTDIR ?=

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

modules: ## kvm-xen.ko and kvm-xen-vfio.ko for the running kernel (KVER=... for another one)
	@test -e $(KDIR)/Makefile || { \
	  echo "error: no kernel headers at $(KDIR): install linux-headers-$(KVER)" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools: ## the kvm-xen command, in build/tools
	$(MAKE) -C tools

kxenlat: ## the latency tool, in build/tools (needs clang, bpftool, libbpf-dev)
	$(MAKE) -C tools/kxenlat

# What is installed besides the module: FILE=PLACE below $(PREFIX)=MODE.
INSTALLED := build/tools/kvm-xen=sbin/kvm-xen=755 \
	tools/kvm-xen/kvm-xen.8=share/man/man8/kvm-xen.8=644 \
	tools/kvm-xen/kvm-xen.cfg.5=share/man/man5/kvm-xen.cfg.5=644 \
	tools/completion/kvm-xen=share/bash-completion/completions/kvm-xen=644 \
	tools/udev/99-kvm-xen.rules=lib/udev/rules.d/99-kvm-xen.rules=644 \
	tools/systemd/kvm-xen-dom0.7=share/man/man7/kvm-xen-dom0.7=644 \
	tools/systemd/xen-tool=lib/kvm-xen/xen-tool=755 \
	$(foreach f,$(notdir $(wildcard tools/systemd/*.service)),tools/systemd/$(f)=lib/systemd/system/$(f)=644) \
	$(foreach f,$(notdir $(wildcard tools/bpftrace/*.bt)),tools/bpftrace/$(f)=share/kvm-xen/bpftrace/$(f)=755)
# Built only if somebody wanted it.
INSTALLED_KXENLAT := build/tools/kxenlat=sbin/kxenlat=755 \
	tools/kxenlat/kxenlat.8=share/man/man8/kxenlat.8=644
part = $(word $(1),$(subst =, ,$(2)))
put = install -D -m $(call part,3,$(1)) $(call part,1,$(1)) $(DESTDIR)$(PREFIX)/$(call part,2,$(1))

# As the kernel calls itself: a directory of headers may be of another one than $(KVER).
KREL = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(KVER))

# With DESTDIR nothing of this machine is touched: depmod is for who unpacks it. Without,
# it is needed here, since kbuild leaves it out where only headers are installed.
install: modules install-tools ## modules, command, manual pages, completion, udev rule, units (DESTDIR=, PREFIX=)
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) DEPMOD=true modules_install
	$(if $(DESTDIR),,depmod $(KREL))

install-tools: tools ## all of that but the modules
	@set -e; $(foreach f,$(INSTALLED),echo "$(call put,$(f))"; $(call put,$(f));) \
	if [ -x build/tools/kxenlat ]; then $(foreach f,$(INSTALLED_KXENLAT),echo "$(call put,$(f))"; $(call put,$(f));) fi

uninstall: ## take all of that away again, with the same DESTDIR and PREFIX
	rm -f $(foreach d,extra updates,$(foreach m,kvm-xen kvm-xen-vfio,$(DESTDIR)/lib/modules/$(KREL)/$(d)/$(m).ko*))
	$(if $(DESTDIR),,depmod $(KREL))
	rm -f $(foreach f,$(INSTALLED) $(INSTALLED_KXENLAT),$(DESTDIR)$(PREFIX)/$(call part,2,$(f)))
	rmdir -p --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/share/kvm-xen/bpftrace $(DESTDIR)$(PREFIX)/lib/kvm-xen 2>/dev/null || true

# What Kbuild reads, the same as scripts/module.sh builds of.
install-dkms: ## the modules' source, for dkms (DESTDIR=)
	@set -e; dest=$(DESTDIR)/usr/src/kvm-xen-$$(cat VERSION); mkdir -p $$dest; \
	find Kbuild VERSION scripts/supported-kernels include $$(bash -c '. scripts/common.sh; module_dirs') -type f \
	  \( -name '*.[chS]' -o -name Kbuild -o -name VERSION -o -name supported-kernels \) \
	  -not -name '*.mod.c' -exec cp --parents -t $$dest {} +; \
	sed "s/#MODULE_VERSION#/$$(cat VERSION)/" dkms.conf >$$dest/dkms.conf; echo $$dest

deb: ## Debian packages of the module's source and of the tools, in build/deb
	@scripts/setup.sh deb
	@scripts/deb.sh

demo: ## two Debian guests with Xen's console, disk and network on a stock KVM host (KERNEL=SERIES, STAGE=spine)
	@scripts/demo.sh "$(KERNEL)" $(STAGE)

setup: ## packages, kernels and tools for the tests, into the cache
	@scripts/setup.sh check

setup-arm64: ## the same for hosts of arm64: 'make check T=arm64' does it, and check-full
	@scripts/setup.sh arm64

check: setup $(if $(findstring arm64,$(T)),setup-arm64) ## the tests; T=save,life:SERIES for some programs, or one of their hosts
	@python3 scripts/check.py check $(T)

check-quick: setup ## the edit loop: one host kernel, no Debian guest
	@python3 scripts/check.py quick $(T)

check-full: ## everything, in full matrices
	@scripts/setup.sh full
	@scripts/setup.sh arm64
	@python3 scripts/check.py full $(T)

check-debug: setup ## on a kernel that is built with the debugging options (half an hour, once)
	@scripts/debug-kernel.sh
	@KXEN_SERIES="$${KXEN_SERIES:-$(debug_base)-debug}" python3 scripts/check.py debug $(T)

check-kcsan: setup ## races and random calls on a kernel that finds data races (half an hour, once)
	@scripts/debug-kernel.sh kcsan
	@KXEN_SERIES=$(debug_base)-kcsan python3 scripts/check.py debug $(or $(T),races uapi life fuzz)

run: setup ## one guest image on a host, and what it says: IMAGE=evtchn-64 [KERNEL=SERIES] [OPTS="--smp 2"]
	@scripts/run.sh "$(IMAGE)" "$(KERNEL)" $(OPTS)

fuzz: setup ## random calls by guests and host programs (FUZZ_SECONDS=3600), and the logic that user space can compile (FUZZ_RUNS=20000000)
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} KXEN_SERIES=$(KERNEL) bash selftests/fuzz.sh
	@FUZZ_RUNS=$${FUZZ_RUNS:-20000000} bash selftests/user.sh

mutants: setup ## would the tests notice? Each deliberate defect, one by one: M="5 fifo-tail" for some
	@python3 scripts/mutants.py $(M)

bench: setup ## instructions of calls, disk requests and packets, cache lines that a send touches, and windows: build/bench.json
	@$(MAKE) -s -C selftests
	@python3 scripts/bench.py
	@python3 scripts/iobench.py
	@python3 scripts/scale.py
	@python3 scripts/mpu.py

uapi-doc: setup ## the interface of /dev/kvm-xen from its header, in build/uapi.rst
	@mkdir -p build
	@bash -c '. scripts/common.sh; perl "$$KXEN_CACHE/kselftest/scripts/kernel-doc" -rst \
	  include/uapi/linux/kvm_xen.h' > build/uapi.rst
	@echo build/uapi.rst

clean: ## remove everything that was built
	@find . \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
	  -o -name '.*.cmd' -o -name '*.o.d' \) -not -path './.git/*' -delete
	@rm -rf scripts/__pycache__ Module.symvers modules.order .tmp_versions build

.PHONY: help modules tools kxenlat install install-tools install-dkms uninstall deb demo setup setup-arm64 check check-quick check-full check-debug check-kcsan run fuzz mutants bench uapi-doc clean
.DEFAULT_GOAL := modules
