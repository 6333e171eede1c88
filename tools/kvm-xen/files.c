// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two files of a saved domain: what the module holds goes to FILE, the VMM's own
 * migration stream to FILE.vm beside it. FILE begins with a line of text that says how
 * the domain was made, and which FILE.vm belongs to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

#define HEAD	"kvm-xen-domain 2 domid=%u flags=%u max_ports=%u xen=%hu.%hu bytes=%u vm=%llu sum=%llx\n"
#define HEAD_VALUES	8
#define TAIL	(1 << 20)

static const char *const suffix[PARTS] = { "", ".vm" };

/*
 * What tells one FILE.vm from another: its length, and a sum (FNV-1a) of its end, where
 * the devices and the clock are.
 */
static bool identify(int fd, unsigned long long *len, unsigned long long *sum)
{
	unsigned char *buf = malloc(TAIL);
	struct stat st;
	ssize_t n = -1, i;

	if (buf && !fstat(fd, &st))
		n = pread(fd, buf, TAIL, st.st_size > TAIL ? st.st_size - TAIL : 0);
	*sum = 0xcbf29ce484222325ULL;
	for (i = 0; i < n; i++)
		*sum = (*sum ^ buf[i]) * 0x100000001b3ULL;
	*len = n < 0 ? 0 : st.st_size;
	free(buf);
	return n > 0;
}

static bool bad(const char *what, const char *name, const char *why)
{
	fprintf(stderr, "kvm-xen: cannot %s %s: %s\n", what, name, why);
	return false;
}

/* --- writing --------------------------------------------------------------------- */

/* Only a regular file may be replaced: not a device, not what a link points to. */
static bool may_replace(const struct saving *s, int part)
{
	const char *name = s->name[part];
	struct stat st;

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT || bad("write", name, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return bad("write", name, "it is a symbolic link; give the name of the file itself");
	if (!S_ISREG(st.st_mode))
		return bad("write", name, "it is there and is not a regular file; give another name");
	return true;
}

/* A new file that nobody else can read or have opened before. */
static bool make_temp(struct saving *s, int part)
{
	unsigned int r, tries;

	for (tries = 0; tries < 100; tries++) {
		if (getrandom(&r, sizeof(r), 0) != sizeof(r))
			return bad("write", s->name[part], strerror(errno));
		snprintf(s->temp[part], sizeof(s->temp[part]),
			 ".kvm-xen-%08x%s", r, suffix[part]);
		s->fd[part] = openat(s->dir, s->temp[part],
				     O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
		if (s->fd[part] >= 0)
			return true;
		s->temp[part][0] = 0;
		if (errno != EEXIST)
			break;
	}
	return bad("write a file beside", s->name[part], strerror(errno));
}

bool saving_begin(struct saving *s, const char *file)
{
	char *for_dir = strdup(file), *for_base = strdup(file);
	int part;

	if (!for_dir || !for_base)
		fail(1, "no memory");
	memset(s, 0, sizeof(*s));
	s->fd[PART_DOMAIN] = s->fd[PART_VM] = -1;
	s->dir = open(dirname(for_dir), O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (s->dir < 0)
		return bad("write into the directory of", file, strerror(errno));
	for (part = 0; part < PARTS; part++)
		if (snprintf(s->name[part], sizeof(s->name[part]), "%s%s",
			     basename(for_base), suffix[part]) >=
		    (int)sizeof(s->name[part]))
			return bad("write", file, "its name is too long");
	free(for_dir);
	free(for_base);
	for (part = 0; part < PARTS; part++)
		if (!may_replace(s, part) || !make_temp(s, part))
			return false;
	return true;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* The VM's part is there: its length and its sum go into the head. */
bool saving_domain(struct saving *s, const struct domain_options *o,
		   const void *state, uint32_t len)
{
	unsigned long long vm_len, vm_sum;
	char head[300];
	int n;

	if (!identify(s->fd[PART_VM], &vm_len, &vm_sum))
		return bad("write", s->name[PART_VM], "nothing has come from the VMM");
	/* The VMM has written by the same description: it stands where it ended. */
	if ((off_t)vm_len != lseek(s->fd[PART_VM], 0, SEEK_CUR))
		return bad("write", s->name[PART_VM], "its length is not what the VMM has written");
	n = snprintf(head, sizeof(head), HEAD, o->domid, o->flags, o->max_ports,
		     o->xen_major, o->xen_minor, len, vm_len, vm_sum);
	if (!write_all(s->fd[PART_DOMAIN], head, n) ||
	    !write_all(s->fd[PART_DOMAIN], state, len))
		return bad("write", s->name[PART_DOMAIN], strerror(errno));
	return true;
}

/* Both or none get their names; FILE is the last, since restore begins with it. */
static bool rename_both(struct saving *s)
{
	char old[64];
	bool had;

	snprintf(old, sizeof(old), "%s.old", s->temp[PART_VM]);
	had = !linkat(s->dir, s->name[PART_VM], s->dir, old, 0);
	/* An older one that cannot be kept could not be put back. */
	if (!had && errno != ENOENT)
		return bad("keep the older", s->name[PART_VM], strerror(errno));
	if (renameat(s->dir, s->temp[PART_VM], s->dir, s->name[PART_VM])) {
		bad("write", s->name[PART_VM], strerror(errno));
	} else if (renameat(s->dir, s->temp[PART_DOMAIN], s->dir,
			    s->name[PART_DOMAIN])) {
		bad("write", s->name[PART_DOMAIN], strerror(errno));
		if (!had)
			unlinkat(s->dir, s->name[PART_VM], 0);
		else if (!renameat(s->dir, old, s->dir, s->name[PART_VM]))
			had = false;
		else
			had = bad("put back what is now", old, strerror(errno));
	} else {
		s->temp[PART_DOMAIN][0] = s->temp[PART_VM][0] = 0;
	}
	if (had)
		unlinkat(s->dir, old, 0);
	return !s->temp[PART_DOMAIN][0];
}

bool saving_commit(struct saving *s)
{
	int part;

	for (part = 0; part < PARTS; part++) {
		bool ok = !fsync(s->fd[part]);

		/* A file on another machine may have its errors only here. */
		ok = !close(s->fd[part]) && ok;
		s->fd[part] = -1;
		if (!ok)
			return bad("write", s->name[part], strerror(errno));
	}
	if (!rename_both(s))
		return false;
	if (fsync(s->dir))
		bad("put the names on the disk of", s->name[PART_DOMAIN],
		    strerror(errno));
	close(s->dir);
	s->dir = -1;
	return true;
}

/* Nothing is left; also from a signal's or an error's way out, and after the end. */
void saving_drop(struct saving *s)
{
	int part;

	for (part = 0; part < PARTS; part++) {
		if (s->fd[part] >= 0)
			close(s->fd[part]);
		s->fd[part] = -1;
		if (s->temp[part][0])
			unlinkat(s->dir, s->temp[part], 0);
		s->temp[part][0] = 0;
	}
}

/* --- reading --------------------------------------------------------------------- */

static int open_part(const char *name)
{
	/* Without O_NONBLOCK a FIFO would make this wait. */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		fail(EXIT_REFUSED, "cannot read %s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		fail(EXIT_REFUSED, "cannot read %s: it is not a regular file; copy what was saved into one",
		     name);
	return fd;
}

static void check_vm(const struct saved *s, const char *name,
		     unsigned long long len, unsigned long long sum)
{
	unsigned long long vm_len, vm_sum;

	identify(s->fd[PART_VM], &vm_len, &vm_sum);
	if (vm_len < len)
		fail(EXIT_REFUSED, "%s is cut: it has %llu bytes of %llu; copy it again",
		     name, vm_len, len);
	if (vm_len != len || vm_sum != sum)
		fail(EXIT_REFUSED, "%s is not the one that was saved with its domain: keep the two files together",
		     name);
}

void saved_open(struct saved *s, const char *file)
{
	struct domain_options *o = &s->options;
	unsigned long long vm_len, vm_sum;
	char head[300], vm[4096];
	FILE *f;

	memset(s, 0, sizeof(*s));
	s->fd[PART_DOMAIN] = open_part(file);
	f = fdopen(s->fd[PART_DOMAIN], "re");
	if (!f)
		fail(1, "no memory");
	if (!fgets(head, sizeof(head), f) ||
	    sscanf(head, HEAD, &o->domid, &o->flags, &o->max_ports,
		   &o->xen_major, &o->xen_minor, &s->len, &vm_len, &vm_sum) !=
	    HEAD_VALUES)
		fail(EXIT_REFUSED, "%s is not a domain that 'kvm-xen save' has written",
		     file);
	s->state = malloc(s->len);
	if (!s->state || fread(s->state, 1, s->len, f) != s->len)
		fail(EXIT_REFUSED, "%s is cut: copy it again", file);
	fclose(f);
	s->fd[PART_DOMAIN] = -1;
	if (snprintf(vm, sizeof(vm), "%s%s", file, suffix[PART_VM]) >=
	    (int)sizeof(vm))
		fail(EXIT_USAGE, "the path is too long");
	s->fd[PART_VM] = open_part(vm);
	check_vm(s, vm, vm_len, vm_sum);
}
