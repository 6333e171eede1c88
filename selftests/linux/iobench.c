// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a guest: requests to its disk and its network interface, one at a time, between marks that
 * a plugin of the emulator sees (scripts/plugin/marks.h).
 *
 *   iobench DISK HOST
 *
 * HOST is an address that answers ICMP echoes. Each operation is done once for nothing; then there
 * are ROUNDS of EACH requests. Ends with a line "IO number name requests" for each, and IODONE.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	5
#define EACH	40
#define BLOCK	4096
#define PACKET	1400	/* bytes behind the IP header */
#define PAUSE	500000	/* nanoseconds between packets that nobody answers */

/* The number is a part of the instruction. */
#define MARK(nr, start) \
	asm volatile(".byte 0x0f,0x1f,0x80; .long 0x4b580000 + (" #nr ") * 256 + " #start \
		     : : : "memory")

static int disk, net;
static struct sockaddr_in host = { .sin_family = AF_INET };
static char *block;
static char packet[PACKET];
static unsigned short sequence;

static void die(const char *what)
{
	printf("IOFAILED %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pause_a_bit(void)
{
	struct timespec t = { .tv_nsec = PAUSE };

	nanosleep(&t, NULL);
}

static void blk_read(int i)
{
	if (pread(disk, block, BLOCK, (off_t)i * BLOCK) != BLOCK)
		die("read");
}

static void blk_write(int i)
{
	if (pwrite(disk, block, BLOCK, (off_t)i * BLOCK) != BLOCK)
		die("write");
}

static void send_packet(int type)
{
	struct icmphdr *h = (void *)packet;
	unsigned int sum = 0;
	int i;

	memset(h, 0, sizeof(*h));
	h->type = type;
	h->un.echo.id = htons(7);
	h->un.echo.sequence = htons(++sequence);
	for (i = 0; i < PACKET; i += 2)
		sum += *(unsigned short *)(packet + i);
	sum = (sum & 0xffff) + (sum >> 16);
	h->checksum = ~(sum + (sum >> 16));
	if (sendto(net, packet, PACKET, 0, (void *)&host, sizeof(host)) != PACKET)
		die("send");
}

static void net_echo(int i)
{
	char got[2048];
	struct icmphdr *h = (void *)(got + sizeof(struct iphdr));

	(void)i;
	send_packet(ICMP_ECHO);
	do {
		if (recv(net, got, sizeof(got), 0) < 0)
			die("no answer");
	} while (h->type != ICMP_ECHOREPLY || h->un.echo.sequence != htons(sequence));
}

/* An answer that the host has not asked for: it says nothing. */
static void net_out(int i)
{
	(void)i;
	send_packet(ICMP_ECHOREPLY);
	pause_a_bit();
}

static void net_idle(int i)
{
	(void)i;
	pause_a_bit();
}

#define MEASURE(nr, op) do {				\
	int r, i;					\
							\
	for (i = 0; i < EACH; i++)			\
		op(i);					\
	for (r = 0; r < ROUNDS; r++) {			\
		pause_a_bit();				\
		MARK(nr, 1);				\
		for (i = 0; i < EACH; i++)		\
			op(i);				\
		MARK(nr, 0);				\
	}						\
	printf("IO %d %s %d\n", nr, #op, EACH);		\
} while (0)

int main(int argc, char **argv)
{
	struct timeval limit = { .tv_sec = 20 };
	char path[40];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3 || !inet_aton(argv[2], &host.sin_addr))
		return 2;
	snprintf(path, sizeof(path), "/dev/%s", argv[1]);
	disk = open(path, O_RDWR | O_DIRECT);
	block = aligned_alloc(BLOCK, BLOCK);
	if (disk < 0 || !block)
		die(path);
	memset(block, 0x5a, BLOCK);
	net = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (net < 0 || setsockopt(net, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		die("socket");
	MEASURE(1, blk_read);
	MEASURE(2, blk_write);
	MEASURE(3, net_echo);
	MEASURE(4, net_out);
	MEASURE(5, net_idle);
	printf("IODONE\n");
	return 0;
}
