// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysctl: the log of Xen's, "xl dmesg". Here it is what the module has said in the kernel's log,
 * line by line, as long as that has it.
 *
 * Where the caller goes on is the number of a line in the kernel's log, 32 bits of it: it is his
 * to give back, and means nothing else.
 */
#include <linux/kmsg_dump.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hypercall.h"
#include "hc_toolstack.h"

#define LINE	1024
#define OURS	"kvm-xen: "	/* log.h */

/* The next call that does not go on begins here. */
static u64 cleared;

static void start(struct kmsg_dump_iter *k, const struct kxen_readconsole *c)
{
	u64 first;

	kmsg_dump_rewind(k);
	first = max(k->cur_seq, READ_ONCE(cleared));
	k->cur_seq = first;
	if (!c->incremental)
		return;
	first += (u32)(c->index - (u32)first);
	if (first <= k->next_seq)
		k->cur_seq = first;
}

/* One that does not fit is for the next call, unless it is the first. */
static long read_lines(struct kxen_hc *hc, struct kxen_readconsole *c, struct kmsg_dump_iter *k,
		       char *line)
{
	u32 room = c->count;
	size_t len;
	u64 at;

	c->count = 0;
	if (!room)
		return 0;
	for (at = k->cur_seq; kmsg_dump_get_line(k, false, line, LINE - 1, &len);
	     at = k->cur_seq) {
		line[len] = 0;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		if (!strstr(line, OURS))
			continue;
		if (c->count && len > room - c->count)
			break;
		len = min_t(size_t, len, room);
		if (kxen_hc_put(hc, c->buffer + c->count, line, len))
			return -EFAULT;
		c->count += len;
		if (c->count == room)
			return 0;
	}
	k->cur_seq = at;
	return 0;
}

long kxen_hc_readconsole(struct kxen_hc *hc, struct kxen_sysctl *s)
{
	struct kxen_readconsole *c = &s->u.console;
	struct kmsg_dump_iter k;
	char *line;
	long ret;

	line = kzalloc(LINE, GFP_KERNEL_ACCOUNT);
	if (!line)
		return -ENOMEM;
	start(&k, c);
	ret = read_lines(hc, c, &k, line);
	kfree(line);
	if (ret)
		return ret;
	if (c->clear)
		WRITE_ONCE(cleared, k.cur_seq);
	c->index = k.cur_seq;
	return 0;
}
