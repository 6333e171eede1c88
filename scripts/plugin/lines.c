// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin for 'make bench': the cache lines that the host touches between two
 * marks, on each emulated CPU by itself.
 *
 * The host is whatever runs in the upper half of the address space: the guest images have
 * none. Pages that a guest touches are the guest's, from a mark with the number 254 on;
 * their lines do not count. Output, a line per pair of marks: "number cpu locked line:how
 * ...", with physical addresses in units of 64 bytes, and for "how" w if it was written, r
 * if not. A mark with the number 255 begins a new group: "group".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

#define MAX_CPUS	8
#define SLOTS		4096	/* lines between two marks, a power of two */
#define NEW_GUEST	254
#define NEW_GROUP	255
#define LINE_SHIFT	6
#define PAGE_SHIFT	12
#define GUEST_TOP	(64ULL << 20)	/* where guest images run */
#define MAX_PAGES	(1U << 22)

struct line {
	uint64_t nr;
	int used, written;
};

static struct recorder {
	int on;
	uint64_t locked;
	unsigned int nr;
	struct line line[SLOTS];
} recorder[MAX_CPUS];

static uint8_t guest_page[MAX_PAGES];

static void note_line(struct recorder *r, uint64_t nr, int store)
{
	unsigned int at = nr * 0x9e3779b97f4a7c15ULL >> 52;

	while (r->line[at].used && r->line[at].nr != nr)
		at = (at + 1) % SLOTS;
	if (!r->line[at].used) {
		/* Another task has run between the marks: of no use. */
		if (++r->nr == SLOTS / 2) {
			r->on = 0;
			return;
		}
		r->line[at].used = 1;
		r->line[at].nr = nr;
	}
	r->line[at].written |= store;
}

static void on_access(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
		      void *guest)
{
	struct recorder *r = &recorder[cpu % MAX_CPUS];
	struct qemu_plugin_hwaddr *hw;
	uint64_t phys;

	if (!guest && !r->on)
		return;
	hw = qemu_plugin_get_hwaddr(info, vaddr);
	if (!hw || qemu_plugin_hwaddr_is_io(hw))
		return;
	phys = qemu_plugin_hwaddr_phys_addr(hw);
	if (guest)
		guest_page[(phys >> PAGE_SHIFT) % MAX_PAGES] = 1;
	else
		note_line(r, phys >> LINE_SHIFT, qemu_plugin_mem_is_store(info));
}

static void on_locked(unsigned int cpu, void *unused)
{
	recorder[cpu % MAX_CPUS].locked++;
}

static void report(unsigned int op, unsigned int cpu, const struct recorder *r)
{
	unsigned int i;

	fprintf(out, "%u %u %llu", op, cpu, (unsigned long long)r->locked);
	for (i = 0; i < SLOTS; i++) {
		uint64_t nr = r->line[i].nr;

		if (r->line[i].used &&
		    !guest_page[(nr >> (PAGE_SHIFT - LINE_SHIFT)) % MAX_PAGES])
			fprintf(out, " %llx:%c", (unsigned long long)nr,
				r->line[i].written ? 'w' : 'r');
	}
	fprintf(out, "\n");
}

static void on_mark(unsigned int cpu, void *data)
{
	struct recorder *r = &recorder[cpu % MAX_CPUS];
	uintptr_t mark = (uintptr_t)data;

	if (mark_op(mark) == NEW_GUEST) {
		/* What ran there until now was the host's own boot. */
		memset(guest_page, 0, sizeof(guest_page));
	} else if (mark_op(mark) == NEW_GROUP) {
		fprintf(out, "group\n");
	} else if (mark & 1) {
		memset(r, 0, sizeof(*r));
		r->on = 1;
	} else if (r->on) {
		r->on = 0;
		report(mark_op(mark), cpu, r);
	}
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *p = qemu_plugin_insn_data(insn);
		size_t len = qemu_plugin_insn_size(insn);
		uint64_t at = qemu_plugin_insn_vaddr(insn);
		uint32_t mark = mark_of(p, len);

		if (mark) {
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_mark, QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)mark);
			continue;
		}
		if (at >> 63 && is_locked(p, len))
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_locked, QEMU_PLUGIN_CB_NO_REGS, NULL);
		if (at >> 63 || at < GUEST_TOP)
			qemu_plugin_register_vcpu_mem_cb(
				insn, on_access, QEMU_PLUGIN_CB_NO_REGS,
				QEMU_PLUGIN_MEM_RW, (void *)(uintptr_t)(at < GUEST_TOP));
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info, int argc,
					   char **argv)
{
	if (open_out(id, argc, argv))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
