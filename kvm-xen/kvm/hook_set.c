// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of hooks. Whoever needs KVM's calls in a place of his own has a set, tells it at load,
 * and takes it when he needs it: it is in place from the first taker to the last.
 *
 * Nothing in here places a hook: this also builds in user space, for a test.
 */
#ifndef KXEN_TEST_HOOKS		/* selftests/user/hooks.c */
#include <linux/mutex.h>

#include "../log.h"
#endif

#include "hook.h"

static DEFINE_MUTEX(sets_lock);
static struct kxen_hook_set *sets;	/* in the order of registration */
static int nr_taken;			/* sets in place */

/* The @i-th hook of all sets, NULL behind the last one. They come at load and stay. */
const struct kxen_hook *kxen_hook_at(int i)
{
	const struct kxen_hook_set *s;

	for (s = sets; s && i >= s->nr; s = s->next)
		i -= s->nr;
	return s ? &s->hooks[i] : NULL;
}

static int check(struct kxen_hook_set *s)
{
	int i, ret = kxen_hook_ready();

	for (i = 0; !ret && i < s->nr; i++)
		ret = kxen_hook_check(&s->hooks[i]);
	return ret;
}

/*
 * A function has one direct call. Where two sets want the same one, whichever is armed later
 * would fail, and say that it was somebody else's.
 */
static int check_others(const struct kxen_hook_set *s)
{
	const struct kxen_hook *h;
	int i, k;

	for (i = 0; (h = kxen_hook_at(i)); i++) {
		for (k = 0; h->address && k < s->nr; k++) {
			if (s->hooks[k].address != h->address)
				continue;
			kxen_err("'%s' is hooked twice: %s; %s", h->symbol, h->why,
				 s->hooks[k].why);
			return -EEXIST;
		}
	}
	return 0;
}

/**
 * kxen_hook_set_add() - Register a set.
 * @s: the set; it stays until the module is unloaded.
 *
 * Context: module load, before type information is checked; may sleep.
 * Return: 0, or a negative errno with one line in the log: it could not be placed; -EEXIST: not
 * beside the sets that were registered before.
 */
int kxen_hook_set_add(struct kxen_hook_set *s)
{
	struct kxen_hook_set **last = &sets;
	int ret = check(s) ?: check_others(s);

	if (ret)
		return ret;
	while (*last)
		last = &(*last)->next;
	*last = s;
	return 0;
}

static int place_one(struct kxen_hook *h)
{
	return h->way ? h->way->place(h) : kxen_hook_place(h);
}

static void remove_one(struct kxen_hook *h)
{
	if (h->way)
		h->way->remove(h);
	else
		kxen_hook_remove(h);
}

static void remove_all(struct kxen_hook_set *s, int nr)
{
	while (nr--) {
		if (!s->hooks[nr].armed)
			continue;
		remove_one(&s->hooks[nr]);
		s->hooks[nr].armed = false;
	}
}

/* All, or none. */
static int place_all(struct kxen_hook_set *s)
{
	int i, ret = check(s);

	for (i = 0; !ret && i < s->nr; i++) {
		struct kxen_hook *h = &s->hooks[i];

		if (!h->address)
			continue;
		ret = place_one(h);
		h->armed = !ret;
		if (ret)
			kxen_err("cannot hook '%s' (error %d): a livepatch or a tracer of that function has to go first",
				 h->symbol, ret);
	}
	if (ret)
		remove_all(s, i);
	return ret;
}

/**
 * kxen_hook_set_get() - Need a set from now on.
 * @s: the set.
 *
 * While any set is in place ftrace cannot be switched off.
 * Context: may sleep; takes sets_lock.
 * Return: 0 with all hooks in place, or a negative errno with none and one line in the log.
 */
int kxen_hook_set_get(struct kxen_hook_set *s)
{
	int ret = 0;

	mutex_lock(&sets_lock);
	if (!s->users) {
		ret = nr_taken ? 0 : kxen_hook_pin();
		if (!ret) {
			ret = place_all(s);
			nr_taken += !ret;
			if (!nr_taken)
				kxen_hook_unpin();
		}
	}
	s->users += !ret;
	mutex_unlock(&sets_lock);
	return ret;
}

/**
 * kxen_hook_set_put() - Need a set no longer.
 * @s: the set.
 *
 * Context: may sleep; takes sets_lock. A call that was inside a hook of the last one's may
 * still be: see kxen_hook_drain().
 */
void kxen_hook_set_put(struct kxen_hook_set *s)
{
	mutex_lock(&sets_lock);
	if (!--s->users) {
		remove_all(s, s->nr);
		if (!--nr_taken)
			kxen_hook_unpin();
	}
	mutex_unlock(&sets_lock);
}
