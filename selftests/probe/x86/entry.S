/* SPDX-License-Identifier: GPL-2.0-only */
/* The probe's trampoline. */
#include "trampoline.S"

	.text
KXEN_TRAMPOLINE probe_wbinvd
