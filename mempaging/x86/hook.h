/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the two files of this directory: the second is C. */
#ifndef KXEN_MEMPAGING_X86_HOOK_H
#define KXEN_MEMPAGING_X86_HOOK_H

/* Offset of vm_fault.orig_pte: hook.c asserts it, and the load checks it against BTF. */
#define KXEN_VMF_ORIG_PTE	64

#endif
