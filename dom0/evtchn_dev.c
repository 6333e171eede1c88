// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/evtchn, as Linux has it in domain 0 on Xen: libxenevtchn and all that is
 * built on it work unmodified.
 *
 * A port that fires is put into the file's ring once, and then rests until its number is
 * written back; events meanwhile are one event, delivered then. So a guest that sends
 * without end costs the host one entry (CVE-2020-27673). The ring has room for every
 * port of the file.
 */
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <xen/interface/xen.h>
#include <xen/evtchn.h>

#include "../evtchn/evtchn.h"
#include "../kvm-xen/kxen.h"
#include "dom0.h"

#define UNRESTRICTED	U32_MAX
#define MIN_RING	64

/* Not in the headers of every kernel. */
#define EVTCHN_BIND_STATIC	_IOC(_IOC_NONE, 'E', 7, sizeof(u32))

/**
 * struct evtchn_file - one open file.
 * @bind_lock: serialises everything that changes @ports, and the ring's size.
 * @ports: its struct evtchn_port, by number.
 * @nr_ports: how many.
 * @restrict_domid: the only domain that new ports may be bound to.
 * @read_lock: one reader at a time.
 * @ring_lock: the ring, and the flags of all ports of the file; taken while a guest
 *	sends.
 * @ring: what has fired, in order.
 * @size: entries of @ring, a power of two.
 * @prod: entries ever put; runs freely.
 * @cons: entries ever taken.
 * @overflow: an event found no room. Cannot happen; the ABI has it.
 * @wait: readers and pollers.
 * @wake: wakes them where that cannot be done at once.
 */
struct evtchn_file {
	struct mutex bind_lock;		/* ports, and the ring's size */
	struct xarray ports;
	u32 nr_ports;
	u32 restrict_domid;

	struct mutex read_lock;		/* one reader at a time */
	raw_spinlock_t ring_lock;
	u32 *ring;
	u32 size, prod, cons;
	bool overflow;
	wait_queue_head_t wait;
	struct irq_work wake;
};

/* A port of a file. @ready: may fire; @fired: has, while it was not. */
struct evtchn_port {
	struct kxen_host_port host;
	struct evtchn_file *file;
	struct rcu_head rcu;
	bool ready;
	bool fired;
};

static void wake_readers(struct irq_work *work)
{
	struct evtchn_file *f = container_of(work, struct evtchn_file, wake);

	wake_up_interruptible_poll(&f->wait, EPOLLIN | EPOLLRDNORM);
}

static void put(struct evtchn_file *f, u32 port)
{
	lockdep_assert_held(&f->ring_lock);
	if (f->prod - f->cons >= f->size) {
		f->overflow = true;
		return;
	}
	f->ring[f->prod & (f->size - 1)] = port;
	/* Pairs with the look without the lock in has_events(). */
	smp_store_release(&f->prod, f->prod + 1);
}

/* An event: somebody sends, with its port locked and interrupts off. */
static void on_event(struct kxen_host_port *host, u32 port)
{
	struct evtchn_port *p = container_of(host, struct evtchn_port, host);
	struct evtchn_file *f = p->file;
	bool ready, sleeps;

	raw_spin_lock(&f->ring_lock);
	ready = p->ready;
	p->ready = false;
	p->fired = !ready;
	if (ready)
		put(f, port);
	raw_spin_unlock(&f->ring_lock);
	if (!ready)
		return;
	/* Pairs with the barrier between queueing a waiter and has_events(). */
	sleeps = wq_has_sleeper(&f->wait);
	if (!sleeps)
		return;
	/* There a wait queue's lock sleeps, and we hold one that does not. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		irq_work_queue(&f->wake);
	else
		wake_readers(&f->wake);
}

static bool has_events(struct evtchn_file *f)
{
	/* Pairs with the release in put(). */
	u32 prod = smp_load_acquire(&f->prod);

	return READ_ONCE(f->overflow) || prod != READ_ONCE(f->cons);
}

/* Room for one port more. */
static int grow_ring(struct evtchn_file *f)
{
	u32 i, size = f->size ? f->size * 2 : MIN_RING;
	u32 *new, *old;

	lockdep_assert_held(&f->bind_lock);
	if (f->nr_ports < f->size)
		return 0;
	new = kvmalloc_array(size, sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	raw_spin_lock_irq(&f->ring_lock);
	for (i = f->cons; i != f->prod; i++)
		new[i & (size - 1)] = f->ring[i & (f->size - 1)];
	old = f->ring;
	f->ring = new;
	f->size = size;
	raw_spin_unlock_irq(&f->ring_lock);
	kvfree(old);
	return 0;
}

/* --- ports ---------------------------------------------------------------------- */

/* For a channel to @peer; UNRESTRICTED: to nobody in particular. */
static struct evtchn_port *new_port(struct evtchn_file *f, u32 peer)
{
	struct evtchn_port *p;
	int ret;

	if (f->restrict_domid != UNRESTRICTED && f->restrict_domid != peer)
		return ERR_PTR(-EACCES);
	ret = grow_ring(f);
	if (ret)
		return ERR_PTR(ret);
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->host.event = on_event;
	p->file = f;
	p->ready = true;
	return p;
}

/* It is bound, or @ret says why not: the file's from now on. Its number, or an errno. */
static long keep(struct evtchn_file *f, struct evtchn_port *p, long ret,
		 u32 port)
{
	if (ret) {
		kfree(p);
		return ret;
	}
	ret = xa_err(xa_store(&f->ports, port, p, GFP_KERNEL_ACCOUNT));
	if (ret) {
		kxen_host_close(port);
		kfree_rcu(p, rcu);
		return ret;
	}
	f->nr_ports++;
	return port;
}

static void drop(struct evtchn_file *f, struct evtchn_port *p, u32 port)
{
	kxen_host_close(port);	/* no event comes after this */
	xa_erase(&f->ports, port);
	f->nr_ports--;
	kfree_rcu(p, rcu);
}

static long bind_virq(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_bind_virq *a = arg;
	struct evtchn_port *p = new_port(f, UNRESTRICTED);
	u32 port;
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = kxen_host_bind_virq(a->virq, &p->host, &port);
	return keep(f, p, ret, port);
}

static long bind_interdomain(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_bind_interdomain *a = arg;
	struct evtchn_port *p = new_port(f, a->remote_domain);
	u32 port;
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = kxen_host_bind_interdomain(a->remote_domain, a->remote_port,
					 &p->host, &port);
	return keep(f, p, ret, port);
}

static long bind_unbound(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_bind_unbound_port *a = arg;
	struct evtchn_port *p = new_port(f, UNRESTRICTED);
	u32 port;
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = kxen_host_alloc_unbound(a->remote_domain, &p->host, &port);
	return keep(f, p, ret, port);
}

static long unbind(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_unbind *a = arg;
	struct evtchn_port *p;

	if (a->port >= KXEN_HOST_PORTS)
		return -EINVAL;
	p = xa_load(&f->ports, a->port);
	if (!p)
		return -ENOTCONN;
	drop(f, p, a->port);
	return 0;
}

/* Events that wait are forgotten; ports that have fired rest until written back. */
static long reset(struct evtchn_file *f, void *arg)
{
	mutex_lock(&f->read_lock);
	raw_spin_lock_irq(&f->ring_lock);
	f->cons = f->prod;
	f->overflow = false;
	raw_spin_unlock_irq(&f->ring_lock);
	mutex_unlock(&f->read_lock);
	return 0;
}

static long restrict_domid(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_restrict_domid *a = arg;

	if (f->restrict_domid != UNRESTRICTED)
		return -EACCES;
	if (!a->domid || a->domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	f->restrict_domid = a->domid;
	return 0;
}

/* Ports are made through this device alone: there is none that nobody holds. */
static long bind_static(struct evtchn_file *f, void *arg)
{
	u32 *port = arg;

	return xa_load(&f->ports, *port) ? -EISCONN : -EINVAL;
}

/* The hot one: neither the file's lock nor memory. */
static long notify(struct evtchn_file *f, u32 port)
{
	return xa_load(&f->ports, port) ? kxen_host_send(port) : -ENOTCONN;
}

static const struct {
	unsigned int cmd;
	u32 size;
	long (*fn)(struct evtchn_file *f, void *arg);
} calls[] = {
#define CALL(nr, fn)							\
	[_IOC_NR(nr)] = { nr, _IOC_SIZE(nr), fn }
	CALL(IOCTL_EVTCHN_BIND_VIRQ, bind_virq),
	CALL(IOCTL_EVTCHN_BIND_INTERDOMAIN, bind_interdomain),
	CALL(IOCTL_EVTCHN_BIND_UNBOUND_PORT, bind_unbound),
	CALL(IOCTL_EVTCHN_UNBIND, unbind),
	CALL(IOCTL_EVTCHN_RESET, reset),
	CALL(IOCTL_EVTCHN_RESTRICT_DOMID, restrict_domid),
	CALL(EVTCHN_BIND_STATIC, bind_static),
#undef CALL
};

static long evtchn_ioctl(struct file *file, unsigned int cmd,
			 unsigned long uptr)
{
	struct evtchn_file *f = file->private_data;
	void __user *user = (void __user *)uptr;
	u32 nr = _IOC_NR(cmd), arg[2], port;
	long ret;

	if (likely(cmd == IOCTL_EVTCHN_NOTIFY)) {
		if (get_user(port, (u32 __user *)user))
			return -EFAULT;
		return notify(f, port);
	}
	if (nr >= ARRAY_SIZE(calls) || calls[nr].cmd != cmd)
		return -ENOSYS;	/* what Linux's driver answers */
	nr = array_index_nospec(nr, ARRAY_SIZE(calls));
	if (copy_from_user(arg, user, calls[nr].size))
		return -EFAULT;
	if (mutex_lock_interruptible(&f->bind_lock))
		return -EINTR;
	ret = calls[nr].fn(f, arg);
	mutex_unlock(&f->bind_lock);
	return ret;
}

/* --- events ----------------------------------------------------------------------- */

/* Take the oldest one: 1, 0 for none, -EFBIG. */
static int take(struct evtchn_file *f, u32 *port)
{
	int ret = 0;

	raw_spin_lock_irq(&f->ring_lock);
	if (f->overflow) {
		ret = -EFBIG;
	} else if (f->cons != f->prod) {
		*port = f->ring[f->cons & (f->size - 1)];
		WRITE_ONCE(f->cons, f->cons + 1);
		ret = 1;
	}
	raw_spin_unlock_irq(&f->ring_lock);
	return ret;
}

static ssize_t read_some(struct evtchn_file *f, u32 __user *buf, size_t max)
{
	size_t n = 0;
	u32 port;
	int ret;

	lockdep_assert_held(&f->read_lock);
	while (n < max) {
		ret = take(f, &port);
		if (ret < 0)
			return n ? n * sizeof(port) : ret;
		if (!ret)
			break;
		if (put_user(port, buf + n))
			return -EFAULT;
		n++;
	}
	return n * sizeof(port);
}

static ssize_t evtchn_read(struct file *file, char __user *buf, size_t count,
			   loff_t *ppos)
{
	struct evtchn_file *f = file->private_data;
	size_t max = min_t(size_t, count, PAGE_SIZE) / sizeof(u32);
	ssize_t ret;

	if (!max)
		return 0;
	for (;;) {
		if (mutex_lock_interruptible(&f->read_lock))
			return -EINTR;
		ret = read_some(f, (u32 __user *)buf, max);
		mutex_unlock(&f->read_lock);
		if (ret)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(f->wait, has_events(f));
		if (ret)
			return ret;
	}
}

/* The number of a port that was read: it may fire again. */
static void rearm(struct evtchn_file *f, u32 port)
{
	struct evtchn_port *p = xa_load(&f->ports, port);

	lockdep_assert_held(&f->bind_lock);
	if (!p)
		return;
	raw_spin_lock_irq(&f->ring_lock);
	if (!p->ready) {
		p->ready = !p->fired;
		if (p->fired)
			put(f, port);
		p->fired = false;
	}
	raw_spin_unlock_irq(&f->ring_lock);
}

static ssize_t evtchn_write(struct file *file, const char __user *buf,
			    size_t count, loff_t *ppos)
{
	struct evtchn_file *f = file->private_data;
	size_t i, n = min_t(size_t, count, PAGE_SIZE) / sizeof(u32);
	const u32 __user *ports = (const u32 __user *)buf;
	u32 port;

	if (mutex_lock_interruptible(&f->bind_lock))
		return -EINTR;
	for (i = 0; i < n; i++) {
		if (get_user(port, ports + i))
			break;
		rearm(f, port);
	}
	mutex_unlock(&f->bind_lock);
	if (has_events(f))
		wake_readers(&f->wake);
	return i < n ? -EFAULT : n * sizeof(port);
}

static __poll_t evtchn_poll(struct file *file, poll_table *wait)
{
	struct evtchn_file *f = file->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &f->wait, wait);
	if (has_events(f))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(f->overflow))
		mask = EPOLLERR;
	return mask;
}

/* --- files ------------------------------------------------------------------------- */

static int evtchn_open(struct inode *inode, struct file *file)
{
	struct evtchn_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->bind_lock);
	mutex_init(&f->read_lock);
	raw_spin_lock_init(&f->ring_lock);
	xa_init(&f->ports);
	init_waitqueue_head(&f->wait);
	init_irq_work(&f->wake, wake_readers);
	f->restrict_domid = UNRESTRICTED;
	file->private_data = f;
	return stream_open(inode, file);
}

static int evtchn_release(struct inode *inode, struct file *file)
{
	struct evtchn_file *f = file->private_data;
	struct evtchn_port *p;
	unsigned long port;

	mutex_lock(&f->bind_lock);
	xa_for_each(&f->ports, port, p) {
		drop(f, p, port);
		cond_resched();
	}
	mutex_unlock(&f->bind_lock);
	irq_work_sync(&f->wake);
	xa_destroy(&f->ports);
	kvfree(f->ring);
	kfree(f);
	return 0;
}

static const struct file_operations evtchn_fops = {
	.owner = THIS_MODULE,
	.open = evtchn_open,
	.release = evtchn_release,
	.read = evtchn_read,
	.write = evtchn_write,
	.poll = evtchn_poll,
	.unlocked_ioctl = evtchn_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice evtchn_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/evtchn",
	.fops = &evtchn_fops,
	.mode = 0600,
};

int kxen_evtchn_dev_init(void)
{
	return misc_register(&evtchn_dev);
}

void kxen_evtchn_dev_exit(void)
{
	misc_deregister(&evtchn_dev);
}
