// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/kvm-xen: hooks, and for each domain its state and what its parts show.
 * Read-only, root only.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <uapi/linux/kvm_xen.h>

#include "arch.h"
#include "kvm/hook.h"
#include "kxen.h"
#include "stats.h"
#include "subsys.h"

static struct dentry *root;

static int hooks_show(struct seq_file *m, void *v)
{
	const struct kxen_hook *h;
	int i;

	for (i = 0; (h = kxen_hook_at(i)); i++)
		if (h->address)
			seq_printf(m, "%-32s %-8s %s\n", h->symbol,
				   h->armed ? "armed" : "-", h->why);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hooks);

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
	const struct kxen_stat_desc *desc;
	struct kxen_query q = { };
	u32 n;

	kxen_domain_query(d, &q);
	seq_printf(m, "domid %u\nstate %s\npaused %u\npid %d\n", q.domid,
		   states[q.state], q.paused, q.pid);
	seq_printf(m, "width %u\nabi %s\n", q.width, abis[q.evtchn_abi]);
	for (n = 0; (desc = kxen_stat_at(n)); n++)
		seq_printf(m, "%s %llu\n", desc->name,
			   kxen_stat_value(d, desc));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(domain);

void kxen_debugfs_add(struct kxen_domain *d)
{
	char name[8];

	snprintf(name, sizeof(name), "d%u", d->domid);
	d->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("state", 0400, d->debugfs, d, &domain_fops);
	kxen_subsys_debugfs(d, d->debugfs);
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
