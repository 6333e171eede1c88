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
#include "hook.h"
#include "kxen.h"
#include "subsys.h"

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
	seq_printf(m, "left_set %llu\n", atomic64_read(&d->left_set));
	kxen_subsys_show(d, m);
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
