// SPDX-License-Identifier: GPL-2.0
/* CPUID, the hypercall page, xen_version (semantics G10 to G13, 0.5). */
#include "rt.h"

static u8 hypercall_page[PAGE_SIZE] page_aligned;

static void test_cpuid(void)
{
	u32 base = xen_base();
	struct cpuid r = cpuid(base, 0);

	check("G12 CPUID signature is Xen's", base, 0x40000000);
	check("G12 CPUID has leaf 4", r.a >= base + 4, 1);
	r = cpuid(base + 1, 0);
	check("G12 CPUID leaf 1 equals XENVER_version", r.a,
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
	r = cpuid(base + 2, 0);
	check("G12 CPUID leaf 2: one hypercall page", r.a, 1);
	check("G12 CPUID leaf 2: MSR", r.b, 0x40000000);
	r = cpuid(base + 4, 0);
	check("G12 CPUID leaf 4: vCPU id is there", !!(r.a & 8), 1);
	check("G12 CPUID leaf 4: vCPU id", r.b, 0);
	check("G12 CPUID leaf 4: domid is there", !!(r.a & 16), 1);
	check("G12 CPUID leaf 4: domid is not 0", r.c != 0, 1);
	check("G12 CPUID leaf 4: upcall vector is there", !!(r.a & 64), 1);
	check("G12 CPUID leaf 4: what is mapped can be reached by DMA", !!(r.a & 4), 1);
	r = cpuid(base + 4, 1);
	check("G12 CPUID leaf 4 has one part", r.a | r.b | r.c | r.d, 0);
}

/* ((tsc << shift) * mul >> 32), as the leaf has it. */
static u64 scale(u64 tsc, u32 mul, s32 shift)
{
	tsc = shift < 0 ? tsc >> -shift : tsc << shift;
	return (u64)(u32)tsc * mul / (1ULL << 32) + (tsc >> 32) * mul;
}

static void test_time(void)
{
	u32 base = xen_base();
	struct cpuid t = cpuid(base + 3, 0), s = cpuid(base + 3, 1);
	struct cpuid h = cpuid(base + 3, 2), a = cpuid(0x80000001, 0);
	u64 khz, ns, off = s.a | (u64)s.b << 32;

	check("G12 CPUID leaf 3: RDTSCP where the processor has it", !!(t.a & 4) >=
	      !!(a.d & 1 << 27), 1);
	/* Nanoseconds of a thousandth of a second. */
	khz = t.c;
	ns = scale(khz, s.c, s.d);
	check("G12 CPUID leaf 3: the scale is that of the TSC", ns > 990000 && ns < 1010000, 1);
	check("G12 CPUID leaf 3: the host's speed", h.a != 0, 1);
	rt_map_shinfo();
	ns = rt_now(rt_vi(0)) - (scale(rdtsc(), s.c, s.d) - off);
	check("G12 CPUID leaf 3: the offset makes it the guest's time",
	      (s64)ns > -1000000000LL && (s64)ns < 1000000000LL, 1);
	h = cpuid(base + 3, 3);
	check("G12 CPUID leaf 3 has three parts", h.a | h.b | h.c | h.d, 0);
}

static void test_page(void)
{
	long (*fn)(unsigned long, unsigned long) =
		(void *)(hypercall_page + 32 * __HYPERVISOR_xen_version);
	unsigned long gpa = (unsigned long)hypercall_page;
	long ret;

	check("G13 MSR write with another page index faults",
	      wrmsr_safe(0x40000000, gpa | 1), -1);
	check("G13 MSR write outside RAM faults",
	      wrmsr_safe(0x40000000, 0xfffff00000ULL), -1);
	check("G13 MSR write", wrmsr_safe(0x40000000, gpa), 0);
#ifdef __x86_64__
	ret = fn(XENVER_version, 0);
#else
	__asm__ volatile("call *%1" : "=a"(ret)
			 : "r"(fn), "b"(XENVER_version), "c"(0) : "memory");
#endif
	check("G13 the stub makes the call", ret,
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0));
}

static void test_version(void)
{
	struct xen_feature_info fi = { .submap_idx = 0 };
	static char buf[1024];
	int i, bad = 0;

	check("G10 version is 4.17",
	      hc2(__HYPERVISOR_xen_version, XENVER_version, 0), 4 << 16 | 17);
	check("G10 get_features", hc2(__HYPERVISOR_xen_version,
				      XENVER_get_features, &fi), 0);
	check("G11 feature auto_translated_physmap",
	      !!(fi.submap & 1 << XENFEAT_auto_translated_physmap), 1);
	check("G11 feature hvm_callback_vector",
	      !!(fi.submap & 1 << XENFEAT_hvm_callback_vector), 1);
	check("G11 feature hvm_safe_pvclock",
	      !!(fi.submap & 1 << XENFEAT_hvm_safe_pvclock), 1);
	check("G11 no feature hvm_pirqs",
	      !!(fi.submap & 1 << XENFEAT_hvm_pirqs), 0);
	check("G11 no feature dom0", !!(fi.submap & 1 << XENFEAT_dom0), 0);
	fi.submap_idx = 1;
	check("G10 get_features of submap 1",
	      hc2(__HYPERVISOR_xen_version, XENVER_get_features, &fi),
	      XEN_EINVAL);
	check("G10 get_features at a bad address",
	      hc2(__HYPERVISOR_xen_version, XENVER_get_features, BAD_PTR),
	      XEN_EFAULT);
	check("G10 pagesize", hc2(__HYPERVISOR_xen_version, XENVER_pagesize, 0),
	      4096);
	check("G10 pagesize with an argument",
	      hc2(__HYPERVISOR_xen_version, XENVER_pagesize, buf), XEN_EINVAL);
	memset(buf, 0x5a, sizeof(buf));
	check("G10 extraversion", hc2(__HYPERVISOR_xen_version,
				      XENVER_extraversion, buf), 0);
	for (i = 0; i < 16 && buf[i]; i++)
		;
	for (; i < 16; i++)
		bad += buf[i] != 0;
	check("XSA-122 no stack bytes behind extraversion", bad, 0);
	memset(buf, 0x5a, sizeof(buf));
	check("G10 changeset", hc2(__HYPERVISOR_xen_version, XENVER_changeset,
				   buf), 0);
	for (i = 0, bad = 0; i < 64 && buf[i]; i++)
		;
	for (; i < 64; i++)
		bad += buf[i] != 0;
	check("XSA-122 no stack bytes behind changeset", bad, 0);
	check("G10 capabilities", hc2(__HYPERVISOR_xen_version,
				      XENVER_capabilities, buf), 0);
	check("G10 guest_handle", hc2(__HYPERVISOR_xen_version,
				      XENVER_guest_handle, buf), 0);
	check("G10 commandline", hc2(__HYPERVISOR_xen_version,
				     XENVER_commandline, buf), 0);
	check("G10 commandline is denied", strcmp(buf, "<denied>"), 0);
	check("G10 unknown command",
	      hc2(__HYPERVISOR_xen_version, 99, buf), XEN_ENOSYS);
}

static void test_numbers(void)
{
	static const u8 none[] = { 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 14, 16, 19,
				   22, 23, 25, 28, 30, 37, 38, 43, 47, 55, 63 };
	static char name[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		char *p = name;
		const char *s = "0.5 unknown hypercall ";

		while (*s)
			*p++ = *s++;
		*p++ = '0' + none[i] / 10;
		*p++ = '0' + none[i] % 10;
		*p = 0;
		check(name, hc1(none[i], 0), XEN_ENOSYS);
	}
	check("0.5 unknown hypercall 1000", hc1(1000, 0), XEN_ENOSYS);
	check("0.5 unknown hypercall 2^31", hc1(0x7fffffff, 0), XEN_ENOSYS);
}

void test_main(void)
{
	test_cpuid();
	test_time();
	test_page();
	test_version();
	test_numbers();
}
