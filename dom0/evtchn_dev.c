// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/evtchn, as Linux has it in domain 0 on Xen: libxenevtchn and all that is
 * built on it work unmodified.
 *
 * A port that fires is put at the end of the file's list, and is then disabled until its number
 * is written back; events meanwhile are one event, delivered then. So a guest that sends
 * without end costs the host one entry (CVE-2020-27673). Each port is its own entry, and
 * leaves the list when it is unbound: there is always room, and EFBIG, which Linux's
 * driver has for a ring that is full, never comes.
 */
#include <linux/build_bug.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <xen/interface/xen.h>
#include <xen/evtchn.h>

#include "../evtchn/evtchn.h"
#include "../kvm-xen/kxen.h"
#include "dom0_internal.h"

#define UNRESTRICTED	U32_MAX
#define SOME		64	/* ports that are copied at once */
#define ARG_WORDS	2	/* u32s that hold the largest argument of an ioctl */

/* Not in the headers of every kernel. */
#define EVTCHN_BIND_STATIC	_IOC(_IOC_NONE, 'E', 7, sizeof(u32))

/**
 * struct evtchn_file - one open file.
 * @bind_lock: serialises everything that changes @ports.
 * @ports: its struct evtchn_port, by number; looked up under RCU.
 * @restrict_domid: the only domain that new ports may be bound to.
 * @read_lock: one reader at a time; nobody but readers takes it.
 * @fired_lock: the list, and the flags of all ports of the file; taken while a guest
 *	sends.
 * @fired: ports that have fired, in order.
 * @wait: readers and pollers.
 * @wake: wakes them where that cannot be done at once.
 */
struct evtchn_file {
	struct mutex bind_lock;		/* changes of the ports */
	struct xarray ports;
	u32 restrict_domid;

	struct mutex read_lock;		/* one reader at a time */
	raw_spinlock_t fired_lock;
	struct list_head fired;
	wait_queue_head_t wait;
	struct irq_work wake;
};

/**
 * struct evtchn_port - a port of a file.
 * @host: what the port calls.
 * @file: its file; NULL: closed there, and open for others' sake. RCU.
 * @port: its number.
 * @refs: the file, and those that will send on it once more: kxen_evtchn_dev_get(). It is closed
 *	by the last.
 * @node: in the file's list, if it has fired and was not read.
 * @enabled: may fire.
 * @again: has fired while it was not enabled.
 * @shown: a reader is copying its number: stays in the list until that is done.
 * @gone: unbound; must not get into the list any more.
 * @rcu: for kfree_rcu().
 */
struct evtchn_port {
	struct kxen_host_port host;
	struct evtchn_file *file;
	u32 port;
	refcount_t refs;
	struct list_head node;
	bool enabled;
	bool again;
	bool shown;
	bool gone;
	struct rcu_head rcu;
};

/* Every struct evtchn_port by its number; looked up under RCU, changed by who binds and closes. */
static DEFINE_XARRAY(evtchn_dev_ports);

static void wake_readers(struct irq_work *work)
{
	struct evtchn_file *f = container_of(work, struct evtchn_file, wake);

	wake_up_interruptible_poll(&f->wait, EPOLLIN | EPOLLRDNORM);
}

/* Into the list, unless it is there: then it is read after this event, too. */
static void fired_add(struct evtchn_file *f, struct evtchn_port *p)
{
	lockdep_assert_held(&f->fired_lock);
	if (list_empty(&p->node))
		list_add_tail(&p->node, &f->fired);
}

/* An event: somebody sends, with its port locked and interrupts off. */
static void evtchn_dev_event(struct kxen_host_port *host, u32 port)
{
	struct evtchn_port *p = container_of(host, struct evtchn_port, host);
	struct evtchn_file *f = READ_ONCE(p->file);
	bool enabled, sleeps;

	if (!f)
		return;
	raw_spin_lock(&f->fired_lock);
	enabled = p->enabled && !p->gone;
	p->enabled = false;
	p->again = !enabled;
	if (enabled)
		fired_add(f, p);
	raw_spin_unlock(&f->fired_lock);
	if (!enabled)
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
	return !list_empty(&f->fired);
}

/* It may fire again, and does so at once if something came meanwhile. */
static void port_enable(struct evtchn_file *f, struct evtchn_port *p)
{
	bool again = false;

	raw_spin_lock_irq(&f->fired_lock);
	if (!p->enabled && !p->gone) {
		again = p->again;
		p->enabled = !again;
		p->again = false;
		if (again)
			fired_add(f, p);
	}
	raw_spin_unlock_irq(&f->fired_lock);
	if (again)
		wake_readers(&f->wake);
}

/* --- ports ---------------------------------------------------------------------- */

/* For a channel to @peer; UNRESTRICTED: to nobody in particular. */
static struct evtchn_port *new_port(struct evtchn_file *f, u32 peer)
{
	struct evtchn_port *p;

	if (f->restrict_domid != UNRESTRICTED && f->restrict_domid != peer)
		return ERR_PTR(-EACCES);
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->host.event = evtchn_dev_event;
	p->file = f;
	refcount_set(&p->refs, 1);
	INIT_LIST_HEAD(&p->node);
	/* Not enabled: what comes before the file knows its number is kept until then. */
	return p;
}

/* Was it the last one? */
static bool port_put(struct evtchn_port *p)
{
	if (!refcount_dec_and_test(&p->refs))
		return false;
	/* Its number is another port's as soon as it is closed. */
	xa_erase(&evtchn_dev_ports, p->port);
	kxen_host_close(p->port);
	kfree_rcu(p, rcu);
	return true;
}

/* No event comes any more, nor is one found that came before. */
static void close_port(struct evtchn_file *f, struct evtchn_port *p)
{
	raw_spin_lock_irq(&f->fired_lock);
	list_del_init(&p->node);
	p->gone = true;
	raw_spin_unlock_irq(&f->fired_lock);
	WRITE_ONCE(p->file, NULL);
	/* It stays open: wait for an event that has found the file (interrupts are off there). */
	if (!port_put(p))
		synchronize_rcu();
}

/**
 * kxen_evtchn_dev_get() - Keep a port open, to send on it when its file may have been closed.
 * @port: a port of any file's.
 *
 * Context: may sleep.
 * Return: the port, or NULL: no file has it.
 */
struct evtchn_port *kxen_evtchn_dev_get(u32 port)
{
	struct evtchn_port *p;

	rcu_read_lock();
	p = xa_load(&evtchn_dev_ports, port);
	if (p && !refcount_inc_not_zero(&p->refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

/**
 * kxen_evtchn_dev_put() - The end of that.
 * @p: the port, NULL: there is none.
 * @send: on it, before.
 *
 * Context: may sleep.
 */
void kxen_evtchn_dev_put(struct evtchn_port *p, bool send)
{
	if (!p)
		return;
	if (send)
		kxen_host_send(p->port, &p->host);
	port_put(p);
}

/* It is bound, or @ret says why not: the file's from now on. Its number, or an errno. */
static long port_install(struct evtchn_file *f, struct evtchn_port *p, long ret,
			 u32 port)
{
	if (ret) {
		kfree(p);
		return ret;
	}
	p->port = port;
	ret = xa_err(xa_store(&f->ports, port, p, GFP_KERNEL_ACCOUNT));
	if (!ret)
		ret = xa_err(xa_store(&evtchn_dev_ports, port, p, GFP_KERNEL_ACCOUNT));
	if (ret) {
		xa_erase(&f->ports, port);
		close_port(f, p);
		return ret;
	}
	port_enable(f, p);
	return port;
}

static void port_remove(struct evtchn_file *f, struct evtchn_port *p, u32 port)
{
	xa_erase(&f->ports, port);
	close_port(f, p);
}

static long evtchn_dev_bind_virq(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_bind_virq *a = arg;
	struct evtchn_port *p = new_port(f, UNRESTRICTED);
	u32 port;
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = kxen_host_bind_virq(a->virq, &p->host, &port);
	return port_install(f, p, ret, port);
}

static long evtchn_dev_bind_interdomain(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_bind_interdomain *a = arg;
	struct evtchn_port *p = new_port(f, a->remote_domain);
	u32 port;
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = kxen_host_bind_interdomain(a->remote_domain, a->remote_port,
					 &p->host, &port);
	return port_install(f, p, ret, port);
}

static long evtchn_dev_bind_unbound(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_bind_unbound_port *a = arg;
	struct evtchn_port *p = new_port(f, UNRESTRICTED);
	u32 port;
	long ret;

	if (IS_ERR(p))
		return PTR_ERR(p);
	ret = kxen_host_alloc_unbound(a->remote_domain, &p->host, &port);
	return port_install(f, p, ret, port);
}

static long evtchn_dev_unbind(struct evtchn_file *f, void *arg)
{
	struct ioctl_evtchn_unbind *a = arg;
	struct evtchn_port *p;

	if (a->port >= KXEN_HOST_PORTS)
		return -EINVAL;
	p = xa_load(&f->ports, a->port);
	if (!p)
		return -ENOTCONN;
	port_remove(f, p, a->port);
	return 0;
}

/* Events that wait are forgotten; ports that have fired stay disabled until written back. */
static long evtchn_dev_reset(struct evtchn_file *f, void *arg)
{
	struct evtchn_port *p;
	u32 n;

	do {
		raw_spin_lock_irq(&f->fired_lock);
		for (n = 0; n < SOME && !list_empty(&f->fired); n++) {
			p = list_first_entry(&f->fired, struct evtchn_port, node);
			list_del_init(&p->node);
			p->shown = false;
		}
		raw_spin_unlock_irq(&f->fired_lock);
	} while (n == SOME);
	return 0;
}

static long evtchn_dev_restrict_domid(struct evtchn_file *f, void *arg)
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
static long evtchn_dev_bind_static(struct evtchn_file *f, void *arg)
{
	u32 *port = arg;

	return xa_load(&f->ports, *port) ? -EISCONN : -EINVAL;
}

/*
 * The hot one: neither the file's lock nor memory. What was looked up may be closed by
 * now, and its number another file's: the port knows its consumer, which RCU keeps.
 */
static long evtchn_dev_notify(struct evtchn_file *f, u32 port)
{
	struct evtchn_port *p;
	long ret = -ENOTCONN;

	rcu_read_lock();
	p = xa_load(&f->ports, port);
	if (p)
		ret = kxen_host_send(port, &p->host);
	rcu_read_unlock();
	return ret;
}

static const struct {
	unsigned int cmd;
	u32 size;
	long (*fn)(struct evtchn_file *f, void *arg);
} evtchn_dev_calls[] = {
#define CALL(nr, fn)							\
	[_IOC_NR(nr)] = { nr, _IOC_SIZE(nr) +				\
		BUILD_BUG_ON_ZERO(_IOC_SIZE(nr) > ARG_WORDS * sizeof(u32)), fn }
	CALL(IOCTL_EVTCHN_BIND_VIRQ, evtchn_dev_bind_virq),
	CALL(IOCTL_EVTCHN_BIND_INTERDOMAIN, evtchn_dev_bind_interdomain),
	CALL(IOCTL_EVTCHN_BIND_UNBOUND_PORT, evtchn_dev_bind_unbound),
	CALL(IOCTL_EVTCHN_UNBIND, evtchn_dev_unbind),
	CALL(IOCTL_EVTCHN_RESET, evtchn_dev_reset),
	CALL(IOCTL_EVTCHN_RESTRICT_DOMID, evtchn_dev_restrict_domid),
	CALL(EVTCHN_BIND_STATIC, evtchn_dev_bind_static),
#undef CALL
};

static long evtchn_dev_ioctl(struct file *file, unsigned int cmd,
			     unsigned long uptr)
{
	struct evtchn_file *f = file->private_data;
	void __user *user = (void __user *)uptr;
	u32 nr = _IOC_NR(cmd), arg[ARG_WORDS], port;
	long ret;

	if (likely(cmd == IOCTL_EVTCHN_NOTIFY)) {
		if (get_user(port, (u32 __user *)user))
			return -EFAULT;
		return evtchn_dev_notify(f, port);
	}
	if (nr >= ARRAY_SIZE(evtchn_dev_calls) || evtchn_dev_calls[nr].cmd != cmd)
		return -ENOSYS;	/* what Linux's driver answers */
	nr = array_index_nospec(nr, ARRAY_SIZE(evtchn_dev_calls));
	if (copy_from_user(arg, user, evtchn_dev_calls[nr].size))
		return -EFAULT;
	if (mutex_lock_interruptible(&f->bind_lock))
		return -EINTR;
	ret = evtchn_dev_calls[nr].fn(f, arg);
	mutex_unlock(&f->bind_lock);
	return ret;
}

/* --- events ----------------------------------------------------------------------- */

/* The oldest ones, which stay where they are. How many. */
static u32 fired_show(struct evtchn_file *f, u32 *port, u32 max)
{
	struct evtchn_port *p;
	u32 n = 0;

	lockdep_assert_held(&f->read_lock);
	raw_spin_lock_irq(&f->fired_lock);
	list_for_each_entry(p, &f->fired, node) {
		if (n == max)
			break;
		p->shown = true;
		port[n++] = p->port;
	}
	raw_spin_unlock_irq(&f->fired_lock);
	return n;
}

/* Those that were shown, and are still there, come first. They were read, or were not. */
static void fired_take(struct evtchn_file *f, bool read)
{
	struct evtchn_port *p, *next;

	lockdep_assert_held(&f->read_lock);
	raw_spin_lock_irq(&f->fired_lock);
	list_for_each_entry_safe(p, next, &f->fired, node) {
		if (!p->shown)
			break;
		p->shown = false;
		if (read)
			list_del_init(&p->node);
	}
	raw_spin_unlock_irq(&f->fired_lock);
}

/* A buffer that cannot be written to loses no event. */
static ssize_t read_some(struct evtchn_file *f, u32 __user *buf, size_t max)
{
	u32 port[SOME], n;
	size_t done = 0;
	bool bad;

	while (done < max) {
		n = fired_show(f, port, min_t(size_t, max - done, SOME));
		if (!n)
			break;
		bad = copy_to_user(buf + done, port, n * sizeof(*port));
		fired_take(f, !bad);
		if (bad)
			return done ? done * sizeof(*port) : -EFAULT;
		done += n;
	}
	return done * sizeof(*port);
}

static ssize_t evtchn_dev_read(struct file *file, char __user *buf, size_t count,
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
	struct evtchn_port *p;

	rcu_read_lock();
	p = xa_load(&f->ports, port);
	if (p)
		port_enable(f, p);
	rcu_read_unlock();
}

static ssize_t evtchn_dev_write(struct file *file, const char __user *buf,
				size_t count, loff_t *ppos)
{
	struct evtchn_file *f = file->private_data;
	size_t done, n = min_t(size_t, count, PAGE_SIZE) / sizeof(u32);
	const u32 __user *ports = (const u32 __user *)buf;
	u32 port[SOME], i, want, got;
	ssize_t ret = n * sizeof(*port);

	for (done = 0; done < n; done += got) {
		want = min_t(size_t, n - done, SOME);
		got = want - DIV_ROUND_UP(copy_from_user(port, ports + done,
							 want * sizeof(*port)),
					  sizeof(*port));
		for (i = 0; i < got; i++)
			rearm(f, port[i]);
		if (got < want) {
			ret = -EFAULT;
			break;
		}
	}
	return ret;
}

static __poll_t evtchn_dev_poll(struct file *file, poll_table *wait)
{
	struct evtchn_file *f = file->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &f->wait, wait);
	if (has_events(f))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/* --- files ------------------------------------------------------------------------- */

static int evtchn_dev_open(struct inode *inode, struct file *file)
{
	struct evtchn_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->bind_lock);
	mutex_init(&f->read_lock);
	raw_spin_lock_init(&f->fired_lock);
	INIT_LIST_HEAD(&f->fired);
	xa_init(&f->ports);
	init_waitqueue_head(&f->wait);
	init_irq_work(&f->wake, wake_readers);
	f->restrict_domid = UNRESTRICTED;
	file->private_data = f;
	return stream_open(inode, file);
}

static int evtchn_dev_release(struct inode *inode, struct file *file)
{
	struct evtchn_file *f = file->private_data;
	struct evtchn_port *p;
	unsigned long port;

	mutex_lock(&f->bind_lock);
	xa_for_each(&f->ports, port, p) {
		port_remove(f, p, port);
		cond_resched();
	}
	mutex_unlock(&f->bind_lock);
	irq_work_sync(&f->wake);
	xa_destroy(&f->ports);
	kfree(f);
	return 0;
}

static const struct file_operations evtchn_dev_fops = {
	.owner = THIS_MODULE,
	.open = evtchn_dev_open,
	.release = evtchn_dev_release,
	.read = evtchn_dev_read,
	.write = evtchn_dev_write,
	.poll = evtchn_dev_poll,
	.unlocked_ioctl = evtchn_dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

struct miscdevice kxen_evtchn_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/evtchn",
	.fops = &evtchn_dev_fops,
	.mode = 0600,
};
