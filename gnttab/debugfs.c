// SPDX-License-Identifier: GPL-2.0-only
/* Grants of a domain in debugfs. No lock is held from one to the next. */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <uapi/linux/kvm_xen.h>

#include "gnttab_internal.h"

/* What a reader of "grants" carries along. */
struct grants_iter {
	struct kxen_domain *d;
	struct kxen_grant_info info;
};

static void *grants_find(struct seq_file *m, loff_t *pos)
{
	struct grants_iter *it = m->private;

	it->info.flags = KXEN_GRANT_NEXT;
	it->info.ref = *pos;
	if (*pos > U32_MAX || kxen_gnt_info(it->d, &it->info))
		return NULL;
	*pos = it->info.ref;
	return it;
}

static void *grants_start(struct seq_file *m, loff_t *pos)
{
	return grants_find(m, pos);
}

static void *grants_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return grants_find(m, pos);
}

static void grants_stop(struct seq_file *m, void *v)
{
}

static int grants_show(struct seq_file *m, void *v)
{
	const struct kxen_grant_info *i = &((struct grants_iter *)v)->info;
	u32 pins = i->pins;

	static const char * const names[] = { "invalid", "access", "transfer", "transitive" };

	seq_printf(m, "%6u v%u %-10s to=d%u frame=%llx%s", i->ref, i->version,
		   names[i->entry & GTF_type_mask], i->to, i->frame,
		   i->entry & GTF_readonly ? " ro" : "");
	if (pins)
		seq_printf(m, " user=d%u readers=%u writers=%u", i->user,
			   (pins & 0xff) + (pins >> 16 & 0xff),
			   (pins >> 8 & 0xff) + (pins >> 24));
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations grants_sops = {
	.start = grants_start,
	.next = grants_next,
	.stop = grants_stop,
	.show = grants_show,
};

/* debugfs keeps the file, and with it the domain, until we have closed. */
static int grants_open(struct inode *inode, struct file *file)
{
	struct grants_iter *it;

	it = __seq_open_private(file, &grants_sops, sizeof(*it));
	if (!it)
		return -ENOMEM;
	it->d = inode->i_private;
	return 0;
}

static const struct file_operations grants_fops = {
	.owner = THIS_MODULE,
	.open = grants_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

void kxen_gnt_debugfs(struct kxen_domain *d, struct dentry *dir)
{
	debugfs_create_file("grants", 0400, dir, d, &grants_fops);
}
