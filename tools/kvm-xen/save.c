// SPDX-License-Identifier: GPL-2.0-only
/*
 * save and restore: the module's part by /dev/kvm-xen, the VMM's by its own migration,
 * which gets descriptors of files that this program has opened. So the VMM needs neither
 * a process nor a path of its own, and what became of the files is known here.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "files.h"
#include "json.h"
#include "qmp.h"
#include "vmm.h"

#define TRIES	10	/* a peer may change a channel while it is saved */
#define POLL_MS	50
#define CANCEL_TRIES	(5000 / POLL_MS)

/* --- the VMM's own part ------------------------------------------------------------- */

/* The state of the migration; false if the VMM does not tell. */
static bool migration_state(struct qmp *m, char *state, size_t size)
{
	const char *r = qmp_ask(m, "{\"execute\": \"query-migrate\"}\n", -1);
	char why[sizeof(m->error)];

	if (!r)
		return false;
	if (!json_string(json_member(r, "status"), state, size))
		snprintf(state, size, "none");
	if (json_string(json_member(r, "error-desc"), why, sizeof(why)))
		memcpy(m->error, why, sizeof(why));
	return true;
}

static bool over(const char *state)
{
	return !strcmp(state, "completed") || !strcmp(state, "failed") ||
	       !strcmp(state, "cancelled") || !strcmp(state, "none");
}

/* Wait for a migration, with a line when the state changes. */
static bool migrated(struct qmp *m, const char *what)
{
	char last[32] = "", now[32];

	for (;; poll(NULL, 0, POLL_MS)) {
		if (qmp_interrupted) {
			snprintf(m->error, sizeof(m->error), "interrupted");
			return false;
		}
		if (!migration_state(m, now, sizeof(now)))
			return false;
		if (strcmp(now, last) && strcmp(now, "none"))
			fprintf(stderr, "%s: %s\n", what, now);
		strcpy(last, now);
		if (!strcmp(now, "completed"))
			return true;
		if (over(now) && strcmp(now, "none"))
			return false;
	}
}

/* The VMM's machine into @fd, or out of it. */
static bool migrate(struct qmp *m, int fd, bool in)
{
	const char *what = in ? "restoring the machine" : "saving the machine";

	snprintf(m->error, sizeof(m->error), "it gives no reason");
	if (!qmp_ask(m, "{\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"kvm-xen\"}}\n",
		     fd))
		return false;
	if (qmp_ask(m, in ?
		    "{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"fd:kvm-xen\"}}\n" :
		    "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"fd:kvm-xen\"}}\n",
		    -1))
		return migrated(m, what);
	fprintf(stderr, "kvm-xen: the VMM refuses %s: %s\n", what, m->error);
	qmp_ask(m, "{\"execute\": \"closefd\", \"arguments\": {\"fdname\": \"kvm-xen\"}}\n",
		-1);
	return false;
}

/* --- save ------------------------------------------------------------------------------ */

/*
 * What a save has changed, and what has to be as before if it fails, however the program
 * ends.
 */
static struct {
	int ctl;
	struct qmp *qmp;
	struct kxen_query q;
	struct saving files;
	bool running;		/* the VMM's guest ran, and has to run again */
	bool paused, migrating, begun;
} save = { .q = { .size = sizeof(save.q) } };

/* False if the guest does not go on as before. */
static bool resume(void)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = save.q.domid };
	bool ok = true;

	/* Whoever interrupts the save does not want a guest that stands still. */
	qmp_interrupted = 0;
	if (save.paused && ioctl(save.ctl, KXEN_UNPAUSE, &a)) {
		fprintf(stderr, "kvm-xen: cannot unpause domain %u: %s\n",
			a.domid, ctl_why(errno));
		ok = false;
	}
	save.paused = false;
	if (save.running && !qmp_do(save.qmp, "cont")) {
		fprintf(stderr, "kvm-xen: the VMM does not resume domain %u: %s\n",
			a.domid, save.qmp->error);
		ok = false;
	}
	save.running = false;
	return ok;
}

static bool undo(void)
{
	bool ok = true;
	char state[32];
	int i;

	qmp_interrupted = 0;
	if (save.migrating && qmp_do(save.qmp, "migrate_cancel"))
		for (i = 0; i < CANCEL_TRIES; i++) {
			if (!migration_state(save.qmp, state, sizeof(state)) ||
			    over(state))
				break;
			poll(NULL, 0, POLL_MS);
		}
	save.migrating = false;
	if (save.qmp)
		ok = resume();
	if (save.begun)
		saving_drop(&save.files);
	return ok;
}

static void undo_at_exit(void)
{
	undo();
}

static void interrupt(int sig)
{
	(void)sig;
	qmp_interrupted = 1;
}

static void catch_signals(void)
{
	static const int sigs[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction sa = { .sa_handler = interrupt }, old;
	unsigned int i;

	/* What is ignored stays so: nohup(1). */
	for (i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		if (!sigaction(sigs[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
}

/* The module's part; NULL and errno if it is refused. */
static void *take_state(uint32_t *len)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = save.q.domid };
	void *buf = NULL;
	int i;

	for (i = 0; i < TRIES; i++) {
		a.buf = (uintptr_t)buf;
		if (!ioctl(save.ctl, KXEN_SAVE, &a)) {
			*len = a.len;
			return buf;
		}
		if (errno != ENOSPC && errno != EAGAIN)
			break;
		free(buf);
		buf = malloc(a.len);
		if (!buf)
			break;
	}
	free(buf);
	return NULL;
}

/* Both parts into the files, while nothing writes into the guest's memory. */
static bool save_parts(void)
{
	const struct kxen_query *q = &save.q;
	const struct domain_options o = {
		.flags = q->dom_flags, .domid = q->domid,
		.xen_major = q->xen_version >> 16, .xen_minor = q->xen_version,
		.max_ports = q->max_ports,
	};
	uint32_t len;
	void *state = take_state(&len);
	bool ok;

	if (!state) {
		fprintf(stderr, "kvm-xen: the module does not save domain %u: %s\n",
			q->domid, errno == EINPROGRESS ?
			"its machine was reset, or woke up, and its guest has not called Xen since; it has to run until it has" :
			errno == EISCONN ?
			"it shares pages with another domain or with the host: detach its paravirtual devices, and try again" :
			strerror(errno));
		return false;
	}
	save.migrating = true;
	ok = migrate(save.qmp, save.files.fd[PART_VM], false);
	if (ok)
		save.migrating = false;
	else
		fprintf(stderr, "kvm-xen: the machine of domain %u cannot be saved: %s\n",
			q->domid, save.qmp->error);
	ok = ok && saving_domain(&save.files, &o, state, len);
	free(state);
	return ok && saving_commit(&save.files);
}

/* Stop the guest, in the VMM and in the module. */
static bool stop(void)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = save.q.domid };
	const char *r = qmp_ask(save.qmp, "{\"execute\": \"query-status\"}\n", -1);

	save.running = json_true(json_member(r, "running"));
	if (!r || !qmp_do(save.qmp, "stop")) {
		fprintf(stderr, "kvm-xen: the VMM does not stop domain %u: %s\n",
			a.domid, save.qmp->error);
		return false;
	}
	save.paused = !ioctl(save.ctl, KXEN_PAUSE, &a);
	if (!save.paused)
		fprintf(stderr, "kvm-xen: cannot pause domain %u: %s\n",
			a.domid, ctl_why(errno));
	return save.paused;
}

/*
 * Is it the domain's own VMM that listens there? Whoever listens for it, as libvirt does,
 * has no VM itself.
 */
static void check_monitor(void)
{
	pid_t pid = qmp_peer(save.qmp);

	if (pid && pid != save.q.pid && proc_has_vm(pid))
		fail(EXIT_REFUSED, "%s belongs to process %d, but domain %u to process %d: give the monitor of that one",
		     save.qmp->name, pid, save.q.domid, save.q.pid);
}

/* It is saved: what becomes of the guest now is no longer for undo(). */
static void after_save(bool resumed)
{
	if (resumed) {
		if (!resume())
			fail(1, "domain %u is saved, but it does not go on",
			     save.q.domid);
		return;
	}
	save.paused = save.running = false;
	qmp_interrupted = 0;
	if (!qmp_do(save.qmp, "quit") && !save.qmp->gone)
		fail(1, "domain %u is saved, but its VMM does not end: %s",
		     save.q.domid, save.qmp->error);
}

static void do_save(const char *socket, const char *file, bool resumed)
{
	save.ctl = ctl_open();
	ctl_query(save.ctl, &save.q);
	atexit(undo_at_exit);
	catch_signals();
	save.begun = true;
	if (!saving_begin(&save.files, file))
		fail(EXIT_REFUSED, "domain %u was not saved; it goes on as it was. Choose another place for FILE",
		     save.q.domid);
	save.qmp = qmp_connect(socket);
	check_monitor();
	if (!stop() || !save_parts())
		fail(EXIT_REFUSED, "domain %u was not saved, and nothing is left of it in files; %s. Mend what is said above, such as a full disk, and save again",
		     save.q.domid, undo() ? "it goes on as it was" :
		     save.qmp->gone ? "its VMM does not answer" :
		     "it does not go on");
	after_save(resumed);
}

int cmd_save(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen save --qmp SOCKET [--resume] DOMID FILE\n"
		"Saves the domain to FILE and the VMM's machine to FILE.vm, then ends the VMM.\n"
		"Older files of these names are replaced when both are complete. If anything\n"
		"fails, they stay, and the guest goes on.\n"
		"  --qmp SOCKET     the VMM's monitor: -qmp unix:SOCKET,server=on,wait=off\n"
		"  --resume         resume the guest afterwards\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "qmp", 1, 0, 'q' }, { "resume", 0, 0, 'r' },
		{ "help", 0, 0, 'h' }, { 0 },
	};
	const char *socket = NULL;
	bool resumed = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'q')
			socket = optarg;
		else if (c == 'r')
			resumed = true;
		else if (c == 'h')
			return fputs(usage, stdout), 0;
		else
			return fputs(usage, stderr), EXIT_USAGE;
	}
	if (argc - optind != 2 || !socket)
		return fputs(usage, stderr), EXIT_USAGE;
	save.q.domid = number(argv[optind], "domain id", MAX_DOMID);
	do_save(socket, argv[optind + 1], resumed);
	return 0;
}

/* --- restore --------------------------------------------------------------------------- */

static void give_state(int ctl, uint32_t domid, const struct saved *s)
{
	static const char *const why[] = {
		[KXEN_RESTORE_FORMAT] = "the file is damaged",
		[KXEN_RESTORE_VERSION] = "a newer module has written it: load that one",
		[KXEN_RESTORE_STATE] = "its guest has run already",
		[KXEN_RESTORE_VCPUS] = "the saved machine had another number of vCPUs: give the same -smp",
		[KXEN_RESTORE_MEMORY] = "the guest's memory is not where it was: give the same -m and devices",
		[KXEN_RESTORE_VALUES] = "the file has values that no guest could have set",
		[KXEN_RESTORE_PORTS] = "the guest has more event channels: give --max-ports",
		[KXEN_RESTORE_GRANTS] = "its grant table has more frames: give --max-grant-frames",
		[KXEN_RESTORE_FEATURE] = "the guest uses the N-level ABI: give --nlevel",
		[KXEN_RESTORE_ARCH] = "it was saved on a machine of another architecture",
		[KXEN_RESTORE_OLD] = "an older module has written it, in a form that is read no more: load that one",
		[KXEN_RESTORE_NOMEM] = "the host has no memory for it: make room and try again",
	};
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = domid,
				    .buf = (uintptr_t)s->state, .len = s->len };

	if (ioctl(ctl, KXEN_RESTORE, &a))
		fail(EXIT_REFUSED, "cannot restore domain %u: %s", domid,
		     a.reason && a.reason < sizeof(why) / sizeof(why[0]) ?
		     why[a.reason] : strerror(errno));
	if (a.skipped)
		fprintf(stderr, "kvm-xen: domain %u was saved by a newer module: %u part(s) of it are not known here, and left out, as they may be\n",
			domid, a.skipped);
}

/* The VMM's machine first, then the domain: it writes into the guest's memory. */
void restore_all(const struct saved *s, int ctl, struct qmp *qmp, uint32_t domid)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = domid };

	if (!migrate(qmp, s->fd[PART_VM], true))
		fail(EXIT_REFUSED, "the VMM does not take the saved machine: %s; give it the command line of the saved one",
		     qmp->error);
	if (ioctl(ctl, KXEN_PAUSE, &a))
		fail(1, "cannot pause domain %u: %s", domid, strerror(errno));
	give_state(ctl, domid, s);
	if (ioctl(ctl, KXEN_UNPAUSE, &a))
		fail(1, "cannot unpause domain %u: %s", domid, strerror(errno));
}
