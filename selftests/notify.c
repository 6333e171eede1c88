// SPDX-License-Identifier: GPL-2.0
/*
 * notify DOMID PORT: instructions of the whole system call IOCTL_EVTCHN_NOTIFY, in the
 * same way as the guest's benchmark counts them. The port is pending already.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "tsc.h"

#define SAMPLES	301

int main(int argc, char **argv)
{
	struct ioctl_evtchn_bind_interdomain b;
	struct ioctl_evtchn_notify n;
	static int ns[SAMPLES];
	int i, fd = open("/dev/xen/evtchn", O_RDWR);

	if (argc != 3 || fd < 0)
		return 1;
	b.remote_domain = atoi(argv[1]);
	b.remote_port = atoi(argv[2]);
	n.port = ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);
	if ((int)n.port < 0)
		return 1;
	for (i = 0; i < SAMPLES; i++) {
		uint64_t t = rdtsc();

		if (ioctl(fd, IOCTL_EVTCHN_NOTIFY, &n))
			return 1;
		ns[i] = rdtsc() - t;
	}
	qsort(ns, SAMPLES, sizeof(ns[0]), by_value);
	printf("BENCH notify_ioctl %d\n", ns[SAMPLES / 2]);
	for (i = 0; i < SAMPLES; i++) {
		uint64_t t = rdtsc();

		getppid();
		ns[i] = rdtsc() - t;
	}
	qsort(ns, SAMPLES, sizeof(ns[0]), by_value);
	printf("BENCH getppid %d\n", ns[SAMPLES / 2]);
	return 0;
}
