// SPDX-License-Identifier: GPL-2.0-only
/*
 * The half of kxenlat that runs in the kernel. Everything comes from kvm-xen's own
 * tracepoints, whose arguments are numbers: no kernel structure is looked into, so no
 * type information is needed, of the kernel or of the module. Raw tracepoints are used
 * where they can be attached, classic ones otherwise.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "kxenlat.h"

const volatile __u32 want_domid = ~0u;	/* ~0: all */
const volatile __u32 want_port = ~0u;
const volatile __u32 per_port = 1;

struct vcpu_key { __u32 domid, vcpu; };

/* What waits for a vCPU's next upcall, and what the last one answered. */
struct vcpu_state {
	__u32 nr, nr_taken;
	__u64 taken_at;
	struct { __u32 port, pad; __u64 at; } waits[MAX_WAITING], taken[MAX_WAITING];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vcpu_key);
	__type(value, struct vcpu_state);
} vcpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct hist_key);
	__type(value, struct hist);
} hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct totals);
} totals SEC(".maps");

/* Too large for the stack: what a new key begins with. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hist);
} empty_hist SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vcpu_state);
} empty_vcpu SEC(".maps");

#define COUNT(field, n) do {						\
	__u32 _zero = 0;						\
	struct totals *_t = bpf_map_lookup_elem(&totals, &_zero);	\
									\
	if (_t)								\
		__sync_fetch_and_add(&_t->field, n);			\
} while (0)

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 r = 0;

	if (v >> 32) { v >>= 32; r += 32; }
	if (v >> 16) { v >>= 16; r += 16; }
	if (v >> 8) { v >>= 8; r += 8; }
	if (v >> 4) { v >>= 4; r += 4; }
	if (v >> 2) { v >>= 2; r += 2; }
	return r + (v >> 1);
}

static __always_inline __u32 slot_of(__u64 ns)
{
	__u32 top = log2_of(ns | 1), slot;

	if (top < SUB_BITS)
		return ns;
	slot = (top - SUB_BITS + 1) << SUB_BITS |
	       ((ns >> (top - SUB_BITS)) & ((1 << SUB_BITS) - 1));
	return slot < NR_SLOTS ? slot : NR_SLOTS - 1;
}

static __always_inline void add_one(struct hist_key *k, __u64 ns)
{
	struct hist *h = bpf_map_lookup_elem(&hists, k);
	__u32 zero = 0, slot = slot_of(ns);

	if (!h) {
		struct hist *e = bpf_map_lookup_elem(&empty_hist, &zero);

		if (!e)
			return;
		bpf_map_update_elem(&hists, k, e, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&hists, k);
		if (!h) {
			COUNT(overflow, 1);
			return;
		}
	}
	__sync_fetch_and_add(&h->count, 1);
	__sync_fetch_and_add(&h->sum, ns);
	if (ns > h->max)
		h->max = ns;
	if (slot < NR_SLOTS)
		__sync_fetch_and_add(&h->slot[slot], 1);
}

/* A function of its own for the verifier, which looks at it once and not per turn. */
__noinline int add(__u32 domid, __u32 port, __u32 stage, __u64 ns)
{
	struct hist_key k = { domid, ALL_PORTS, stage };

	add_one(&k, ns);
	if (per_port && port != ALL_PORTS) {
		k.port = port;
		add_one(&k, ns);
	}
	return 0;
}

static __always_inline struct vcpu_state *state_of(__u32 domid, __u32 vcpu)
{
	struct vcpu_key k = { domid, vcpu };
	struct vcpu_state *s = bpf_map_lookup_elem(&vcpus, &k), *e;
	__u32 zero = 0;

	if (s || (want_domid != ~0u && domid != want_domid))
		return s;
	e = bpf_map_lookup_elem(&empty_vcpu, &zero);
	if (!e)
		return 0;
	bpf_map_update_elem(&vcpus, &k, e, BPF_NOEXIST);
	return bpf_map_lookup_elem(&vcpus, &k);
}

static __always_inline int pending(__u32 domid, __u32 port, __u32 vcpu,
				   __u32 was, __u32 masked)
{
	struct vcpu_state *s;
	__u32 i;

	if (was) {
		COUNT(again, 1);
		return 0;
	}
	if (masked) {
		COUNT(masked, 1);
		return 0;
	}
	COUNT(events, 1);
	if (want_port != ~0u && port != want_port)
		return 0;
	s = state_of(domid, vcpu);
	if (!s)
		return 0;
	/* Two senders can take the same place: one measurement is lost, counted. */
	i = __sync_fetch_and_add(&s->nr, 1);
	if (i >= MAX_WAITING) {
		COUNT(overflow, 1);
		return 0;
	}
	s->waits[i].port = port;
	s->waits[i].at = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int vector(__u32 domid, __u32 vcpu)
{
	struct vcpu_state *s = state_of(domid, vcpu);
	__u64 now = bpf_ktime_get_ns();
	__u32 i, nr;

	COUNT(vectors, 1);
	if (!s)
		return 0;
	nr = s->nr;
	s->nr = 0;
	if (nr > MAX_WAITING)
		nr = MAX_WAITING;
	for (i = 0; i < MAX_WAITING; i++) {
		if (i >= nr)
			break;
		add(domid, s->waits[i].port, STAGE_TAKEN, now - s->waits[i].at);
		s->taken[i].port = s->waits[i].port;
		s->taken[i].at = s->waits[i].at;
	}
	s->nr_taken = nr;
	s->taken_at = now;
	return 0;
}

static __always_inline int ack(__u32 domid, __u32 vcpu, __u32 kind)
{
	struct vcpu_state *s = state_of(domid, vcpu);
	__u64 now = bpf_ktime_get_ns();
	__u32 i, nr;

	COUNT(acks, 1);
	if (kind)
		COUNT(upper_bounds, 1);
	if (!s || !s->taken_at)
		return 0;
	add(domid, ALL_PORTS, STAGE_ACKED, now - s->taken_at);
	nr = s->nr_taken;
	for (i = 0; i < MAX_WAITING; i++) {
		if (i >= nr)
			break;
		add(domid, s->taken[i].port, STAGE_WHOLE, now - s->taken[i].at);
	}
	s->nr_taken = 0;
	s->taken_at = 0;
	return 0;
}

/* --- raw tracepoints: the arguments themselves ----------------------------------------- */

SEC("raw_tp/kxen_send")
int raw_send(void *ctx)
{
	COUNT(sends, 1);
	return 0;
}

SEC("raw_tp/kxen_pending")
int raw_pending(struct bpf_raw_tracepoint_args *ctx)
{
	return pending(ctx->args[0], ctx->args[1], ctx->args[2], ctx->args[4],
		       ctx->args[5]);
}

SEC("raw_tp/kxen_upcall")
int raw_upcall(void *ctx)
{
	COUNT(upcalls, 1);
	return 0;
}

SEC("raw_tp/kxen_vector")
int raw_vector(struct bpf_raw_tracepoint_args *ctx)
{
	return vector(ctx->args[0], ctx->args[1]);
}

SEC("raw_tp/kxen_ack")
int raw_ack(struct bpf_raw_tracepoint_args *ctx)
{
	return ack(ctx->args[0], ctx->args[1], ctx->args[2]);
}

/* --- classic ones: the recorded fields, whose places are kept --------------------------- */

struct rec {
	__u64 common;
	__u32 field[6];
};

SEC("tp/kvm_xen/kxen_send")
int tp_send(void *ctx)
{
	COUNT(sends, 1);
	return 0;
}

SEC("tp/kvm_xen/kxen_pending")
int tp_pending(struct rec *r)
{
	return pending(r->field[0], r->field[1], r->field[2], r->field[4],
		       r->field[5]);
}

SEC("tp/kvm_xen/kxen_upcall")
int tp_upcall(void *ctx)
{
	COUNT(upcalls, 1);
	return 0;
}

SEC("tp/kvm_xen/kxen_vector")
int tp_vector(struct rec *r)
{
	return vector(r->field[0], r->field[1]);
}

SEC("tp/kvm_xen/kxen_ack")
int tp_ack(struct rec *r)
{
	return ack(r->field[0], r->field[1], r->field[2]);
}

char LICENSE[] SEC("license") = "GPL";
