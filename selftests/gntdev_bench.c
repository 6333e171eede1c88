// SPDX-License-Identifier: GPL-2.0
/*
 * gntdev_bench DOMID: instructions of a copy of a page from a guest that runs gnthost, and of a
 * page's way from the first ioctl to the last, as the guest's benchmark counts them.
 */
#include "gnthost.h"
#include "guest/mark.h"
#include "tsc.h"

#define SAMPLES	301
#define MARKED	33

/* Behind those of the guest's. */
enum { COPY = 60, CYCLE };

static char buffer[PAGE] __attribute__((aligned(4096)));
static struct ioctl_gntdev_grant_copy_segment segment;
static struct ioctl_gntdev_grant_copy copy = { .count = 1, .segments = &segment };
static uint16_t domid;
static int fd;

static void do_copy(void)
{
	bad += ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &copy) || segment.status;
}

static void do_cycle(void)
{
	long i = map_refs(fd, domid, GNT_FIRST, 1, 1);
	volatile char *p = map_at(fd, i, 1, PROT_READ | PROT_WRITE);

	if (p == MAP_FAILED) {
		bad++;
		return;
	}
	p[8] = p[9];
	munmap((void *)p, PAGE);
	bad += !!unmap_refs(fd, i, 1);
}

#define BENCH(id, op, what) do {						\
	static int _n[SAMPLES];							\
	int _i;									\
										\
	for (_i = 0; _i < SAMPLES; _i++) {					\
		uint64_t _t = rdtsc();						\
										\
		what;								\
		_n[_i] = rdtsc() - _t;						\
	}									\
	qsort(_n, SAMPLES, sizeof(_n[0]), by_value);				\
	printf("BENCH %s %d\n", op, _n[SAMPLES / 2]);				\
	for (_i = 0; _i < MARKED; _i++) {					\
		MARK(id, 1);							\
		what;								\
		MARK(id, 0);							\
	}									\
	printf("MARKED %d %s\n", id, op);					\
} while (0)

int main(int argc, char **argv)
{
	if (argc != 2)
		return 1;
	domid = atoi(argv[1]);
	fd = open_node("/dev/xen/gntdev");
	segment.flags = GNTCOPY_source_gref;
	segment.source.foreign.domid = domid;
	segment.source.foreign.ref = GNT_FIRST;
	segment.dest.virt = buffer;
	segment.len = PAGE;
	BENCH(COPY, "gntdev_copy4096", do_copy());
	BENCH(CYCLE, "gntdev_map_cycle", do_cycle());
	check("each one was done", bad, 0);
	return !!bad;
}
