/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks on functions of the running kernel.
 *
 * hook.c: where they can go. A back end puts one there. hook_set.c: those that come and go
 * together. Nothing in here knows what is hooked: the tables are whoever's needs them.
 *
 * A back end is the four functions at the end, in a file that Kbuild takes by what the kernel
 * can. hook_direct.c is for those with ftrace's direct calls, as all of x86's are: a trampoline
 * is entered with the function's arguments in their registers, and with two places to return
 * to, into the function behind its slot and to the function's caller. Where there are none
 * (arm64's 6.1), ftrace can only be told to go on elsewhere (IPMODIFY). Its back end sends the
 * slot to an entry in front of the trampoline, which adds the place that ftrace does not hand
 * on: hook_redirect.c. What else there is of hooks, tables and handlers, is the same.
 */
#ifndef KXEN_HOOK_H
#define KXEN_HOOK_H

#ifndef KXEN_TEST_HOOKS		/* selftests/user/hooks.c */
#include <linux/ftrace.h>
#include <linux/types.h>
#endif

struct kxen_hook;

/**
 * struct kxen_hook_way - another way to stand in for something than the back end's.
 * @check: as kxen_hook_check().
 * @place: as kxen_hook_place().
 * @remove: as kxen_hook_remove().
 */
struct kxen_hook_way {
	int (*check)(struct kxen_hook *h);
	int (*place)(struct kxen_hook *h);
	void (*remove)(struct kxen_hook *h);
};

/**
 * struct kxen_hook - one hooked function.
 * @symbol: name of the function, or of what the way knows by a name.
 * @why: what the hook is for, one line, shown in debugfs and in errors.
 * @trampoline: assembly entry that the function's slot leads to.
 * @redirect: where there are no direct calls: the entry in front of it.
 * @body: and the word in which that finds where the function goes on behind its slot.
 * @nargs: arguments the function was compiled against; KXEN_UNTYPED() for one outside of KVM.
 * @is_void: whether it returns nothing.
 * @optional: need not be there: the compiler may have put it into its callers.
 * @address: address of the symbol, once resolved; 0: it is not there.
 * @ip: address of its ftrace site, once resolved.
 * @ops: ftrace's handle, where the back end needs one for each.
 * @armed: in place now.
 * @way: NULL: the back end's.
 * @leads_to: for kxen_hook_call, where the owner of the call keeps what it leads to.
 */
struct kxen_hook {
	const char *symbol;
	const char *why;
	void *trampoline;
#ifndef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
	void *redirect;
	unsigned long *body;
#endif
	u16 nargs;
	bool is_void;
	bool optional;
	unsigned long address;
	unsigned long ip;
	struct ftrace_ops ops;
	bool armed;
	const struct kxen_hook_way *way;
	void *const *leads_to;
};

/**
 * struct kxen_hook_set - hooks that are in place together, while somebody needs them.
 * @hooks: the hooks.
 * @nr: their number.
 * @users: who needs them now.
 * @next: the set that was registered next.
 */
struct kxen_hook_set {
	struct kxen_hook *hooks;
	int nr;
	int users;
	struct kxen_hook_set *next;
};

/* hook_set.c */
int kxen_hook_set_add(struct kxen_hook_set *s);
int kxen_hook_set_get(struct kxen_hook_set *s);
void kxen_hook_set_put(struct kxen_hook_set *s);
const struct kxen_hook *kxen_hook_at(int i);

/* hook.c */
int kxen_hook_init(const char *pin);
unsigned long kxen_hook_lookup(const char *symbol);
unsigned long kxen_hook_find(const char *symbol);
int kxen_hook_ready(void);
int kxen_hook_check(struct kxen_hook *h);
int kxen_hook_pin(void);
void kxen_hook_unpin(void);
void kxen_hook_drain(void);

/* hook_call.c */
extern const struct kxen_hook_way kxen_hook_call;
bool kxen_hook_call_is_ours(const struct kxen_hook *h);

/* the back end */
int kxen_hook_place_init(void);
int kxen_hook_place_free(const struct kxen_hook *h);
int kxen_hook_place(struct kxen_hook *h);
void kxen_hook_remove(struct kxen_hook *h);

#endif
