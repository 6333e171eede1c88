// SPDX-License-Identifier: GPL-2.0
/*
 * Two domains and a vchan between them, by Xen's unmodified libxenvchan: vchan server|client DOMID
 * PATH, the other one's number, and where they find each other in xenstore. The client sends bytes,
 * which the server sends back changed, more than the rings have room for; each in the end sees that
 * the other one has gone. In a guest (static) and on the host. vchan server|client - does the same by
 * its standard input and output, for vchan-socket-proxy, and says what it has found by the other one.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libxenvchan.h>

#define BYTES	(300 << 10)
#define CHUNK	5000
#define TO	3000	/* room of the two rings: in the page of both, and in pages of its own */
#define BACK	20000

static uint8_t sent(uint32_t i)
{
	return i * 7 + (i >> 8);
}

static FILE *report;

static int tell(int good, const char *what)
{
	fprintf(report, "L2 %s - %s\n", good ? "ok" : "not ok", what);
	fflush(report);
	return !good;
}

/* Some bytes; without a vchan by standard input. */
static int some(struct libxenvchan *v, uint8_t *buf, size_t len)
{
	return v ? libxenvchan_read(v, buf, len) : read(0, buf, len);
}

/* Until all is there, or nothing more comes. */
static int get(struct libxenvchan *v, uint8_t *buf, size_t len)
{
	size_t done = 0;
	int n;

	while (done < len) {
		n = some(v, buf + done, len - done);
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

static int put(struct libxenvchan *v, const uint8_t *buf, size_t len)
{
	size_t done = 0;
	int n;

	while (done < len) {
		n = v ? libxenvchan_write(v, buf + done, len - done) :
			write(1, buf + done, len - done);
		if (n <= 0)
			return -1;
		done += n;
	}
	return 0;
}

static int serve(struct libxenvchan *v)
{
	static uint8_t buf[CHUNK];
	uint32_t all = 0;
	int i, n, bad = 0;

	for (;;) {
		n = some(v, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (i = 0; i < n; i++, all++) {
			bad += buf[i] != sent(all);
			buf[i] ^= 0xff;
		}
		if (put(v, buf, n))
			break;
	}
	return tell(!bad, "the server gets what was sent") +
	       tell(all == BYTES, "and all of it") +
	       tell(v ? libxenvchan_is_open(v) == 0 : !n, "it sees that the client has gone");
}

static int ask(struct libxenvchan *v)
{
	static uint8_t out[CHUNK], in[CHUNK];
	uint32_t i, at, len;
	int bad = 0, lost = 0;

	for (at = 0; at < BYTES && !lost; at += len) {
		len = BYTES - at < CHUNK ? BYTES - at : CHUNK;
		for (i = 0; i < len; i++)
			out[i] = sent(at + i);
		lost = put(v, out, len) || get(v, in, len) != (int)len;
		for (i = 0; i < len && !lost; i++)
			bad += (in[i] ^ out[i]) != 0xff;
	}
	return tell(!lost, "the client gets an answer to all") + tell(!bad, "which is right");
}

/* The server may not have said yet where it is, nor that the client may know. */
static struct libxenvchan *connect_to(int domid, const char *path)
{
	struct libxenvchan *v;
	int i;

	for (i = 0; i < 2000; i++) {
		v = libxenvchan_client_init(NULL, domid, path);
		if (v || (errno != ENOENT && errno != EACCES))
			return v;
		usleep(100000);
	}
	return NULL;
}

static int by_vchan(int server, int domid, const char *path)
{
	struct libxenvchan *v;
	int bad;

	if (server)
		v = libxenvchan_server_init(NULL, domid, path, TO, BACK);
	else
		v = connect_to(domid, path);
	bad = tell(!!v, server ? "the server is there" : "the client is connected");
	if (!v) {
		printf("L2 errno %d\n", errno);
		return 1;
	}
	v->blocking = 1;
	bad += server ? serve(v) : ask(v);
	libxenvchan_close(v);
	return bad;
}

int main(int argc, char **argv)
{
	int pipe = argc == 3 && !strcmp(argv[2], "-");
	int server = argc > 1 && !strcmp(argv[1], "server");

	report = pipe ? stderr : stdout;
	if (pipe)
		return !!(server ? serve(NULL) : ask(NULL));
	if (argc != 4)
		return 2;
	return !!by_vchan(server, atoi(argv[2]), argv[3]);
}
