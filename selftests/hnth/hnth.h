/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of the host, each with its n-th allocation failing: what the parts share. */
#ifndef HNTH_H
#define HNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kxen_vcpu_id;

/* One call: what has to be there, the call, and back to where it was. */
struct op {
	const char *name;
	void (*before)(void);
	long (*call)(void);
	void (*after)(void);
	bool once;	/* it cannot be made again in the same state */
	bool (*good)(void);	/* what must be true when it says that all went well */
};

extern const struct op ctl_ops[], first_ops[], ev_ops[], pc_ops[], gn_ops[], pager_ops[];
extern uint32_t domid;

/* main.c */
void fail_nth(unsigned int n);
unsigned int fail_left(void);
void fail_reopen(void);
void sweep(const struct op *o);
void report(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* vm.c: a domain and a VM, of which there is one at a time */
int ctl_file(void);
void new_vm(unsigned int cpus, size_t mem);
long create_vcpu(unsigned int n);
void fill_ram(uint8_t byte);
bool ram_is(uint8_t byte);
uint8_t *ram_at(size_t offset);
void drop_vm(void);
long create(uint32_t ports, uint32_t flags);
long attach(void);
long attach_with(const struct kxen_vcpu_id *ids, uint32_t nr);
long domain_op(unsigned long cmd);
long evtchn_op(uint32_t op, uint32_t value);
void attached(unsigned int cpus);
void gone(void);
uint32_t domains(void);
uint32_t known_vcpus(void);

/* load.c, restore.c, paging.c */
int sweep_load(const char *file, bool by_parameter);
void sweep_restore(const char *file);
void sweep_paging(void);
long for_no_memory(long ret, uint32_t reason);

#endif
