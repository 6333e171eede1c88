/* SPDX-License-Identifier: GPL-2.0-only */
/* Type information of the running kernel, read from its own BTF. */
#ifndef KXEN_BTF_H
#define KXEN_BTF_H

#ifndef KXEN_TEST_BTF		/* selftests/user/btf.c */
#include <linux/types.h>
#endif

/* A number of arguments, of a function that type information need not know. */
#define KXEN_UNTYPED(nargs)	(KXEN_MAY_LACK_TYPE | (nargs))
#define KXEN_MAY_LACK_TYPE	0x100

struct kxen_btf;

struct kxen_btf *kxen_btf_open(const char *module);
void kxen_btf_close(struct kxen_btf *btf);
int kxen_btf_member(const struct kxen_btf *btf, const char *type,
		    const char *member);
int kxen_btf_size(const struct kxen_btf *btf, const char *type);
int kxen_btf_check_func(const struct kxen_btf *btf, const char *name, int nargs,
			int is_void);

#endif
