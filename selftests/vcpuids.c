// SPDX-License-Identifier: GPL-2.0
/* What the kvm-xen command takes for the numbers of a VMM's vCPUs: vcpuids MONITOR */
#include <linux/kvm_xen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../tools/kvm-xen/kvm-xen.h"
#include "../tools/kvm-xen/qmp.h"

#define MANY 4096

void fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	exit(status);
}

int main(int argc, char **argv)
{
	struct kxen_vcpu_id *ids;
	unsigned int n, i;

	if (argc != 2)
		return 2;
	n = vcpu_ids(qmp_connect(argv[1]), MANY, &ids);
	for (i = 0; i < n; i++)
		printf("%u %u\n", ids[i].vcpu, ids[i].arch_id);
	return !n;
}
