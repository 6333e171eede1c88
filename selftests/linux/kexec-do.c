// SPDX-License-Identifier: GPL-2.0
/*
 * kexec-do [-p] KERNEL INITRD CMDLINE: into another kernel, with the kernel's own
 * loader; with -p only when this one crashes.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	bool crash = argc > 1 && !strcmp(argv[1], "-p");
	int kernel, initrd;

	argv += crash;
	if (argc - crash != 4)
		return 64;
	kernel = open(argv[1], O_RDONLY);
	initrd = open(argv[2], O_RDONLY);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1,
		    argv[3], crash ? (unsigned long)KEXEC_FILE_ON_CRASH : 0UL)) {
		perror("kexec_file_load");
		return 1;
	}
	if (crash)
		return 0;
	reboot(RB_KEXEC);
	perror("reboot");
	return 1;
}
