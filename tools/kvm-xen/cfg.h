/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's configuration: a small part of what xl.cfg has. kvm-xen.cfg(5) describes it. */
#ifndef KVM_XEN_CFG_H
#define KVM_XEN_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CFG_DISKS	32
#define CFG_VIFS	16
#define CFG_WORDS	64	/* of one list */
#define CFG_TEXT	4096	/* of one value */

enum cfg_type { CFG_PVH, CFG_HVM, CFG_PV };
enum cfg_action { CFG_DESTROY, CFG_RESTART, CFG_PRESERVE };

struct cfg_disk {
	unsigned int line;
	char *target, *vdev;
	bool qcow2, read_only;
	bool vmm;		/* vdX: the VMM's own, as a virtio disk */
};

struct cfg_vif {
	unsigned int line;
	char mac[18];
	char *bridge, *ifname;	/* one of the two */
};

struct cfg_words {
	char *word[CFG_WORDS + 1];
	unsigned int n;
};

struct cfg {
	enum cfg_type type;
	char *name, *kernel, *ramdisk, *cmdline, *serial, *vmm, *backend;
	char *pvshim_path, *pvshim_cmdline;
	unsigned int type_line, kernel_line, ramdisk_line, cmdline_line, memory_line, vcpus_line;
	unsigned int pvshim_path_line, pvshim_cmdline_line, serial_line;
	unsigned int memory;	/* in MiB */
	unsigned int vcpus, max_ports, max_grant_frames, max_maptrack_frames;
	unsigned int xen_major, xen_minor;
	enum cfg_action on_poweroff, on_reboot, on_crash;
	bool has_uuid;
	uint8_t uuid[16];
	struct cfg_disk disk[CFG_DISKS];
	struct cfg_vif vif[CFG_VIFS];
	unsigned int disks, vifs;
	struct cfg_words vmm_args, backend_args;
};

/* What is wrong, and in which line; 0: in none of them. */
typedef void cfg_say(void *to, unsigned int line, const char *what);

/*
 * Read a text. Everything that is wrong is said, in the order of the lines; false: something was.
 * Either way cfg_free() is to follow.
 */
bool cfg_parse(struct cfg *c, const char *text, size_t len, cfg_say *say, void *to);
void cfg_free(struct cfg *c);

/* Name its files, and programs that PATH does not find, from the root; they are of @dir. */
void cfg_from_root(struct cfg *c, const char *dir);

/* A name that a domain can have: no number, so that it is told from one. */
bool cfg_name_ok(const char *name);

/* The 36 characters of a UUID, and a 0. */
void cfg_uuid_text(const uint8_t *uuid, char *text);

/* What the configuration of a device says: cfg_dev.c. */
struct cfg_say_to {
	cfg_say *say;
	void *to;
	bool failed;
};

void __attribute__((format(printf, 3, 4)))
cfg_wrong(struct cfg_say_to *s, unsigned int line, const char *fmt, ...);
void cfg_take_disk(struct cfg *c, const char *text, unsigned int line, struct cfg_say_to *s);
void cfg_take_vif(struct cfg *c, const char *text, unsigned int line, struct cfg_say_to *s);
char *cfg_copy(const char *text, size_t len);

/* What a guest of type "pv" can have, and no other, or cannot have: cfg_pv.c. */
void cfg_check_pv(const struct cfg *c, struct cfg_say_to *s);

/*
 * Can its boot loader name these files? Those without a / in front are of @dir. Something that may
 * be wrong is said, too, without a failure.
 */
void cfg_check_pv_words(const struct cfg *c, const char *dir, struct cfg_say_to *s);

#endif
