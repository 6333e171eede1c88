// SPDX-License-Identifier: GPL-2.0
/* EVTCHNOP_*, as Xen has them: one generator each. */
#include "fuzz.h"

static unsigned long bind_interdomain(unsigned int c)
{
	struct evtchn_bind_interdomain a = {
		.remote_dom = fuzz_domid(c), .remote_port = fuzz_port(c),
	};

	return FUZZ_ARG(c, a);
}

static unsigned long bind_virq(unsigned int c)
{
	struct evtchn_bind_virq a = {
		.virq = fuzz_one_in(c, 8) ? fuzz_odd(c) : fuzz_below(c, 26),
		.vcpu = fuzz_vcpu(c),
	};

	return FUZZ_ARG(c, a);
}

static unsigned long bind_pirq(unsigned int c)
{
	struct evtchn_bind_pirq a = {
		.pirq = fuzz_below(c, 300), .flags = fuzz_below(c, 4),
	};

	return FUZZ_ARG(c, a);
}

/* close, send and unmask take a port alone. */
static unsigned long port_alone(unsigned int c)
{
	struct evtchn_send a = { .port = fuzz_port(c) };

	return FUZZ_ARG(c, a);
}

static unsigned long status(unsigned int c)
{
	struct evtchn_status a = { .dom = fuzz_domid(c), .port = fuzz_port(c) };

	return FUZZ_ARG(c, a);
}

static unsigned long alloc_unbound(unsigned int c)
{
	struct evtchn_alloc_unbound a = {
		.dom = fuzz_one_in(c, 8) ? fuzz_domid(c) : DOMID_SELF,
		.remote_dom = fuzz_domid(c),
	};

	return FUZZ_ARG(c, a);
}

static unsigned long bind_ipi(unsigned int c)
{
	struct evtchn_bind_ipi a = { .vcpu = fuzz_vcpu(c) };

	return FUZZ_ARG(c, a);
}

static unsigned long bind_vcpu(unsigned int c)
{
	struct evtchn_bind_vcpu a = {
		.port = fuzz_port(c), .vcpu = fuzz_vcpu(c),
	};

	return FUZZ_ARG(c, a);
}

/* Rarely the caller's own: everything is new after it. */
static unsigned long reset(unsigned int c)
{
	struct evtchn_reset a = { .dom = NOBODY };

	if (fuzz_one_in(c, 8))
		a.dom = fuzz_one_in(c, 4) ? fuzz_domid(c) : DOMID_SELF;
	return fuzz_put_well(c, &a, sizeof(a));
}

static unsigned long init_control(unsigned int c)
{
	struct evtchn_init_control a = {
		.control_gfn = fuzz_gfn(c), .offset = fuzz_offset(c),
		.vcpu = fuzz_vcpu(c),
	};

	return FUZZ_ARG(c, a);
}

static unsigned long expand_array(unsigned int c)
{
	struct evtchn_expand_array a = { .array_gfn = fuzz_gfn(c) };

	return FUZZ_ARG(c, a);
}

static unsigned long set_priority(unsigned int c)
{
	struct evtchn_set_priority a = {
		.port = fuzz_port(c), .priority = fuzz_below(c, 18),
	};

	return FUZZ_ARG(c, a);
}

static unsigned long (* const arg_of[])(unsigned int c) = {
	[EVTCHNOP_bind_interdomain] = bind_interdomain,
	[EVTCHNOP_bind_virq] = bind_virq,
	[EVTCHNOP_bind_pirq] = bind_pirq,
	[EVTCHNOP_close] = port_alone,
	[EVTCHNOP_send] = port_alone,
	[EVTCHNOP_status] = status,
	[EVTCHNOP_alloc_unbound] = alloc_unbound,
	[EVTCHNOP_bind_ipi] = bind_ipi,
	[EVTCHNOP_bind_vcpu] = bind_vcpu,
	[EVTCHNOP_unmask] = port_alone,
	[EVTCHNOP_reset] = reset,
	[EVTCHNOP_init_control] = init_control,
	[EVTCHNOP_expand_array] = expand_array,
	[EVTCHNOP_set_priority] = set_priority,
	[EVTCHNOP_set_priority + 1] = reset,	/* the number of its continuation */
};

void fuzz_evtchn(unsigned int c, struct fuzz_call *k)
{
	k->nr = __HYPERVISOR_event_channel_op;
	k->group = FUZZ_EVTCHN;
	k->op = fuzz_below(c, ARRAY_SIZE(arg_of));
	k->arg[0] = k->op;
	if (arg_of[k->op])
		k->arg[1] = arg_of[k->op](c);
}
