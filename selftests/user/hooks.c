// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of hooks, two of them: which are in place when, in which order they come and go, and
 * what is left when one cannot be placed.
 */
#include "shim.h"

#define KXEN_TEST_HOOKS

struct ftrace_ops { int none; };

static char trail[64];
static int locks;
static bool off;		/* ftrace is */
static char taken;		/* a function that somebody else has */
static char pin_fails;

static void note(char c)
{
	size_t n = strlen(trail);

	trail[n] = c;
	trail[n + 1] = 0;
}

#define DEFINE_MUTEX(name)	int name
#define mutex_lock(m)		((void)(m), locks++)
#define mutex_unlock(m)		((void)(m), locks--)
#define kxen_err(...)		note('!')

#include "../../kvm-xen/kvm/hook.h"

int kxen_hook_ready(void)
{
	return off ? -EBUSY : 0;
}

int kxen_hook_check(struct kxen_hook *h)
{
	h->address = *h->symbol == '-' ? 0 : *h->symbol;
	return h->address || h->optional ? 0 : -ENOENT;
}

int kxen_hook_pin(void)
{
	note('<');
	return pin_fails ? -EBUSY : 0;
}

void kxen_hook_unpin(void)
{
	note('>');
}

int kxen_hook_place(struct kxen_hook *h)
{
	if (*h->symbol == taken)
		return -EBUSY;
	note(*h->symbol);
	return 0;
}

void kxen_hook_remove(struct kxen_hook *h)
{
	note(*h->symbol | 0x20);
}

#include "../../kvm-xen/kvm/hook_set.c"

static struct kxen_hook hooks1[] = {
	{ .symbol = "A" }, { .symbol = "-", .optional = true }, { .symbol = "B" },
};
static struct kxen_hook hooks2[] = { { .symbol = "C" }, { .symbol = "D" } };
static struct kxen_hook hooks3[] = { { .symbol = "E" }, { .symbol = "-" } };
static struct kxen_hook hooks4[] = { { .symbol = "F" }, { .symbol = "B" } };
static struct kxen_hook_set set1 = { .hooks = hooks1, .nr = 3 };
static struct kxen_hook_set set2 = { .hooks = hooks2, .nr = 2 };
static struct kxen_hook_set set3 = { .hooks = hooks3, .nr = 2 };
static struct kxen_hook_set set4 = { .hooks = hooks4, .nr = 2 };

static int bad;

static void check_call(const char *name, int got, int want, const char *called)
{
	if (got == want && !strcmp(trail, called) && !locks) {
		printf("ok - %s\n", name);
	} else {
		printf("not ok - %s: %d for %d, %s for %s, %d locks\n", name, got, want, trail,
		       called, locks);
		bad = 1;
	}
	trail[0] = 0;
}

static void told(void)
{
	off = true;
	check_call("ftrace is off: no set", kxen_hook_set_add(&set1), -EBUSY, "");
	off = false;
	check_call("a set", kxen_hook_set_add(&set1), 0, "");
	check_call("another one", kxen_hook_set_add(&set2), 0, "");
	check_call("one of a function that there is not", kxen_hook_set_add(&set3), -ENOENT, "");
	check_call("one of a function that another set has", kxen_hook_set_add(&set4), -EEXIST, "!");
	check_call("the same set once more", kxen_hook_set_add(&set2), -EEXIST, "!");
	check_call("all hooks in a row", kxen_hook_at(3) == &hooks2[0] &&
		   kxen_hook_at(4) == &hooks2[1] && kxen_hook_at(0) == hooks1, 1, "");
	check_call("and no more", !kxen_hook_at(5), 1, "");
}

static void refused(void)
{
	pin_fails = 1;
	check_call("ftrace cannot be held: nothing", kxen_hook_set_get(&set1), -EBUSY, "<");
	pin_fails = 0;
	taken = 'B';
	check_call("one cannot be placed: none is", kxen_hook_set_get(&set1), -EBUSY, "<A!a>");
	taken = 'A';
	check_call("the first cannot be placed", kxen_hook_set_get(&set1), -EBUSY, "<!>");
	taken = 0;
}

int main(void)
{
	told();
	refused();
	check_call("the first taker", kxen_hook_set_get(&set1), 0, "<AB");
	check_call("is seen", hooks1[0].armed && !hooks1[1].armed && hooks1[2].armed, 1, "");
	check_call("the second finds it in place", kxen_hook_set_get(&set1), 0, "");
	taken = 'D';
	check_call("a set that fails leaves the other", kxen_hook_set_get(&set2), -EBUSY, "C!c");
	taken = 0;
	check_call("another set", kxen_hook_set_get(&set2), 0, "CD");
	check_call("one of two goes", (kxen_hook_set_put(&set1), 0), 0, "");
	check_call("the last one: gone, in the mirror order", (kxen_hook_set_put(&set1), 0), 0, "ba");
	check_call("the last set: ftrace is free", (kxen_hook_set_put(&set2), 0), 0, "dc>");
	check_call("and again", kxen_hook_set_get(&set1), 0, "<AB");
	check_call("is gone", (kxen_hook_set_put(&set1), hooks1[0].armed), 0, "ba>");
	return bad;
}
