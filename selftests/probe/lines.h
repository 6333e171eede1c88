/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probe's lines of kvm-xen/parts.h, for builds with KXEN_FAULT=1 alone, which put this file
 * before each of the module's own.
 */
#ifndef KXEN_PROBE_LINES_H
#define KXEN_PROBE_LINES_H

#define KXEN_TEST_PARTS(EACH, VCPU, COUNT, PAGES)	\
	EACH(probe) VCPU(probe)				\
		COUNT(PROBES, "probes")			\
		PAGES(PROBE_PAGES, "pages of the probe")

#endif
