// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pager's descriptor: calls for many frames at once, each with its own result, and notices.
 * include/uapi/linux/kvm_xen.h is its documentation.
 */
#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/kvm/glue.h"
#include "mempaging.h"

/* No holes: the structures are the same for every compiler and width. */
static_assert(sizeof(struct kxen_pager_arg) == 32);
static_assert(sizeof(struct kxen_pager_batch) == 40);
static_assert(sizeof(struct kxen_pager_event) == 16);

#define PAGER_FEW	16	/* frames in a call that allocates nothing */

/* Numbers of frames, then their results: copied once, and back. */
struct pager_list {
	u64 *gfn;
	s32 *res;
};

/* --- calls ------------------------------------------------------------------------------------ */

/* The VM of the pager's domain, with a reference, or NULL: it has gone. */
static struct kvm *get_pager_vm(struct kxen_pager *pg)
{
	struct kvm *kvm = NULL;

	spin_lock(&pg->lock);
	if (!pg->dead && !pg->stopped && kxen_glue_vm_tryget(pg->d->kvm))
		kvm = pg->d->kvm;
	spin_unlock(&pg->lock);
	return kvm;
}

/**
 * kxen_pager_nominate() - Nominate pages, whichever way the pager asks.
 * @pg: the pager.
 * @gfn: their frames, not trusted.
 * @res: for each 0 or -EBUSY.
 * @nr: how many.
 * @done: how many have a result; 0 before.
 *
 * Context: may sleep, no lock held. Return: 0; -ESHUTDOWN: it has ended, or the VM has.
 */
int kxen_pager_nominate(struct kxen_pager *pg, const u64 *gfn, s32 *res, u32 nr, u32 *done)
{
	struct kvm *kvm = get_pager_vm(pg);
	int ret = 0;

	if (!kvm)
		return -ESHUTDOWN;
	if (!mutex_lock_killable(&pg->batch)) {
		/* Again: the end waits for this lock once, and frees all entries behind that. */
		if (READ_ONCE(pg->dead))
			ret = -ESHUTDOWN;
		else
			*done = kxen_pg_nominate(pg, gfn, res, nr);
		mutex_unlock(&pg->batch);
	}
	kxen_glue_vm_put(kvm);
	return ret;
}

static int do_one(struct kxen_pager *pg, unsigned int cmd, u64 gfn, void __user *page)
{
	switch (cmd) {
	case KXEN_PAGER_READ:
		return kxen_pg_read_one(pg, gfn, page);
	case KXEN_PAGER_FILL:
		return kxen_pg_fill_one(pg, gfn, page);
	default:
		return kxen_pg_evict_one(pg, gfn);
	}
}

static int do_each(struct kxen_pager *pg, unsigned int cmd, struct kxen_pager_batch *b,
		   struct pager_list *l)
{
	u32 i;

	for (i = 0; i < b->nr && !signal_pending(current); i++) {
		if (READ_ONCE(pg->dead))
			return -ESHUTDOWN;
		l->res[i] = do_one(pg, cmd, l->gfn[i], u64_to_user_ptr(b->buf + i * PAGE_SIZE));
		cond_resched();
	}
	b->done = i;
	return 0;
}

/* A call for one frame is what somebody waits for: a copy of unknown length costs more. */
static int get_list(const struct kxen_pager_batch *b, struct pager_list *l)
{
	if (b->nr == 1)
		return get_user(*l->gfn, (u64 __user *)u64_to_user_ptr(b->gfns));
	return copy_from_user(l->gfn, u64_to_user_ptr(b->gfns), b->nr * sizeof(*l->gfn)) ?
	       -EFAULT : 0;
}

static int put_results(const struct kxen_pager_batch *b, const struct pager_list *l)
{
	if (b->done == 1)
		return put_user(*l->res, (s32 __user *)u64_to_user_ptr(b->results));
	return copy_to_user(u64_to_user_ptr(b->results), l->res, b->done * sizeof(*l->res)) ?
	       -EFAULT : 0;
}

static int pager_run(struct kxen_pager *pg, unsigned int cmd, struct kxen_pager_batch *b,
		     struct pager_list *l)
{
	int ret = get_list(b, l);

	if (!ret)
		ret = cmd == KXEN_PAGER_NOMINATE ?
		      kxen_pager_nominate(pg, l->gfn, l->res, b->nr, &b->done) :
		      do_each(pg, cmd, b, l);
	if (!ret)
		ret = put_results(b, l);
	return ret || b->done ? ret : -EINTR;
}

static bool takes_pages(unsigned int cmd)
{
	return cmd == KXEN_PAGER_READ || cmd == KXEN_PAGER_FILL;
}

static long pager_call(struct kxen_pager *pg, unsigned int cmd, struct kxen_pager_batch *b)
{
	u64 few[PAGER_FEW + PAGER_FEW / 2], *mem = few;
	struct pager_list l;
	long ret;

	if (b->flags)
		return -EOPNOTSUPP;
	if (!b->nr || b->nr > KXEN_PAGER_MAX || (b->buf && !takes_pages(cmd)))
		return -EINVAL;
	b->done = 0;
	if (b->nr > PAGER_FEW)
		mem = kmalloc_array(b->nr, sizeof(*l.gfn) + sizeof(*l.res), GFP_KERNEL_ACCOUNT);
	if (!mem)
		return -ENOMEM;
	l.gfn = mem;
	l.res = (s32 *)(mem + b->nr);
	ret = pager_run(pg, cmd, b, &l);
	if (mem != few)
		kfree(mem);
	return ret;
}

static long pager_ioctl(struct file *file, unsigned int cmd, unsigned long uptr)
{
	void __user *user = (void __user *)uptr;
	struct kxen_pager_batch b;
	long ret;
	u32 size;

	if (cmd < KXEN_PAGER_NOMINATE || cmd > KXEN_PAGER_FILL)
		return -ENOTTY;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < offsetofend(struct kxen_pager_batch, buf))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&b, sizeof(b), user, size);
	if (ret)
		return ret;
	ret = pager_call(file->private_data, cmd, &b);
	if (copy_to_user(user, &b, min_t(size_t, size, sizeof(b))))
		return -EFAULT;
	return ret;
}

/* --- notices ---------------------------------------------------------------------------------- */

/*
 * As many as there is room for: bytes. A signal does not keep the first one back: who asks whether
 * there is one to wait for would be told that there is, for ever.
 */
static ssize_t read_notices(struct kxen_pager *pg, char __user *buf, size_t len)
{
	struct kxen_pager_event ev;
	ssize_t done = 0;

	while (len - done >= sizeof(ev) && !(done && signal_pending(current)) &&
	       kxen_pg_next_notice(pg, &ev)) {
		if (copy_to_user(buf + done, &ev, sizeof(ev)))
			return -EFAULT;
		done += sizeof(ev);
	}
	return done;
}

/* A notice, or none for ever. */
static bool has_answer(struct kxen_pager *pg)
{
	return kxen_pg_has_notice(pg) || READ_ONCE(pg->dead);
}

static ssize_t pager_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct kxen_pager *pg = file->private_data;
	ssize_t done;

	if (len < sizeof(struct kxen_pager_event))
		return -EINVAL;
	/* Better known before a notice is taken for it. */
	if (clear_user(buf, sizeof(struct kxen_pager_event)))
		return -EFAULT;
	while (!(done = read_notices(pg, buf, len))) {
		if (READ_ONCE(pg->dead))
			break;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(pg->readers, has_answer(pg)))
			return -ERESTARTSYS;
	}
	return done;
}

static __poll_t pager_poll(struct file *file, poll_table *wait)
{
	struct kxen_pager *pg = file->private_data;

	poll_wait(file, &pg->readers, wait);
	return (kxen_pg_has_notice(pg) ? EPOLLIN | EPOLLRDNORM : 0) |
	       (READ_ONCE(pg->dead) ? EPOLLHUP : 0);
}

static int pager_release(struct inode *inode, struct file *file)
{
	struct kxen_pager *pg = file->private_data;

	kxen_pager_kill(pg);
	kxen_pager_put(pg);
	return 0;
}

static const struct file_operations pager_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = pager_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = pager_read,
	.poll = pager_poll,
	.release = pager_release,
};

/* What there is to page: 0 if the VM has just gone. */
static void tell_size(struct kxen_pager *pg, struct kxen_pager_arg *a)
{
	struct kvm *kvm = get_pager_vm(pg);

	if (!kvm)
		return;
	a->frames = kxen_glue_max_gfn(kvm) + 1;
	a->pages = kxen_glue_nr_pages(kvm);
	kxen_glue_vm_put(kvm);
}

/**
 * kxen_pager_open() - Be a domain's pager, with a descriptor.
 * @d: the domain.
 * @a: what is told of it is filled in; the descriptor is nobody's yet.
 * @file: filled in: for kxen_pager_done().
 *
 * Context, return: as kxen_pager_new(); -EMFILE.
 */
int kxen_pager_open(struct kxen_domain *d, struct kxen_pager_arg *a, struct file **file)
{
	int ret = get_unused_fd_flags(O_CLOEXEC);
	struct kxen_pager *pg;
	struct file *f;

	if (ret < 0)
		return ret;
	a->frames = 0;
	a->pages = 0;
	pg = kxen_pager_new(d);
	/* The file has the reference. */
	f = IS_ERR(pg) ? ERR_CAST(pg) :
	    anon_inode_getfile("kvm-xen-pager", &pager_fops, pg, O_RDWR);
	if (!IS_ERR(f)) {
		tell_size(pg, a);
		a->fd = ret;
		*file = f;
		return 0;
	}
	if (!IS_ERR(pg)) {
		kxen_pager_kill(pg);
		kxen_pager_put(pg);
	}
	put_unused_fd(ret);
	a->fd = -1;
	return PTR_ERR(f);
}

/* The caller knows the descriptor, and has it from now on; or he does not, and it is no pager. */
void kxen_pager_done(int fd, struct file *file, bool told)
{
	if (told) {
		fd_install(fd, file);
		return;
	}
	put_unused_fd(fd);
	fput(file);
}
