/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is told which pages of guests are touched, and in which call: a part of a domain for which
 * that is to be counted. guest_word.h tells.
 */
#ifndef KXEN_WINDOW_H
#define KXEN_WINDOW_H

#include <linux/jump_label.h>
#include <linux/types.h>

#include "guest_word.h"

struct kxen_domain;
struct kxen_page;
struct kxen_vcpu;

/**
 * struct kxen_window_ops - the part that wants to know.
 * @touch: a page is touched: an address in it. Any context but an NMI's.
 * @begin: a vCPU's call begins: its own thread. One may be within another (multicall).
 * @end: it ends; as that.
 */
struct kxen_window_ops {
	void (*touch)(const void *p);
	void (*begin)(struct kxen_vcpu *v, u64 nr);
	void (*end)(struct kxen_vcpu *v);
};

void kxen_windows_get(const struct kxen_window_ops *ops);
void kxen_windows_put(void);

/* By guest_word.h and the following, while somebody wants to know. */
void kxen_window_touch(const void *p);
void kxen_window_begin(struct kxen_vcpu *v, u64 nr);
void kxen_window_end(struct kxen_vcpu *v);

#ifdef KXEN_CALL_SAVED
#define KXEN_WINDOW_BEGIN(v, nr) do {					\
	if (static_branch_unlikely(&kxen_windows_used))			\
		KXEN_CALL_SAVED_2(window_begin, v, nr);			\
} while (0)
#define KXEN_WINDOW_END(v) do {						\
	if (static_branch_unlikely(&kxen_windows_used))			\
		KXEN_CALL_SAVED(window_end, v);				\
} while (0)
#else
#define KXEN_WINDOW_BEGIN(v, nr)	((void)(v), (void)(nr))
#define KXEN_WINDOW_END(v)		((void)(v))
#endif

#endif
