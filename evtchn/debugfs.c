// SPDX-License-Identifier: GPL-2.0-only
/* Ports of a domain in debugfs. No lock is held from one to the next. */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <uapi/linux/kvm_xen.h>

#include "evtchn_internal.h"

/* What a reader of "ports" carries along. */
struct ports_iter {
	struct kxen_domain *d;
	struct kxen_port_info info;
};

static void *ports_find(struct seq_file *m, loff_t *pos)
{
	struct ports_iter *it = m->private;

	it->info.flags = KXEN_PORT_NEXT;
	it->info.port = *pos;
	if (*pos > U32_MAX || kxen_evtchn_port_info(it->d, &it->info))
		return NULL;
	*pos = it->info.port;
	return it;
}

static void *ports_start(struct seq_file *m, loff_t *pos)
{
	return ports_find(m, pos);
}

static void *ports_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return ports_find(m, pos);
}

static void ports_stop(struct seq_file *m, void *v)
{
}

static int ports_show(struct seq_file *m, void *v)
{
	const struct kxen_port_info *i = &((struct ports_iter *)v)->info;

	static const char * const names[] = {
		"closed", "unbound", "interdomain", "pirq", "virq", "ipi",
	};

	seq_printf(m, "%6u %-11s vcpu=%u", i->port, names[i->state], i->vcpu);
	if (i->state == 1)
		seq_printf(m, " remote=d%u", i->remote_domid);
	if (i->state == 2)
		seq_printf(m, " remote=d%u:%u", i->remote_domid,
			   i->remote_port);
	if (i->state == 4)
		seq_printf(m, " virq=%u", i->virq);
	seq_printf(m, "%s%s\n", i->pending ? " pending" : "",
		   i->masked ? " masked" : "");
	return 0;
}

static const struct seq_operations ports_sops = {
	.start = ports_start,
	.next = ports_next,
	.stop = ports_stop,
	.show = ports_show,
};

/* debugfs keeps the file, and with it the domain, until we have closed. */
static int ports_open(struct inode *inode, struct file *file)
{
	struct ports_iter *it;

	it = __seq_open_private(file, &ports_sops, sizeof(*it));
	if (!it)
		return -ENOMEM;
	it->d = inode->i_private;
	return 0;
}

static const struct file_operations ports_fops = {
	.owner = THIS_MODULE,
	.open = ports_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

void kxen_evtchn_debugfs(struct kxen_domain *d, struct dentry *dir)
{
	debugfs_create_file("ports", 0400, dir, d, &ports_fops);
}
