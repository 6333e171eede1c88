// SPDX-License-Identifier: GPL-2.0
/*
 * What the guest says: letters on I/O port 0xE9 or on the first serial line, or a whole
 * line by its address on port 0xEA. An exit for each letter was a good part of the time
 * that an image took. A read of that port tells the guest that there is such a thing: on
 * other hypervisors it is all ones.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "vmm.h"

#define COM1		0x3f8	/* as much of it as an early console needs */
#define LETTER_PORT	0xe9
#define LINE_PORT	0xea
#define LINE_MAGIC	0x656e696cu	/* "line" */
#define LINE_MAX	1024

static void letter(char ch)
{
	static char line[LINE_MAX];
	static size_t n;

	if (ch != '\n' && n < sizeof(line) - 2) {
		line[n++] = ch;
		return;
	}
	line[n++] = '\n';
	fwrite(line, 1, n, stdout);
	fflush(stdout);
	n = 0;
}

/* The line at this physical address, up to its zero. */
static void whole_line(uint32_t at)
{
	size_t room = at < vm.mem ? vm.mem - at : 0;
	const char *s = (const char *)vm.ram + at;

	fwrite(s, 1, strnlen(s, room < LINE_MAX ? room : LINE_MAX), stdout);
	fflush(stdout);
}

/* Is this access for us? */
bool report_io(struct kvm_run *run)
{
	void *data = (uint8_t *)run + run->io.data_offset;
	bool out = run->io.direction == KVM_EXIT_IO_OUT;

	if (out && (run->io.port == LETTER_PORT || run->io.port == COM1))
		letter(*(char *)data);
	else if (out && run->io.port == LINE_PORT && run->io.size == 4)
		whole_line(*(uint32_t *)data);
	else if (!out && run->io.port == LINE_PORT && run->io.size == 4)
		*(uint32_t *)data = LINE_MAGIC;
	else if (!out && run->io.port == COM1 + 5)
		*(uint8_t *)data = 0x60;	/* the transmitter is empty */
	else
		return false;
	return true;
}

/* What the module counts of the domain, while it is there. */
void report_state(void)
{
	char path[64], line[LINE_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm-xen/d%u/state", vm.domid);
	f = fopen(path, "r");
	if (!f)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		printf("# %s", line);
	fclose(f);
}
