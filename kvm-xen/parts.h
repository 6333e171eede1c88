/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a domain, in order, each with what of it is limited. Another one is a line here.
 *
 *	EACH(name)		struct kxen_name, which a domain points to, and
 *				kxen_name_subsys, what the core calls
 *	VCPU(name)		struct kxen_name_vcpu, which each vCPU points to
 *	COUNT(NAME, "text")	KXEN_LIMIT_NAME: how many of something; @text is what the log says
 *				has come near its limit
 *	PAGES(NAME, "text")	the same for pages of the guest that are held, and charged to its
 *				VMM's user, under domain->pin_lock
 *
 * Whoever makes the part's share of a domain sets the limits: they are 0 before.
 */
#ifndef KXEN_PARTS_H
#define KXEN_PARTS_H

/* A build for the tests has more of them: selftests/probe. */
#ifndef KXEN_TEST_PARTS
#define KXEN_TEST_PARTS(EACH, VCPU, COUNT, PAGES)
#endif

/* It hooks what each architecture has otherwise, and is where it knows that: Kbuild. */
#ifdef KXEN_HAS_MEMPAGING
#define KXEN_PAGING_PART(EACH, VCPU)				\
	EACH(mempaging) VCPU(mempaging)
#else
#define KXEN_PAGING_PART(EACH, VCPU)
#endif

#define KXEN_PARTS(EACH, VCPU, COUNT, PAGES)			\
	EACH(evtchn)						\
		COUNT(PORTS, "event channels") /* but port 0 */	\
		PAGES(EVENT_PAGES, "pages with events")		\
	EACH(gnttab)						\
		COUNT(GRANT_FRAMES, "frames of its grant table")	\
		COUNT(STATUS_FRAMES, "status frames of its grant table") \
	KXEN_PAGING_PART(EACH, VCPU)				\
	EACH(direct) VCPU(direct)				\
	KXEN_TEST_PARTS(EACH, VCPU, COUNT, PAGES)		\
	/* the end */

/* What is made of each: in struct kxen_domain, for part.h, in the table of subsys.c. */
#define KXEN_PARTS_EACH(each)	KXEN_PARTS(each, KXEN_PART_NOT, KXEN_PART_NOT, KXEN_PART_NOT)
#define KXEN_PART_POINTER(name)	struct kxen_##name *name;
#define KXEN_PART_SUBSYS(name)	extern const struct kxen_subsys kxen_##name##_subsys;
#define KXEN_PART_ENTRY(name)	&kxen_##name##_subsys,
#define KXEN_PART_NOT(...)

/* Of each that has something of a vCPU: in struct kxen_vcpu. */
#define KXEN_PARTS_VCPU(vcpu)	KXEN_PARTS(KXEN_PART_NOT, vcpu, KXEN_PART_NOT, KXEN_PART_NOT)
#define KXEN_PART_VCPU(name)	struct kxen_##name##_vcpu *name;

/* And of each limit: in limits.h, in the table of limits.c. */
#define KXEN_LIMIT_KIND(kind, text)	KXEN_LIMIT_##kind,
#define KXEN_LIMIT_TEXT(kind, text)	[KXEN_LIMIT_##kind] = text,

#endif
