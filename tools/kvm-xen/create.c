// SPDX-License-Identifier: GPL-2.0-only
/* create: from a file to a guest that somebody looks after. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfg.h"
#include "guests.h"
#include "plan.h"
#include "platform.h"
#include "store.h"

#define MAX_FILE	(1 << 20)

/* --- the file ----------------------------------------------------------------------- */

static void say_fault(void *file, unsigned int line, const char *what)
{
	if (line)
		fprintf(stderr, "%s:%u: %s\n", (const char *)file, line, what);
	else
		fprintf(stderr, "%s: %s\n", (const char *)file, what);
}

static char *read_file(const char *file, size_t *len)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *text = malloc(MAX_FILE + 1);
	ssize_t n = -1;

	if (fd < 0)
		fail(EXIT_REFUSED, "cannot read %s: %s", file, strerror(errno));
	for (*len = 0; text && *len <= MAX_FILE; *len += n) {
		n = read(fd, text + *len, MAX_FILE + 1 - *len);
		if (n <= 0)
			break;
	}
	if (n < 0)
		fail(EXIT_REFUSED, "cannot read %s: %s", file, text ? strerror(errno) : "no memory");
	if (*len > MAX_FILE)
		fail(EXIT_REFUSED, "%s is no configuration: it has more than %d bytes", file, MAX_FILE);
	close(fd);
	return text;
}

/* What it names has to be there. */
static void check_file(const char *path, unsigned int line, bool may_write, struct cfg_say_to *s)
{
	struct stat st;

	if (access(path, may_write ? R_OK | W_OK : R_OK))
		cfg_wrong(s, line, "%s: %s", path, strerror(errno));
	else if (!stat(path, &st) && S_ISDIR(st.st_mode))
		cfg_wrong(s, line, "%s is a directory", path);
}

static void check_shim(const struct cfg *c, struct cfg_say_to *s)
{
	const char *shim = plan_shim(c);

	if (!c->pvshim_path && access(shim, F_OK))
		cfg_wrong(s, c->type_line, "there is no %s, by which a guest of type \"pv\" is booted: Debian's packages xen-utils-4.17 and xen-utils-4.20 have it, and 'pvshim_path' names another one",
			  shim);
	else
		check_file(shim, c->pvshim_path_line, false, s);
	if (!s->failed && !platform_is_elf(shim))
		cfg_wrong(s, c->pvshim_path_line, "%s is no ELF file, as Xen's xen-shim is", shim);
}

static void check_files(const struct cfg *c, const char *dir, struct cfg_say_to *s)
{
	unsigned int i;

	if (c->kernel)
		check_file(c->kernel, c->kernel_line, false, s);
	if (c->ramdisk)
		check_file(c->ramdisk, c->ramdisk_line, false, s);
	for (i = 0; i < c->disks; i++)
		check_file(c->disk[i].target, c->disk[i].line, !c->disk[i].read_only, s);
	if (c->type == CFG_PV) {
		cfg_check_pv_words(c, dir, s);
		check_shim(c, s);
	}
	if (!s->failed && c->type == CFG_PVH && !platform_is_elf(c->kernel))
		cfg_wrong(s, c->kernel_line, "%s is no ELF file, and a guest of type \"pvh\" begins with one: for Linux that is vmlinux, which its scripts/extract-vmlinux takes out of a bzImage",
			  c->kernel);
}

static void read_cfg(struct cfg *c, const char *file)
{
	struct cfg_say_to s = { .say = say_fault, .to = (void *)file };
	size_t len;
	char *text = read_file(file, &len), *dir = getcwd(NULL, 0);

	/* Who looks after the guest has another directory. */
	if (!dir)
		fail(EXIT_REFUSED, "cannot tell the directory: %s", strerror(errno));
	s.failed = !cfg_parse(c, text, len, say_fault, (void *)file);
	if (!s.failed)
		check_files(c, dir, &s);
	if (s.failed)
		fail(EXIT_REFUSED, "nothing was done, because of what is said of %s above", file);
	cfg_from_root(c, dir);
	free(dir);
	free(text);
}

/* A guest that has none gets another one each time. */
static void set_uuid(struct cfg *c, char *text)
{
	if (!c->has_uuid) {
		if (getrandom(c->uuid, sizeof(c->uuid), 0) != sizeof(c->uuid))
			fail(1, "no random numbers: %s", strerror(errno));
		c->uuid[6] = (c->uuid[6] & 0x0f) | 0x40;
		c->uuid[8] = (c->uuid[8] & 0x3f) | 0x80;
	}
	cfg_uuid_text(c->uuid, text);
}

/* --- in the background ----------------------------------------------------------------- */

static volatile pid_t supervisor;

static void pass_on(int sig)
{
	(void)sig;
	if (supervisor > 0)
		kill(supervisor, SIGTERM);
}

/* Nothing of the terminal's is left to it but for the first life. */
static void __attribute__((noreturn)) supervise_apart(struct life_setup *s)
{
	int terminal = fcntl(2, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setsid();
	if (null < 0 || terminal < 0 || dup2(null, 0) < 0 || dup2(s->log, 1) < 0 || dup2(s->log, 2) < 0)
		fail(1, "cannot leave the terminal: %s", strerror(errno));
	close(null);
	if (chdir("/"))
		note("cannot leave the directory: %s", strerror(errno));
	exit(guest_supervise(s, terminal));
}

/* Wait for word of the guest: its domain's number, or the end. */
static int in_background(struct life_setup *s)
{
	struct sigaction sa = { .sa_handler = pass_on };
	char text[16] = "";
	int pipes[2], status = 0;
	ssize_t n;

	if (pipe2(pipes, O_CLOEXEC))
		fail(1, "cannot make a pipe: %s", strerror(errno));
	s->log = guest_open_log(s->cfg->name);
	s->status = pipes[1];
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	supervisor = fork();
	if (supervisor < 0)
		fail(1, "cannot start a process: %s", strerror(errno));
	if (!supervisor) {
		close(pipes[0]);
		supervise_apart(s);
	}
	close(pipes[1]);
	while ((n = read(pipes[0], text, sizeof(text) - 1)) < 0 && errno == EINTR)
		;
	if (n > 0) {
		printf("%s", text);
		return 0;
	}
	while (waitpid(supervisor, &status, 0) < 0 && errno == EINTR)
		;
	guest_show_log(s->cfg->name);
	fprintf(stderr, "kvm-xen: there is no guest '%s'; what was done for it is undone\n", s->cfg->name);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- the command ------------------------------------------------------------------------ */

static int create(struct life_setup *s, bool foreground)
{
	struct xs_handle *h;
	int lock;

	/* Whoever started this may have it ignored, and then nobody could be waited for. */
	signal(SIGCHLD, SIG_DFL);
	/* What was left open to this is not for a guest's time: somebody may wait for its end. */
	if (!foreground)
		close_range(3, ~0U, 0);
	s->ctl = ctl_open();
	h = store_open();
	lock = guest_lock(s->cfg->name, true);
	if (lock < 0)
		fail(EXIT_REFUSED, "there is a guest '%s' already: process %d looks after it",
		     s->cfg->name, guest_pid(s->cfg->name));
	guest_set_pid(s->cfg->name, 0);
	guest_clean(h, s->ctl, s->cfg->name);
	xs_close(h);
	if (!foreground)
		return in_background(s);
	return guest_supervise(s, -1);
}

int cmd_create(int argc, char **argv)
{
	static const char usage[] =
		"usage: kvm-xen create [OPTIONS] CONFIG\n"
		"Make the guest that CONFIG describes (kvm-xen.cfg(5)), with its devices. When it runs,\n"
		"its domain's number is printed, and a process in the background looks after it.\n"
		"  --foreground     this process looks after it\n"
		"  --dry-run        only say what would be done\n"
		"  -v, --verbose    say what is done\n"
		"  --help           this text\n";
	static const struct option options[] = {
		{ "foreground", 0, 0, 'f' }, { "dry-run", 0, 0, 'n' }, { "verbose", 0, 0, 'v' },
		{ "help", 0, 0, 'h' }, { 0 },
	};
	struct life_setup s = { .status = -1, .log = -1 };
	bool foreground = false, dry = false;
	static struct cfg cfg;
	int c;

	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		switch (c) {
		case 'f': foreground = true; break;
		case 'n': dry = true; break;
		case 'v': s.verbose = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (argc - optind != 1)
		fail(EXIT_USAGE, "which configuration? kvm-xen create FILE");
	read_cfg(&cfg, argv[optind]);
	s.cfg = &cfg;
	set_uuid(&cfg, s.uuid);
	if (!dry)
		return create(&s, foreground);
	plan_print(&cfg, s.uuid);
	return 0;
}
