/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pager of a domain: 'kvm-xen page'. Two threads: one turns the hand of a clock, which takes pages
 * out; the other one serves who wants one, and waits for nothing that the first one does.
 */
#ifndef KVM_XEN_PAGE_H
#define KVM_XEN_PAGE_H

#include <linux/kvm_xen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE		4096ULL
#define PAGE_BATCH	128	/* frames in one call */

/*
 * What this process knows of a frame, under the lock. Only the hand nominates and writes; who brings
 * a page back has it COMING, and is alone with it.
 */
enum frame_state { FRAME_IN, FRAME_NOMINATED, FRAME_OUT, FRAME_COMING };

#define FRAME_STATE	0x03
#define FRAME_STALE	0x04	/* it is in, and the file has blocks of it */
#define FRAME_RINGED	0x08	/* it is among those that are nominated, or were */
#define FRAME_BAD	0x10	/* it is out, and cannot be read */
#define FRAME_WANTED	0x20	/* it is coming, or was and is out again; somebody waits for it */

struct page_file {
	const char *name;
	int fd;
	bool direct;		/* past the page cache */
};

/* What has happened, under the lock. */
struct page_counts {
	unsigned long long outs, ins_wanted, ins_target, ins_end;
	unsigned long long touched, dropped, refused, unwritten;
	unsigned long long us, us_max;	/* of all that were wanted */
};

/* One that is nominated, or was when it came here. */
struct nominee {
	uint64_t gfn;
	uint64_t at;		/* in ms */
};

struct pager {
	int fd;
	uint32_t domid;
	pid_t pid;
	uint64_t frames, pages;
	struct page_file file;
	uint64_t target;	/* pages that the VMM may have; or */
	double part;		/* of what it would have without a pager; 0: not so */
	unsigned int idle;	/* how long a page is to be left alone, in ms */
	bool quiet;
	atomic_bool gone;	/* the VMM has ended, or */
	atomic_int error;	/* a call has failed, which none should */
	atomic_bool failed;	/* the file cannot be read */
	atomic_bool starved;	/* no memory for what is to come back: that was said */

	pthread_mutex_t lock;	/* of what follows */
	uint8_t *state;
	uint8_t *heat;		/* how often the hand passes it by, and how many times still */
	uint64_t out, nominated, stale, bad;
	struct page_counts n;

	/* The hand's own. */
	uint64_t hand, back;
	struct nominee *ring;
	uint64_t ring_size, ring_first, ring_nr;
	uint64_t full_until;	/* the file takes nothing more until then, in ms */
	uint64_t passed;	/* frames that the hand has passed since it took one */
	uint64_t starved_until;	/* there was no memory for one; the next try is then, in ms */
	bool rising;		/* pages come back until it has what it may have */
	unsigned char *buf;
	int wake;		/* an eventfd: the other thread has something to say */

	/* The other thread's. */
	unsigned char *serve_buf;
	int wish;		/* an eventfd: a page that is wanted has been left out */
};

/* page_file.c */
void page_file_open(struct page_file *f, const char *name);
unsigned int page_file_write(struct page_file *f, const uint64_t *gfn, unsigned int nr,
			     const unsigned char *buf);
bool page_file_read(struct page_file *f, uint64_t gfn, unsigned char *buf);
void page_file_punch(struct page_file *f, uint64_t gfn, uint64_t nr);
uint64_t page_file_kib(struct page_file *f);

/* page_call.c: calls of the pager's descriptor, and what is known of frames */
void page_open(struct pager *p);
unsigned int page_call(struct pager *p, unsigned long call, const uint64_t *gfn, int32_t *res,
		       void *buf, unsigned int nr);
enum frame_state page_state(const struct pager *p, uint64_t gfn);
void page_set(struct pager *p, uint64_t gfn, enum frame_state state);
void page_warm(struct pager *p, uint64_t gfn);
int page_bring(struct pager *p, uint64_t gfn, unsigned char *buf, unsigned long long *count,
	       bool wait);
uint64_t page_ms(void);

/* page_serve.c */
void page_serve_begin(struct pager *p);

/* page_hand.c */
bool page_hand_turn(struct pager *p);
bool page_hand_end(struct pager *p);
void page_punch_stale(struct pager *p);
uint64_t page_resident(const struct pager *p);
uint64_t page_target(const struct pager *p, uint64_t has);

#endif
