// SPDX-License-Identifier: GPL-2.0-only
/*
 * save and restore: what the module holds goes to FILE, the VMM's own migration stream
 * to FILE.vm beside it. FILE begins with a line of text that says how the domain was
 * made.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "qmp.h"

#define HEAD	"kvm-xen-domain 1 domid=%u flags=%u max_ports=%u bytes=%u\n"
#define TRIES	10	/* a peer may change a channel while it is saved */

static void qmp_must(struct qmp *qmp, const char *command)
{
	if (!qmp_do(qmp, command))
		fail(1, "the VMM refuses '%s': %s", command, qmp->error);
}

/* --- the VMM's own part ------------------------------------------------------------- */

/* A path as a word of the shell that QEMU starts, inside a JSON string. */
static void quote(char *out, size_t size, const char *path)
{
	size_t n = 0;

	for (; *path && n + 6 < size; path++) {
		if (*path == '\'' || *path == '"' || *path == '\\' ||
		    (unsigned char)*path < 0x20)
			fail(EXIT_USAGE, "a path with quotes, backslashes or control characters cannot be used: give another one");
		out[n++] = *path;
	}
	if (*path)
		fail(EXIT_USAGE, "the path is too long");
	out[n] = 0;
}

/* Wait for a migration, with a line when the state changes. */
static bool migrated(struct qmp *qmp, const char *what)
{
	char last[32] = "", now[32];
	const char *line, *s;

	for (;; poll(NULL, 0, 50)) {
		line = qmp_ask(qmp, "{\"execute\": \"query-migrate\"}\n", -1);
		if (!line)
			return false;
		s = strstr(line, "\"status\": \"");
		if (!s || sscanf(s, "\"status\": \"%31[a-z-]", now) != 1)
			continue;
		if (strcmp(now, last))
			fprintf(stderr, "%s: %s\n", what, now);
		strcpy(last, now);
		if (!strcmp(now, "completed"))
			return true;
		if (!strcmp(now, "failed") || !strcmp(now, "cancelled"))
			return false;
	}
}

static bool migrate(struct qmp *qmp, const char *path, bool in)
{
	char json[1200], word[1000];

	quote(word, sizeof(word), path);
	snprintf(json, sizeof(json), in ?
		 "{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"exec:cat '%s'\"}}" :
		 "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"exec:cat > '%s'\"}}\n",
		 word);
	if (!qmp_ask(qmp, json, -1)) {
		fprintf(stderr, "kvm-xen: the VMM says: %s\n", qmp->error);
		return false;
	}
	return migrated(qmp, in ? "restoring the machine" : "saving the machine");
}

/* --- save ------------------------------------------------------------------------------ */

static void let_go(int ctl, uint32_t domid, struct qmp *qmp)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = domid };

	ioctl(ctl, KXEN_UNPAUSE, &a);
	qmp_must(qmp, "cont");
}

/* The module's part; NULL and errno if it is refused. */
static void *take_state(int ctl, uint32_t domid, uint32_t *len)
{
	struct kxen_image_arg a = { .size = sizeof(a), .domid = domid };
	void *buf = NULL;
	int i;

	for (i = 0; i < TRIES; i++) {
		a.buf = (uintptr_t)buf;
		if (!ioctl(ctl, KXEN_SAVE, &a)) {
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

static bool write_state(const char *path, const struct kxen_query *q,
			const void *buf, uint32_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && dprintf(fd, HEAD, q->domid, q->dom_flags,
				     q->max_ports, len) > 0 &&
		  write(fd, buf, len) == (ssize_t)len;

	if (fd >= 0 && (fsync(fd) | close(fd)))
		ok = false;
	return ok;
}

static bool save_files(int ctl, const struct kxen_query *q, struct qmp *qmp,
		       const char *file)
{
	char vm[1000];
	uint32_t len;
	void *buf = take_state(ctl, q->domid, &len);
	bool ok;

	if (!buf) {
		fprintf(stderr, "kvm-xen: the module does not save domain %u: %s\n",
			q->domid, strerror(errno));
		return false;
	}
	ok = write_state(file, q, buf, len);
	if (!ok)
		fprintf(stderr, "kvm-xen: cannot write %s: %s\n", file,
			strerror(errno));
	free(buf);
	snprintf(vm, sizeof(vm), "%s.vm", file);
	if (ok)
		ok = migrate(qmp, vm, false);
	if (!ok) {
		unlink(file);
		unlink(vm);
	}
	return ok;
}

int cmd_save(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen save --qmp SOCKET [--go-on] DOMID FILE\n"
		"Saves the domain to FILE and the VMM's machine to FILE.vm, then ends the VMM.\n"
		"If anything fails, the guest goes on.\n"
		"  --qmp SOCKET     the VMM's monitor: -qmp unix:SOCKET,server=on,wait=off\n"
		"  --go-on          let the guest go on afterwards\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "qmp", 1, 0, 'q' }, { "go-on", 0, 0, 'g' },
		{ "help", 0, 0, 'h' }, { 0 },
	};
	struct kxen_query q = { .size = sizeof(q) };
	struct kxen_domid_arg a = { .size = sizeof(a) };
	const char *socket = NULL;
	bool go_on = false;
	struct qmp *qmp;
	int c, ctl;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'q')
			socket = optarg;
		else if (c == 'g')
			go_on = true;
		else if (c == 'h')
			return fputs(usage, stdout), 0;
		else
			return fputs(usage, stderr), EXIT_USAGE;
	}
	if (argc - optind != 2 || !socket)
		return fputs(usage, stderr), EXIT_USAGE;
	q.domid = number(argv[optind], "domain id", MAX_DOMID);
	ctl = ctl_open();
	ctl_query(ctl, &q);
	qmp = qmp_connect(socket);
	qmp_must(qmp, "stop");
	a.domid = q.domid;
	if (ioctl(ctl, KXEN_PAUSE, &a)) {
		c = errno;
		qmp_must(qmp, "cont");
		fail(1, "cannot pause domain %u: %s", q.domid, strerror(c));
	}
	if (!save_files(ctl, &q, qmp, argv[optind + 1])) {
		let_go(ctl, q.domid, qmp);
		fail(EXIT_REFUSED, "domain %u was not saved; it goes on", q.domid);
	}
	if (go_on)
		let_go(ctl, q.domid, qmp);
	else
		qmp_must(qmp, "quit");
	return 0;
}

/* --- restore --------------------------------------------------------------------------- */

static FILE *open_state(const char *path, struct domain_options *o, uint32_t *len)
{
	FILE *f = fopen(path, "re");
	char line[200];

	if (!f)
		fail(EXIT_REFUSED, "cannot read %s: %s", path, strerror(errno));
	memset(o, 0, sizeof(*o));
	if (!fgets(line, sizeof(line), f) ||
	    sscanf(line, HEAD, &o->domid, &o->flags, &o->max_ports, len) != 4)
		fail(EXIT_REFUSED, "%s is not a domain that 'kvm-xen save' has written",
		     path);
	return f;
}

void restore_head(const char *path, struct domain_options *o)
{
	uint32_t len;

	fclose(open_state(path, o, &len));
}

static void give_state(int ctl, uint32_t domid, const char *path)
{
	static const char *const why[] = {
		[KXEN_RESTORE_FORMAT] = "the file is damaged",
		[KXEN_RESTORE_VERSION] = "a newer module has written it: load that one",
		[KXEN_RESTORE_STATE] = "its guest has run already",
		[KXEN_RESTORE_VCPUS] = "the saved machine had another number of vCPUs: give the same -smp",
		[KXEN_RESTORE_MEMORY] = "the guest's memory is not where it was: give the same -m and devices",
		[KXEN_RESTORE_VALUES] = "the file has values that no guest could have set",
		[KXEN_RESTORE_PORTS] = "the guest has more event channels: give --max-ports",
		[KXEN_RESTORE_FEATURE] = "the guest uses the N-level ABI: give --nlevel",
		[KXEN_RESTORE_NOMEM] = "the host has no memory for it: make room and try again",
	};
	struct kxen_image_arg a = { .size = sizeof(a), .domid = domid };
	struct domain_options o;
	FILE *f = open_state(path, &o, &a.len);
	void *buf = malloc(a.len);

	if (!buf || fread(buf, 1, a.len, f) != a.len)
		fail(EXIT_REFUSED, "%s is too short", path);
	fclose(f);
	a.buf = (uintptr_t)buf;
	if (ioctl(ctl, KXEN_RESTORE, &a))
		fail(EXIT_REFUSED, "cannot restore domain %u: %s", domid,
		     a.reason && a.reason < sizeof(why) / sizeof(why[0]) ?
		     why[a.reason] : strerror(errno));
	free(buf);
}

/* The VMM's machine first, then the domain: it writes into the guest's memory. */
void restore_all(const char *path, int ctl, struct qmp *qmp, uint32_t domid)
{
	struct kxen_domid_arg a = { .size = sizeof(a), .domid = domid };
	char vm[1000];

	snprintf(vm, sizeof(vm), "%s.vm", path);
	if (access(vm, R_OK))
		fail(EXIT_REFUSED, "cannot read %s: %s", vm, strerror(errno));
	if (!migrate(qmp, vm, true))
		fail(EXIT_REFUSED, "the VMM does not take %s: give it the command line of the saved one",
		     vm);
	if (ioctl(ctl, KXEN_PAUSE, &a))
		fail(1, "cannot pause domain %u: %s", domid, strerror(errno));
	give_state(ctl, domid, path);
	if (ioctl(ctl, KXEN_UNPAUSE, &a))
		fail(1, "cannot let domain %u go: %s", domid, strerror(errno));
}
