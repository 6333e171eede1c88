// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a pager: each frame has its own place in it, most of which are holes. It has no name
 * any more as soon as it is open: nobody else reads a guest's memory there, and whatever ends the
 * pager leaves nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm-xen.h"
#include "page.h"

void page_file_open(struct page_file *f, const char *name)
{
	f->name = name;
	f->fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->fd < 0 && errno == EEXIST)
		fail(EXIT_REFUSED, "%s is there already: the file is made anew, and nobody else's is taken; give another name, or remove it",
		     name);
	if (f->fd < 0)
		fail(EXIT_REFUSED, "cannot make %s: %s; choose a place with room for what is to be paged out",
		     name, strerror(errno));
	if (unlink(name))
		fail(EXIT_REFUSED, "cannot take away the name %s: %s", name, strerror(errno));
	/* What is written is to leave the host's memory, and to be known to be written. */
	f->direct = !fcntl(f->fd, F_SETFL, O_DIRECT);
}

/* Frames in a row from the first on. */
static unsigned int row(const uint64_t *gfn, unsigned int nr)
{
	unsigned int n = 1;

	while (n < nr && gfn[n] == gfn[0] + n)
		n++;
	return n;
}

static bool write_row(struct page_file *f, uint64_t gfn, const unsigned char *buf, size_t len)
{
	off_t at = gfn * PAGE;
	ssize_t n;

	for (; len; len -= n, buf += n, at += n) {
		n = pwrite(f->fd, buf, len, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

/* How many of them are written, from the first on; errno says why no more are. */
unsigned int page_file_write(struct page_file *f, const uint64_t *gfn, unsigned int nr,
			     const unsigned char *buf)
{
	unsigned int done, n;

	for (done = 0; done < nr; done += n) {
		n = row(gfn + done, nr - done);
		if (!write_row(f, gfn[done], buf + done * PAGE, n * PAGE))
			break;
	}
	/* Through the page cache an error comes only with this; then none of them is known to be there. */
	if (!f->direct && done) {
		if (fdatasync(f->fd))
			return 0;
		posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	return done;
}

bool page_file_read(struct page_file *f, uint64_t gfn, unsigned char *buf)
{
	size_t have = 0;
	ssize_t n;

	while (have < PAGE) {
		n = pread(f->fd, buf + have, PAGE - have, gfn * PAGE + have);
		if (n < 0 && errno == EINTR)
			continue;
		if (!n)
			errno = ENODATA;	/* somebody has cut the file */
		if (n <= 0)
			return false;
		have += n;
	}
	if (!f->direct)
		posix_fadvise(f->fd, gfn * PAGE, PAGE, POSIX_FADV_DONTNEED);
	return true;
}

/* A file system that cannot keeps the blocks: they are as many as there are frames at most. */
void page_file_punch(struct page_file *f, uint64_t gfn, uint64_t nr)
{
	fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, gfn * PAGE, nr * PAGE);
}

uint64_t page_file_kib(struct page_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) ? 0 : st.st_blocks / 2;
}
