/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. Names and fields are an interface: Documentation/tracing.rst says
 * what each means, and they only grow.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm_xen

#if !defined(KXEN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define KXEN_TRACE_H

#include <linux/tracepoint.h>

#include "arch.h"

TRACE_EVENT(kxen_hypercall_enter,
	TP_PROTO(u32 domid, u32 vcpu, u32 nr, u64 a0, u64 a1),
	TP_ARGS(domid, vcpu, nr, a0, a1),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u32, nr)
		__field(u64, a0)
		__field(u64, a1)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->vcpu = vcpu;
		__entry->nr = nr;
		__entry->a0 = a0;
		__entry->a1 = a1;
	),
	TP_printk("d%uv%u nr=%u a0=0x%llx a1=0x%llx", __entry->domid,
		  __entry->vcpu, __entry->nr, __entry->a0, __entry->a1)
);

TRACE_EVENT(kxen_hypercall_exit,
	TP_PROTO(u32 domid, u32 vcpu, u32 nr, long ret),
	TP_ARGS(domid, vcpu, nr, ret),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u32, nr)
		__field(long, ret)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->vcpu = vcpu;
		__entry->nr = nr;
		__entry->ret = ret;
	),
	TP_printk("d%uv%u nr=%u ret=%ld", __entry->domid, __entry->vcpu,
		  __entry->nr, __entry->ret)
);

TRACE_EVENT(kxen_port,
	TP_PROTO(u32 domid, u32 port, u32 state, u32 vcpu),
	TP_ARGS(domid, port, state, vcpu),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, port)
		__field(u32, state)
		__field(u32, vcpu)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->port = port;
		__entry->state = state;
		__entry->vcpu = vcpu;
	),
	TP_printk("d%u port=%u state=%s vcpu=%u", __entry->domid,
		  __entry->port,
		  __print_symbolic(__entry->state,
				   { 0, "free" }, { 1, "reserved" },
				   { 2, "unbound" }, { 3, "interdomain" },
				   { 4, "virq" }, { 5, "ipi" }),
		  __entry->vcpu)
);

TRACE_EVENT(kxen_send,
	TP_PROTO(u32 domid, u32 port, u32 state, u32 remote_domid,
		 u32 remote_port),
	TP_ARGS(domid, port, state, remote_domid, remote_port),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, port)
		__field(u32, state)
		__field(u32, remote_domid)
		__field(u32, remote_port)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->port = port;
		__entry->state = state;
		__entry->remote_domid = remote_domid;
		__entry->remote_port = remote_port;
	),
	TP_printk("d%u port=%u state=%u to d%u port=%u", __entry->domid,
		  __entry->port, __entry->state, __entry->remote_domid,
		  __entry->remote_port)
);

TRACE_EVENT(kxen_pending,
	TP_PROTO(u32 domid, u32 port, u32 vcpu, u32 priority, u32 was,
		 u32 masked),
	TP_ARGS(domid, port, vcpu, priority, was, masked),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, port)
		__field(u32, vcpu)
		__field(u32, priority)
		__field(u32, was)
		__field(u32, masked)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->port = port;
		__entry->vcpu = vcpu;
		__entry->priority = priority;
		__entry->was = was;
		__entry->masked = masked;
	),
	TP_printk("d%uv%u port=%u priority=%u%s%s", __entry->domid,
		  __entry->vcpu, __entry->port, __entry->priority,
		  __entry->was ? " again" : "",
		  __entry->masked ? " masked" : "")
);

TRACE_EVENT(kxen_upcall,
	TP_PROTO(u32 domid, u32 vcpu),
	TP_ARGS(domid, vcpu),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->vcpu = vcpu;
	),
	TP_printk("d%uv%u", __entry->domid, __entry->vcpu)
);

TRACE_EVENT(kxen_vector,
	TP_PROTO(u32 domid, u32 vcpu, u32 vector),
	TP_ARGS(domid, vcpu, vector),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u32, vector)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->vcpu = vcpu;
		__entry->vector = vector;
	),
	TP_printk("d%uv%u vector=0x%x", __entry->domid, __entry->vcpu,
		  __entry->vector)
);

/* Enabled, the architecture also looks for the ends of interrupts. */
TRACE_EVENT_FN(kxen_ack,
	TP_PROTO(u32 domid, u32 vcpu, u32 kind),
	TP_ARGS(domid, vcpu, kind),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u32, kind)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->vcpu = vcpu;
		__entry->kind = kind;
	),
	TP_printk("d%uv%u %s", __entry->domid, __entry->vcpu,
		  __entry->kind ? "seen clear (upper bound)" : "EOI"),
	kxen_trace_ack_reg, kxen_trace_ack_unreg
);

TRACE_EVENT(kxen_domain,
	TP_PROTO(u32 domid, const char *what),
	TP_ARGS(domid, what),
	TP_STRUCT__entry(
		__field(u32, domid)
		__array(char, what, 12)
	),
	TP_fast_assign(
		__entry->domid = domid;
		strscpy(__entry->what, what, sizeof(__entry->what));
	),
	TP_printk("d%u %s", __entry->domid, __entry->what)
);

#ifndef KXEN_TRACE_PAGING
#define KXEN_TRACE_PAGING
enum kxen_trace_paging {
	KXEN_TRACE_NOMINATE,
	KXEN_TRACE_EVICT,
	KXEN_TRACE_WANT,
	KXEN_TRACE_FILL,
	KXEN_TRACE_INSTALL,
	KXEN_TRACE_EVICT_FAIL,
	KXEN_TRACE_DROP,
};
#endif

TRACE_EVENT(kxen_paging,
	TP_PROTO(u32 domid, u64 gfn, u32 what),
	TP_ARGS(domid, gfn, what),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u64, gfn)
		__field(u32, what)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->gfn = gfn;
		__entry->what = what;
	),
	TP_printk("d%u gfn=0x%llx %s", __entry->domid, __entry->gfn,
		  __print_symbolic(__entry->what,
				   { 0, "nominate" }, { 1, "evict" }, { 2, "want" },
				   { 3, "fill" }, { 4, "install" }, { 5, "evict_fail" },
				   { 6, "drop" }))
);

TRACE_EVENT(kxen_windows,
	TP_PROTO(u32 domid, u32 vcpu, u32 nr, u32 own, u32 windows, u32 hits, u32 switches,
		 u32 writes, u32 barriers),
	TP_ARGS(domid, vcpu, nr, own, windows, hits, switches, writes, barriers),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u32, nr)
		__field(u32, own)
		__field(u32, windows)
		__field(u32, hits)
		__field(u32, switches)
		__field(u32, writes)
		__field(u32, barriers)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->vcpu = vcpu;
		__entry->nr = nr;
		__entry->own = own;
		__entry->windows = windows;
		__entry->hits = hits;
		__entry->switches = switches;
		__entry->writes = writes;
		__entry->barriers = barriers;
	),
	TP_printk("d%uv%u nr=%u own=%u windows=%u hits=%u switches=%u writes=%u barriers=%u",
		  __entry->domid, __entry->vcpu, __entry->nr, __entry->own, __entry->windows,
		  __entry->hits, __entry->switches, __entry->writes, __entry->barriers)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
