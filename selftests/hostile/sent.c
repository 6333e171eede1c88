// SPDX-License-Identifier: GPL-2.0
/*
 * What domain 0 sends to a domain that must not be written to, since it has been saved, or
 * is being restored: it comes when that is over, and not before. The job makes the restore
 * slow behind its ports, or what comes then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hostile.h"

#define PAGE		4096
#define SHARED_INFO	(1 * PAGE)	/* where the guest has it */
#define PENDING		(SHARED_INFO + 0x800)
#define VECTOR		0x31
#define NO_VECTOR	1		/* an exception's: the stream is refused at its end */
#define MANY		1000		/* ports that a domain is sent to */
#define TRIES		20		/* on a machine that has little time for it */

#define REC_DOMAIN	0x10101
#define REC_SHARED_INFO	0x10102
#define REC_END		0x17fff
#define REC_X86_VCPU	0x14001

#define BIND_INTERDOMAIN	_IOC(_IOC_NONE, 'E', 1, 8)
#define UNBIND			_IOC(_IOC_NONE, 'E', 3, 4)
#define NOTIFY			_IOC(_IOC_NONE, 'E', 4, 4)

static uint8_t before[RAM];
static struct placed saved;
static volatile bool over;
static int evtchn;

static uint32_t *put(uint32_t *at, const void *data, size_t words)
{
	memcpy(at, data, words * 4);
	return at + words;
}

struct placed make_placed(uint32_t vector)
{
	static uint32_t buf[8192], stream[8192];
	struct kxen_stream_arg a = { .size = sizeof(a), .buf = (uintptr_t)buf,
				    .len = sizeof(buf) };
	struct kxen_evtchn_arg port = { .size = sizeof(port), .op = KXEN_EVTCHN_ALLOC };
	uint32_t own[] = { REC_X86_VCPU, 8, 0, vector }, *at, *rec;

	make_domain(&a.domid, 1, true);
	port.domid = a.domid;
	if (call(KXEN_EVTCHN, &port) || call(KXEN_SAVE, &a))
		die("a stream");
	at = put(stream, buf, 4);
	for (rec = buf + 4; rec < buf + a.len / 4; rec += 2 + rec[1] / 4) {
		if (rec[0] == REC_SHARED_INFO)
			continue;
		if (rec[0] == REC_DOMAIN) {
			rec[2 + 4] = SHARED_INFO / PAGE;
			rec[2 + 5] = 0;
		} else if (rec[0] == REC_END) {
			at = put(at, own, 4);
		}
		at = put(at, rec, 2 + rec[1] / 4);
	}
	stream[2] = (at - stream) * 4;
	return (struct placed) { stream, stream[2], port.port };
}

static void *restore_it(void *arg)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = *(unsigned int *)arg,
				    .buf = (uintptr_t)saved.stream, .len = saved.len };
	int ret = call(KXEN_RESTORE, &a);

	over = true;
	return (void *)(intptr_t)ret;
}

static int port_info(unsigned int domid, unsigned int port, struct kxen_port_info *p)
{
	*p = (struct kxen_port_info) { .size = sizeof(*p), .domid = domid, .port = port };
	return call(KXEN_PORT, p);
}

/* The port of domain 0, or an error. */
static int connect_to(unsigned int domid, unsigned int port)
{
	struct { uint32_t dom, port; } b = { domid, port };

	return ioctl(evtchn, BIND_INTERDOMAIN, &b);
}

static int notify(uint32_t port)
{
	return ioctl(evtchn, NOTIFY, &port);
}

/* Restores it; true if it was sent to before that was over. */
static bool restore_and_send(unsigned int id, const struct machine *m, long want)
{
	struct kxen_port_info p;
	bool sent, early;
	pthread_t t;
	void *ret;
	int local = -1;

	memcpy(before, m->ram, RAM);
	over = false;
	pthread_create(&t, NULL, restore_it, &id);
	/* With no sleep: the time is short. */
	while (!over && (port_info(id, saved.port, &p) || !p.state))
		;
	if (!over)
		local = connect_to(id, saved.port);
	sent = local > 0 && !notify(local);
	early = memcmp(before, m->ram, RAM);
	sent = sent && !over;
	pthread_join(t, &ret);
	check("a slow RESTORE ends", (intptr_t)ret, want);
	if (!sent)
		return false;
	check("an event was sent meanwhile; nothing was written", early, 0);
	return true;
}

static void test_refused(void)
{
	struct machine m;
	unsigned int id, i;

	saved = make_placed(NO_VECTOR);
	m = make_domain(&id, 1, true);
	for (i = 0; i < TRIES && !restore_and_send(id, &m, EINVAL); i++)
		;
	check("it was sent to while it was being restored", i < TRIES, 1);
	check("refused, nothing was written", !!memcmp(before, m.ram, RAM), 0);
}

static bool is_pending(const struct machine *m)
{
	return m->ram[PENDING + saved.port / 8] >> saved.port % 8 & 1;
}

/* Who only asks how long the stream would be has saved nothing: events come as ever. */
static void test_size_only(unsigned int id, const struct machine *m)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = id };
	struct kxen_port_info p;

	memset(m->ram + PENDING, 0, 512);	/* as the guest would */
	check("SAVE without room", call(KXEN_SAVE, &a), ENOSPC);
	check("PORT", port_info(id, saved.port, &p), 0);
	check("an event to a domain that was asked for its size", notify(p.remote_port), 0);
	check("it is pending at once", is_pending(m), 1);
}

/* Saved, sent to and let go. */
static void test_saved(unsigned int id, const struct machine *m)
{
	static uint8_t buf[65536];
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = id, .buf = (uintptr_t)buf,
				    .len = sizeof(buf) };
	struct kxen_port_info p;

	memset(m->ram + PENDING, 0, 512);	/* as the guest would */
	check("SAVE", call(KXEN_SAVE, &a), 0);
	memcpy(before, m->ram, RAM);
	check("PORT", port_info(id, saved.port, &p), 0);
	check("an event to a saved domain", notify(p.remote_port), 0);
	check("nothing is written", !!memcmp(before, m->ram, RAM), 0);
	check("UNPAUSE", domain_op(KXEN_UNPAUSE, id), 0);
	check("let go, it is pending", is_pending(m), 1);
}

void test_sent(void)
{
	unsigned int id, i;
	struct machine m;

	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (evtchn < 0)
		die("/dev/xen/evtchn");
	test_refused();
	saved = make_placed(VECTOR);
	for (i = 0; i < TRIES; i++) {
		m = make_domain(&id, 1, true);
		if (restore_and_send(id, &m, 0))
			break;
	}
	check("another one was sent to while it was being restored", i < TRIES, 1);
	check("restored, it is pending", is_pending(&m), 1);
	test_size_only(id, &m);
	test_saved(id, &m);
}

/* --- very much that comes then ------------------------------------------------------------ */

static void *let_go(void *arg)
{
	return (void *)(intptr_t)domain_op(KXEN_UNPAUSE, *(unsigned int *)arg);
}

static void connect_many(unsigned int id, uint32_t *local)
{
	struct kxen_evtchn_arg port = { .size = sizeof(port), .domid = id,
					.op = KXEN_EVTCHN_ALLOC };
	unsigned int i;
	int ret = 0;

	for (i = 0; i < MANY && ret >= 0; i++) {
		if (call(KXEN_EVTCHN, &port))
			die("a port");
		ret = connect_to(id, port.port);
		local[i] = ret;
	}
	check("many channels with domain 0", i, MANY);
}

/* Domain 0 waits for a domain that is let go, but not until its last event is raised. */
void test_thaw(void)
{
	static uint8_t buf[1 << 20];
	static uint32_t local[MANY];
	struct kxen_stream_arg a = { .size = sizeof(a), .buf = (uintptr_t)buf,
				    .len = sizeof(buf) };
	unsigned int i, n, bad = 0;
	pthread_t t;
	void *ret;

	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	make_domain(&a.domid, 1, true);
	connect_many(a.domid, local);
	check("SAVE", call(KXEN_SAVE, &a), 0);
	for (i = 0; i < MANY; i++)
		bad += !!notify(local[i]);
	check("each is sent on", bad, 0);
	pthread_create(&t, NULL, let_go, &a.domid);
	while (!stalls())
		;
	check("domain 0 closes the last channel", ioctl(evtchn, UNBIND, &local[MANY - 1]), 0);
	n = stalls();
	note("%u of %u events were raised by then", n, MANY);
	check("some events were raised by then, and not all", n && n < MANY, 1);
	pthread_join(t, &ret);
	check("UNPAUSE", (intptr_t)ret, 0);
	check("each is raised", stalls(), MANY);
}
