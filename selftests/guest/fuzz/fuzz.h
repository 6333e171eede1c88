/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzing image: hypercalls that are right for the most part, so that they get past
 * the first check, and wrong somewhere now and then. Everything random comes from one
 * generator per CPU, whose seed is the command line's.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "../rt.h"
#include <xen/kxen_evtchn.h>

#define FUZZ_CPUS	4
#define FUZZ_LIST	64	/* calls that one multicall has at most */

#define IMAGE_GFN	0x100UL

/* Memory that the guest offers to the hypervisor, far from the image; all is 64 MB. */
#define POOL_GFN	0x800UL
#define POOL_PAGES	0x3000UL
#define FEW_PAGES	48	/* those used most often, so that uses collide */
#define END_GFN		0x4000UL

/* Where vcpu_info and shared_info are put, to be overlaid by nothing else on purpose. */
#define VI_GFN		(POOL_GFN + 200)
#define SHINFO_GFN	(POOL_GFN + 300)

/* Numbers that Xen's public headers keep to themselves, or of newer versions. */
#define VCPUOP_register_runstate_phys_area_	14
#define VCPUOP_register_vcpu_time_phys_area_	15
#define HVMOP_set_evtchn_upcall_vector_		23
#define XENMEM_remove_from_physmap_		15
#define VMASST_runstate_update_flag		5
#define NOBODY		0x7ff5	/* no such domain */

enum fuzz_group { FUZZ_EVTCHN, FUZZ_EXT, FUZZ_VCPU, FUZZ_HVM, FUZZ_MEMORY, FUZZ_SCHED,
		  FUZZ_GRANT, FUZZ_MULTICALL, FUZZ_OTHER, FUZZ_WILD, FUZZ_GROUPS };

struct fuzz_call {
	u32 nr;
	unsigned long arg[5];
	enum fuzz_group group;
	u32 op;		/* within the group, for the counters */
};

/* What the guest must know to stay alive: where its flags are. */
extern volatile u32 fuzz_vi_gfn[FUZZ_CPUS], fuzz_vi_offset[FUZZ_CPUS], fuzz_shinfo_gfn;
extern u32 fuzz_cpus;
extern bool fuzz_no_reset;

/* values.c */
void fuzz_seed(unsigned int c, u64 seed);
u64 fuzz_random(unsigned int c);
u32 fuzz_below(unsigned int c, u32 n);
bool fuzz_one_in(unsigned int c, u32 n);
u64 fuzz_odd(unsigned int c);
u16 fuzz_domid(unsigned int c);
u32 fuzz_port(unsigned int c);
u32 fuzz_vcpu(unsigned int c);
u64 fuzz_gfn(unsigned int c);
u32 fuzz_offset(unsigned int c);
u64 fuzz_area(unsigned int c);
u64 fuzz_when(unsigned int c, u32 within);
void fuzz_start_clock(void);
void fuzz_place(unsigned int c, u32 i);
u32 fuzz_slot(unsigned int c);
unsigned long fuzz_put(unsigned int c, void *v, u32 len);
unsigned long fuzz_put_well(unsigned int c, const void *v, u32 len);

/* evtchn.c, ext.c, groups.c */
void fuzz_evtchn(unsigned int c, struct fuzz_call *k);
void fuzz_ext(unsigned int c, struct fuzz_call *k);
void fuzz_any(unsigned int c, struct fuzz_call *k);
bool fuzz_harms_image(const struct fuzz_call *k);

/* grant.c */
void fuzz_grant(unsigned int c, struct fuzz_call *k);
void fuzz_note_grant(unsigned int c, const struct fuzz_call *k, long ret);
void fuzz_place_grants(void);
void fuzz_say_grants(void);

/* list.c */
long fuzz_list(unsigned int c);
bool fuzz_list_next(unsigned int c, u32 *i, struct fuzz_call *k, long *ret);

/* act.c: what a guest does but hypercalls */
void fuzz_load_tss(unsigned int c);
void fuzz_act(unsigned int c);
void fuzz_act_init(void);

/* A structure as an argument: perhaps spoilt, perhaps in a bad place. */
#define FUZZ_ARG(c, v) fuzz_put(c, &(v), sizeof(v))

#endif
