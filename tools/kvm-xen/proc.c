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

/* What the kernel says of it in its line of numbers; false: it is gone. */
static bool read_process(pid_t pid, struct process *p)
{
	size_t len;
	char *text = read_proc(pid, "stat", &len);
	/* The name in between may have anything in it. */
	char *behind = text ? strrchr(text, ')') : NULL;
	bool ok;

	memset(p, 0, sizeof(*p));
	p->pid = pid;
	/* Fields 4 and 22. */
	ok = behind && sscanf(behind, ") %*c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
			      &p->parent, &p->start) == 2;
	free(text);
	return ok;
}

unsigned long long proc_start(pid_t pid)
{
	struct process p;

	return read_process(pid, &p) ? p.start : 0;
}

/* One more of a list that has room for a power of two. */
static void append(struct process **list, unsigned int *n, const struct process *p)
{
	if (!(*n & (*n - 1))) {
		*list = realloc(*list, (*n ? 2 * *n : 1) * sizeof(**list));
		if (!*list)
			fail(1, "no memory");
	}
	(*list)[(*n)++] = *p;
}

static unsigned int all_processes(struct process **all)
{
	DIR *d = opendir("/proc");
	struct process p;
	unsigned int n = 0;
	struct dirent *e;

	*all = NULL;
	while (d && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    read_process(atoi(e->d_name), &p))
			append(all, &n, &p);
	if (d)
		closedir(d);
	return n;
}

/* A number may have been another process's before. */
static bool is_one_of(const struct process *p, const struct process *list,
		      unsigned int n)
{
	while (n--)
		if (list[n].pid == p->pid && list[n].start == p->start)
			return true;
	return false;
}

unsigned int proc_tree(pid_t pid, struct process **list, unsigned long long since,
		       const struct process *but, unsigned int nr_but)
{
	struct process first = { .pid = pid }, *all;
	unsigned int n = all_processes(&all), found = 0, at, i;

	*list = NULL;
	append(list, &found, &first);
	for (at = 0; at < found; at++)
		for (i = 0; i < n; i++)
			if (all[i].parent == (*list)[at].pid &&
			    all[i].start >= since &&
			    !is_one_of(&all[i], but, nr_but))
				append(list, &found, &all[i]);
	free(all);
	return found;
}
