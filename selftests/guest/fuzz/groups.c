// SPDX-License-Identifier: GPL-2.0
/* The other hypercalls: one generator for each group, and one that takes any group. */
#include "fuzz.h"

static void vcpu_group(unsigned int c, struct fuzz_call *k)
{
	static const u8 ops[] = {
		VCPUOP_initialise, VCPUOP_up, VCPUOP_down, VCPUOP_is_up,
		VCPUOP_get_runstate_info, VCPUOP_register_runstate_memory_area,
		VCPUOP_set_periodic_timer, VCPUOP_stop_periodic_timer,
		VCPUOP_set_singleshot_timer, VCPUOP_stop_singleshot_timer,
		VCPUOP_register_vcpu_info, VCPUOP_send_nmi, VCPUOP_get_physid,
		VCPUOP_register_vcpu_time_memory_area,
		VCPUOP_register_runstate_phys_area_, VCPUOP_register_vcpu_time_phys_area_,
	};
	u64 raw[4] = { 0 };

	k->nr = __HYPERVISOR_vcpu_op;
	k->group = FUZZ_VCPU;
	k->op = ops[fuzz_below(c, ARRAY_SIZE(ops))];
	k->arg[0] = fuzz_one_in(c, 30) ? fuzz_odd(c) : k->op;
	k->arg[1] = fuzz_vcpu(c);
	switch (k->op) {
	case VCPUOP_register_runstate_memory_area:
	case VCPUOP_register_vcpu_time_memory_area:
	case VCPUOP_register_runstate_phys_area_:
	case VCPUOP_register_vcpu_time_phys_area_:
		raw[0] = fuzz_area(c);
		break;
	case VCPUOP_set_periodic_timer:
		raw[0] = fuzz_one_in(c, 4) ? fuzz_odd(c) : 1000000 + fuzz_below(c, 4000000);
		break;
	case VCPUOP_set_singleshot_timer:
		raw[0] = fuzz_one_in(c, 3) ? fuzz_odd(c) : fuzz_when(c, 3000000);
		raw[1] = fuzz_below(c, 4);
		break;
	case VCPUOP_register_vcpu_info:
		raw[0] = fuzz_one_in(c, 4) ? fuzz_gfn(c) : VI_GFN + k->arg[1] % 8;
		raw[1] = (u32)(fuzz_one_in(c, 4) ? fuzz_offset(c) : 64 * fuzz_below(c, 60));
		break;
	case VCPUOP_send_nmi:
		k->arg[2] = fuzz_one_in(c, 8) ? fuzz_odd(c) : 0;
		return;
	default:
		raw[0] = fuzz_odd(c);
	}
	k->arg[2] = FUZZ_ARG(c, raw);
}

/*
 * Callbacks by vector, by line and by INTx. Not by the vector of an exception that has
 * an error code, which no handler could tell from the exception.
 */
static u64 callback(unsigned int c)
{
	switch (fuzz_below(c, 8)) {
	case 0: return fuzz_odd(c) & ~(2ULL << 56);
	case 1: return fuzz_below(c, 24);
	case 2: return 1ULL << 56 | fuzz_below(c, 32) << 11 | fuzz_below(c, 4);
	case 3: return 2ULL << 56 | (16 + fuzz_below(c, 240));
	default: return 2ULL << 56 | CALLBACK_VECTOR;
	}
}

static void set_or_get_param(unsigned int c, struct fuzz_call *k)
{
	struct xen_hvm_param p = {
		.domid = fuzz_one_in(c, 6) ? fuzz_domid(c) : DOMID_SELF,
		.index = fuzz_one_in(c, 3) ? fuzz_below(c, 40) : HVM_PARAM_CALLBACK_IRQ,
		.value = callback(c),
	};

	k->arg[0] = fuzz_one_in(c, 5) ? HVMOP_get_param : HVMOP_set_param;
	if (p.index != HVM_PARAM_CALLBACK_IRQ)
		p.value = fuzz_odd(c);
	k->arg[1] = fuzz_put_well(c, &p, sizeof(p));
}

static void hvm_group(unsigned int c, struct fuzz_call *k)
{
	u64 raw[4] = { fuzz_odd(c), fuzz_odd(c), fuzz_odd(c), fuzz_odd(c) };

	k->nr = __HYPERVISOR_hvm_op;
	k->group = FUZZ_HVM;
	switch (fuzz_below(c, 8)) {
	case 0 ... 2:
		set_or_get_param(c, k);
		break;
	case 3:
		raw[0] = fuzz_vcpu(c) |
			 (u64)(fuzz_one_in(c, 3) ? fuzz_below(c, 256) : LAPIC_VECTOR) << 32;
		k->arg[0] = HVMOP_set_evtchn_upcall_vector_;
		k->arg[1] = fuzz_put_well(c, raw, sizeof(raw[0]));
		break;
	default:
		/* The two above have vectors, which are chosen with care. */
		do
			k->arg[0] = fuzz_below(c, 28);
		while (k->arg[0] == HVMOP_set_param ||
		       k->arg[0] == HVMOP_set_evtchn_upcall_vector_);
		k->arg[1] = fuzz_one_in(c, 4) ? 0 : FUZZ_ARG(c, raw);
	}
	k->op = k->arg[0];
}

static void memory_group(unsigned int c, struct fuzz_call *k)
{
	struct xen_add_to_physmap add = {
		.domid = fuzz_one_in(c, 6) ? fuzz_domid(c) : DOMID_SELF,
		.space = fuzz_one_in(c, 5) ? fuzz_below(c, 6) : XENMAPSPACE_shared_info,
		.idx = fuzz_one_in(c, 8) ? fuzz_odd(c) : 0,
		.gpfn = fuzz_one_in(c, 4) ? fuzz_gfn(c) :
			fuzz_one_in(c, 3) ? (unsigned long)&shinfo_page / PAGE_SIZE :
					    SHINFO_GFN + fuzz_below(c, 4),
	};
	struct { u16 domid; unsigned long gpfn; } remove = {
		DOMID_SELF, fuzz_one_in(c, 2) ? fuzz_shinfo_gfn : SHINFO_GFN + fuzz_below(c, 4),
	};
	u64 raw[4] = { fuzz_domid(c), fuzz_odd(c), fuzz_odd(c), fuzz_odd(c) };

	k->nr = __HYPERVISOR_memory_op;
	k->group = FUZZ_MEMORY;
	/* The first two wait for all CPUs, as long as a hundred other calls take. */
	switch (fuzz_below(c, 24)) {
	case 0 ... 1:
		k->arg[0] = XENMEM_add_to_physmap;
		k->arg[1] = FUZZ_ARG(c, add);
		break;
	case 2:
		k->arg[0] = XENMEM_remove_from_physmap_;
		k->arg[1] = FUZZ_ARG(c, remove);
		break;
	default:
		k->arg[0] = fuzz_one_in(c, 6) ? fuzz_odd(c) : fuzz_below(c, 30);
		k->arg[1] = FUZZ_ARG(c, raw);
	}
	k->op = k->arg[0] < 32 ? k->arg[0] : 31;
}

/* Never without an end: nobody would wake this CPU. */
static unsigned long poll_arg(unsigned int c)
{
	static u32 ports[FUZZ_CPUS][130];
	struct sched_poll p = {
		.nr_ports = fuzz_one_in(c, 6) ? fuzz_odd(c) :
			    fuzz_one_in(c, 3) ? fuzz_below(c, 130) : fuzz_below(c, 3),
		.timeout = fuzz_when(c, 500000),
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ports[c]); i++)
		ports[c][i] = fuzz_port(c);
	set_xen_guest_handle_raw(p.ports, ports[c]);
	if (fuzz_one_in(c, 12))
		return (unsigned long)BAD_PTR;
	return fuzz_put_well(c, &p, sizeof(p));
}

static unsigned long shutdown_arg(unsigned int c)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_suspend };

	if (fuzz_one_in(c, 6) && !fuzz_no_reset)
		s.reason = SHUTDOWN_soft_reset;
	if (fuzz_one_in(c, 2000))	/* this one ends the machine */
		s.reason = fuzz_below(c, 256);
	return fuzz_put_well(c, &s, sizeof(s));
}

static unsigned long watchdog_arg(unsigned int c)
{
	struct sched_watchdog w = {
		.id = fuzz_below(c, 4),
		.timeout = fuzz_one_in(c, 2) ? 0 : 100000 + fuzz_below(c, 100),
	};

	return fuzz_put_well(c, &w, sizeof(w));
}

static void sched_group(unsigned int c, struct fuzz_call *k)
{
	struct { u16 domid, pad; u32 reason; } remote = {
		fuzz_domid(c), 0, fuzz_below(c, 6),
	};
	struct sched_shutdown code = { .reason = fuzz_below(c, 300) };
	static const u8 ops[] = {
		SCHEDOP_shutdown, SCHEDOP_poll, SCHEDOP_poll, SCHEDOP_remote_shutdown,
		SCHEDOP_watchdog, SCHEDOP_shutdown_code, SCHEDOP_yield, 7, 8, 20,
	};

	k->nr = __HYPERVISOR_sched_op;
	k->group = FUZZ_SCHED;
	k->op = ops[fuzz_below(c, ARRAY_SIZE(ops))];
	k->arg[0] = k->op;
	switch (k->op) {
	case SCHEDOP_shutdown: k->arg[1] = shutdown_arg(c); break;
	case SCHEDOP_poll: k->arg[1] = poll_arg(c); break;
	case SCHEDOP_remote_shutdown: k->arg[1] = FUZZ_ARG(c, remote); break;
	case SCHEDOP_watchdog: k->arg[1] = watchdog_arg(c); break;
	case SCHEDOP_shutdown_code: k->arg[1] = FUZZ_ARG(c, code); break;
	default: k->arg[1] = fuzz_odd(c);
	}
}

/* --- the small ones --------------------------------------------------------------- */

static void version(unsigned int c, struct fuzz_call *k)
{
	u64 raw[4] = { fuzz_one_in(c, 3) ? fuzz_odd(c) : 0 };

	k->nr = __HYPERVISOR_xen_version;
	k->arg[0] = fuzz_below(c, 14);
	k->arg[1] = fuzz_one_in(c, 5) ? 0 : FUZZ_ARG(c, raw);
}

static void set_timer(unsigned int c, struct fuzz_call *k)
{
	u64 when = fuzz_one_in(c, 3) ? fuzz_odd(c) :
		   fuzz_one_in(c, 3) ? 0 : fuzz_when(c, 3000000);

	k->nr = __HYPERVISOR_set_timer_op;
	k->arg[0] = when;
	k->arg[1] = when >> 32;
}

static void vm_assist(unsigned int c, struct fuzz_call *k)
{
	k->nr = __HYPERVISOR_vm_assist;
	k->arg[0] = fuzz_below(c, 3);
	k->arg[1] = fuzz_one_in(c, 4) ? fuzz_odd(c) : VMASST_runstate_update_flag;
}

static void other_group(unsigned int c, struct fuzz_call *k)
{
	static void (* const calls[])(unsigned int c, struct fuzz_call *k) = {
		version, set_timer, vm_assist,
	};

	k->group = FUZZ_OTHER;
	k->op = fuzz_below(c, ARRAY_SIZE(calls));
	calls[k->op](c, k);
}

/* Any number with anything, but for the groups that keep the machine alive. */
static void wild(unsigned int c, struct fuzz_call *k)
{
	u32 i;

	k->group = FUZZ_WILD;
	do
		k->nr = fuzz_one_in(c, 3) ? fuzz_odd(c) : fuzz_below(c, 64);
	while (k->nr == __HYPERVISOR_sched_op || k->nr == __HYPERVISOR_multicall ||
	       k->nr == __HYPERVISOR_event_channel_op);
	for (i = 0; i < ARRAY_SIZE(k->arg); i++)
		k->arg[i] = fuzz_odd(c);
}

/* A page or an address of the image itself, as a word of an argument. */
static bool is_of_image(u64 word)
{
	extern u8 image_end[];
	u64 end = (unsigned long)image_end;

	return (word > IMAGE_GFN * PAGE_SIZE - 64 && word < end) ||
	       (word >= IMAGE_GFN && word <= end / PAGE_SIZE);
}

/*
 * Where pages and areas are offered, is one of them the image's? It would be written over, and
 * the guest ends or goes astray. What the argument says may change before the call; rarely.
 */
bool fuzz_harms_image(const struct fuzz_call *k)
{
	const u64 *word;
	u32 i, j;

	if (k->group != FUZZ_EVTCHN && k->group != FUZZ_EXT && k->group != FUZZ_VCPU &&
	    k->group != FUZZ_MEMORY)
		return false;
	for (i = 1; i < 3; i++) {
		word = (const u64 *)k->arg[i];
		if (k->arg[i] < IMAGE_GFN * PAGE_SIZE ||
		    k->arg[i] >= END_GFN * PAGE_SIZE - 4 * sizeof(*word))
			continue;
		for (j = 0; j < 4; j++)
			if (is_of_image(READ(word[j])) || is_of_image((u32)READ(word[j])))
				return true;
	}
	return false;
}

static void choose(unsigned int c, struct fuzz_call *k)
{
	memset(k, 0, sizeof(*k));
	switch (fuzz_below(c, 32)) {
	case 0 ... 7: fuzz_evtchn(c, k); break;
	case 8 ... 12: fuzz_ext(c, k); break;
	case 13 ... 17: vcpu_group(c, k); break;
	case 18 ... 19: hvm_group(c, k); break;
	case 20 ... 21: memory_group(c, k); break;
	case 22 ... 23: sched_group(c, k); break;
	case 24 ... 28: fuzz_grant(c, k); break;
	case 29 ... 30: other_group(c, k); break;
	default: wild(c, k); break;
	}
}

void fuzz_any(unsigned int c, struct fuzz_call *k)
{
	do
		choose(c, k);
	while (fuzz_harms_image(k));
}
