// SPDX-License-Identifier: GPL-2.0
/* Memory of guests by /dev/xen/privcmd, which threads fill for each other, and take away. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xen/xen.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#include "hfuzz.h"

#define PAGE		4096u
#define MOST		8	/* pages of a map */
#define PLACES		6	/* where threads meet */

static char place[PLACES][MOST * PAGE] __attribute__((aligned(4096)));

/* Looked at, as long as it is there: another thread may take it away, so the kernel looks. */
static void look(char *p, uint32_t nr)
{
	madvise(p, nr * PAGE, 22 + below(2));	/* MADV_POPULATE_READ, _WRITE */
}

static void new_memory(char *p)
{
	int prot = one_in(3) ? PROT_READ : PROT_READ | PROT_WRITE;
	int how = one_in(20) ? MAP_PRIVATE : MAP_SHARED;
	uint32_t nr = one_in(4) ? below(MOST) + 1 : 4;

	count(CALL_PC_MMAP, mmap(p, nr * PAGE, prot, how | MAP_FIXED, privcmd_file,
				 one_in(50) ? PAGE : 0) == MAP_FAILED ? -1 : 0);
}

static void fill(char *p)
{
	struct privcmd_mmapbatch_v2 b = {
		.num = one_in(4) ? below(MOST) + 1 : 4,
		.dom = any_domid(),
		.addr = (uintptr_t)p + (one_in(3) ? below(MOST) * PAGE : 0) + (one_in(50) ? 1 : 0),
	};
	xen_pfn_t gfn[MOST];
	int err[MOST], i;

	for (i = 0; i < MOST; i++)
		gfn[i] = one_in(20) ? odd() : below(4096);
	if (one_in(50))
		b.num = odd();
	b.arr = one_in(50) ? (void *)odd() : gfn;
	/* So many errors would go over what is on the stack. */
	b.err = b.num > MOST ? (void *)8 : one_in(50) ? (void *)odd() : err;
	count(CALL_PC_BATCH, ioctl(privcmd_file, one_in(8) ? IOCTL_PRIVCMD_MMAPBATCH :
				   IOCTL_PRIVCMD_MMAPBATCH_V2, &b));
}

static void resource(char *p)
{
	struct privcmd_mmap_resource r = {
		.dom = any_domid(),
		.type = one_in(8) ? below(4) : XENMEM_resource_grant_table,
		.id = one_in(8) ? odd() : below(2),
		.idx = one_in(8) ? odd() : below(4),
		.num = one_in(20) ? odd() : below(MOST),
	};

	if (r.num)
		r.addr = (uintptr_t)p + below(4) * PAGE;
	count(CALL_PC_RESOURCE, ioctl(privcmd_file, IOCTL_PRIVCMD_MMAP_RESOURCE, &r));
}

static void other(char *p)
{
	struct privcmd_dm_op op = { .dom = any_domid(), .num = below(20) };

	switch (below(4)) {
	case 0:
		count(CALL_PC_OTHER, ioctl(privcmd_file, IOCTL_PRIVCMD_DM_OP, &op));
		break;
	case 1:
		mremap(p, MOST * PAGE, MOST * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       place[below(PLACES)]);
		break;
	default:
		munmap(p + below(MOST) * PAGE, PAGE * (1 + below(4)));
	}
}

void fm_step(void)
{
	char *p = place[below(PLACES - 1)];	/* the last one takes what goes over its end */

	switch (below(10)) {
	case 0 ... 2: new_memory(p); break;
	case 3 ... 5: fill(p); break;
	case 6: resource(p); break;
	case 7: other(p); break;
	default: look(p, MOST);
	}
}
