/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runtime of the guest images. They speak Xen's ABI and nothing else, so the
 * same image runs on real Xen and here. A report is a line per check, by I/O port 0xE9 where there
 * is such a thing: "ok - NAME = VALUE" or "not ok - NAME = VALUE, want VALUE"; vmm takes it line by
 * line. rt.c is what is the same everywhere, x86/ and arm64/ have the rest.
 */
#ifndef RT_H
#define RT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#ifdef __aarch64__
#include "arm64/machine.h"
#else
#include "x86/machine.h"
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define PAGE_SIZE	4096
#define page_aligned	__attribute__((aligned(4096)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define READ(x)		(*(volatile __typeof__(x) *)&(x))
#define barrier()	__asm__ volatile("" ::: "memory")

/* Xen's error numbers. */
#define XEN_EPERM	-1
#define XEN_ENOENT	-2
#define XEN_ESRCH	-3
#define XEN_ENXIO	-6
#define XEN_EFAULT	-14
#define XEN_EBUSY	-16
#define XEN_EEXIST	-17
#define XEN_EAGAIN	-11
#define XEN_EACCES	-13
#define XEN_EINVAL	-22
#define XEN_ERANGE	-34
#define XEN_ENOSPC	-28
#define XEN_ENOSYS	-38
#define XEN_EOPNOTSUPP	-95

#define BAD_PTR		((void *)0xffffff00fffff000ULL)

#define CALLBACK_VECTOR	0xf3
#define LAPIC_VECTOR	0xf4

/* Each image has one. */
void test_main(void);

/* Report. */
void check(const char *name, long got, long want);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void __attribute__((noreturn)) rt_exit(int failed);
void __attribute__((noreturn)) rt_end(void);
void rt_put_line(const char *s);

/* Hypercalls. */
long hypercall(u32 nr, unsigned long a0, unsigned long a1, unsigned long a2,
	       unsigned long a3, unsigned long a4);
#define hc1(nr, a)		hypercall(nr, (unsigned long)(a), 0, 0, 0, 0)
#define hc2(nr, a, b)		hypercall(nr, (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define hc3(nr, a, b, c)	hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), 0, 0)

static inline long evtchn_op(int cmd, void *arg)
{
	return hc2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline long sched_op(int cmd, void *arg)
{
	return hc2(__HYPERVISOR_sched_op, cmd, arg);
}

static inline long vcpu_op(int cmd, unsigned int vcpu, void *arg)
{
	return hc3(__HYPERVISOR_vcpu_op, cmd, vcpu, arg);
}

static inline long hvm_op(int cmd, void *arg)
{
	return hc2(__HYPERVISOR_hvm_op, cmd, arg);
}

static inline long memory_op(int cmd, void *arg)
{
	return hc2(__HYPERVISOR_memory_op, cmd, arg);
}

/* Machine: what there is not reads as nothing. */
struct cpuid { u32 a, b, c, d; };
struct cpuid cpuid(u32 leaf, u32 sub);
u32 xen_base(void);
bool is_amd(void);
void rt_set_gate(int vector, void *fn, int dpl);
u64 rdmsr(u32 msr);
int wrmsr_safe(u32 msr, u64 v);
void *memset(void *p, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
int strcmp(const char *a, const char *b);

/* Shared pages. */
extern struct shared_info shinfo_page;
extern struct vcpu_info vi_page[64];
int rt_map_shinfo(void);
u64 rt_now(struct vcpu_info *vi);
struct vcpu_info *rt_vi(unsigned int cpu);
bool rt_pending(u32 port);
bool rt_masked(u32 port);
void rt_mask(u32 port);
void rt_unmask_bit(u32 port);
void rt_clear(u32 port);

/* Upcalls: counted per CPU; each pending and unmasked port is acknowledged. */
extern volatile u32 rt_upcalls[64];
extern volatile u32 rt_lapic_upcalls[64];	/* of a vCPU that has a vector of its own */
extern volatile u32 rt_events[4096];
extern volatile u32 rt_event_cpu[4096];
extern volatile unsigned long rt_upcall_ip;	/* what the last one interrupted */
extern void (*rt_take_events)(unsigned int cpu);
extern bool (*rt_mine)(unsigned int cpu, u32 port);	/* if set: the others are left */
void rt_take_2l(unsigned int cpu);
int rt_set_callback(u64 value);
void rt_vi_use_registered(unsigned int cpu, struct vcpu_info *vi);

/* Other CPUs: each runs fn(cpu); false if fewer than @n come up. */
bool rt_start_cpus(unsigned int n, void (*fn)(unsigned int cpu));
unsigned int rt_cpu(void);

/* Ports. */
u32 rt_alloc_unbound(u32 remote);
u32 rt_bind_ipi(u32 vcpu);
u32 rt_loop(u32 *other);
long rt_send(u32 port);
long rt_close(u32 port);

#endif
