/* SPDX-License-Identifier: GPL-2.0 */
/* The machine that vmm runs. */
#ifndef VMM_H
#define VMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_cpuid_entry2;
struct kvm_run;

#define MAX_VCPUS	64

struct machine {
	int kvm, vm, ctl;
	int vcpu[MAX_VCPUS];
	unsigned int cpus;
	size_t mem;
	uint8_t *ram;
	const char *ram_kind;	/* what it is made of; NULL: anon */
	uint32_t entry;
	bool xen;
	bool intree;	/* on KVM's own Xen support */
	unsigned int domid;
	int hold;	/* say READY and wait on stdin before running */
	bool late;	/* attach before the other vCPUs exist */
	const char *by;	/* the file of another module that makes the domain and attaches it */
	unsigned int kick;	/* signal the first vCPU's thread so often, us */
	uint32_t flags;	/* KXEN_DOM_* */
	unsigned int max_ports, max_grant_frames;
	bool grant;	/* what a toolstack grants: refs 0 and 1 */
	bool rings;	/* pages of xenstore's and the console's rings */
	const char *initrd, *cmdline;
	const char *save, *restore;	/* files */
	bool go_on;	/* saved, the guest goes on here */
	bool pin;	/* vCPU n to CPU n */
	bool churn;	/* pause and save it all the time */
	unsigned int toggle;	/* unpause and pause it so often, and look */
	bool s3;		/* sleep and wake up when the guest says so */
	bool slot_later;	/* set a memory slot when the guest says so */
	bool forgive;	/* go on behind the first triple fault */
	bool stay;	/* the VM is there when its guest has shut down */
	bool alias;	/* the same memory at 2 GB, too */
	bool debug;	/* KVM has the guest's breakpoints */
	bool pull;	/* change memory under the guest when it says so */
	const char *vfio;	/* the PCI device that it has: 0000:00:03.0 */
	const char *vcpu_ids;	/* Xen's numbers, in the order of the vCPUs */
	const char *fail;	/* what makes allocations fail */
	unsigned int fuzz;	/* damaged streams to restore */
	unsigned int seed;	/* which */
	unsigned int bad_first;	/* streams that are refused, before the good one */
	volatile bool stop;	/* the other vCPUs wait in save_check() */
	struct kvm_run *run[MAX_VCPUS];
	pthread_t thread[MAX_VCPUS];
	pthread_t runs[MAX_VCPUS];	/* whose loop is in run_vcpu() */
	unsigned int limit;	/* seconds */
	bool stuck;	/* make_stuck_pages() */
	volatile bool over;	/* the limit: each vCPU says where it is */
};

extern struct machine vm;

void die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
int xioctl(int fd, unsigned long req, void *arg, const char *what);

/* vmm.c: what started us says when to go on */
void wait_for_a_line(void);
/* another VM and domain in the place of the present one, paused */
void renew_vm(void);

/* save.c */
void save_begin(void);
void save_look(bool judge);
void save_end(struct kvm_run *run);
void save_check(int fd, struct kvm_run *run);
unsigned int try_to_save(void);
void restore_machine(void);
void *churn(void *arg);

/* trials.c */
void start_slots(void);
void start_toggling(void);
void make_stuck_pages(void);
void pull_page(unsigned int how);
void sleep_and_wake(struct kvm_run *run);
void limit_memlock(unsigned int kbytes);
void become(unsigned int uid);

/* report.c */
bool report_io(struct kvm_run *run);
void report_state(void);

/* fail.c */
bool fail_io(struct kvm_run *run);

/* mptable.c */
void make_mptable(void);

/* vfio.c */
void vfio_init(const char *name);
bool vfio_mmio(struct kvm_run *run);
void vfio_detach(void);
void vfio_tell_kvm(bool has);

/* intree.c */
void intree_init(void);
unsigned int intree_cpuid(struct kvm_cpuid_entry2 *e, unsigned int n);
void intree_hypercall(struct kvm_run *run);

#endif
