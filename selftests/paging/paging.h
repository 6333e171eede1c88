/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the test of memory paging: a VMM of its own, and its pager. */
#ifndef PAGING_H
#define PAGING_H

#include <linux/kvm_xen.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE	4096UL
#define MB	(1UL << 20)

/* pager.c: one call for one frame: 0 or a negative errno. */
extern int pager;
extern uint64_t pager_frames, pager_pages;	/* what the last one was told */
int pager_open(uint32_t domid);
int batch(unsigned long req, const uint64_t *gfn, int32_t *res, void *buf, uint32_t nr);
int nominate(uint64_t gfn);
int evict(uint64_t gfn);
int peek(uint64_t gfn, void *buf);
int fill(uint64_t gfn, const void *buf);
int out(uint64_t gfn, void *buf);
int event(struct kxen_pager_event *e, int ms);
void drain(void);

/* pager.c: what a domain counts. */
uint64_t stat_of(uint32_t domid, uint32_t id);

/* vmm.c */
#define RING_CPUS	16	/* where there is a ring */
extern unsigned char *ram;
extern unsigned long ram_size;
extern uint32_t domid;
extern int ctl, vm, vcpu;
void make_vmm(int huge);
int make_another(uint32_t *id);
int run_vcpu(void);
void set_code(uint64_t gfn, uint64_t target);
void make_vcpus(int nr);
int run_cpu(int cpu);
void set_code_of(int cpu, uint64_t addr, uint64_t target);

/* main.c */
void ck(const char *name, int ok);
void look_at_core(void);
void look_at_faults(void);
void look_at_kernel(void);
void look_at_ends(void);
void look_at_vhost(void);
void look_at_ring(void);
int bench(void);

/* whole.c: a whole guest's. */
int random_pager(uint32_t domid, uint64_t frames, unsigned int seconds, unsigned int every);
int obedient_pager(uint32_t domid, uint64_t frames);

/* access.c: somebody touches a page. */
enum how { LOAD, STORE, WRITE, READV, MEM, SPLICE, VCPU, HOWS };
struct access {
	pthread_t thread;
	uint64_t gfn;
	enum how how;
	int cpu;
	volatile int done;
	volatile int tid;
	long ret;
	unsigned char value;
};
extern const char * const how_names[HOWS];
void begin(struct access *a, uint64_t gfn, enum how how);
void begin_cpu(struct access *a, int cpu);
int ends(struct access *a);
int sleeps(struct access *a);

#endif
