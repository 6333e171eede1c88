/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KXEN_PAUSE_H
#define KXEN_PAUSE_H

#define KXEN_MAX_TOOL_PAUSES	255	/* as Xen */

struct kxen_domain;
struct kxen_vcpu;

int kxen_domain_pause(struct kxen_domain *d);
int kxen_domain_unpause(struct kxen_domain *d);
int kxen_domain_tool_pause(struct kxen_domain *d);
int kxen_domain_tool_unpause(struct kxen_domain *d);
void kxen_domain_keep_paused(struct kxen_domain *d);
void kxen_domain_undo_pause(struct kxen_domain *d);
bool kxen_domain_stopped(struct kxen_domain *d);
void kxen_pause_run(struct kxen_vcpu *v);

#endif
