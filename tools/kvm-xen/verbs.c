// SPDX-License-Identifier: GPL-2.0-only
/* What is done to a guest that runs: by the words of its xenstore, or by who looks after it. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "guests.h"
#include "kvm-xen.h"
#include "store.h"

#define LOOK_MS	100	/* from one look at a domain to the next */
#define TERM_MS	10000	/* until a VMM that was asked to end is killed */
#define END_MS	120000	/* until who looks after a guest has ended it */
#define AGAIN_MS	1000	/* from one word of that to the next */
#define LEAVE	0x1d	/* Ctrl-] */

/* A domain that is there, by its number or its name; @name: of a guest that was made by create. */
static uint32_t find(struct xs_handle *h, int ctl, const char *arg, char **name)
{
	struct kxen_query q = { .size = sizeof(q) };
	uint32_t domid;

	if (isdigit((unsigned char)arg[0]))
		domid = number(arg, "domain id", MAX_DOMID);
	else if (!cfg_name_ok(arg))
		fail(EXIT_USAGE, "'%s' is no name of a guest", arg);
	else if (!h || !store_find(h, arg, &domid))
		fail(EXIT_REFUSED, "there is no guest '%s': 'kvm-xen list' shows the ones there are", arg);
	q.domid = domid;
	ctl_query(ctl, &q);
	if (q.state == KXEN_STATE_HOST)
		fail(EXIT_REFUSED, "domain 0 is this host");
	if (name)
		*name = h ? store_read(h, "/tool/kvm-xen/%u", domid) : NULL;
	return domid;
}

static bool there(int ctl, uint32_t domid)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	return !ioctl(ctl, KXEN_QUERY, &q);
}

static void wait_for_watch(struct xs_handle *h)
{
	unsigned int n;
	char **event = xs_read_watch(h, &n);

	if (!event)
		fail(1, "xenstored has gone: %s", strerror(errno));
	free(event);
}

/* --- shutdown ------------------------------------------------------------------------- */

int cmd_shutdown(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen shutdown [OPTIONS] NAME|DOMID\n"
		"  -r, --reboot     ask it to reboot\n"
		"  -w, --wait       until the domain is gone\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "reboot", 0, 0, 'r' }, { "wait", 0, 0, 'w' }, { "help", 0, 0, 'h' }, { 0 },
	};
	const char *what = "poweroff";
	struct xs_handle *h;
	char *request;
	bool wait = false;
	uint32_t domid;
	int c, ctl;

	while ((c = getopt_long(argc, argv, "rw", options, NULL)) != -1) {
		switch (c) {
		case 'r': what = "reboot"; break;
		case 'w': wait = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (argc - optind != 1)
		fail(EXIT_USAGE, "which guest? kvm-xen shutdown NAME|DOMID");
	ctl = ctl_open();
	h = store_open();
	domid = find(h, ctl, argv[optind], NULL);
	request = store_read(h, "/local/domain/%u/control/shutdown", domid);
	if (!request)
		fail(EXIT_REFUSED, "domain %u has no control/shutdown in xenstore: whoever made it has no word for that",
		     domid);
	free(request);
	if (!store_write(h, what, "/local/domain/%u/control/shutdown", domid))
		fail(1, "domain %u cannot be asked: %s", domid, strerror(errno));
	/* Of all that happens on the way, its end is what nobody tells of. */
	while (wait && there(ctl, domid))
		poll(NULL, 0, LOOK_MS);
	return 0;
}

/* --- destroy ------------------------------------------------------------------------- */

/* One that nobody looks after: with its VM it goes by itself. */
static void destroy_vm(struct xs_handle *h, int ctl, uint32_t domid)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };
	struct pollfd p = { .events = POLLIN };

	ctl_query(ctl, &q);
	if (q.state == KXEN_STATE_DYING)
		fail(EXIT_REFUSED, "domain %u is dying: %u hold it still", domid, q.holders);
	if (q.pid < 2)
		fail(EXIT_REFUSED, "domain %u has no VMM yet", domid);
	p.fd = ctl_open_vmm(ctl, &q);
	if (p.fd < 0)
		fail(EXIT_REFUSED, "domain %u is left alone: process %d, which is said to have its VM, has none, or cannot be looked at",
		     domid, q.pid);
	if (syscall(SYS_pidfd_send_signal, p.fd, SIGTERM, NULL, 0))
		fail(EXIT_REFUSED, "the VMM of domain %u, process %d, cannot be ended: %s", domid, q.pid,
		     strerror(errno));
	if (poll(&p, 1, TERM_MS) <= 0) {
		syscall(SYS_pidfd_send_signal, p.fd, SIGKILL, NULL, 0);
		poll(&p, 1, TERM_MS);
	}
	close(p.fd);
	if (!ctl_wait_end(ctl, domid, true, TERM_MS))
		fail(1, "domain %u is still there: somebody else has its VM, too", domid);
	if (h)
		store_remove(h, domid);
	if (!ctl_wait_end(ctl, domid, false, TERM_MS))
		fail(1, "domain %u stays dying: somebody has its pages", domid);
}

/* Who has just begun may not have said yet who it is, or not have been ready to be told. */
static int lock_in_the_end(const char *name)
{
	unsigned int waited;
	pid_t pid = 0;
	int lock;

	for (waited = 0; waited < END_MS; waited += LOOK_MS) {
		lock = guest_lock(name, false);
		if (lock >= 0)
			return lock;
		if (!pid || !(waited % AGAIN_MS))
			pid = guest_stop(name);
		poll(NULL, 0, LOOK_MS);
	}
	if (pid)
		fail(1, "process %d, which looks after the guest '%s', has not ended it within %d s", pid, name,
		     END_MS / 1000);
	fail(1, "somebody has the guest '%s', and has not said within %d s who it is", name, END_MS / 1000);
}

/*
 * Who looks after it ends all in its order, and has the lock until that is done; what somebody has
 * left behind goes here. False: there is neither.
 */
static bool destroy_guest(struct xs_handle *h, int ctl, const char *name)
{
	int lock = guest_lock(name, false);
	char path[128];
	bool was_there;

	guest_path(path, sizeof(path), name, "lock");
	was_there = lock < 0 && !access(path, F_OK);
	if (was_there)
		lock = lock_in_the_end(name);
	if (h && lock >= 0 && guest_clean(h, ctl, name))
		was_there = true;
	if (lock >= 0)
		close(lock);
	return was_there;
}

int cmd_destroy(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen destroy NAME|DOMID\n"
		"The guest is not asked. Returns when its domain is gone.\n"
		"  --help           this text\n";
	struct xs_handle *h;
	char *name = NULL;
	uint32_t domid;
	int ctl;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return fputs(usage, stdout), 0;
	if (argc != 2 || argv[1][0] == '-')
		return fputs(usage, stderr), EXIT_USAGE;
	ctl = ctl_open();
	h = xs_open(0);
	/* One that is being made need not have a domain yet. */
	if (cfg_name_ok(argv[1]) && destroy_guest(h, ctl, argv[1]))
		return 0;
	domid = find(h, ctl, argv[1], &name);
	if (!name || !destroy_guest(h, ctl, name))
		destroy_vm(h, ctl, domid);
	return 0;
}

/* --- console -------------------------------------------------------------------------- */

static struct termios before;
static volatile sig_atomic_t changed;

static void restore_terminal(void)
{
	if (changed)
		tcsetattr(0, TCSANOW, &before);
}

static void end_by_signal(int sig)
{
	(void)sig;
	restore_terminal();
	_exit(0);
}

/* Whatever ends this is not to leave the terminal as it is here. */
static void take_signals(void)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct sigaction sa = { .sa_handler = end_by_signal }, was;
	unsigned int i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!sigaction(ends[i], NULL, &was) && was.sa_handler != SIG_IGN)
			sigaction(ends[i], &sa, NULL);
	/* When nobody reads standard output any more, a write says so. */
	signal(SIGPIPE, SIG_IGN);
	atexit(restore_terminal);
}

static void make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return;
	if (!fd) {
		before = t;
		changed = 1;
	}
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
}

/* What xenconsoled has made for it; it may be about to. */
static int open_tty(struct xs_handle *h, int ctl, uint32_t domid)
{
	char path[64], *tty = NULL;
	int fd;

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
	if (!xs_watch(h, path, "t") || !xs_watch(h, "@releaseDomain", "r"))
		fail(1, "xenstored takes no watch: %s", strerror(errno));
	while (there(ctl, domid)) {
		tty = xs_read(h, XBT_NULL, path, NULL);
		if (tty && *tty)
			break;
		free(tty);
		tty = NULL;
		wait_for_watch(h);
	}
	if (!tty)
		fail(EXIT_REFUSED, "domain %u is gone", domid);
	fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		fail(EXIT_REFUSED, "cannot open %s, the console of domain %u: %s", tty, domid,
		     strerror(errno));
	free(tty);
	return fd;
}

static bool write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; len -= n, text += n) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return false;
	}
	return true;
}

static bool left;	/* the user has typed what ends it */

/* From one to the other; false: one has ended, or the user wants no more. */
static bool pass(int from, int to, bool typed)
{
	char text[1024];
	ssize_t n = read(from, text, sizeof(text));
	char *leave;

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	leave = typed ? memchr(text, LEAVE, n) : NULL;
	left |= !!leave;
	return write_all(to, text, leave ? leave - text : n) && !leave;
}

static void talk(int tty)
{
	struct pollfd p[] = { { .fd = 0, .events = POLLIN }, { .fd = tty, .events = POLLIN } };

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents && !pass(tty, 1, false))
			return;
		/* Standard input may be a file that is at its end, or nothing: then it is only heard. */
		if (p[0].revents && !pass(0, tty, true)) {
			if (left || isatty(0))
				return;
			p[0].fd = -1;
		}
	}
}

int cmd_console(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen console NAME|DOMID\n"
		"Ctrl-] leaves it.\n"
		"  --help           this text\n";
	struct xs_handle *h;
	uint32_t domid;
	int ctl, tty;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return fputs(usage, stdout), 0;
	if (argc != 2 || argv[1][0] == '-')
		return fputs(usage, stderr), EXIT_USAGE;
	ctl = ctl_open();
	h = store_open();
	domid = find(h, ctl, argv[1], NULL);
	tty = open_tty(h, ctl, domid);
	close(ctl);
	take_signals();
	make_raw(tty);
	make_raw(0);
	talk(tty);
	return 0;
}
