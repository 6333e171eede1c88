// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where hooks can go, and that they stay: symbols, ftrace slots, ftrace itself.
 *
 * The function's own ftrace slot leads to a trampoline of ours, which for a caller that is
 * none of our business returns into the function after a load, a compare and a jump. How the
 * slot does that is the back end's (hook.h). Documentation/hooking.rst has the reasons, the
 * measured alternatives and the proof that no CPU is left in module text when it goes away.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/static_call.h>

#include "calls.h"
#include "hook.h"
#include "../log.h"

/*
 * Neither of these is exported. They are called through static calls, not
 * through pointers: on a kernel with indirect branch tracking an indirect call
 * to a function whose ENDBR was sealed is fatal.
 */
static unsigned long lookup_name_proto(const char *name)
{
	return 0;
}

static unsigned long location_proto(unsigned long ip)
{
	return 0;
}

DEFINE_STATIC_CALL(kxen_lookup_name, lookup_name_proto);
DEFINE_STATIC_CALL(kxen_ftrace_location, location_proto);

/*
 * Only placed to be told the address. Disabled from the start: nothing in the kernel is
 * changed, so that nothing can fail when it is taken away again.
 */
static struct kprobe lookup_probe = {
	.symbol_name = "kallsyms_lookup_name",
	.flags = KPROBE_FLAG_DISABLED,
};

/*
 * A function tracer that does nothing and cannot be switched off: while it is
 * registered, 'sysctl kernel.ftrace_enabled=0' is refused, so that no hook can
 * vanish below a running guest.
 */
static void notrace pin_func(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops pin_ops;
static const char *pin_symbol;

/**
 * kxen_hook_init() - Find the kernel's symbol look-up.
 * @pin: a traceable function that is called rarely and never hooked.
 *
 * Context: module load, may sleep.
 * Return: 0 or a negative errno, with one line in the log.
 */
int kxen_hook_init(const char *pin)
{
	unsigned long addr;
	int ret;

	pin_symbol = pin;
	ret = register_kprobe(&lookup_probe);
	if (ret) {
		kxen_err("no kprobe can be placed (error %d): this kernel runs with kprobes off or locked down",
			 ret);
		return ret;
	}
	addr = (unsigned long)lookup_probe.addr;
	unregister_kprobe(&lookup_probe);
	static_call_update(kxen_lookup_name, (typeof(lookup_name_proto) *)addr);

	addr = kxen_hook_lookup("ftrace_location");
	if (!addr)
		return -ENOENT;
	static_call_update(kxen_ftrace_location, (typeof(location_proto) *)addr);
	return kxen_hook_place_init();
}

/**
 * kxen_hook_lookup() - Address of a kernel symbol.
 * @symbol: its name.
 *
 * Return: the address, or 0 with one line in the log.
 */
unsigned long kxen_hook_lookup(const char *symbol)
{
	unsigned long addr = static_call(kxen_lookup_name)(symbol);

	if (!addr)
		kxen_err("this kernel has no symbol '%s'", symbol);
	return addr;
}

/* As kxen_hook_lookup(), for what need not be there. */
unsigned long kxen_hook_find(const char *symbol)
{
	return static_call(kxen_lookup_name)(symbol);
}

/**
 * kxen_hook_check() - Resolve a hook and see that it could be placed.
 * @h: the hook; one that is optional, and not there, has no address afterwards.
 *
 * Changes nothing. Run at load and again before each arming.
 * Context: may sleep.
 * Return: 0, or a negative errno with one line in the log.
 */
int kxen_hook_check(struct kxen_hook *h)
{
	if (h->way)
		return h->way->check(h);
	h->address = h->optional ? kxen_hook_find(h->symbol) : kxen_hook_lookup(h->symbol);
	if (!h->address)
		return h->optional ? 0 : -ENOENT;
	h->ip = static_call(kxen_ftrace_location)(h->address);
	if (!h->ip) {
		kxen_err("'%s' cannot be traced on this kernel (no ftrace slot)",
			 h->symbol);
		return -EOPNOTSUPP;
	}
	return h->armed ? 0 : kxen_hook_place_free(h);
}

/*
 * Hooks do nothing while ftrace is off. 0, or an errno with one line in the log. Where
 * nobody knows, kxen_hook_pin() is refused.
 */
int kxen_hook_ready(void)
{
	const int *enabled = kxen_kvm_data(ftrace_enabled);

	if (!enabled || READ_ONCE(*enabled))
		return 0;
	kxen_err("ftrace is switched off: 'sysctl kernel.ftrace_enabled=1' first");
	return -EBUSY;
}

/**
 * kxen_hook_pin() - Keep ftrace from being switched off.
 *
 * Return: 0 or a negative errno with one line in the log.
 */
int kxen_hook_pin(void)
{
	unsigned long addr = kxen_hook_lookup(pin_symbol);
	int ret;

	if (!addr)
		return -ENOENT;
	addr = static_call(kxen_ftrace_location)(addr);
	if (!addr) {
		kxen_err("'%s' cannot be traced on this kernel (no ftrace slot)",
			 pin_symbol);
		return -EOPNOTSUPP;
	}
	/* From scratch: ftrace_free_filter() leaves pointers to what it freed. */
	pin_ops = (struct ftrace_ops) {
		.func = pin_func,
		.flags = FTRACE_OPS_FL_PERMANENT,
	};
	ret = ftrace_set_filter_ip(&pin_ops, addr, 0, 1);
	if (!ret) {
		ret = register_ftrace_function(&pin_ops);
		if (ret)
			ftrace_free_filter(&pin_ops);
	}
	if (ret)
		kxen_err("ftrace cannot be held switched on (error %d): is 'sysctl kernel.ftrace_enabled' 1?",
			 ret);
	return ret;
}

void kxen_hook_unpin(void)
{
	int ret = unregister_ftrace_function(&pin_ops);

	if (WARN_ONCE(ret, "kvm-xen: ftrace stays pinned (%d)\n", ret))
		__module_get(THIS_MODULE);
	ftrace_free_filter(&pin_ops);
}

/**
 * kxen_hook_drain() - Wait until no task is left in a trampoline or handler.
 *
 * Called after disarming and with no domain alive. What can still be inside is
 * a task that was preempted between the ftrace slot and its return: it has not
 * slept by itself, so a grace period of RCU-tasks covers it. Handlers that sleep
 * only run for attached VMs, and those hold a module reference.
 */
void kxen_hook_drain(void)
{
	synchronize_rcu_tasks();
}
