/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: the door for the rest of the module. */
#ifndef KXEN_EVTCHN_H
#define KXEN_EVTCHN_H

#include <linux/types.h>

struct kxen_domain;
struct kxen_evtchn;
struct kxen_hc;
struct kxen_image;
struct kxen_sink;
struct kxen_port_info;
struct kxen_vcpu;

/**
 * struct kxen_host_port - the consumer of a port of domain 0.
 * @event: called for each event, with interrupts off and locks held: it must neither
 *	sleep nor send.
 */
struct kxen_host_port {
	void (*event)(struct kxen_host_port *host, u32 port);
};

long kxen_host_alloc_unbound(u32 remote, struct kxen_host_port *host, u32 *port);
long kxen_host_bind_interdomain(u32 remote, u32 remote_port,
				struct kxen_host_port *host, u32 *port);
long kxen_host_bind_virq(u32 virq, struct kxen_host_port *host, u32 *port);
int kxen_host_close(u32 port);
long kxen_host_send(u32 port, const struct kxen_host_port *host);

/* Life: with the domain. */
int kxen_evtchn_create(struct kxen_domain *d);
void kxen_evtchn_destroy(struct kxen_domain *d);
void kxen_evtchn_close_all(struct kxen_domain *d);
void kxen_evtchn_drop_all(struct kxen_domain *d);
bool kxen_evtchn_close_some(struct kxen_domain *d, u32 budget);
void kxen_evtchn_reopen(struct kxen_domain *d);
u32 kxen_evtchn_count(struct kxen_domain *d);
u32 kxen_evtchn_abi(struct kxen_domain *d);
u64 kxen_evtchn_broken(struct kxen_domain *d);

/* Virtual interrupts. Any context. */
void kxen_virq_raise_vcpu(struct kxen_vcpu *kv, u32 virq);
void kxen_virq_raise_global(u32 virq);
int kxen_virq_set_handler(struct kxen_domain *d, u32 virq);
void kxen_virq_drop_handler(struct kxen_domain *d);

/* Poll: is this port pending? 1, 0, or -EINVAL for a port nobody can use. */
int kxen_evtchn_poll(struct kxen_domain *d, u32 port);

/* vcpu_info or shared_info moved. Domain locked. */
void kxen_evtchn_rescan(struct kxen_vcpu *kv, bool force);
void kxen_evtchn_width_changed(struct kxen_domain *d);
void kxen_evtchn_carry_over(struct kxen_domain *d, const void *old_shinfo);

/* Save and restore. Domain locked. */
void kxen_evtchn_freeze(struct kxen_domain *d);
void kxen_evtchn_thaw(struct kxen_domain *d);
void kxen_evtchn_save(struct kxen_domain *d, struct kxen_sink *s);
int kxen_evtchn_restore(struct kxen_domain *d, struct kxen_image *im);
void kxen_evtchn_restored(struct kxen_domain *d, const struct kxen_image *im);

/* What a controller does to another domain. */
long kxen_evtchn_reset_other(struct kxen_domain *d);
long kxen_evtchn_alloc_for(struct kxen_domain *d, u32 remote, u32 *port);

/* Dump of one port, for the control device. */
int kxen_evtchn_port_info(struct kxen_domain *d, struct kxen_port_info *info);

#endif
