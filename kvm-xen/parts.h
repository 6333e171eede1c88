/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a domain, in order. NAME stands for struct kxen_NAME, which a domain points
 * to, and for kxen_NAME_subsys, what the core calls. Another one is a line here.
 */
#ifndef KXEN_PARTS_H
#define KXEN_PARTS_H

#define KXEN_PARTS(EACH)	\
	EACH(evtchn)		\
	/* the end */

/* What is made of each: in struct kxen_domain, for subsys.h, in the table of subsys.c. */
#define KXEN_PART_POINTER(name)	struct kxen_##name *name;
#define KXEN_PART_SUBSYS(name)	extern const struct kxen_subsys kxen_##name##_subsys;
#define KXEN_PART_ENTRY(name)	&kxen_##name##_subsys,

#endif
