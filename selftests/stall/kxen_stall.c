// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the window of a race wide, for a test that would need luck without. Whoever comes to
 * where[i], FUNCTION+OFFSET, waits for us[i] microseconds there; hits says how many have.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#define MAX_STALLS	8

struct stall {
	struct kprobe kp;
	unsigned int us;
	unsigned int *hits;
};

static char *where[MAX_STALLS];
static unsigned int us[MAX_STALLS], hits[MAX_STALLS];
static unsigned int nr_where, nr_us;
static struct stall stalls[MAX_STALLS];

module_param_array(where, charp, &nr_where, 0444);
module_param_array(us, uint, &nr_us, 0444);
module_param_array(hits, uint, &nr_where, 0444);

static int wait_here(struct kprobe *kp, struct pt_regs *regs)
{
	struct stall *s = container_of(kp, struct stall, kp);
	unsigned int left;

	for (left = s->us; left > 1000; left -= 1000)
		udelay(1000);
	udelay(left);
	WRITE_ONCE(*s->hits, *s->hits + 1);
	return 0;
}

/* Where this is called the kernel does not put a jump in the breakpoint's place later on. */
static void stay_a_breakpoint(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

static int place(struct stall *s, char *at)
{
	char *offset = strchr(at, '+');
	int ret;

	if (!offset)
		return -EINVAL;
	*offset++ = 0;
	ret = kstrtouint(offset, 0, &s->kp.offset);
	s->kp.symbol_name = at;
	s->kp.pre_handler = wait_here;
	s->kp.post_handler = stay_a_breakpoint;
	return ret ?: register_kprobe(&s->kp);
}

static void remove(unsigned int nr)
{
	while (nr--)
		unregister_kprobe(&stalls[nr].kp);
}

static int stall_init(void)
{
	unsigned int i;
	int ret;

	if (!nr_where || nr_us != nr_where)
		return -EINVAL;
	for (i = 0; i < nr_where; i++) {
		stalls[i].us = us[i];
		stalls[i].hits = &hits[i];
		ret = place(&stalls[i], where[i]);
		if (ret) {
			pr_err("kxen_stall: %s: %d\n", where[i], ret);
			remove(i);
			return ret;
		}
	}
	return 0;
}

static void stall_exit(void)
{
	remove(nr_where);
}

module_init(stall_init);
module_exit(stall_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("makes functions slow, for tests of races");
