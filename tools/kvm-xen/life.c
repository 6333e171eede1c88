// SPDX-License-Identifier: GPL-2.0-only
/*
 * One life of a guest. The order is that of Xen's toolstack: the VMM, which waits; the rings and
 * their grants, before anybody is told; xenstore; the backend; and then the guest. At its end: the
 * VM, which makes the domain dying; the backend; the nodes; the domain's number.
 */
#include <errno.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guests.h"
#include "json.h"
#include "life.h"
#include "plan.h"
#include "platform.h"
#include "qmp.h"
#include "store.h"
#include "vmm.h"

#define DEVICES_S	120	/* until a backend has its devices: for one that hangs */
#define END_S		20	/* until a QEMU that was asked to end has */
#define GONE_S		20	/* until others have let a dead domain go */
#define LOOK_MS		20	/* from one look at that to the next */

enum shutdown_reason { BY_POWEROFF, BY_REBOOT, BY_SUSPEND, BY_CRASH, BY_WATCHDOG };

static struct life *life;
static const struct life_setup *setup;
static struct xs_handle *store;
static struct qmp *monitor;
static int signals = -1;
static pid_t backend;
static int store_idle = -1;	/* ends with xenstored */
static bool vmm_gone, store_gone, stopped, known;	/* @known: life->end says how the guest has ended */
static int vmm_status, backend_status;

void note(const char *fmt, ...)
{
	time_t now = time(NULL);
	char when[32], text[400];
	va_list ap;

	strftime(when, sizeof(when), "%FT%TZ", gmtime(&now));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "kvm-xen: %s %s\n", when, text);
}

static void __attribute__((format(printf, 1, 2))) step(const char *fmt, ...)
{
	va_list ap;

	if (!setup->verbose)
		return;
	va_start(ap, fmt);
	fprintf(stderr, "kvm-xen: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* --- what happens ------------------------------------------------------------------- */

/* From here on signals are read, not handled: nothing happens between a look and a wait. */
static void take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		fail(1, "cannot take signals: %s", strerror(errno));
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == vmm_child()) {
			vmm_gone = true;
			vmm_status = status;
		}
		if (pid == backend) {
			backend_status = status;
			backend = 0;
		}
	}
}

static void read_signals(void)
{
	struct signalfd_siginfo i;

	while (read(signals, &i, sizeof(i)) == sizeof(i))
		if (i.ssi_signo != SIGCHLD)
			stopped = true;
	reap();
}

static void ends(enum life_end how)
{
	if (!known)
		life->end = how;
	known = true;
}

/* What the VMM says of the guest's end. */
static void read_events(void)
{
	const char *object, *data;
	char name[32], reason[32];

	while ((object = qmp_event(monitor))) {
		if (!json_string(json_member(object, "event"), name, sizeof(name)))
			continue;
		if (!strcmp(name, "GUEST_PANICKED"))
			ends(LIFE_CRASH);
		data = json_member(object, "data");
		if (strcmp(name, "SHUTDOWN") ||
		    !json_string(json_member(data, "reason"), reason, sizeof(reason)))
			continue;
		if (!strcmp(reason, "guest-shutdown"))
			ends(LIFE_POWEROFF);
		else if (strstr(reason, "reset"))
			ends(LIFE_REBOOT);
		else if (strstr(reason, "panic"))
			ends(LIFE_CRASH);
		else
			ends(LIFE_STOPPED);
	}
}

/* What the domain itself says, which others can shut down, too. */
static void look_at_domain(void)
{
	struct kxen_query q = { .size = sizeof(q), .domid = life->domid };

	if (ioctl(setup->ctl, KXEN_QUERY, &q) || q.state != KXEN_STATE_SHUTDOWN)
		return;
	if (q.shutdown_reason == BY_POWEROFF)
		ends(LIFE_POWEROFF);
	else if (q.shutdown_reason == BY_REBOOT)
		ends(LIFE_REBOOT);
	else if (q.shutdown_reason == BY_CRASH || q.shutdown_reason == BY_WATCHDOG)
		ends(LIFE_CRASH);
}

/* Wait until something has happened; false: the time is over. */
static bool happens(long long until)
{
	struct pollfd p[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = monitor->gone ? -1 : monitor->fd, .events = POLLIN },
		{ .fd = store_gone ? -1 : xs_fileno(store), .events = POLLIN },
		{ .fd = store_gone ? -1 : store_idle },
	};
	long long left = until - now_ms();
	char **event;

	if (until && left <= 0)
		return false;
	poll(p, 4, until ? left : -1);
	read_signals();
	/* Without xenstored the guest can do, until its end. */
	store_gone |= (p[2].revents & ~POLLIN) || p[3].revents;
	while (!store_gone && (event = xs_check_watch(store)))
		free(event);
	if (p[1].revents)
		read_events();
	return true;
}

/* --- the beginning -------------------------------------------------------------------- */

static void start_vmm(void)
{
	const struct cfg *c = setup->cfg;
	struct words w = plan_vmm(c, setup->uuid);
	struct kxen_domid_arg hold = { .size = sizeof(hold) };
	struct domain_options o;

	step("starting the VMM, %s", w.v[0]);
	plan_options(c, &o);
	vmm_check(w.v, o.flags & KXEN_DOM_UNPLUG);
	monitor = run_start(w.v, w.n, &o, c->type == CFG_HVM ? PLATFORM_IF_THERE : PLATFORM_NO,
			    setup->ctl, &life->domid);
	take_signals();
	snprintf(life->platform, sizeof(life->platform), "%s", platform_made());
	if (c->type == CFG_HVM && !life->platform[0])
		fprintf(stderr, "kvm-xen: domain %u has no platform device, without which Linux as an HVM guest has no devices of Xen's: 'modprobe kvm-xen-vfio' before the guest is made\n",
			life->domid);
	hold.domid = life->domid;
	if (ioctl(setup->ctl, KXEN_HOLD, &hold))
		fail(1, "domain %u cannot be held: %s", life->domid, ctl_why(errno));
	step("it is domain %u", life->domid);
}

static void add_to_store(void)
{
	struct special s;

	step("giving it pages for xenstore and the console");
	ctl_special_pages(setup->ctl, life->domid, &s);
	step("writing its nodes into xenstore");
	store_add(store, setup->cfg, setup->uuid, life->domid, &s);
	step("introducing it to xenstored");
	store_introduce(store, life->domid, &s);
	step("giving it a console");
	store_add_console(store, life->domid, &s);
}

static void spawn_backend(const struct words *w)
{
	pid_t self = getpid();
	sigset_t none;

	backend = fork();
	if (backend < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (backend)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	vmm_in_child(self);
	execvp(w->v[0], w->v);
	fprintf(stderr, "kvm-xen: cannot run '%s': %s\n", w->v[0], strerror(errno));
	_exit(127);
}

static void still_there(void)
{
	if (stopped)
		fail(1, "it was told to end before the guest ran");
	if (vmm_gone)
		fail(1, "the VMM has ended before the guest ran; its own message may say why");
	if (store_gone)
		fail(1, "xenstored has ended before the guest ran");
}

static void start_backend(void)
{
	const struct cfg *c = setup->cfg;
	unsigned int disks = 0, i;
	long long until = now_ms() + DEVICES_S * 1000;
	char number[16], which[128];
	struct words w;

	snprintf(number, sizeof(number), "%u", life->domid);
	w = plan_backend(c, number);
	for (i = 0; i < c->disks; i++)
		disks += !c->disk[i].vmm;
	step("starting the backend, %s, for %u disks and %u vifs", w.v[0], disks, c->vifs);
	if (!xs_watch(store, "/local/domain/0/backend", "b") ||
	    !xs_watch(store, "/local/domain/0/device-model", "m"))
		fail(1, "xenstored takes no watch: %s", strerror(errno));
	spawn_backend(&w);
	while (!store_devices_ready(store, life->domid, disks, c->vifs, which, sizeof(which))) {
		still_there();
		if (!backend)
			fail(1, "the backend has ended before its devices were there; its own message may say why%s",
			     c->vifs ? "; a QEMU before 8.2 has no xen-net-device" : "");
		if (!happens(until))
			fail(1, "the backend is not ready within %u s: %s", DEVICES_S, which);
	}
	xs_unwatch(store, "/local/domain/0/backend", "b");
	xs_unwatch(store, "/local/domain/0/device-model", "m");
	words_free(&w);
}

/* Who has waited for this goes on, and what is said from now on is for the log. */
static void report(void)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u\n", life->domid);

	life->resumed = true;
	life->ran = now_ms() / 1000;
	if (setup->log >= 0)
		dup2(setup->log, 2);
	if (setup->status >= 0 && write(setup->status, text, n) != n)
		note("nobody waits for domain %u any more", life->domid);
	if (setup->status >= 0)
		close(setup->status);
	note("domain %u runs", life->domid);
}

/* --- the end ------------------------------------------------------------------------ */

static void wait_for_end(void)
{
	static const char *const words[] = {
		[LIFE_CRASH] = "has crashed", [LIFE_POWEROFF] = "has powered off",
		[LIFE_REBOOT] = "reboots", [LIFE_STOPPED] = "is ended from outside",
	};

	for (;;) {
		read_events();
		look_at_domain();
		if (stopped)
			ends(LIFE_STOPPED);
		if (vmm_gone && !known && WIFSIGNALED(vmm_status))
			note("signal %d has ended the VMM", WTERMSIG(vmm_status));
		if (vmm_gone)
			ends(WIFEXITED(vmm_status) && !WEXITSTATUS(vmm_status) ? LIFE_POWEROFF : LIFE_CRASH);
		if (plan_has_backend(setup->cfg) && !backend && !known) {
			note("the backend has ended with %s %d, and the guest has lost its devices",
			     WIFSIGNALED(backend_status) ? "signal" : "status",
			     WIFSIGNALED(backend_status) ? WTERMSIG(backend_status) : WEXITSTATUS(backend_status));
			ends(LIFE_CRASH);
		}
		if (known)
			break;
		happens(0);
	}
	life->ended = now_ms() / 1000;
	note("domain %u %s", life->domid, words[life->end]);
}

static bool preserved(void)
{
	const struct cfg *c = setup->cfg;

	switch (life->end) {
	case LIFE_POWEROFF:
		return c->on_poweroff == CFG_PRESERVE;
	case LIFE_REBOOT:
		return c->on_reboot == CFG_PRESERVE;
	case LIFE_CRASH:
		return c->on_crash == CFG_PRESERVE;
	default:
		return false;
	}
}

/* First the VM, so that the domain is dying, then the backend. */
static void end_processes(void)
{
	long long until = now_ms() + END_S * 1000;

	if (!vmm_gone)
		kill(vmm_child(), SIGTERM);
	while (!vmm_gone && happens(until))
		;
	if (!vmm_gone)
		note("the VMM does not end: it is killed");
	else
		vmm_has_ended();
	until = now_ms() + END_S * 1000;
	if (backend)
		kill(backend, SIGTERM);
	while (backend && happens(until))
		;
	if (backend)
		note("the backend does not end: it is killed");
}

/* At exit, when all children have ended: without the other process nobody else does it. */
static void undo_alone(void)
{
	if (getppid() == setup->parent)
		return;
	life_undo(life, setup->ctl);
	guest_set_pid(setup->cfg->name, 0);
}

void life_run(struct life *l, const struct life_setup *s)
{
	uint32_t other;

	life = l;
	setup = s;
	/* Of who looks after this: without him this ends in good order, by itself. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != s->parent)
		exit(1);
	atexit(undo_alone);
	/* Who waits for word of it may be gone. */
	signal(SIGPIPE, SIG_IGN);
	vmm_bind_children(log_of_life(s->log));
	store = store_open();
	store_idle = store_open_idle();
	if (store_find(store, s->cfg->name, &other))
		fail(EXIT_REFUSED, "domain %u has the name '%s' already", other, s->cfg->name);
	start_vmm();
	add_to_store();
	if (plan_has_backend(s->cfg))
		start_backend();
	/* When a domain ends in any way, xenstored says so. */
	if (!xs_watch(store, "@releaseDomain", "r"))
		fail(1, "xenstored takes no watch: %s", strerror(errno));
	read_signals();
	still_there();
	step("resuming the VMM");
	if (!qmp_do(monitor, "cont"))
		fail(1, "the VMM does not resume its guest: %s", monitor->error);
	report();
	wait_for_end();
	if (preserved() && !stopped) {
		note("domain %u is kept as it is: 'kvm-xen destroy %s' ends it", l->domid, s->cfg->name);
		while (!stopped)
			happens(0);
		l->end = LIFE_STOPPED;
	}
	end_processes();
	exit(0);
}

/* --- afterwards ---------------------------------------------------------------------- */

static bool domain_there(int ctl, uint32_t domid, uint32_t *state)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	if (ioctl(ctl, KXEN_QUERY, &q))
		return false;
	*state = q.state;
	return true;
}

/* Nobody tells of that: xenstored hears of it, and says nothing of a domain that it has dropped. */
static void wait_until_gone(int ctl, uint32_t domid)
{
	long long until = now_ms() + GONE_S * 1000;
	uint32_t state;

	while (domain_there(ctl, domid, &state)) {
		if (now_ms() >= until) {
			note("domain %u stays dying: somebody has its pages", domid);
			return;
		}
		poll(NULL, 0, LOOK_MS);
	}
}

void life_undo(const struct life *l, int ctl)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = l->domid };
	struct xs_handle *h;
	uint32_t state;

	if (l->platform[0])
		platform_remove(l->platform);
	if (!l->domid)
		return;
	h = xs_open(0);
	if (!h || !store_remove(h, l->domid))
		note("what xenstore has of domain %u cannot be taken away: %s", l->domid, strerror(errno));
	if (domain_there(ctl, l->domid, &state) && state == KXEN_STATE_CREATED)
		ioctl(ctl, KXEN_DESTROY, &a);
	ioctl(ctl, KXEN_UNHOLD, &a);
	if (h)
		xs_close(h);
	wait_until_gone(ctl, l->domid);
}
