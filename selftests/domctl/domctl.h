/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DOMCTL_H
#define DOMCTL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xen/xen.h>
#include <xen/domctl.h>

#define OLD	0x15	/* interface versions */
#define NEW	0x17
#define PAGES	(64 << 8)	/* of the small VMM's guests */

/* main.c: a call's result, or -errno; the structure of the last domctl */
extern struct xen_domctl c;
void check(const char *name, long got, long want);
long call(uint64_t op, const void *arg);
long call2(uint64_t op, uint64_t first, const void *arg);
long domctl(uint32_t cmd, uint32_t version, domid_t domain);
long info(uint32_t version, domid_t domain);
uint32_t flag(domid_t domain, uint32_t which);
void *at_end(size_t size);

/* vcpu.c, sysctl.c, hvm.c, destroy.c */
void test_vcpu(domid_t domid);
void test_affinity(domid_t domid, pid_t pid);
void test_sysctl(domid_t domid);
void test_log(void);
void test_hvm(domid_t domid);
void test_version(void);
void test_destroy(domid_t domid, pid_t pid);

#endif
