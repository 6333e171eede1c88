// SPDX-License-Identifier: GPL-2.0-only
/* Processes, as /proc shows them. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "vmm.h"

static bool is_vm(pid_t pid, const char *fd)
{
	char path[300], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	return !strcmp(target, "anon_inode:kvm-vm");
}

/* The number that the VM has in that process; -1: none, errno says more. */
static int vm_number(pid_t pid)
{
	char path[32];
	struct dirent *e;
	int fd = -1;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (is_vm(pid, e->d_name))
			fd = atoi(e->d_name);
	closedir(d);
	errno = 0;
	return fd;
}

bool proc_has_vm(pid_t pid)
{
	return vm_number(pid) >= 0;
}

int proc_take_vm(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), fd;

	if (pidfd < 0)
		fail(EXIT_REFUSED, "there is no process %d", pid);
	fd = vm_number(pid);
	if (fd < 0 && errno)
		fail(EXIT_REFUSED, "cannot look at process %d: %s; run as its user or as root",
		     pid, strerror(errno));
	if (fd < 0)
		fail(EXIT_REFUSED, "process %d has no KVM virtual machine: start it with '-accel kvm'",
		     pid);
	fd = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (fd < 0)
		fail(EXIT_REFUSED, "cannot take the VM of process %d: %s; this needs ptrace rights on it: run as root",
		     pid, strerror(errno));
	close(pidfd);
	return fd;
}

/* A file of /proc as a whole, with a zero behind it. */
static char *read_proc(pid_t pid, const char *name, size_t *len)
{
	char path[48], *buf = NULL;
	size_t size = 4096;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	*len = 0;
	while (fd >= 0) {
		char *more = realloc(buf, size);

		if (!more)
			fail(1, "no memory");
		buf = more;
		n = read(fd, buf + *len, size - *len - 1);
		if (n <= 0)
			break;
		*len += n;
		size *= 2;
	}
	if (fd >= 0)
		close(fd);
	if (n < 0 || !buf) {
		free(buf);
		return NULL;
	}
	buf[*len] = 0;
	return buf;
}

char **proc_args(pid_t pid)
{
	size_t len, at, n = 0;
	char *text = read_proc(pid, "cmdline", &len);
	char **args = text ? calloc(len + 1, sizeof(*args)) : NULL;

	if (!args)
		return NULL;
	for (at = 0; at < len; at += strlen(text + at) + 1)
		args[n++] = text + at;
	return args;
}

/* @known: it has a command line; a process that ends or begins has none. */
bool proc_has_text(pid_t pid, const char *what, bool *known)
{
	size_t len;
	char *text = read_proc(pid, "cmdline", &len);
	bool found;

	*known = text && len;
	found = *known && memmem(text, len, what, strlen(what));
	free(text);
	return found;
}

struct relation {
	pid_t pid, parent;
};

static pid_t parent_of(pid_t pid)
{
	size_t len;
	char *text = read_proc(pid, "stat", &len);
	/* The name in between may have anything in it. */
	char *behind = text ? strrchr(text, ')') : NULL;
	int parent = 0;

	if (!behind || sscanf(behind, ") %*c %d", &parent) != 1)
		parent = 0;
	free(text);
	return parent;
}

static unsigned int all_relations(struct relation **all)
{
	unsigned int n = 0, size = 256;
	DIR *d = opendir("/proc");
	struct dirent *e;

	*all = malloc(size * sizeof(**all));
	while (d && *all && (e = readdir(d))) {
		pid_t pid = isdigit((unsigned char)e->d_name[0]) ? atoi(e->d_name) : 0;

		if (!pid)
			continue;
		if (n == size) {
			size *= 2;
			*all = realloc(*all, size * sizeof(**all));
			if (!*all)
				break;
		}
		(*all)[n].pid = pid;
		(*all)[n++].parent = parent_of(pid);
	}
	if (d)
		closedir(d);
	if (!*all)
		fail(1, "no memory");
	return n;
}

static bool is_one_of(pid_t pid, const pid_t *list, unsigned int n)
{
	while (n--)
		if (list[n] == pid)
			return true;
	return false;
}

unsigned int proc_tree(pid_t pid, pid_t *list, unsigned int max,
		       const pid_t *but, unsigned int nr_but)
{
	struct relation *all;
	unsigned int n = all_relations(&all), found = 1, at, i;

	list[0] = pid;
	for (at = 0; at < found; at++)
		for (i = 0; i < n && found < max; i++)
			if (all[i].parent == list[at] &&
			    !is_one_of(all[i].pid, but, nr_but))
				list[found++] = all[i].pid;
	free(all);
	return found;
}
