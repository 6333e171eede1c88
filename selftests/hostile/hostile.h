/* SPDX-License-Identifier: GPL-2.0 */
/* Users of /dev/kvm-xen who mean harm, and those who must not suffer from it. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/kvm_xen.h>

#define NOBODY		65534
#define SOON		10000	/* ms: what takes as long hangs */
#define QUICK		3000	/* ms: for what is long because of its amount */
#define RAM		(1UL << 20)
#define CASE_LIMIT	100	/* s: for a hang */
/* All of these are for Debian's kernels; the environment's SLOWER says how slow the host's is. */
extern int slower;

#define NOT_IN_TIME	(-1)

/* Both devices, opened when the program began: whoever drops his rights keeps them. */
extern int ctl, kvm;

/* --- report -------------------------------------------------------------------- */
void check(const char *name, long got, long want);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(const char *what) __attribute__((noreturn));

/* --- processes ------------------------------------------------------------------- */

/* Runs @fn in a child: what it returned, or NOT_IN_TIME. That child is left behind. */
int within(int ms, int (*fn)(void *), void *arg);

/* Until @cond(@arg) is true: is it, in time? */
bool wait_until(int ms, bool (*cond)(void *), void *arg);

/* A child that goes on living: it says a number by tell() when it is where it wants. */
struct actor {
	pid_t pid;
	int pipe;
	long said;
};

void start_actor(struct actor *a, void (*fn)(void *), void *arg);
bool actor_says(struct actor *a, int ms);
void end_actor(struct actor *a);
void tell(long number);

void become_nobody(void);
void open_as_nobody(void);

/* A page that never comes, and when somebody waits for it. */
struct stuck {
	void *page;
	int fd;
};

struct stuck make_stuck(void);
bool wait_stuck(const struct stuck *s, int ms);

/* Where a thread is: 'D' and the like. */
char thread_state(pid_t pid, pid_t tid);

/* How often somebody has come to the place that the job has made slow. */
unsigned int stalls(void);

/* --- machines ---------------------------------------------------------------------- */
struct machine {
	int vm, vcpu;
	void *run;		/* of the vCPU */
	uint8_t *ram;
};

/* @flags of the memory slot; @ram: NULL for memory of its own. */
struct machine make_machine(unsigned int flags, int vcpus, void *ram);

/* 0 or an errno, as all of these. */
int call(unsigned long req, void *arg);
int domain_op(unsigned long req, unsigned int domid);
int create(unsigned int *domid);
int destroy(unsigned int domid);
int attach(unsigned int domid, int vm, unsigned int *reason);
int query(unsigned int domid);
unsigned int count_domains(void);
/* A machine with a domain, paused if asked for. */
struct machine make_domain(unsigned int *domid, int vcpus, bool paused);

/* --- cases ------------------------------------------------------------------------- */
struct test {
	const char *name;
	void (*fn)(void);
};

extern const struct test memory_tests[], limit_tests[], life_tests[];
void test_create_race(void);
void test_killed_restore(void);
void test_bus(void);
void test_sent(void);
void test_thaw(void);
void test_restore_absent(void);
void test_busy(void);

/* A domain's with shared_info in the second page of its memory, and a port for domain 0. */
struct placed {
	uint32_t *stream;
	unsigned int len, port;
};

/* @vector: of the vCPU's own. */
struct placed make_placed(uint32_t vector);
int test_file(const char *path, bool may_fail);
int test_channel(unsigned int domid, unsigned int port);

#endif
