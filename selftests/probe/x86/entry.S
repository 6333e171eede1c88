/* SPDX-License-Identifier: GPL-2.0-only */
/* The probe's trampolines. */
#include "trampoline.S"

	.text
KXEN_TRAMPOLINE probe_wbinvd
KXEN_TRAMPOLINE_ANY probe_slot
