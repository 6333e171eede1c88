/* SPDX-License-Identifier: GPL-2.0-only */
/* Type information of the running kernel, read from its own BTF. */
#ifndef KXEN_BTF_H
#define KXEN_BTF_H

#include <linux/types.h>

struct kxen_btf;

struct kxen_btf *kxen_btf_open(const char *module);
void kxen_btf_close(struct kxen_btf *btf);
int kxen_btf_member(const struct kxen_btf *btf, const char *type,
		    const char *member);
int kxen_btf_size(const struct kxen_btf *btf, const char *type);
int kxen_btf_func(const struct kxen_btf *btf, const char *name, bool *is_void);

#endif
