/* SPDX-License-Identifier: GPL-2.0-only */
/* What the probe has in a stream. A module without it does without. */
#ifndef KXEN_PROBE_RECORDS_H
#define KXEN_PROBE_RECORDS_H

#include "../../kvm-xen/stream.h"
#include "abi.h"

#define KXEN_REC_PROBE		KXEN_REC(KXEN_OWNER_TRIED, 1, 1)

struct kxen_save_probe {
	u64 value;
	u32 taken;
	u32 reserved;
	u64 gfn[PROBE_FRAMES];	/* KXEN_NO_GFN: not placed */
};

#endif
