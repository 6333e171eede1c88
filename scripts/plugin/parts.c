// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin for 'make bench': all instructions that the one emulated CPU executes between
 * two marks, by whose they are.
 *
 * A machine that is a host runs guests by VMRUN: what comes after it is the guest's, and the
 * instruction behind it is the host's again. Of each, what lies in the lower half of the address
 * space is a program's, what lies where Xen maps itself is Xen's, and the rest is a kernel's.
 * A halted CPU executes nothing. A string instruction counts once for each round, as in the
 * time-stamp, and the rounds after its first are told, too; and so are the instructions of one
 * function, with all that it calls: from=, to= and thunk= are as for locked.c. An exit counts by
 * the guest's last instruction, if that is one which exits by itself.
 *
 * Output: a line "number guest-program guest-kernel guest-xen program kernel xen rounds function
 * hypercalls halts cpuid-or-msr ports others" per pair of marks. With where=FILE also lines "number
 * part address instructions" of each block of code, for the first of such pairs in a row.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

#define XEN_FIRST	0xffff82d000000000ULL
#define XEN_END		0xffff830000000000ULL
#define MAX_VMRUNS	16

enum whose { PROGRAM, KERNEL, XEN, WHOSE };
enum exit_by { NOTHING, HYPERCALL, HALT, CPUID_MSR, PORT, OTHER, EXITS };

static uint64_t executed[WHOSE];
static struct counts {
	uint64_t insns[2][WHOSE], rounds, inside, exits[EXITS];
} now, before;
static uint64_t turned_at[WHOSE];	/* what was executed when guest and host last took turns */
static int in_guest;
static uint64_t after_vmrun[MAX_VMRUNS];
static unsigned int vmruns;
static uint64_t string_at, string_total;
static enum exit_by last_by;
static uint64_t last_total;
static uint64_t from, to, thunk;
static uint64_t entered;

static uint64_t total(void)
{
	return executed[PROGRAM] + executed[KERNEL] + executed[XEN];
}

/* What was executed since the last turn is this one's. */
static void settle(void)
{
	int i;

	for (i = 0; i < WHOSE; i++) {
		now.insns[in_guest][i] += executed[i] - turned_at[i];
		turned_at[i] = executed[i];
	}
}

static void on_vmrun(unsigned int cpu, void *unused)
{
	settle();
	in_guest = 1;
}

/* Its own instruction and the host's first are counted by then, or not, as the emulator likes. */
static void on_exit_to_host(unsigned int cpu, void *unused)
{
	if (!in_guest)
		return;
	settle();
	in_guest = 0;
	now.exits[last_by != NOTHING && total() - last_total <= 2 ? last_by : OTHER]++;
	last_by = NOTHING;
}

static void on_may_exit(unsigned int cpu, void *by)
{
	last_by = in_guest ? (uintptr_t)by : NOTHING;
	last_total = total();
}

/* Nothing but the same instruction was executed since its last round. */
static void on_string(unsigned int cpu, void *data)
{
	uint64_t t = total();

	if ((uintptr_t)data == string_at && t == string_total + 1)
		now.rounds++;
	string_at = (uintptr_t)data;
	string_total = t;
}

static void on_enter(unsigned int cpu, void *unused)
{
	if (!in_guest)
		entered = total();
}

static void on_return(unsigned int cpu, void *unused)
{
	if (!in_guest && entered)
		now.inside += total() - entered;
	entered = 0;
}

/* --- where ------------------------------------------------------------------------------ */

static FILE *where;
static int watching;
static unsigned int last_op;		/* the operation before: another one is watched, once */
static struct block {
	struct block *next;
	uint64_t at, insns[2];
	unsigned int n;
} *blocks;

static void on_block(unsigned int cpu, void *data)
{
	struct block *b = data;

	if (watching)
		b->insns[in_guest] += b->n;
}

static void watch_block(struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));

	if (!b)
		return;
	b->at = qemu_plugin_tb_vaddr(tb);
	b->n = qemu_plugin_tb_n_insns(tb);
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, b);
}

static void say_where(unsigned int op)
{
	struct block *b;
	int g;

	for (b = blocks; b; b = b->next)
		for (g = 0; g < 2; g++) {
			if (b->insns[g])
				fprintf(where, "%u %s %llx %llu\n", op, g ? "guest" : "host",
					(unsigned long long)b->at,
					(unsigned long long)b->insns[g]);
			b->insns[g] = 0;
		}
	fflush(where);
}

/* --- marks ------------------------------------------------------------------------------ */

static void say(uint64_t n)
{
	fprintf(out, " %llu", (unsigned long long)n);
}

static void report(unsigned int op)
{
	int g, i;

	fprintf(out, "%u", op);
	for (g = 1; g >= 0; g--)
		for (i = 0; i < WHOSE; i++)
			say(now.insns[g][i] - before.insns[g][i]);
	say(now.rounds - before.rounds);
	say(now.inside - before.inside);
	for (i = HYPERCALL; i < EXITS; i++)
		say(now.exits[i] - before.exits[i]);
	fprintf(out, "\n");
}

static void on_mark(unsigned int cpu, void *data)
{
	uintptr_t mark = (uintptr_t)data;
	unsigned int op = mark_op(mark);

	settle();
	if (mark & 1) {
		before = now;
		watching = where && op != last_op;
		last_op = op;
		return;
	}
	report(op);
	if (watching) {
		watching = 0;
		say_where(op);
	}
}

/* --- translation ------------------------------------------------------------------------ */

static enum whose whose_is(uint64_t at)
{
	if (!(at >> 63))
		return PROGRAM;
	return at >= XEN_FIRST && at < XEN_END ? XEN : KERNEL;
}

static enum exit_by exits_by(const uint8_t *p, size_t n)
{
	while (n > 1 && (is_prefix(*p) || (*p & 0xf0) == 0x40)) {
		p++;
		n--;
	}
	if (p[0] == 0xf4)
		return HALT;
	if ((p[0] & 0xfc) == 0xe4 || (p[0] & 0xfc) == 0xec || (p[0] & 0xfc) == 0x6c)
		return PORT;
	if (n < 2 || p[0] != 0x0f)
		return NOTHING;
	if (p[1] == 0xa2 || p[1] == 0x30 || p[1] == 0x32)
		return CPUID_MSR;
	return n == 3 && p[1] == 0x01 && p[2] == 0xd9 ? HYPERCALL : NOTHING;
}

static int is_vmrun(const uint8_t *p, size_t n)
{
	return n == 3 && p[0] == 0x0f && p[1] == 0x01 && p[2] == 0xd8;
}

static int is_after_vmrun(uint64_t at)
{
	unsigned int i;

	for (i = 0; i < vmruns; i++)
		if (after_vmrun[i] == at)
			return 1;
	return 0;
}

static void call(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_udata_cb_t cb, uintptr_t data)
{
	qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, QEMU_PLUGIN_CB_NO_REGS, (void *)data);
}

static void watch_insn(struct qemu_plugin_insn *insn)
{
	const uint8_t *p = qemu_plugin_insn_data(insn);
	size_t len = qemu_plugin_insn_size(insn);
	uint64_t at = qemu_plugin_insn_vaddr(insn);
	uint32_t mark = mark_of(p, len);
	enum exit_by by = exits_by(p, len);

	if (mark)
		call(insn, on_mark, mark);
	else if (is_after_vmrun(at))
		call(insn, on_exit_to_host, 0);
	if (is_string(p, len))
		call(insn, on_string, at);
	else if (by != NOTHING)
		call(insn, on_may_exit, by);
	if (from && at == from)
		call(insn, on_enter, 0);
	else if (at > from && at < to && is_return(p, len, at, thunk))
		call(insn, on_return, 0);
	if (is_vmrun(p, len)) {
		if (!is_after_vmrun(at + len) && vmruns < MAX_VMRUNS)
			after_vmrun[vmruns++] = at + len;
		call(insn, on_vmrun, 0);
	}
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	if (where)
		watch_block(tb);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		watch_insn(insn);
		qemu_plugin_register_vcpu_insn_exec_inline(
			insn, QEMU_PLUGIN_INLINE_ADD_U64,
			&executed[whose_is(qemu_plugin_insn_vaddr(insn))], 1);
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
		if (!strncmp(argv[i], "where=", 6))
			where = fopen(argv[i] + 6, "w");
	}
	if (open_out(id, argc, argv))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
