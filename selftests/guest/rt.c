// SPDX-License-Identifier: GPL-2.0
/* Runtime of the guest images, what is the same on every machine: see rt.h. */
#include "rt.h"

struct shared_info shinfo_page page_aligned __attribute__((section(".bss.shared_info")));
struct vcpu_info vi_page[64] page_aligned;

volatile u32 rt_upcalls[64];
volatile u32 rt_lapic_upcalls[64];
volatile u32 rt_events[4096];
volatile u32 rt_event_cpu[4096];
volatile unsigned long rt_upcall_ip;

static int nr_bad;
static struct vcpu_info *vi_of[64];

/* --- report ---------------------------------------------------------------- */

static void put_num(char **p, u64 v, int base)
{
	char tmp[24];
	int n = 0;

	do {
		tmp[n++] = "0123456789abcdef"[(u32)(v % base)];
		v /= base;
	} while (v);
	while (n)
		*(*p)++ = tmp[--n];
}

/* %s %d %u %x, with l or ll for 64 bits. */
static char *format(char *p, const char *fmt, va_list ap)
{
	for (; *fmt; fmt++) {
		int big = 0;

		if (*fmt != '%') {
			*p++ = *fmt;
			continue;
		}
		for (fmt++; *fmt == 'l'; fmt++)
			big++;
		if (*fmt == 's') {
			const char *s = va_arg(ap, const char *);

			while (*s)
				*p++ = *s++;
		} else if (*fmt == 'd') {
			s64 v = big > 1 ? va_arg(ap, s64) :
				big ? va_arg(ap, long) : va_arg(ap, int);

			if (v < 0)
				*p++ = '-';
			put_num(&p, v < 0 ? -v : v, 10);
		} else {
			u64 v = big > 1 ? va_arg(ap, u64) :
				big ? va_arg(ap, unsigned long) :
				va_arg(ap, unsigned int);

			put_num(&p, v, *fmt == 'x' ? 16 : 10);
		}
	}
	return p;
}

void note(const char *fmt, ...)
{
	static char line[512];
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = format(line, fmt, ap);
	va_end(ap);
	*p++ = '\n';
	*p = 0;
	rt_put_line(line);
}

void check(const char *name, long got, long want)
{
	if (got == want) {
		note("ok - %s = %ld", name, got);
		return;
	}
	nr_bad++;
	note("not ok - %s = %ld, want %ld", name, got, want);
}

/* As at the end of test_main(), from any CPU. */
void rt_end(void)
{
	rt_exit(nr_bad);
}

/* --- as a library has it ---------------------------------------------------- */

void *memset(void *p, int c, size_t n)
{
	u8 *d = p;

	while (n--)
		*d++ = c;
	return p;
}

void *memcpy(void *d, const void *s, size_t n)
{
	u8 *a = d;
	const u8 *b = s;

	while (n--)
		*a++ = *b++;
	return d;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

/* --- upcalls ----------------------------------------------------------------- */

bool (*rt_mine)(unsigned int cpu, u32 port);

void rt_take_2l(unsigned int cpu)
{
	struct vcpu_info *vi = rt_vi(cpu);
	unsigned long sel;

	rt_upcalls[cpu]++;
	vi->evtchn_upcall_pending = 0;
	sel = __atomic_exchange_n(&vi->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (; sel; sel &= sel - 1) {
		unsigned long i = __builtin_ctzl(sel);
		unsigned long word = READ(shinfo_page.evtchn_pending[i]) &
				     ~READ(shinfo_page.evtchn_mask[i]);

		for (; word; word &= word - 1) {
			u32 port = i * sizeof(sel) * 8 + __builtin_ctzl(word);

			if (rt_mine && !rt_mine(cpu, port))
				continue;
			rt_clear(port);
			/* Who waits for the count then looks at the CPU. */
			rt_event_cpu[port] = cpu;
			__atomic_fetch_add(&rt_events[port], 1,
					   __ATOMIC_SEQ_CST);
		}
	}
}

/* Another ABI's, for the images that have one. */
void (*rt_take_events)(unsigned int cpu) = rt_take_2l;

/* --- shared pages ------------------------------------------------------------- */

int rt_map_shinfo(void)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = (unsigned long)&shinfo_page / PAGE_SIZE,
	};

	return memory_op(XENMEM_add_to_physmap, &a);
}

struct vcpu_info *rt_vi(unsigned int cpu)
{
	return vi_of[cpu] ?: &shinfo_page.vcpu_info[cpu];
}

void rt_vi_use_registered(unsigned int cpu, struct vcpu_info *vi)
{
	vi_of[cpu] = vi;
}

#define WORD(p) ((p) / (sizeof(long) * 8))
#define BIT(p) (1UL << ((p) % (sizeof(long) * 8)))

bool rt_pending(u32 port)
{
	return READ(shinfo_page.evtchn_pending[WORD(port)]) & BIT(port);
}

bool rt_masked(u32 port)
{
	return READ(shinfo_page.evtchn_mask[WORD(port)]) & BIT(port);
}

void rt_mask(u32 port)
{
	__atomic_fetch_or(&shinfo_page.evtchn_mask[WORD(port)], BIT(port),
			  __ATOMIC_SEQ_CST);
}

void rt_unmask_bit(u32 port)
{
	__atomic_fetch_and(&shinfo_page.evtchn_mask[WORD(port)], ~BIT(port),
			   __ATOMIC_SEQ_CST);
}

void rt_clear(u32 port)
{
	__atomic_fetch_and(&shinfo_page.evtchn_pending[WORD(port)], ~BIT(port),
			   __ATOMIC_SEQ_CST);
}

int rt_set_callback(u64 value)
{
	struct xen_hvm_param p = {
		.domid = DOMID_SELF,
		.index = HVM_PARAM_CALLBACK_IRQ,
		.value = value,
	};

	return hvm_op(HVMOP_set_param, &p);
}

/* --- ports ---------------------------------------------------------------------- */

u32 rt_alloc_unbound(u32 remote)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF,
					  .remote_dom = remote };

	return evtchn_op(EVTCHNOP_alloc_unbound, &a) ? 0 : a.port;
}

u32 rt_bind_ipi(u32 vcpu)
{
	struct evtchn_bind_ipi a = { .vcpu = vcpu };

	return evtchn_op(EVTCHNOP_bind_ipi, &a) ? 0 : a.port;
}

/* Two ends of a channel to itself; the returned one sends to *other. */
u32 rt_loop(u32 *other)
{
	struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };

	*other = rt_alloc_unbound(DOMID_SELF);
	b.remote_port = *other;
	return evtchn_op(EVTCHNOP_bind_interdomain, &b) ? 0 : b.local_port;
}

long rt_send(u32 port)
{
	struct evtchn_send s = { .port = port };

	return evtchn_op(EVTCHNOP_send, &s);
}

long rt_close(u32 port)
{
	struct evtchn_close c = { .port = port };

	return evtchn_op(EVTCHNOP_close, &c);
}
