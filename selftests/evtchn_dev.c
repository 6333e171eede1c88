// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/xen/evtchn through Debian's unmodified libxenevtchn: evtchn_dev DOMID PID DOMID PID, a
 * guest that echoes on its port 1, and one that is paused and will crash, each with its VMM,
 * which is killed; evtchn_dev reuse, a race that wants a slow kxen_host_send(). Prints
 * "ok - NAME".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm_xen.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xen/sys/evtchn.h>
#include <xenevtchn.h>

#define VIRQ_DOM_EXC	3
#define MANY		200
#define ROUNDS		200

static int bad;

static void check(const char *name, long got, long want)
{
	bad += got != want;
	printf("%s - %s", got == want ? "ok" : "not ok", name);
	if (got != want)
		printf(" = %ld, want %ld (errno %d)", got, want, errno);
	puts("");
	fflush(stdout);
}

/* What a call of the library fails with; 0 if it does not. */
static int err(long ret)
{
	return ret < 0 ? errno : 0;
}

static xenevtchn_handle *open_one(void)
{
	xenevtchn_handle *x = xenevtchn_open(NULL, 0);

	if (!x) {
		perror("not ok - xenevtchn_open");
		exit(1);
	}
	fcntl(xenevtchn_fd(x), F_SETFL, O_NONBLOCK);
	return x;
}

/* The next port that fires, -1 after a while without one. */
static int next(xenevtchn_handle *x, int ms)
{
	struct pollfd p = { .fd = xenevtchn_fd(x), .events = POLLIN };

	if (poll(&p, 1, ms) != 1)
		return -1;
	return xenevtchn_pending(x);
}

static void test_errors(xenevtchn_handle *x)
{
	struct ioctl_evtchn_unbind u = { .port = 1 << 20 };
	int fd = xenevtchn_fd(x);
	char c[2];

	check("notify of a port that is not ours", err(xenevtchn_notify(x, 5)),
	      ENOTCONN);
	check("unbind of a port that is not ours", err(xenevtchn_unbind(x, 5)),
	      ENOTCONN);
	check("unbind of no port", err(ioctl(fd, IOCTL_EVTCHN_UNBIND, &u)),
	      EINVAL);
	check("bind to no domain", err(xenevtchn_bind_interdomain(x, 999, 1)),
	      ESRCH);
	check("bind to a port that does not wait for us",
	      err(xenevtchn_bind_interdomain(x, 0, 7)), EINVAL);
	check("bind of no virq", err(xenevtchn_bind_virq(x, 99)), EINVAL);
	check("an unknown call", err(ioctl(fd, _IOC(_IOC_NONE, 'E', 40, 4), &u)),
	      ENOSYS);
	check("a bad address", err(ioctl(fd, IOCTL_EVTCHN_NOTIFY, 8)), EFAULT);
	check("read of nothing", err(read(fd, &u, 4)), EAGAIN);
	check("read of less than a port", read(fd, c, 2), 0);
}

static void test_loopback(xenevtchn_handle *x)
{
	xenevtchn_handle *y = open_one();
	int a = xenevtchn_bind_unbound_port(x, 0);
	int b = xenevtchn_bind_interdomain(y, 0, a), i;

	check("a channel from one file to another", a > 0 && b > 0, 1);
	check("the binder's end is pending from the start", next(y, 1000), b);
	check("the other is not", next(x, 0), -1);
	check("notify", xenevtchn_notify(x, a), 0);
	check("a port that was not written back is disabled", next(y, 0), -1);
	check("written back", xenevtchn_unmask(y, b), 0);
	check("what came meanwhile fires then", next(y, 1000), b);
	xenevtchn_unmask(y, b);
	check("once", next(y, 0), -1);
	for (i = 0; i < 1000; i++)
		xenevtchn_notify(x, a);
	check("CVE-2020-27673 a storm is one event", next(y, 1000), b);
	check("CVE-2020-27673 and no second", next(y, 0), -1);
	xenevtchn_unmask(y, b);
	check("CVE-2020-27673 until it is written back", next(y, 1000), b);
	xenevtchn_unmask(y, b);
	xenevtchn_notify(x, a);
	check("RESET", ioctl(xenevtchn_fd(y), IOCTL_EVTCHN_RESET), 0);
	check("RESET forgets what has fired", next(y, 0), -1);
	xenevtchn_close(y);
	check("the file is closed: notify goes nowhere", xenevtchn_notify(x, a),
	      0);
	check("unbind", xenevtchn_unbind(x, a), 0);
}

static void test_many(xenevtchn_handle *x)
{
	xenevtchn_handle *y = open_one();
	static int a[MANY], b[MANY];
	int i, order = 0;

	for (i = 0; i < MANY; i++) {
		a[i] = xenevtchn_bind_unbound_port(x, 0);
		b[i] = xenevtchn_bind_interdomain(y, 0, a[i]);
	}
	for (i = 0; i < MANY; i++)
		order += next(y, 1000) == b[i];
	check("many ports: each fires, in its order", order, MANY);
	for (i = 0; i < MANY; i++)
		xenevtchn_unmask(y, b[i]);
	for (i = MANY - 1; i >= 0; i--)
		xenevtchn_notify(x, a[i]);
	for (i = MANY - 1, order = 0; i >= 0; i--)
		order += next(y, 1000) == b[i];
	check("many ports: and in the other order", order, MANY);
	xenevtchn_close(y);
	for (i = 0; i < MANY; i++)
		xenevtchn_unbind(x, a[i]);
}

/* Ports that fired and were unbound unread leave nothing, and take no room. */
static void test_unread(xenevtchn_handle *x)
{
	xenevtchn_handle *y = open_one();
	int a = xenevtchn_bind_unbound_port(x, 0), b, i, good = 0;
	struct pollfd p = { .fd = xenevtchn_fd(y), .events = POLLIN };
	uint32_t port;

	for (i = 0; i < MANY; i++) {
		b = xenevtchn_bind_interdomain(y, 0, a);
		good += b > 0 && !xenevtchn_unbind(y, b);
	}
	check("bound and unbound unread, many times", good, MANY);
	check("unbound unread: no event", poll(&p, 1, 0), 0);
	check("unbound unread: read", err(read(p.fd, &port, 4)), EAGAIN);
	b = xenevtchn_bind_interdomain(y, 0, a);
	check("unbound unread: the next one fires", next(y, 1000), b);
	/* Written back without a read in between, as nobody should. */
	for (i = 0; i < MANY; i++) {
		xenevtchn_unmask(y, b);
		xenevtchn_notify(x, a);
	}
	check("written back unread: it is read once", next(y, 1000), b);
	check("written back unread: not twice", next(y, 0), -1);
	xenevtchn_close(y);
	xenevtchn_unbind(x, a);
}

/* A buffer that cannot be written to takes no event away. */
static void test_bad_buffer(xenevtchn_handle *x)
{
	xenevtchn_handle *y = open_one();
	int a[3], b[3], i, fd = xenevtchn_fd(y);
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t got[3];

	for (i = 0; i < 3; i++) {
		a[i] = xenevtchn_bind_unbound_port(x, 0);
		b[i] = xenevtchn_bind_interdomain(y, 0, a[i]);
	}
	munmap(page + 4096, 4096);
	check("read into nowhere", err(read(fd, page + 4096, 12)), EFAULT);
	check("read over the end of memory", err(read(fd, page + 4088, 12)),
	      EFAULT);
	check("all are still there", read(fd, got, 12), 12);
	check("in their order", got[0] == (uint32_t)b[0] &&
	      got[1] == (uint32_t)b[1] && got[2] == (uint32_t)b[2], 1);
	memcpy(page + 4088, got, 8);
	check("write from over the end of memory",
	      err(write(fd, page + 4088, 12)), EFAULT);
	for (i = 0; i < 3; i++)
		xenevtchn_notify(x, a[i]);
	check("what could be read was written back", next(y, 1000) == b[0] &&
	      next(y, 1000) == b[1], 1);
	check("the rest was not", next(y, 0), -1);
	munmap(page, 4096);
	xenevtchn_close(y);
	for (i = 0; i < 3; i++)
		xenevtchn_unbind(x, a[i]);
}

static volatile int victim, stop, wrong;

static void *notifier(void *arg)
{
	while (!stop) {
		int ret = err(xenevtchn_notify(arg, victim));

		wrong += ret && ret != ENOTCONN;
	}
	return NULL;
}

/*
 * One thread notifies on a port while it is unbound and bound by another file: the
 * channel of that file sees nothing of it.
 */
static void test_reuse(xenevtchn_handle *x)
{
	xenevtchn_handle *y = open_one(), *z = open_one();
	int i, a, b, same = 0, stray = 0;
	pthread_t t;

	victim = xenevtchn_bind_unbound_port(x, 0);
	pthread_create(&t, NULL, notifier, x);
	for (i = 0; i < 10 * ROUNDS; i++) {
		xenevtchn_unbind(x, victim);
		a = xenevtchn_bind_unbound_port(y, 0);
		same += a == victim;
		b = xenevtchn_bind_interdomain(z, 0, a);
		if (next(z, 1000) != b)
			break;
		xenevtchn_unmask(z, b);
		sched_yield();
		stray += next(z, 0) != -1;
		xenevtchn_unbind(z, b);
		xenevtchn_unbind(y, a);
		victim = xenevtchn_bind_unbound_port(x, 0);
	}
	stop = 1;
	pthread_join(t, NULL);
	check("ports that go from file to file", i, 10 * ROUNDS);
	check("they are the same ones", same > 0, 1);
	check("notify on a port of before reaches nobody", stray, 0);
	check("and says that it is not ours", wrong, 0);
	xenevtchn_unbind(x, victim);
	xenevtchn_close(y);
	xenevtchn_close(z);
}

static void test_guest(xenevtchn_handle *x, int domid)
{
	int port = xenevtchn_bind_interdomain(x, domid, 1), i;

	check("a channel to the guest", port > 0, 1);
	check("our end is pending from the start", next(x, 5000), port);
	xenevtchn_unmask(x, port);
	for (i = 0; i < ROUNDS; i++) {
		xenevtchn_notify(x, port);
		if (next(x, 5000) != port)
			break;
		xenevtchn_unmask(x, port);
	}
	check("the guest echoes every event", i, ROUNDS);
	if (!fork()) {
		/* The file is the same after a fork. */
		xenevtchn_notify(x, port);
		_exit(0);
	}
	wait(NULL);
	check("notify by a child", next(x, 5000), port);
	xenevtchn_unmask(x, port);
	check("unbind", xenevtchn_unbind(x, port), 0);
	port = xenevtchn_bind_interdomain(x, domid, 1);
	check("bind again, as xenconsoled does", port > 0, 1);
	check("and pending again", next(x, 5000), port);
	xenevtchn_unmask(x, port);
}

/* KXEN_STATE_* of a domain, or -1: there is none. */
static int state(int ctl, int domid)
{
	struct kxen_query q = { .size = sizeof(q), .domid = domid };

	return ioctl(ctl, KXEN_QUERY, &q) ? -1 : (int)q.state;
}

/* The guest runs, and shuts down at once; its VMM stays. That is the first moment. */
static void test_shutdown(xenevtchn_handle *x, int exc, int ctl, int domid)
{
	struct kxen_query q = {
		.size = sizeof(q), .flags = KXEN_QUERY_NEXT, .domid = domid,
	};
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = domid };

	check("a guest that has not run yet", state(ctl, domid), KXEN_STATE_RUNNING);
	check("it runs", ioctl(ctl, KXEN_UNPAUSE, &d), 0);
	check("VIRQ_DOM_EXC says that it has shut down", next(x, 10000), exc);
	check("it is shut down", state(ctl, domid), KXEN_STATE_SHUTDOWN);
	check("it is listed", ioctl(ctl, KXEN_QUERY, &q) == 0 && (int)q.domid == domid, 1);
	check("as shut down", q.state, KXEN_STATE_SHUTDOWN);
	check("for its reason", q.shutdown_reason, SHUTDOWN_crash);
	xenevtchn_unmask(x, exc);
	check("VIRQ_DOM_EXC says so once", next(x, 0), -1);
}

/* Its end has two more if somebody holds it, and domain 0 is told of each. */
static void test_death(xenevtchn_handle *x, int exc, int ctl, int domid, pid_t vmm)
{
	struct kxen_domid_arg d = { .size = sizeof(d), .domid = domid };
	int p;

	check("the domain is held", ioctl(ctl, KXEN_HOLD, &d), 0);
	kill(vmm, SIGKILL);
	do {
		p = next(x, 10000);
	} while (p > 0 && p != exc);
	check("VIRQ_DOM_EXC says that the guest has died", p, exc);
	check("it is dying", state(ctl, domid), KXEN_STATE_DYING);
	check("and its ports are closed",
	      err(xenevtchn_bind_interdomain(x, domid, 1)), EINVAL);
	xenevtchn_unmask(x, exc);
	check("it is held no more", ioctl(ctl, KXEN_UNHOLD, &d), 0);
	check("VIRQ_DOM_EXC says that it is gone", next(x, 10000), exc);
	xenevtchn_unmask(x, exc);
	check("it is not listed any more", state(ctl, domid), -1);
	check("it is not there any more",
	      err(xenevtchn_bind_interdomain(x, domid, 1)), ESRCH);
}

/* A guest that dies as it runs, and one that has shut down before. */
static void test_deaths(xenevtchn_handle *x, int domid, pid_t vmm, int down, pid_t down_vmm)
{
	int exc = xenevtchn_bind_virq(x, VIRQ_DOM_EXC);
	int ctl = open("/dev/kvm-xen", O_RDWR);

	check("VIRQ_DOM_EXC", exc > 0, 1);
	check("bound already", err(xenevtchn_bind_virq(x, VIRQ_DOM_EXC)),
	      EEXIST);
	test_death(x, exc, ctl, domid, vmm);
	test_shutdown(x, exc, ctl, down);
	test_death(x, exc, ctl, down, down_vmm);
	close(ctl);
	check("VIRQ_DOM_EXC can be bound again after an unbind",
	      xenevtchn_unbind(x, exc) == 0 &&
	      xenevtchn_bind_virq(x, VIRQ_DOM_EXC) > 0, 1);
}

static void test_restrict(int domid)
{
	xenevtchn_handle *x = open_one();

	check("RESTRICT to domain 0", err(xenevtchn_restrict(x, 0)), EINVAL);
	check("RESTRICT", err(xenevtchn_restrict(x, domid)), 0);
	check("RESTRICT twice", err(xenevtchn_restrict(x, domid)), EACCES);
	check("restricted: no unbound port",
	      err(xenevtchn_bind_unbound_port(x, domid)), EACCES);
	check("restricted: no virq", err(xenevtchn_bind_virq(x, 5)), EACCES);
	check("restricted: no other domain",
	      err(xenevtchn_bind_interdomain(x, 0, 1)), EACCES);
	check("restricted: that domain", err(xenevtchn_bind_interdomain(x, domid,
									 1)), 0);
	xenevtchn_close(x);
}

/* Whoever is killed leaves no port behind; the job looks. */
static void test_kill(void)
{
	pid_t pid = fork();
	int i;

	if (!pid) {
		xenevtchn_handle *x = open_one();

		for (i = 0; i < 50; i++)
			xenevtchn_bind_unbound_port(x, 0);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	xenevtchn_handle *x = open_one();
	int domid;

	if (argc == 2 && !strcmp(argv[1], "reuse")) {
		test_reuse(x);
		return !!bad;
	}
	if (argc != 5)
		return 64;
	domid = atoi(argv[1]);
	test_errors(x);
	test_loopback(x);
	test_many(x);
	test_unread(x);
	test_bad_buffer(x);
	test_restrict(domid);
	test_guest(x, domid);
	test_deaths(x, domid, atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	test_kill();
	xenevtchn_close(x);
	return !!bad;
}
