/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KXEN_KILL_H
#define KXEN_KILL_H

struct kxen_domain;

int kxen_domain_kill(struct kxen_domain *d);

#endif
