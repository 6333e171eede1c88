// SPDX-License-Identifier: GPL-2.0
/* Pauses, attaches that fail, and ends in every phase. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "hostile.h"

#define PATH_KXEN	"/sys/kernel/debug/kvm-xen"

/* --- pause -------------------------------------------------------------------------- */

static int run_once(void *arg)
{
	struct machine *m = arg;

	return ioctl(m->vcpu, KVM_RUN, 0) ? errno : 0;
}

/* A VMM completes an access to a port that way, paused or not. */
static void test_immediate_exit(void)
{
	struct machine m;
	unsigned int id;

	m = make_domain(&id, 1, false);
	((struct kvm_run *)m.run)->immediate_exit = 1;
	check("immediate_exit", run_once(&m), EINTR);
	check("PAUSE", domain_op(KXEN_PAUSE, id), 0);
	alarm(SOON / 1000 * slower);	/* a hang ends the case */
	check("immediate_exit of a paused domain", run_once(&m), EINTR);
	alarm(0);
	check("UNPAUSE", domain_op(KXEN_UNPAUSE, id), 0);
}

/* --- attaching ------------------------------------------------------------------------ */

static int attach_with(unsigned int id, int vm, struct kxen_vcpu_id *ids,
		       unsigned int nr, unsigned int *reason)
{
	struct kxen_attach a = {
		.size = sizeof(a), .domid = id, .vm_fd = vm,
		.vcpu_ids = (uintptr_t)ids, .nr_vcpu_ids = nr,
	};
	int ret = call(KXEN_ATTACH, &a);

	*reason = a.reason;
	return ret;
}

static void test_attach_again(void)
{
	struct kxen_vcpu_id twice[] = { { 0, 1 }, { 1, 1 } };
	struct kxen_vcpu_id large[] = { { 0, 0 }, { 1, 100000 } };
	struct kxen_vcpu_id good[] = { { 0, 0 }, { 1, 5 } };
	struct machine m = make_machine(0, 2, NULL);
	unsigned int id = KXEN_DOMID_AUTO, reason;

	create(&id);
	check("ATTACH, a number twice", attach_with(id, m.vm, twice, 2, &reason),
	      EINVAL);
	check("the reason is the list", reason, KXEN_ATTACH_VCPU_IDS);
	check("ATTACH, a number that there is not",
	      attach_with(id, m.vm, large, 2, &reason), EINVAL);
	check("the reason is again the list", reason, KXEN_ATTACH_VCPU_IDS);
	check("ATTACH, an address that there is not",
	      attach_with(id, m.vm, (void *)16, 2, &reason), EFAULT);
	check("then a good one", attach_with(id, m.vm, good, 2, &reason), 0);
	check("and no second one", attach_with(id, m.vm, good, 2, &reason), EBUSY);
}

/* vCPUs that would not be of the domain must not be there at all. */
static void test_dirty_ring(void)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_DIRTY_LOG_RING,
				      .args = { 65536 } };
	unsigned int id = KXEN_DOMID_AUTO;
	struct machine m = make_machine(0, 0, NULL);

	create(&id);
	check("ATTACH before there is a vCPU", attach(id, m.vm, NULL), 0);
	if (ioctl(m.vm, KVM_ENABLE_CAP, &cap)) {
		note("no dirty ring here");
		return;
	}
	check("KVM_CREATE_VCPU, dirty pages going to a ring",
	      ioctl(m.vm, KVM_CREATE_VCPU, 0) < 0 ? errno : 0, EOPNOTSUPP);
}

static unsigned int attach_reason;

static int try_attach(void *arg)
{
	const struct machine *m = arg;
	unsigned int id = KXEN_DOMID_AUTO, reason;
	int ret;

	create(&id);
	ret = attach(id, m->vm, &reason);
	return !ret || reason == attach_reason ? ret : EPROTO;
}

/* By a process of its own, as the tool attaches, and by the VMM itself. */
static void attach_both_ways(struct machine m, unsigned int reason, const char *what)
{
	int want = reason ? EOPNOTSUPP : 0;
	char name[100];

	attach_reason = reason;
	snprintf(name, sizeof(name), "ATTACH by another process, %s", what);
	check(name, within(SOON, try_attach, &m), want);
	if (!want)
		m = make_machine(0, 1, m.ram);
	snprintf(name, sizeof(name), "ATTACH, %s", what);
	check(name, try_attach(&m), want);
}

int test_file(const char *path, bool may_fail)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *ram;

	if (fd < 0 || ftruncate(fd, RAM))
		die(path);
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	attach_both_ways(make_machine(0, 1, ram), may_fail ? KXEN_ATTACH_MEMORY : 0,
			 may_fail ? "memory that cannot be held" : "memory in a shared file");
	/* No page of it is there yet: that is no reason. */
	attach_both_ways(make_machine(0, 1, NULL), 0, "memory of its own");
	return 0;
}

/* --- an end in each phase --------------------------------------------------------------- */

enum phase {
	CREATED, ATTACHED_EMPTY, ATTACHED, PAUSED, PAUSED_RUNNING, FROZEN, SAVING,
	RESTORED, NR_PHASES
};

static void save_into(unsigned int id, void *buf, unsigned int len,
		      struct kxen_stream_arg *a)
{
	*a = (struct kxen_stream_arg) { .size = sizeof(*a), .domid = id,
				       .buf = (uintptr_t)buf, .len = len };
	if (call(KXEN_SAVE, a))
		die("KXEN_SAVE");
}

static void *run_for_ever(void *arg)
{
	for (;;)
		run_once(arg);
	return NULL;
}

static void *save_stuck(void *arg)
{
	struct kxen_stream_arg a = *(struct kxen_stream_arg *)arg;

	call(KXEN_SAVE, &a);
	return NULL;
}

static void be_there(void *arg)
{
	enum phase phase = *(enum phase *)arg;
	static struct machine m;
	static char buf[65536];
	struct kxen_stream_arg a = { .size = sizeof(a) };
	unsigned int id = KXEN_DOMID_AUTO;
	struct stuck hole;
	pthread_t t;

	/* Its own files, or they would live on with the parent's. */
	ctl = open("/dev/kvm-xen", O_RDWR | O_CLOEXEC);
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (phase == CREATED)
		create(&id);
	else
		m = make_domain(&id, phase > ATTACHED_EMPTY, phase >= PAUSED);
	if (phase == PAUSED_RUNNING)
		pthread_create(&t, NULL, run_for_ever, &m);
	if (phase == FROZEN || phase == RESTORED)
		save_into(id, buf, sizeof(buf), &a);
	if (phase == RESTORED) {
		m = make_domain(&id, 1, true);
		a.domid = id;
		a.reason = 0;
		if (call(KXEN_RESTORE, &a))
			die("KXEN_RESTORE");
	}
	if (phase == SAVING) {
		hole = make_stuck();
		a.domid = id;
		a.buf = (uintptr_t)hole.page;
		a.len = RAM;
		pthread_create(&t, NULL, save_stuck, &a);
		wait_stuck(&hole, SOON);
	}
	tell(id);
	pause();
}

/* By a process of its own, since it may hang. */
static int try_query(void *arg)
{
	return query(((struct actor *)arg)->said);
}

static bool is_gone(void *arg)
{
	return within(SOON, try_query, arg) == ENOENT;
}

static void test_ends(void)
{
	static const char *const names[NR_PHASES] = {
		"created", "attached without a vCPU", "attached", "paused",
		"paused, in KVM_RUN", "frozen", "in SAVE", "restored",
	};
	char name[80];
	enum phase i;

	for (i = 0; i < NR_PHASES; i++) {
		struct actor a;

		start_actor(&a, be_there, &i);
		snprintf(name, sizeof(name), "%s: it is there", names[i]);
		check(name, actor_says(&a, 2 * SOON) &&
		      !within(SOON, try_query, &a), 1);
		end_actor(&a);
		snprintf(name, sizeof(name), "%s, then killed: nothing is left",
			 names[i]);
		check(name, wait_until(SOON, is_gone, &a), 1);
	}
}

const struct test life_tests[] = {
	{ "immediate_exit", test_immediate_exit },
	{ "attach again", test_attach_again },
	{ "dirty ring", test_dirty_ring },
	{ "ends", test_ends },
	{ }
};

/* --- a bus of KVM's that goes ---------------------------------------------------------------- */

static bool ended(void *arg)
{
	return query(*(unsigned int *)arg) == ENOENT;
}

/*
 * KVM, finding no memory for a smaller bus, takes all devices from it: the module's own, which
 * answers port 0x10, with an ioeventfd. The job sees to the memory.
 */
void test_bus(void)
{
	struct kxen_create c = { .size = sizeof(c), .domid = KXEN_DOMID_AUTO,
				 .flags = KXEN_DOM_UNPLUG };
	struct kxen_query q = { .size = sizeof(q) };
	struct kvm_ioeventfd e = {
		.addr = 0x500, .len = 2, .fd = eventfd(0, EFD_CLOEXEC),
		.flags = KVM_IOEVENTFD_FLAG_PIO,
	};
	struct machine m = make_machine(0, 1, NULL);
	unsigned int before = count_domains();

	check("CREATE", call(KXEN_CREATE, &c), 0);
	check("ATTACH", attach(c.domid, m.vm, NULL), 0);
	check("an ioeventfd", ioctl(m.vm, KVM_IOEVENTFD, &e), 0);
	e.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	check("it goes", ioctl(m.vm, KVM_IOEVENTFD, &e), 0);
	q.domid = c.domid;
	check("QUERY", call(KXEN_QUERY, &q), 0);
	check("the domain goes on", q.state, KXEN_STATE_RUNNING);
	check("it has its vCPU", q.vcpus, 1);
	check("PAUSE", domain_op(KXEN_PAUSE, c.domid), 0);
	check("UNPAUSE", domain_op(KXEN_UNPAUSE, c.domid), 0);
	munmap(m.run, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
	close(m.vcpu);
	close(m.vm);
	check("it ends with its VM", wait_until(SOON, ended, &c.domid), 1);
	check("no domain is left", count_domains() - before, 0);
}

/* --- making and destroying at the same time ----------------------------------------------- */

#define RACED		710
#define RACE_SECONDS	3
#define RACE_LIMIT	60	/* more, on a machine that has little time for it */
#define DESTROYERS	2

static volatile bool over;

static void *destroyer(void *arg)
{
	unsigned long *gone = arg;

	while (!over)
		*gone += !destroy(RACED);
	return NULL;
}

/* Directories of domains that there are not any more: their files are not to be read. */
static unsigned int dangling(void)
{
	DIR *dir = opendir(PATH_KXEN);
	struct dirent *e;
	unsigned int id, n = 0;

	if (!dir)
		die(PATH_KXEN);
	while ((e = readdir(dir)))
		if (sscanf(e->d_name, "d%u", &id) == 1 && query(id) == ENOENT)
			n++;
	closedir(dir);
	return n;
}

static unsigned int unreadable(void)
{
	static const char *const files[] = { "state", "ports" };
	char path[96], buf[4096];
	unsigned int id, i, n = 0;
	DIR *dir = opendir(PATH_KXEN);
	struct dirent *e;

	while ((e = readdir(dir)))
		for (i = 0; i < 2 && sscanf(e->d_name, "d%u", &id) == 1; i++) {
			int fd;

			snprintf(path, sizeof(path), PATH_KXEN "/d%u/%s", id,
				 files[i]);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			n += fd < 0 || read(fd, buf, sizeof(buf)) < 0;
			close(fd);
		}
	closedir(dir);
	return n;
}

static bool few(unsigned long made, const unsigned long *gone)
{
	return made <= 20 || gone[0] + gone[1] <= 20;
}

void test_create_race(void)
{
	unsigned int left, other = KXEN_DOMID_AUTO;
	unsigned long gone[DESTROYERS] = { 0 }, made = 0;
	time_t end = time(NULL) + RACE_SECONDS, limit = end + RACE_LIMIT * slower;
	pthread_t t[DESTROYERS];
	int i;

	/* While there is one, KVM's functions stay hooked, and the rest is quick. */
	create(&other);
	/* One looks for it while the other waits for the end of the one before. */
	for (i = 0; i < DESTROYERS; i++)
		pthread_create(&t[i], NULL, destroyer, &gone[i]);
	while (time(NULL) < end || (few(made, gone) && time(NULL) < limit)) {
		unsigned int id = RACED;

		made += !create(&id);
	}
	over = true;
	for (i = 0; i < DESTROYERS; i++)
		pthread_join(t[i], NULL);
	destroy(RACED);
	destroy(other);
	note("%lu made, %lu and %lu destroyed", made, gone[0], gone[1]);
	check("many were made and destroyed", few(made, gone), 0);
	left = dangling();
	check("no directory without a domain", left, 0);
	if (!left)
		check("all files of the others can be read", unreadable(), 0);
}
