// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that does not come: a user who lets the kernel wait in it holds up himself, and
 * nobody else. Who waits there is a user without rights, who suffers is root.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile.h"

static int try_create(void *arg)
{
	unsigned int id = KXEN_DOMID_AUTO;
	int ret = create(&id);

	(void)arg;
	return ret ?: destroy(id);
}

static int try_attach(void *arg)
{
	unsigned int id;

	(void)arg;
	make_domain(&id, 1, false);
	return 0;
}

static int try_query(void *arg)
{
	return query(*(unsigned int *)arg);
}

/* As 'kvm-xen list' does it. */
static int try_list(void *arg)
{
	struct kxen_query q = { .size = sizeof(q), .flags = KXEN_QUERY_NEXT };
	int ret;

	(void)arg;
	while (!(ret = call(KXEN_QUERY, &q))) {
		q.domid++;
		q.size = sizeof(q);
		q.flags = KXEN_QUERY_NEXT;
	}
	return ret == ENOENT ? 0 : ret;
}

static int try_state_file(void *arg)
{
	char path[64], buf[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm-xen/d%u/state",
		 *(unsigned int *)arg);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	close(fd);
	return n ? errno : 0;
}

/* --- a lock of the attacker's own VM ---------------------------------------------------- */

static struct machine attackers;
static struct stuck hole;

static void *get_dirty_log(void *arg)
{
	struct kvm_dirty_log l = { .dirty_bitmap = hole.page };

	(void)arg;
	ioctl(attackers.vm, KVM_GET_DIRTY_LOG, &l);
	return NULL;
}

/* With an I/O port, for which an attach takes the VM's lock of its slots. */
static unsigned int create_with_port(void)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO,
				 .flags = KXEN_DOM_UNPLUG };

	return call(KXEN_CREATE, &c) ? 0 : c.domid;
}

static void *attach_it(void *arg)
{
	unsigned int id = create_with_port();

	(void)arg;
	if (!id)
		tell(-1);
	tell(syscall(SYS_gettid));
	attach(id, attackers.vm, NULL);
	return NULL;
}

/* KVM copies the log out under the VM's lock of its slots. */
static void hold_slots(void)
{
	pthread_t t;

	hole = make_stuck();
	become_nobody();
	attackers = make_machine(KVM_MEM_LOG_DIRTY_PAGES, 0, NULL);
	pthread_create(&t, NULL, get_dirty_log, NULL);
	if (!wait_stuck(&hole, SOON))
		tell(-1);
}

static void attack_slots(void *arg)
{
	pthread_t t;

	(void)arg;
	hold_slots();
	pthread_create(&t, NULL, attach_it, NULL);
}

static void be_victim(void *arg)
{
	unsigned int id;

	(void)arg;
	make_domain(&id, 1, false);
	tell(id);
}

static bool sleeps(void *arg)
{
	struct actor *a = arg;
	char state = thread_state(a->pid, a->said);

	return state == 'D' || state == 'S';
}

static bool is_gone(void *arg)
{
	return within(SOON, try_query, arg) == ENOENT;
}

static void test_slots(void)
{
	struct actor victim, attacker;
	unsigned int id;

	start_actor(&victim, be_victim, NULL);
	check("another user's domain is there", actor_says(&victim, SOON), 1);
	id = victim.said;
	start_actor(&attacker, attack_slots, NULL);
	check("a thread holds its VM's lock, waiting for a page",
	      actor_says(&attacker, 2 * SOON) && attacker.said > 0, 1);
	check("another one attaches that VM, and waits",
	      wait_until(SOON, sleeps, &attacker), 1);
	check("meanwhile: CREATE", within(SOON, try_create, NULL), 0);
	check("meanwhile: ATTACH", within(SOON, try_attach, NULL), 0);
	kill(victim.pid, SIGKILL);
	check("meanwhile: a VM that is killed goes",
	      wait_until(SOON, is_gone, &id), 1);
	end_actor(&attacker);
	end_actor(&victim);
	check("then all goes on: CREATE", within(SOON, try_create, NULL), 0);
}

/* --- whoever attaches another process's VM can be ended --------------------------------- */

static unsigned int given;	/* to the actor's child, which attaches */

struct waiter {
	long pid;
	const char *in;		/* the kernel's function */
};

static pid_t attach_beside(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	attach(given, attackers.vm, NULL);
	_exit(0);
}

static void attached_locked(void *arg)
{
	(void)arg;
	hold_slots();
	tell(attach_beside());
}

/* The VM's first page does not come; its owner's other memory is not to be held up. */
static void attached_absent(void *arg)
{
	pid_t pid;

	(void)arg;
	hole = make_stuck();
	become_nobody();
	attackers = make_machine(0, 1, hole.page);
	pid = attach_beside();
	if (!wait_stuck(&hole, SOON))
		pid = -1;
	munmap(mmap(NULL, RAM, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), RAM);
	tell(pid);
}

/* Just there: on its way it would be ended by the first wait that can be. */
static bool child_waits(void *arg)
{
	const struct waiter *w = arg;
	char path[64], stack[4096];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stack", w->pid);
	f = fopen(path, "r");
	if (f) {
		n = fread(stack, 1, sizeof(stack) - 1, f);
		fclose(f);
	}
	stack[n] = 0;
	return strstr(stack, w->in);
}

static bool child_ended(void *arg)
{
	const struct waiter *w = arg;

	return thread_state(w->pid, w->pid) == 'Z';
}

static void test_attach_killed(void (*fn)(void *), const char *in, const char *what)
{
	struct waiter w = { .in = in };
	unsigned int reason;
	struct actor owner;
	char name[100];

	given = create_with_port();
	start_actor(&owner, fn, NULL);
	snprintf(name, sizeof(name), "another process attaches a VM, and waits for %s", what);
	if (actor_says(&owner, 2 * SOON))
		w.pid = owner.said;
	check(name, w.pid > 0 && wait_until(SOON, child_waits, &w), 1);
	if (w.pid > 0)
		kill(w.pid, SIGKILL);
	snprintf(name, sizeof(name), "it can be ended while it waits for %s", what);
	check(name, w.pid > 0 && wait_until(SOON, child_ended, &w), 1);
	snprintf(name, sizeof(name), "its domain is as it was, after waiting for %s", what);
	check(name, attach(given, make_machine(0, 1, NULL).vm, &reason), 0);
	end_actor(&owner);
}

static void test_attach_locked(void)
{
	test_attach_killed(attached_locked, "kxen_glue_pio_add", "its lock of the slots");
}

static void test_attach_absent(void)
{
	test_attach_killed(attached_absent, "handle_userfault", "a page that does not come");
}

/* --- a saved image's buffer -------------------------------------------------------------- */

static void *save_there(void *arg)
{
	struct kxen_stream_arg a = {
		.size = sizeof(a), .domid = *(unsigned int *)arg,
		.buf = (uintptr_t)hole.page, .len = RAM,
	};

	call(KXEN_SAVE, &a);
	return NULL;
}

static void attack_by_save(void *arg)
{
	static unsigned int id;
	pthread_t t;

	(void)arg;
	hole = make_stuck();
	become_nobody();
	attackers = make_domain(&id, 1, true);
	pthread_create(&t, NULL, save_there, &id);
	tell(wait_stuck(&hole, SOON) ? (long)id : -1);
}

static void test_save(void)
{
	struct actor attacker;
	unsigned int id;

	start_actor(&attacker, attack_by_save, NULL);
	check("a domain is saved into a page that does not come",
	      actor_says(&attacker, 2 * SOON) && attacker.said > 0, 1);
	id = attacker.said;
	check("meanwhile: QUERY of it", within(SOON, try_query, &id), 0);
	check("meanwhile: the list of domains", within(SOON, try_list, NULL), 0);
	check("meanwhile: its file in debugfs", within(SOON, try_state_file, &id),
	      0);
	end_actor(&attacker);
	check("then it goes", wait_until(SOON, is_gone, &id), 1);
}

/* --- a restored guest's page -------------------------------------------------------------- */

#define PAGE	4096

static struct placed image;

static void bring(unsigned int page)
{
	struct uffdio_zeropage z = { .range = { (uintptr_t)hole.page + page * PAGE, PAGE } };

	if (ioctl(hole.fd, UFFDIO_ZEROPAGE, &z))
		die("UFFDIO_ZEROPAGE");
}

static void on_bring(int sig)
{
	(void)sig;
	bring(1);
}

/* The page that shared_info is to be in comes by a signal; others may not be waited for. */
static void own_absent(void *arg)
{
	unsigned int id = KXEN_DOMID_AUTO;

	(void)arg;
	hole = make_stuck();
	bring(0);
	signal(SIGUSR1, on_bring);
	become_nobody();
	attackers = make_machine(0, 1, hole.page);
	if (create(&id) || attach(id, attackers.vm, NULL) || domain_op(KXEN_PAUSE, id))
		die("a domain");
	tell(id);
	for (;;)
		pause();
}

static void restore_there(void *arg)
{
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = *(unsigned int *)arg,
				    .buf = (uintptr_t)image.stream, .len = image.len };

	tell(call(KXEN_RESTORE, &a));
}

static int try_save(void *arg)
{
	static char buf[65536];
	struct kxen_stream_arg a = { .size = sizeof(a), .domid = *(unsigned int *)arg,
				    .buf = (uintptr_t)buf, .len = sizeof(buf) };

	return call(KXEN_SAVE, &a);
}

/* Who restores is root; what he waits for is the VMM's. */
static void test_restore(void)
{
	struct waiter w = { .in = "handle_userfault" };
	struct actor owner, restorer;
	unsigned int id;

	image = make_placed(0x31);
	start_actor(&owner, own_absent, NULL);
	check("a domain without a page", actor_says(&owner, 2 * SOON), 1);
	id = owner.said;
	start_actor(&restorer, restore_there, &id);
	w.pid = restorer.pid;
	check("a RESTORE waits for the page", wait_until(SOON, child_waits, &w), 1);
	check("meanwhile: QUERY of the domain", within(SOON, try_query, &id), 0);
	check("meanwhile: the list with it", within(SOON, try_list, NULL), 0);
	check("meanwhile: it is saved", within(SOON, try_save, &id), 0);
	kill(restorer.pid, SIGKILL);
	check("a RESTORE that waits can be ended", wait_until(SOON, child_ended, &w), 1);
	end_actor(&restorer);
	start_actor(&restorer, restore_there, &id);
	w.pid = restorer.pid;
	check("another one waits again", wait_until(SOON, child_waits, &w), 1);
	kill(owner.pid, SIGUSR1);
	check("the page has come", actor_says(&restorer, SOON), 1);
	check("then the domain is restored", restorer.said, 0);
	end_actor(&restorer);
	end_actor(&owner);
}

const struct test memory_tests[] = {
	{ "restore", test_restore },
	{ "save", test_save },
	{ "slots", test_slots },
	{ "attach of a locked VM", test_attach_locked },
	{ "attach of a VM without a page", test_attach_absent },
	{ }
};

/* --- a guest's page, and domain 0's channels ------------------------------------------------ */

#define BIND_INTERDOMAIN	_IOC(_IOC_NONE, 'E', 1, 8)
#define BIND_UNBOUND		_IOC(_IOC_NONE, 'E', 2, 4)
#define UNBIND			_IOC(_IOC_NONE, 'E', 3, 4)

#define MANY	1000	/* ports, each of which is slow to be saved */
#define TRIES	5	/* on a machine that has little time for it */

static int evtchn, local;

static int try_unbind(void *arg)
{
	uint32_t port = local;

	(void)arg;
	return ioctl(evtchn, UNBIND, &port) < 0 ? errno : 0;
}

/* Nothing to do with that domain. */
static int try_unbound(void *arg)
{
	uint32_t dom = 0, port;
	int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC), ret;

	(void)arg;
	if (fd < 0)
		return errno;
	ret = ioctl(fd, BIND_UNBOUND, &dom);
	port = ret;
	if (ret >= 0)
		ret = ioctl(fd, UNBIND, &port);
	return ret < 0 ? errno : 0;
}

/* Connects, waits for a line on standard input, and lets go. */
int test_channel(unsigned int domid, unsigned int port)
{
	struct { uint32_t dom, port; } b = { domid, port };
	char line[16];

	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	local = ioctl(evtchn, BIND_INTERDOMAIN, &b);
	check("domain 0 connects", local > 0, 1);
	printf("CONNECTED\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		die("standard input");
	check("meanwhile: domain 0 closes its end", within(SOON, try_unbind, NULL),
	      0);
	check("meanwhile: domain 0 takes a port, and closes it",
	      within(SOON, try_unbound, NULL), 0);
	return 0;
}

/* --- a domain whose event channels are busy, and domain 0's with others ------------------------ */

static pid_t beside(int (*fn)(void *), void *arg)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn(arg));
}

static bool has_ended(pid_t pid, long want)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == want;
}

/*
 * Somebody of domain 0's closes a channel with a domain whose ports are being saved, and waits.
 * True if somebody else was served before that one was.
 */
static bool served_meanwhile(unsigned int id, unsigned int port)
{
	struct waiter closer = { .in = "kxen_event_lock_two" };
	struct { uint32_t dom, port; } b = { id, port };
	unsigned int before = stalls();
	bool served;
	pid_t saver;

	local = ioctl(evtchn, BIND_INTERDOMAIN, &b);
	if (local <= 0)
		die("a channel");
	saver = beside(try_save, &id);
	while (stalls() == before)
		;
	closer.pid = beside(try_unbind, NULL);
	while (!child_waits(&closer) && !child_ended(&closer))
		;
	served = !within(2 * SOON, try_unbound, NULL) && child_waits(&closer);
	if (!has_ended(closer.pid, 0) || !has_ended(saver, 0))
		die("closing, or saving");
	return served;
}

void test_busy(void)
{
	struct kxen_evtchn_arg port = { .size = sizeof(port), .op = KXEN_EVTCHN_ALLOC };
	unsigned int i;

	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	make_domain(&port.domid, 1, true);
	for (i = 0; i < MANY; i++)
		if (call(KXEN_EVTCHN, &port))
			die("a port");
	for (i = 0; i < TRIES && !served_meanwhile(port.domid, port.port); i++)
		;
	check("domain 0 takes a port while one of its ends waits for a busy domain", i < TRIES, 1);
}
