// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/xen, as Linux has it in domain 0 on Xen: xsd_kva, a page that xenstored shares with domain
 * 0's kernel, and xsd_port, the port beside it. No kernel uses this xenstore: its ring stays empty,
 * but xenstored does not start without. capabilities says that this is domain 0.
 *
 * Only if the administrator wants it: programs that look for /proc/xen (init scripts, systemd)
 * judge the host by it.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "../evtchn/evtchn.h"
#include "dom0_internal.h"

static bool xenstore;
module_param(xenstore, bool, 0444);
MODULE_PARM_DESC(xenstore, "Offer /proc/xen, which xenstored wants (off)");

static struct proc_dir_entry *dir;
static struct page *ring;
static u32 port;

/* Nobody here listens. */
static void xsd_event(struct kxen_host_port *host, u32 nr)
{
}

static struct kxen_host_port xsd_host = { .event = xsd_event };

/* No end of line: oxenstored takes all it reads for the number. */
static int xsd_port_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u", port);
	return 0;
}

static int capabilities_show(struct seq_file *m, void *v)
{
	seq_puts(m, "control_d\n");
	return 0;
}

static int xsd_kva_show(struct seq_file *m, void *v)
{
	return 0;
}

/* Whoever has it mapped keeps the module by the file. */
static int xsd_kva_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_end - vma->vm_start != PAGE_SIZE || vma->vm_pgoff)
		return -EINVAL;
	return vm_insert_page(vma, vma->vm_start, ring);
}

static int xsd_port_open(struct inode *inode, struct file *file)
{
	return single_open(file, xsd_port_show, NULL);
}

static int capabilities_open(struct inode *inode, struct file *file)
{
	return single_open(file, capabilities_show, NULL);
}

/* The file may outlive the entry in /proc, its page the file. */
static int xsd_kva_open(struct inode *inode, struct file *file)
{
	int ret;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	ret = single_open(file, xsd_kva_show, NULL);
	if (ret)
		module_put(THIS_MODULE);
	return ret;
}

static int xsd_kva_release(struct inode *inode, struct file *file)
{
	int ret = single_release(inode, file);

	module_put(THIS_MODULE);
	return ret;
}

static const struct proc_ops port_ops = {
	.proc_open = xsd_port_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static const struct proc_ops capabilities_ops = {
	.proc_open = capabilities_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static const struct proc_ops kva_ops = {
	.proc_open = xsd_kva_open,
	.proc_read = seq_read,
	.proc_mmap = xsd_kva_mmap,
	.proc_release = xsd_kva_release,
};

static bool make_files(void)
{
	dir = proc_mkdir("xen", NULL);
	return dir && proc_create("capabilities", 0444, dir, &capabilities_ops) &&
		proc_create("xsd_port", 0400, dir, &port_ops) &&
		proc_create("xsd_kva", 0600, dir, &kva_ops);
}

/**
 * kxen_xsd_init() - Make /proc/xen, if it is wanted.
 *
 * Context: load, when there is domain 0.
 * Return: 0; -ENOMEM, also if somebody else has /proc/xen; then nothing is left.
 */
int kxen_xsd_init(void)
{
	long ret = 0;

	if (!xenstore)
		return 0;
	ring = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!ring)
		return -ENOMEM;
	ret = kxen_host_alloc_unbound(0, &xsd_host, &port);
	if (!ret && !make_files())
		ret = -ENOMEM;
	if (ret)
		kxen_xsd_exit();
	return ret;
}

/* Unload, or a load that fails: nobody has the page mapped. */
void kxen_xsd_exit(void)
{
	if (dir)
		proc_remove(dir);
	dir = NULL;
	if (port)
		kxen_host_close(port);
	port = 0;
	if (ring)
		put_page(ring);
	ring = NULL;
}
