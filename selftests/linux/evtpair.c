// SPDX-License-Identifier: GPL-2.0
/*
 * evtpair ROUNDS: events between two CPUs of this guest, by Linux's driver. Two threads, each on a
 * CPU of its own and with its own end of a channel, throw an event to and fro; then one of them
 * throws as fast as it can: what is taken is never more than was sent, and the last one comes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* linux/xen/evtchn.h */
#define BIND_INTERDOMAIN	_IOC(_IOC_NONE, 'E', 1, 8)
#define BIND_UNBOUND		_IOC(_IOC_NONE, 'E', 2, 4)
#define NOTIFY			_IOC(_IOC_NONE, 'E', 4, 4)

#define DOMID_SELF	0x7ff0
#define LIMIT_MS	60000	/* for a hang, no measure */

static unsigned int rounds, taken;
static volatile unsigned int sent;
static bool last_came;

struct side {
	int fd;
	uint32_t port;
	unsigned int cpu, taken;
	pthread_t thread;
};

static struct side sides[2];

static void said(const char *what, int good)
{
	printf("L2 %s - %s\n", good ? "ok" : "not ok", what);
	fflush(stdout);
}

static void send(struct side *s)
{
	uint32_t arg = s->port;

	if (ioctl(s->fd, NOTIFY, &arg))
		exit(1);
}

/* The event that is here, or comes; 0: none does. */
static int take(struct side *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	uint32_t port;

	if (poll(&p, 1, LIMIT_MS) != 1 || read(s->fd, &port, 4) != 4 || port != s->port)
		return 0;
	s->taken++;
	return write(s->fd, &port, 4) == 4;	/* another one may come */
}

static void here(const struct side *s)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(s->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		exit(1);
}

/* What comes is thrown back. */
static void *other(void *arg)
{
	struct side *s = arg;

	here(s);
	while (s->taken < rounds && take(s))
		send(s);
	while (!last_came && take(s)) {
		taken++;
		last_came = sent == rounds;
	}
	return NULL;
}

static int open_sides(void)
{
	uint32_t unbound = DOMID_SELF;
	int i;

	for (i = 0; i < 2; i++) {
		sides[i].cpu = i;
		sides[i].fd = open("/dev/xen/evtchn", O_RDWR);
		if (sides[i].fd < 0)
			return 0;
	}
	/* Each binds while its thread is where it is to run, for the driver asks for that vCPU. */
	here(&sides[0]);
	sides[0].port = ioctl(sides[0].fd, BIND_UNBOUND, &unbound);
	here(&sides[1]);
	sides[1].port = ioctl(sides[1].fd, BIND_INTERDOMAIN,
			      &(uint32_t [2]){ DOMID_SELF, sides[0].port });
	here(&sides[0]);
	return (int)sides[0].port > 0 && (int)sides[1].port > 0;
}

int main(int argc, char **argv)
{
	unsigned int i;

	rounds = argc > 1 ? atoi(argv[1]) : 0;
	if (!rounds)
		return 2;
	said("a channel with both ends here", open_sides());
	if (pthread_create(&sides[1].thread, NULL, other, &sides[1]))
		return 1;
	/* The other end's first event is of being connected, and comes back, too. */
	for (i = 0; i < rounds; i++) {
		send(&sides[0]);
		if (!take(&sides[0]))
			break;
	}
	printf("L2 # thrown to and fro: %u of %u\n", i, rounds);
	said("each event between two CPUs comes", i >= rounds);
	for (i = 0; i < rounds; i++) {
		sent = i + 1;
		send(&sides[0]);
	}
	pthread_join(sides[1].thread, NULL);
	printf("L2 # sent: %u, taken: %u\n", rounds, taken);
	said("the last of many comes, and none twice", last_came && taken <= rounds + 1);
	return 0;
}
