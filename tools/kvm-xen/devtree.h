/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest of arm64 learns of Xen by: its device tree. */
#ifndef KVM_XEN_DEVTREE_H
#define KVM_XEN_DEVTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct domain_options;

/* A tree that was made, and where the guest's grant frames are in it. */
struct devtree {
	void *blob;		/* to be freed */
	size_t len;
	uint64_t at, size;
};

/*
 * A tree that tells of Xen, made of the @len bytes at @blob, which are not trusted: NULL and *@t,
 * or why there is none. DEVTREE_HAS_XEN: it does so already.
 */
extern const char DEVTREE_HAS_XEN[];
const char *devtree_make(const void *blob, size_t len, const struct domain_options *o,
			 struct devtree *t);

/* vmm_tree.c: what a VMM has to be told by its command line */

/*
 * If this is a VMM for arm64, have its guest find Xen: asks it for the tree that it would give the
 * guest, and gives it another one by -dtb. Says so, or ends the program with a reason.
 */
void vmm_tree(char ***args, int *argc, const struct domain_options *o);

#endif
