/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVM_XEN_TOOL_H
#define KVM_XEN_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit statuses of the tool itself; run passes its child's on otherwise. */
#define EXIT_USAGE	64
#define EXIT_REFUSED	65

#define MAX_DOMID	0x7fef

struct domain_options {
	uint32_t flags;
	uint32_t domid;
	uint16_t xen_major, xen_minor;
	uint32_t max_ports, max_grant_frames, max_maptrack_frames;
	uint8_t uuid[16];
};

/* Where a guest finds its rings, and the ports of theirs that domain 0 may bind to. */
struct special {
	uint64_t store_gfn, console_gfn;
	uint32_t store_port, console_port;
};

struct kxen_query;
struct kxen_vcpu_id;
struct qmp;
struct saved;

/* main.c */
void __attribute__((noreturn, format(printf, 2, 3)))
fail(int status, const char *fmt, ...);
uint32_t number(const char *s, const char *what, uint32_t max);

/* ctl.c: /dev/kvm-xen */
int ctl_open(void);
int ctl_create(int ctl, const struct domain_options *o, bool any_domid);
void ctl_attach(int ctl, uint32_t domid, int vm_fd,
		const struct kxen_vcpu_id *ids, unsigned int nr_ids);
void ctl_query(int ctl, struct kxen_query *q);
unsigned int ctl_vcpu_ids(int ctl);
const char *ctl_why(int error);

/*
 * A pidfd of the process that has the VM of the domain of @q, which was queried; -1: there is none
 * that is known for certain, as when it has just ended and its number is another one's.
 */
int ctl_open_vmm(int ctl, const struct kxen_query *q);

/* Wait until the domain is gone, or, with @dying, at least on its way; false: it is not in time. */
bool ctl_wait_end(int ctl, uint32_t domid, bool dying, unsigned int ms);

/* special.c: the rings, for a guest that has not run yet, and all that it finds them by. */
void ctl_special_pages(int ctl, uint32_t domid, struct special *s);

/* show.c */
int cmd_list(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_evtchn(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
uint32_t domid_arg(int argc, char **argv);

/* stats.c: members of a JSON object that has been begun, or lines of text */
void stats_print(int ctl, uint32_t domid, bool json);
unsigned long long stats_one(int ctl, uint32_t domid, uint32_t id);	/* 0: there is none */
int cmd_stats(int argc, char **argv);

/* save.c */
int cmd_save(int argc, char **argv);
void restore_all(const struct saved *s, int ctl, struct qmp *qmp, uint32_t domid);

/* page.c */
int cmd_page(int argc, char **argv);

/* run.c */
int cmd_run(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_attach(int argc, char **argv);

/*
 * Start a VMM whose VM becomes the domain *@domid, which is told before the VMM is there if it can
 * be, and is 0 until then. Nothing runs yet.
 */
struct qmp *run_start(char **args, int argc, const struct domain_options *o, int platform, int ctl,
		      uint32_t *domid);

/* create.c, verbs.c */
int cmd_create(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_shutdown(int argc, char **argv);
int cmd_destroy(int argc, char **argv);

/* vcpus.c: vCPU numbers as the guest will know them; none if the VMM does not tell. */
unsigned int vcpu_ids(struct qmp *m, unsigned int max, struct kxen_vcpu_id **ids);

#endif
