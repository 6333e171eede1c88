/* SPDX-License-Identifier: GPL-2.0 */
/* Accesses to memory that must not succeed. */
#ifndef TOUCH_H
#define TOUCH_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static sigjmp_buf out;

static void on_fault(int sig)
{
	siglongjmp(out, sig);
}

/* The signal that a read of it ends with, or 0; with @write: a write. */
static int touch(volatile void *p, bool write)
{
	struct sigaction a = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	int sig;

	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
	sig = sigsetjmp(out, 1);
	if (sig)
		return sig;
	if (write)
		*(volatile char *)p = 1;
	else
		(void)*(volatile char *)p;
	return 0;
}

#endif
