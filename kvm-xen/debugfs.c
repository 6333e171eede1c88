// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/kvm-xen: hooks, and for each domain its state and ports.
 * Read-only, root only. No lock is held from one port to the next.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <uapi/linux/kvm_xen.h>

#include "../evtchn/evtchn.h"
#include "arch.h"
#include "hook.h"
#include "kxen.h"

static struct dentry *root;

static int hooks_show(struct seq_file *m, void *v)
{
	const struct kxen_hook *h;
	int i;

	for (i = 0; (h = kxen_arch_hook(i)); i++)
		seq_printf(m, "%-32s %-8s %s\n", h->symbol,
			   h->armed ? "armed" : "-", h->why);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hooks);

static u64 continued(struct kxen_domain *d)
{
	struct kxen_vcpu *kv;
	u64 n = 0;
	u32 i;

	for (i = 0; i < READ_ONCE(d->nr_vcpus); i++) {
		kv = kxen_domain_vcpu(d, i);
		n += kv ? READ_ONCE(kv->stats.continued) : 0;
	}
	return n;
}

static int domain_show(struct seq_file *m, void *v)
{
	static const char * const states[] = {
		"created", "running", "shutdown", "dying", "host",
	};
	static const char * const abis[] = {
		[KXEN_ABI_2L] = "2-level", [KXEN_ABI_FIFO] = "FIFO",
		[KXEN_ABI_HOST] = "host", [KXEN_ABI_NLEVEL] = "N-level",
	};
	struct kxen_domain *d = m->private;
	struct kxen_query q = { };

	kxen_domain_query(d, &q);
	seq_printf(m, "domid %u\nstate %s\nvcpus %u\npaused %u\npid %d\n",
		   q.domid, states[q.state], q.vcpus, q.paused, q.pid);
	seq_printf(m, "width %u\nabi %s\nports %u of %u\n", q.width,
		   abis[q.evtchn_abi], q.ports, q.max_ports);
	seq_printf(m, "pinned %u of %u\nresets %llu\n", q.pinned_pages,
		   q.max_pinned, q.resets);
	seq_printf(m, "ports_high %u\npinned_high %u\n", q.ports_high,
		   q.pinned_high);
	seq_printf(m, "hypercalls %llu\nsends %llu\nupcalls %llu\n",
		   q.hypercalls, q.sends, q.upcalls);
	seq_printf(m, "vectors %llu\ntimers %llu\ncontinued %llu\n", q.vectors,
		   q.timers, continued(d));
	seq_printf(m, "left_set %llu\nbroken %llu\n",
		   atomic64_read(&d->left_set), kxen_evtchn_broken(d));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(domain);

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

void kxen_debugfs_add(struct kxen_domain *d)
{
	char name[8];

	snprintf(name, sizeof(name), "d%u", d->domid);
	d->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("state", 0400, d->debugfs, d, &domain_fops);
	debugfs_create_file("ports", 0400, d->debugfs, d, &ports_fops);
}

/* On return nobody reads the domain's files, and nobody will. */
void kxen_debugfs_del(struct kxen_domain *d)
{
	debugfs_remove(d->debugfs);
}

int kxen_debugfs_init(void)
{
	root = debugfs_create_dir("kvm-xen", NULL);
	debugfs_create_file("hooks", 0400, root, NULL, &hooks_fops);
	return 0;
}

void kxen_debugfs_exit(void)
{
	debugfs_remove(root);
}
