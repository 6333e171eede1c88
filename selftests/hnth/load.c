// SPDX-License-Identifier: GPL-2.0
/* The module's initialisation, with its n-th allocation failing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hnth.h"

#define LIMIT	3000	/* more allocations than a load makes, with all debugging, too */

static void *ko;
static size_t ko_size;

static void read_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		perror(name);
		exit(2);
	}
	ko_size = st.st_size;
	ko = malloc(ko_size);
	if (!ko || read(fd, ko, ko_size) != (ssize_t)ko_size)
		exit(2);
	close(fd);
}

/* 0, or a negative errno; *left as fail_left() gives it. */
static int load(unsigned int n, bool by_parameter, unsigned int *left)
{
	char arg[32] = "";
	int ret;

	if (by_parameter)
		snprintf(arg, sizeof(arg), "fail_nth=%u", n);
	else
		fail_nth(n);
	ret = syscall(SYS_init_module, ko, ko_size, arg) ? -errno : 0;
	*left = 0;
	/* The parameter's file is there for as long as the module is. */
	if (by_parameter && !ret)
		fail_reopen();
	if (!by_parameter || !ret)
		*left = fail_left();
	return ret;
}

int sweep_load(const char *file, bool by_parameter)
{
	unsigned int n, left = 0, refused = 0, wrong = 0;
	int ret;

	read_file(file);
	for (n = 1; n < LIMIT && !left; n++) {
		ret = load(n, by_parameter, &left);
		refused += !!ret;
		if (ret && ret != -ENOMEM) {
			printf("# allocation %u of the load: %s\n", n, strerror(-ret));
			wrong++;
		}
		if (!ret && syscall(SYS_delete_module, "kvm_xen", 0)) {
			report(false, "allocation %u of the load: the module unloads", n);
			return 1;
		}
	}
	report(!wrong && left, "load: %u points of failure, %u refused, %u wrong", n - 2,
	       refused, wrong);
	return wrong || !left;
}
