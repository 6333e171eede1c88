/* SPDX-License-Identifier: GPL-2.0-only */
/* What the records of grant tables in a saved domain hold. */
#ifndef KXEN_GNT_RECORDS_H
#define KXEN_GNT_RECORDS_H

#include <linux/types.h>

#include "../kvm-xen/stream.h"

#define KXEN_REC_GRANTS		KXEN_REC(KXEN_OWNER_GNTTAB, 1, 1)
#define KXEN_REC_GRANT_FRAMES	KXEN_REC(KXEN_OWNER_GNTTAB, 2, 1)

struct kxen_save_grants {
	u32 version;
	u32 nr_frames;
	u32 nr_status;
	u32 reserved;
};

/* A list of them: frames of entries, then those of status words. */
struct kxen_save_grant_frames {
	u64 gfn;		/* KXEN_NO_GFN: the guest has it nowhere */
	u8 page[4096];
};

#endif
