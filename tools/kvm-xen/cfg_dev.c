// SPDX-License-Identifier: GPL-2.0-only
/* A configuration's disks and network interfaces, in xl's words. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cfg.h"

/* One word of several with commas between them, without blanks around it; NULL: no more. */
static char *next_word(const char **at)
{
	const char *begin = *at, *end;

	if (!begin)
		return NULL;
	begin += strspn(begin, " \t");
	end = begin + strcspn(begin, ",");
	*at = *end ? end + 1 : NULL;
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return cfg_copy(begin, end - begin);
}

/* What stands behind NAME= if the word begins so. */
static const char *behind(const char *word, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(word, name, len) && word[len] == '=' ? word + len + 1 : NULL;
}

/* --- disks ------------------------------------------------------------------------ */

/* A letter or two behind xvd, one behind vd. */
static bool set_vdev(struct cfg_disk *d, const char *name)
{
	const char *at = name;

	d->vmm = *at == 'v';
	if (*at == 'x')
		at++;
	if (strncmp(at, "vd", 2) || !islower((unsigned char)at[2]))
		return false;
	at += 3;
	if (!d->vmm && islower((unsigned char)*at))
		at++;
	if (!d->vmm)
		at += strspn(at, "0123456789");
	if (*at || at - name > 6)
		return false;
	free(d->vdev);
	d->vdev = cfg_copy(name, strlen(name));
	return true;
}

static bool set_format(struct cfg_disk *d, const char *format)
{
	d->qcow2 = !strcmp(format, "qcow2");
	return d->qcow2 || !*format || !strcmp(format, "raw");
}

static bool set_access(struct cfg_disk *d, const char *access)
{
	d->read_only = !strcmp(access, "ro") || !strcmp(access, "r");
	return d->read_only || !*access || !strcmp(access, "rw") || !strcmp(access, "w");
}

static bool set_target(struct cfg_disk *d, const char *target)
{
	free(d->target);
	d->target = cfg_copy(target, strlen(target));
	return *target;
}

/* In xl's order, for words without a name. */
static const struct {
	const char *name;
	bool (*set)(struct cfg_disk *d, const char *value);
	const char *wrong;
} disk_keys[] = {
	{ "target", set_target, "there is no file or block device" },
	{ "format", set_format, "is no format: raw or qcow2" },
	{ "vdev", set_vdev, "is no vdev: xvda, xvdb1 or, for the VMM's own disks, vda" },
	{ "access", set_access, "is no access: rw or ro" },
};

#define DISK_KEYS	(sizeof(disk_keys) / sizeof(disk_keys[0]))

static bool disk_word(struct cfg_disk *d, const char *word, unsigned int *place,
		      struct cfg_say_to *s)
{
	const char *value = NULL;
	unsigned int i;

	for (i = 0; i < DISK_KEYS && !value; i++)
		value = behind(word, disk_keys[i].name);
	if (value)
		i--;
	else if (strchr(word, '=') || *place == DISK_KEYS)
		return cfg_wrong(s, d->line, "'%.60s' is not known here: a disk has target, format, vdev and access",
				 word), false;
	else
		value = word, i = (*place)++;
	if (disk_keys[i].set(d, value))
		return true;
	return cfg_wrong(s, d->line, "disk: '%.60s' %s", value, disk_keys[i].wrong), false;
}

static void check_disk(const struct cfg *c, const struct cfg_disk *d, struct cfg_say_to *s)
{
	unsigned int i;

	if (!d->target)
		cfg_wrong(s, d->line, "the disk has no target: a file or block device");
	if (!d->vdev) {
		cfg_wrong(s, d->line, "the disk has no vdev, such as vdev=xvda");
		return;
	}
	for (i = 0; i < c->disks; i++)
		if (c->disk[i].vdev && !strcmp(c->disk[i].vdev, d->vdev))
			cfg_wrong(s, d->line, "there is a disk %s already, in line %u", d->vdev,
				  c->disk[i].line);
}

void cfg_take_disk(struct cfg *c, const char *text, unsigned int line, struct cfg_say_to *s)
{
	struct cfg_disk *d = &c->disk[c->disks];
	const char *at = text;
	unsigned int place = 0;
	bool good = true;
	char *word;

	if (c->disks == CFG_DISKS) {
		cfg_wrong(s, line, "more than %d disks", CFG_DISKS);
		return;
	}
	d->line = line;
	while (good && at) {
		/* As in xl, the target's name goes on to the end, with its commas. */
		const char *target = behind(at + strspn(at, " \t"), "target");

		word = target ? cfg_copy(at + strspn(at, " \t"), strlen(at + strspn(at, " \t"))) :
				next_word(&at);
		if (target)
			at = NULL;
		good = disk_word(d, word, &place, s);
		free(word);
	}
	if (good)
		check_disk(c, d, s);
	c->disks++;
}

/* --- network interfaces ------------------------------------------------------------- */

static bool is_mac(const char *s)
{
	unsigned int i;

	for (i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
			return false;
	return !s[17];
}

static bool is_ifname(const char *s)
{
	size_t len = strlen(s);

	return len && len < 16 && !strpbrk(s, "/ \t,=") && strcmp(s, ".") && strcmp(s, "..");
}

static bool vif_word(struct cfg_vif *v, const char *word, struct cfg_say_to *s)
{
	const char *mac = behind(word, "mac"), *bridge = behind(word, "bridge");
	const char *ifname = behind(word, "vifname");

	if (mac) {
		if (!is_mac(mac) || strchr("13579bBdDfF", mac[1]))
			return cfg_wrong(s, v->line, "'%.40s' is no address of one interface, such as 00:16:3e:01:02:03",
					 mac), false;
		memcpy(v->mac, mac, sizeof(v->mac));
		return true;
	}
	if (!bridge && !ifname)
		return cfg_wrong(s, v->line, "'%.40s' is not known here: a vif has mac, and bridge or vifname",
				 word), false;
	if (!is_ifname(bridge ? bridge : ifname))
		return cfg_wrong(s, v->line, "'%.40s' is no name of an interface",
				 bridge ? bridge : ifname), false;
	if (bridge) {
		free(v->bridge);
		v->bridge = cfg_copy(bridge, strlen(bridge));
	} else {
		free(v->ifname);
		v->ifname = cfg_copy(ifname, strlen(ifname));
	}
	return true;
}

void cfg_take_vif(struct cfg *c, const char *text, unsigned int line, struct cfg_say_to *s)
{
	struct cfg_vif *v = &c->vif[c->vifs];
	const char *at = text;
	bool good = true;
	char *word;

	if (c->vifs == CFG_VIFS) {
		cfg_wrong(s, line, "more than %d vifs", CFG_VIFS);
		return;
	}
	v->line = line;
	while (good && (word = next_word(&at))) {
		good = vif_word(v, word, s);
		free(word);
	}
	if (good && !v->bridge == !v->ifname)
		cfg_wrong(s, line, "a vif has either a bridge or a vifname, of a tap interface that is there");
	c->vifs++;
}
