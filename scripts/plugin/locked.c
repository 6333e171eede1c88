// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin for 'make bench': locked instructions between two marks, all those that one
 * function takes, with what it calls, and rounds of string instructions after their first.
 *
 * Everything that the one emulated CPU executes counts, in the guest, the host and
 * between. The function is given by its first address,
 * the one behind it, and that of the return thunk that it may end with: from=, to=,
 * thunk=, in hexadecimal. A string instruction counts once for each round, as in the time-stamp:
 * what is more than one is told, so that it can be left out of copies.
 * Output: a line "number locked function rounds" per pair of marks.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static uint64_t locked, locked_before;
static uint64_t insns;			/* by whole blocks, when they begin */
static uint64_t inside, inside_before;
static uint64_t entered;
static uint64_t rounds, rounds_before;
static uint64_t string_at, string_insns;	/* the last round of one, and when it was */
static uint64_t from, to, thunk;

static void on_mark(unsigned int cpu, void *data)
{
	uintptr_t mark = (uintptr_t)data;

	if (mark & 1) {
		locked_before = locked;
		inside_before = inside;
		rounds_before = rounds;
		return;
	}
	fprintf(out, "%u %llu %llu %llu\n", mark_op(mark),
		(unsigned long long)(locked - locked_before),
		(unsigned long long)(inside - inside_before),
		(unsigned long long)(rounds - rounds_before));
}

/* The block that begins with the function is counted already, all of it. */
static void on_enter(unsigned int cpu, void *block)
{
	entered = insns - (uintptr_t)block;
}

static void on_return(unsigned int cpu, void *unused)
{
	inside += insns - entered;
}

/* Each round but the first is a block by itself: nothing but it was executed since the last one. */
static void on_string(unsigned int cpu, void *data)
{
	if ((uintptr_t)data == string_at && insns == string_insns + 1)
		rounds++;
	string_at = (uintptr_t)data;
	string_insns = insns;
}

/* Entry and ends of the function. */
static void watch(struct qemu_plugin_insn *insn, size_t block)
{
	uint64_t at = qemu_plugin_insn_vaddr(insn);

	if (at < from || at >= to)
		return;
	if (at == from)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_enter,
						       QEMU_PLUGIN_CB_NO_REGS,
						       (void *)block);
	if (is_return(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn),
		      at, thunk))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_return,
						       QEMU_PLUGIN_CB_NO_REGS,
						       NULL);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &insns, n);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *p = qemu_plugin_insn_data(insn);
		size_t len = qemu_plugin_insn_size(insn);
		uint32_t mark = mark_of(p, len);

		if (from)
			watch(insn, n);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_mark, QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)mark);
		else if (is_string(p, len))
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_string, QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
		else if (is_locked(p, len))
			qemu_plugin_register_vcpu_insn_exec_inline(
				insn, QEMU_PLUGIN_INLINE_ADD_U64, &locked, 1);
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info, int argc,
					   char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "from=", 5))
			from = strtoull(argv[i] + 5, NULL, 16);
		if (!strncmp(argv[i], "to=", 3))
			to = strtoull(argv[i] + 3, NULL, 16);
		if (!strncmp(argv[i], "thunk=", 6))
			thunk = strtoull(argv[i] + 6, NULL, 16);
	}
	if (open_out(id, argc, argv))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
