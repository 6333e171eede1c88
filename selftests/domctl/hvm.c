// SPDX-License-Identifier: GPL-2.0
/* Parameters of a guest, by a toolstack; what Xen says of itself, in any length. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/version.h>

#include "domctl.h"

#ifndef XENVER_extraversion2
#define XENVER_extraversion2 11
#define XENVER_capabilities2 12
#define XENVER_changeset2 13
#define XENVER_commandline2 14
#endif

static struct xen_hvm_param p;

static long param(uint64_t op, domid_t domid, uint32_t index, uint64_t value)
{
	p = (struct xen_hvm_param){ .domid = domid, .index = index, .value = value };
	return call2(__HYPERVISOR_hvm_op, op, &p);
}

static long get(domid_t domid, uint32_t index)
{
	return param(HVMOP_get_param, domid, index, 4711);
}

static long set(domid_t domid, uint32_t index, uint64_t value)
{
	return param(HVMOP_set_param, domid, index, value);
}

void test_hvm(domid_t domid)
{
	check("set_param", set(domid, HVM_PARAM_STORE_PFN, 0xfeffc), 0);
	check("get_param", get(domid, HVM_PARAM_STORE_PFN) ?: (long)p.value, 0xfeffc);
	check("a port", set(domid, HVM_PARAM_CONSOLE_EVTCHN, 7), 0);
	check("is there, too", get(domid, HVM_PARAM_CONSOLE_EVTCHN) ?: (long)p.value, 7);
	check("the callback can be asked", get(domid, HVM_PARAM_CALLBACK_IRQ), 0);
	check("and is the guest's to set", set(domid, HVM_PARAM_CALLBACK_IRQ, 1), -EOPNOTSUPP);
	check("one that nobody can set", set(domid, HVM_PARAM_ALTP2M, 1), -EEXIST);
	check("one that is of no use here", set(domid, HVM_PARAM_IOREQ_PFN, 1), -EOPNOTSUPP);
	check("one that is no more", set(domid, HVM_PARAM_PAE_ENABLED, 1), -EINVAL);
	check("to read", get(domid, HVM_PARAM_PAE_ENABLED), -EINVAL);
	check("none of Xen's", get(domid, HVM_NR_PARAMS), -EINVAL);
	check("to set", set(domid, ~0U, 0), -EINVAL);
	check("domain 0 has none", get(0, HVM_PARAM_STORE_PFN), -EINVAL);
	check("by the other name", get(DOMID_SELF, HVM_PARAM_STORE_PFN), -EINVAL);
	check("of nobody", get(999, HVM_PARAM_STORE_PFN), -ESRCH);
	check("to set of nobody", set(999, HVM_PARAM_STORE_PFN, 0), -ESRCH);
	check("no structure", call2(__HYPERVISOR_hvm_op, HVMOP_get_param, (void *)8), -EFAULT);
	check("what takes a vCPU", call2(__HYPERVISOR_hvm_op, HVMOP_flush_tlbs, NULL), -ENOSYS);
}

static long version(uint32_t cmd, const void *to)
{
	return call2(__HYPERVISOR_xen_version, cmd, to);
}

void test_version(void)
{
	struct { uint32_t len; char buf[1024]; } v = { .len = 4, .buf = "????????" };
	long len = version(XENVER_changeset2, NULL);
	uint32_t *end = at_end(8);

	check("how long extraversion is", version(XENVER_extraversion2, NULL), 4);
	check("extraversion", version(XENVER_extraversion2, &v), 4);
	check("and no zero", memcmp(v.buf, "-kvm????", 8), 0);
	v.len = 3;
	check("with no room for it", version(XENVER_extraversion2, &v), -ENOBUFS);
	v.len = sizeof(v.buf);
	check("changeset", version(XENVER_changeset2, &v), len);
	check("kvm-xen's", memcmp(v.buf, "kvm-xen ", 8), 0);
	check("capabilities", version(XENVER_capabilities2, &v) > 0, 1);
	check("for guests with 64 bits", memmem(v.buf, 1024, "hvm-3.0-x86_64", 14) != NULL, 1);
	check("no command line", version(XENVER_commandline2, &v), 0);
	end[0] = 100;
	check("less room than is said", version(XENVER_changeset2, end), -EFAULT);
	check("none at all", version(XENVER_changeset2, end + 2), -EFAULT);
}
