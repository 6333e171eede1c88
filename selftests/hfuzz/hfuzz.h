/* SPDX-License-Identifier: GPL-2.0 */
/* Random calls from the host: what the parts share. */
#ifndef HFUZZ_H
#define HFUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NR_FILES	6	/* open files of each device, used by all threads */
#define NR_VMS		8	/* descriptors of VMs, for whoever wants to attach one */
#define BUF_SIZE	(8u << 20)	/* no stream is longer */
#define GUEST_DOMID	700	/* the first of the guests that run beside */
#define NR_GUESTS	3	/* at most */
#define NR_DOMIDS	12	/* from there on, so that threads meet */

/* What is counted. */
#define KINDS(K)							\
	K(INFO) K(CREATE) K(ATTACH) K(QUERY) K(DESTROY) K(PAUSE) K(UNPAUSE) K(PORT)	\
	K(HOLD) K(UNHOLD) K(STATS) K(STAT_NAMES)			\
	K(SAVE) K(RESTORE) K(EVTCHN) K(WILD) K(DEBUGFS) K(VCPU) K(RUN)	\
	K(EV_BIND) K(EV_UNBIND) K(EV_NOTIFY) K(EV_RESET) K(EV_READ) K(EV_WRITE) K(EV_OTHER) \
	K(PRIVCMD) K(PC_MMAP) K(PC_BATCH) K(PC_RESOURCE) K(PC_OTHER)		\
	K(GNT_MAP) K(GNT_UNMAP) K(GNT_MMAP) K(GNT_COPY) K(GNT_NOTIFY) K(GNT_ALLOC)	\
	K(GNT_DEALLOC) K(GNT_OTHER) K(GNT_MAPPED) K(GNT_COPIED)
enum kind {
#define K(name) CALL_##name,
	KINDS(K)
#undef K
	NR_KINDS
};

extern int ctl_file[NR_FILES], ev_file[NR_FILES], kvm_file, privcmd_file, vm_file[NR_VMS];
extern int gntdev_file[NR_FILES], gntalloc_file[NR_FILES];

/* main.c */
uint64_t rnd(void);
uint32_t below(uint32_t n);
bool one_in(uint32_t n);
uint64_t odd(void);
uint32_t any_domid(void);
uint32_t domid_to_end(void);
bool over(void);
long count(enum kind kind, long ret);

/* stream.c: what was saved, to be restored, damaged or not */
long save_domain(int fd, uint32_t domid);
long restore_domain(int fd, uint32_t domid);

/* What a thread does, over and over. */
void ctl_step(void);
void ev_step(void);
void vm_step(void);
void gn_step(void);
void pc_step(void);	/* in between */

/* foreign.c: what privcmd maps */
void fm_step(void);

#endif
