/* SPDX-License-Identifier: GPL-2.0 */
/* The machine that vmm runs. */
#ifndef VMM_H
#define VMM_H

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
	uint32_t entry;
	bool xen;
	bool intree;	/* on KVM's own Xen support */
	unsigned int domid;
	int hold;	/* say READY and wait on stdin before running */
	bool late;	/* attach before the other vCPUs exist */
	unsigned int kick;	/* signal the first vCPU's thread so often, us */
	uint32_t flags;	/* KXEN_DOM_* */
	unsigned int max_ports;
	const char *initrd, *cmdline;
};

extern struct machine vm;

void die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
int xioctl(int fd, unsigned long req, void *arg, const char *what);

/* mptable.c */
void make_mptable(void);

/* intree.c */
void intree_init(void);
unsigned int intree_cpuid(struct kvm_cpuid_entry2 *e, unsigned int n);
void intree_hypercall(struct kvm_run *run);

#endif
