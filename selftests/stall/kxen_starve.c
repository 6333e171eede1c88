// SPDX-License-Identifier: GPL-2.0
/*
 * Lets a function of the kernel find no memory, on kernels that cannot inject failures: what
 * "caller" asks kmalloc() for is NULL; hits says how often. For what comes of a failure in
 * KVM itself: selftests/fault is for the module's own.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#define CALL		0xe8
#define CALL_LEN	5
#define MAX_CALLS	4

static char *caller;
static unsigned int hits;
module_param(caller, charp, 0444);
module_param(hits, uint, 0444);

/* It is not called, and has given NULL. */
static int find_none(struct kprobe *kp, struct pt_regs *regs)
{
	WRITE_ONCE(hits, hits + 1);
	regs->ax = 0;
	regs->ip = (unsigned long)kp->addr + CALL_LEN;
	return 1;
}

static struct kprobe calls[MAX_CALLS];
static unsigned int nr_calls;

/* The function's first byte and length, NULL if there is none; nothing is probed. */
static const u8 *find(const char *name, unsigned long *len)
{
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	char text[KSYM_SYMBOL_LEN], *at;
	unsigned long offset;

	if (register_kprobe(&kp))
		return NULL;
	/* NAME+OFFSET/LENGTH, as in a stack trace: probes are behind an endbr. */
	sprint_symbol(text, (unsigned long)kp.addr);
	unregister_kprobe(&kp);
	at = strchr(text, '+');
	if (!at || sscanf(at, "+%lx/%lx", &offset, len) != 2)
		return NULL;
	return (u8 *)kp.addr - offset;
}

/* Does the code at @at call @callee? */
static bool is_call(const u8 *at, const u8 *callee)
{
	s32 distance;

	memcpy(&distance, at + 1, sizeof(distance));
	return *at == CALL && at + CALL_LEN + distance == callee;
}

static void stop(void)
{
	while (nr_calls)
		unregister_kprobe(&calls[--nr_calls]);
}

static int probe(const u8 *at)
{
	struct kprobe *kp = &calls[nr_calls];
	int ret;

	if (nr_calls == MAX_CALLS)
		return -ENOSPC;
	kp->pre_handler = find_none;
	kp->addr = (void *)at;
	ret = register_kprobe(kp);
	if (!ret)
		nr_calls++;
	return ret;
}

static int starve_init(void)
{
	unsigned long len, unused, i;
	const u8 *start, *callee;
	int ret = 0;

	if (!caller)
		return -EINVAL;
	start = find(caller, &len);
	callee = find("__kmalloc_noprof", &unused) ?: find("__kmalloc", &unused);
	if (!start || !callee)
		return -ENOENT;
	for (i = 0; !ret && i + CALL_LEN <= len; i++)
		if (is_call(start + i, callee))
			ret = probe(start + i);
	if (!ret && !nr_calls)
		ret = -ENOENT;
	if (ret)
		stop();
	return ret;
}

module_init(starve_init);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("lets a function find no memory, for tests");
