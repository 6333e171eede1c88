// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameter fail_nth, as /proc/thread-self/fail-nth of a kernel with fault injection:
 * whoever writes N to it sees the N-th allocation that the module makes on his behalf
 * fail; reading gives how many are left to come, 0 once one has failed. As a parameter of
 * the load it counts from the module's initialisation on. One task at a time.
 *
 * And most_pages: how many of a kind a domain can hold, if that is less than as it is.
 */
#include <linux/module.h>
#include <linux/sched.h>

static DEFINE_SPINLOCK(fault_lock);
static struct task_struct *fault_task;
static unsigned int fault_left;

static int fault_set(const char *text, const struct kernel_param *kp)
{
	unsigned long flags;
	unsigned int n;
	int ret = kstrtouint(text, 0, &n);

	if (ret)
		return ret;
	spin_lock_irqsave(&fault_lock, flags);
	fault_task = n ? current : NULL;
	fault_left = n;
	spin_unlock_irqrestore(&fault_lock, flags);
	return 0;
}

static int fault_get(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%u\n", READ_ONCE(fault_left));
}

static const struct kernel_param_ops fault_ops = {
	.set = fault_set,
	.get = fault_get,
};
module_param_cb(fail_nth, &fault_ops, NULL, 0600);
MODULE_PARM_DESC(fail_nth, "for tests: the caller's n-th allocation fails");

static unsigned int most_pages;
module_param(most_pages, uint, 0600);
MODULE_PARM_DESC(most_pages, "for tests: pages of a kind that a domain can hold (0: no such limit)");

bool kxen_fault_full(unsigned int used)
{
	unsigned int most = READ_ONCE(most_pages);

	return most && used >= most;
}

/* Is it this allocation's turn to fail? */
bool kxen_fault(void)
{
	unsigned long flags;
	bool hit = false;

	if (!in_task() || READ_ONCE(fault_task) != current)
		return false;
	spin_lock_irqsave(&fault_lock, flags);
	if (fault_task == current && !--fault_left) {
		fault_task = NULL;
		hit = true;
	}
	spin_unlock_irqrestore(&fault_lock, flags);
	return hit;
}
