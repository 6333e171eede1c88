/* SPDX-License-Identifier: GPL-2.0-only */
/* A VMM: its command line, its process, and the VM that it has. */
#ifndef KVM_XEN_VMM_H
#define KVM_XEN_VMM_H

#include <stdbool.h>
#include <sys/types.h>

struct qmp;

/* What is in the words of a VMM's command line. */
enum vmm_how { VMM_RUNS, VMM_STAYS_PAUSED };

/*
 * Refuse, in words, a command line that cannot become a domain; say whether its guest is
 * to stay paused. @unplug: emulated devices are refused, too.
 */
enum vmm_how vmm_check(char **args, bool unplug);
bool vmm_has_option(char **args, const char *name);

/*
 * The VMM's own words: what stands before its name belongs to a wrapper such as taskset,
 * whose options may have the same letters. And that name, without where it is.
 */
char **vmm_own_args(char **args);
const char *vmm_name(char **args);

/* QEMU takes an option with one dash or two. */
bool vmm_is_option(const char *word, const char *name);

/* The value of an option, of the last one if there are more; NULL: it is not there. */
const char *vmm_value_of(char **args, const char *name);
bool vmm_value_has(char **args, const char *name, const char *text);

/*
 * Start it, paused, and wait until its machine is complete. @incoming: the machine's
 * state comes later, by the monitor. It ends with this program, until vmm_wait().
 */
struct qmp *vmm_start(char **args, int argc, bool incoming);

/* The descriptor of the VM of the VMM that was started. */
int vmm_vm(void);

/* Let it run, pass signals on, and give its exit status when it has ended. */
int vmm_wait(void);

/*
 * For who does not wait so. Before the start: children are to be killed with this process, whatever
 * ends it, and what they say goes to @log if that is not negative.
 */
void vmm_bind_children(int log);
void vmm_in_child(pid_t parent);	/* in another child, for the same */

/* What was started, to be waited for; that this is done. */
pid_t vmm_child(void);
void vmm_has_ended(void);

/* proc.c: processes, as /proc shows them */

/* The descriptor of the VM of a process. */
int proc_take_vm(pid_t pid);
bool proc_has_vm(pid_t pid);

/* Its command line, words that end with NULL; NULL if it cannot be read. */
char **proc_args(pid_t pid);
bool proc_has_text(pid_t pid, const char *text, bool *known);

struct process {
	pid_t pid, parent;
	unsigned long long start;	/* in ticks since the boot */
};

/* When it was started; 0: it is gone. */
unsigned long long proc_start(pid_t pid);

/*
 * All processes that descend from @pid, @pid first; the number of them. Not those that
 * started before @since, nor @but, nor what descends from either. Free the list.
 */
unsigned int proc_tree(pid_t pid, struct process **list, unsigned long long since,
		       const struct process *but, unsigned int nr_but);

#endif
