/* SPDX-License-Identifier: GPL-2.0-only */
/* This architecture's part of list.h: a line of each kind that x86 has no need of. */

KXEN_KVM_CALL(noarch_untyped, kxen_t_nothing, KXEN_UNTYPED(2));
KXEN_KVM_DATA_MAYBE(noarch_data, int *);
