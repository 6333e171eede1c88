// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of a configuration: KEY = VALUE, where a value is a number, a "text" or a [ list ] of
 * texts, which may have several lines.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg.h"

enum kind { NUMBER, TEXT, LIST };

struct value {
	enum kind kind;
	unsigned int line;	/* where it begins */
	unsigned int number;
	char *text;
	char *item[CFG_WORDS];
	unsigned int item_line[CFG_WORDS], items;
};

struct parser {
	const char *at, *end;
	unsigned int line;
	struct cfg *c;
	struct cfg_say_to say;
};

void cfg_wrong(struct cfg_say_to *s, unsigned int line, const char *fmt, ...)
{
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	s->failed = true;
	s->say(s->to, line, what);
}

char *cfg_copy(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}

bool cfg_name_ok(const char *name)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";
	size_t len = strlen(name);

	return len && len < 64 && isalpha((unsigned char)name[0]) && strspn(name, good) == len;
}

static void from_root(char **path, const char *dir)
{
	char *whole;

	if (!*path || **path == '/')
		return;
	whole = malloc(strlen(dir) + strlen(*path) + 2);
	if (!whole)
		abort();
	sprintf(whole, "%s/%s", dir, *path);
	free(*path);
	*path = whole;
}

/* What a link leads to is looked for in each life. */
void cfg_from_root(struct cfg *c, const char *dir)
{
	unsigned int i;

	from_root(&c->kernel, dir);
	from_root(&c->ramdisk, dir);
	from_root(&c->pvshim_path, dir);
	for (i = 0; i < c->disks; i++)
		from_root(&c->disk[i].target, dir);
	if (c->vmm && strchr(c->vmm, '/'))
		from_root(&c->vmm, dir);
	if (c->backend && strchr(c->backend, '/'))
		from_root(&c->backend, dir);
}

void cfg_uuid_text(const uint8_t *u, char *text)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += sprintf(text, "%02x", u[i]);
	}
}

/* --- characters ------------------------------------------------------------------- */

static int peek(const struct parser *p)
{
	return p->at < p->end ? (unsigned char)*p->at : -1;
}

static void skip_blanks(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\r')
		p->at++;
}

static void skip_line(struct parser *p)
{
	while (p->at < p->end && *p->at != '\n')
		p->at++;
	if (p->at < p->end) {
		p->at++;
		p->line++;
	}
}

/* Blanks, comments and ends of lines. */
static void skip_space(struct parser *p)
{
	for (;;) {
		skip_blanks(p);
		if (peek(p) != '#' && peek(p) != '\n')
			return;
		skip_line(p);
	}
}

static size_t word_len(const struct parser *p)
{
	const char *at = p->at;

	while (at < p->end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	return at - p->at;
}

/* Behind something wrong: up to the next line that begins as KEY =. */
static void next_key(struct parser *p)
{
	for (skip_line(p); p->at < p->end; skip_line(p)) {
		struct parser look = *p;

		skip_blanks(&look);
		if (!word_len(&look))
			continue;
		look.at += word_len(&look);
		skip_blanks(&look);
		if (peek(&look) == '=')
			return;
	}
}

/* --- values ----------------------------------------------------------------------- */

static bool take_number(struct parser *p, struct value *v)
{
	size_t len = word_len(p);
	unsigned long n = 0, i;

	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)p->at[i])) {
			cfg_wrong(&p->say, p->line, "'%.*s' is no number; a text stands in quotes",
				  (int)(len < 40 ? len : 40), p->at);
			return false;
		}
		n = n * 10 + p->at[i] - '0';
		if (n > UINT32_MAX) {
			cfg_wrong(&p->say, p->line, "a number that is too large");
			return false;
		}
	}
	p->at += len;
	v->kind = NUMBER;
	v->number = n;
	return true;
}

/* Of the rest of the line; what it is not has been said. */
static size_t text_len(struct parser *p, char quote)
{
	const char *at = p->at;

	for (; at < p->end && *at != quote; at++) {
		if (*at == '\n')
			break;
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			cfg_wrong(&p->say, p->line, "a control character in a text");
			return SIZE_MAX;
		}
		if (*at == '\\' && p->end - at > 1 && (at[1] == quote || at[1] == '\\'))
			at++;
	}
	if (at == p->end || *at != quote)
		cfg_wrong(&p->say, p->line, "the text has no closing %c in its line", quote);
	else if (at - p->at > CFG_TEXT)
		cfg_wrong(&p->say, p->line, "a text of more than %d characters", CFG_TEXT);
	else
		return at - p->at;
	return SIZE_MAX;
}

static char *take_text(struct parser *p)
{
	char quote = *p->at++, *text;
	size_t len = text_len(p, quote), i, n = 0;

	if (len == SIZE_MAX)
		return NULL;
	text = cfg_copy(p->at, len);
	for (i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len && (text[i + 1] == quote || text[i + 1] == '\\'))
			i++;
		text[n++] = text[i];
	}
	text[n] = 0;
	p->at += len + 1;
	return text;
}

static bool no_item(struct parser *p, struct value *v)
{
	if (peek(p) < 0)
		cfg_wrong(&p->say, v->line, "the list has no closing ]");
	else
		cfg_wrong(&p->say, p->line, "a list has texts in quotes, with commas between them");
	return false;
}

static bool take_item(struct parser *p, struct value *v)
{
	if (peek(p) != '"' && peek(p) != '\'')
		return no_item(p, v);
	if (v->items == CFG_WORDS) {
		cfg_wrong(&p->say, p->line, "a list of more than %d texts", CFG_WORDS);
		return false;
	}
	v->item_line[v->items] = p->line;
	v->item[v->items] = take_text(p);
	return v->item[v->items] && ++v->items;
}

static bool take_list(struct parser *p, struct value *v)
{
	v->kind = LIST;
	p->at++;
	for (;;) {
		skip_space(p);
		if (peek(p) == ']')
			break;
		if (!take_item(p, v))
			return false;
		skip_space(p);
		if (peek(p) == ',')
			p->at++;
		else if (peek(p) != ']')
			return no_item(p, v);
	}
	p->at++;
	return true;
}

static bool take_value(struct parser *p, struct value *v)
{
	v->line = p->line;
	if (peek(p) == '[')
		return take_list(p, v);
	if (peek(p) == '"' || peek(p) == '\'') {
		v->kind = TEXT;
		v->text = take_text(p);
		return v->text;
	}
	if (word_len(p))
		return take_number(p, v);
	cfg_wrong(&p->say, p->line, "there is no value behind the '='");
	return false;
}

static void drop_value(struct value *v)
{
	free(v->text);
	while (v->items)
		free(v->item[--v->items]);
}

/* --- keys ------------------------------------------------------------------------- */

static void take_name(struct parser *p, struct value *v)
{
	if (!cfg_name_ok(v->text))
		cfg_wrong(&p->say, v->line, "'%.64s' is no name: a letter, then up to 62 of letters, digits and . _ + -",
			  v->text);
}

static void take_type(struct parser *p, struct value *v)
{
	if (!strcmp(v->text, "hvm"))
		p->c->type = CFG_HVM;
	else if (!strcmp(v->text, "pv"))
		p->c->type = CFG_PV;
	else if (strcmp(v->text, "pvh"))
		cfg_wrong(&p->say, v->line, "'%.20s' is no type: \"pvh\", \"hvm\" or \"pv\"", v->text);
}

static void take_uuid(struct parser *p, struct value *v)
{
	const char *at = v->text;
	unsigned int i;
	int n;

	for (i = 0; i < 16; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *at++ != '-')
			break;
		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) ||
		    sscanf(at, "%2hhx%n", &p->c->uuid[i], &n) != 1 || n != 2)
			break;
		at += 2;
	}
	/* That of nothing but zeros is no guest's: it stands for none. */
	p->c->has_uuid = i == 16 && !*at && strspn(v->text, "0-") != strlen(v->text);
	if (!p->c->has_uuid)
		cfg_wrong(&p->say, v->line, "'%.40s' is no UUID such as 5c2b34a1-0f0e-4d3c-8b2a-190807060504",
			  v->text);
}

static void take_version(struct parser *p, struct value *v)
{
	char rest;

	if (sscanf(v->text, "%4u.%4u%c", &p->c->xen_major, &p->c->xen_minor, &rest) != 2)
		cfg_wrong(&p->say, v->line, "'%.20s' is no version such as \"4.17\"", v->text);
}

static void take_action(struct parser *p, struct value *v, enum cfg_action *a)
{
	static const char *const names[] = { "destroy", "restart", "preserve" };
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(v->text, names[i])) {
			*a = i;
			return;
		}
	cfg_wrong(&p->say, v->line, "'%.20s' is none of \"destroy\", \"restart\" and \"preserve\"",
		  v->text);
}

static void take_poweroff(struct parser *p, struct value *v)
{
	take_action(p, v, &p->c->on_poweroff);
}

static void take_reboot(struct parser *p, struct value *v)
{
	take_action(p, v, &p->c->on_reboot);
}

static void take_crash(struct parser *p, struct value *v)
{
	take_action(p, v, &p->c->on_crash);
}

static void take_disks(struct parser *p, struct value *v)
{
	unsigned int i;

	for (i = 0; i < v->items; i++)
		cfg_take_disk(p->c, v->item[i], v->item_line[i], &p->say);
}

static void take_vifs(struct parser *p, struct value *v)
{
	unsigned int i;

	for (i = 0; i < v->items; i++)
		cfg_take_vif(p->c, v->item[i], v->item_line[i], &p->say);
}

static void take_words(struct cfg_words *w, struct value *v)
{
	for (w->n = 0; w->n < v->items; w->n++) {
		w->word[w->n] = v->item[w->n];
		v->item[w->n] = NULL;
	}
}

static void take_vmm_args(struct parser *p, struct value *v)
{
	take_words(&p->c->vmm_args, v);
}

static void take_backend_args(struct parser *p, struct value *v)
{
	take_words(&p->c->backend_args, v);
}

#define FIELD(field)	.offset = offsetof(struct cfg, field)

static const struct key {
	const char *name;
	enum kind kind;
	void (*take)(struct parser *p, struct value *v);
	size_t offset;			/* of where a text or number is kept; 0: nowhere */
	size_t line;			/* and of its line */
	unsigned int min, max;		/* of a number */
} keys[] = {
	{ "name", TEXT, .take = take_name, FIELD(name) },
	{ "type", TEXT, .take = take_type, .line = offsetof(struct cfg, type_line) },
	{ "uuid", TEXT, .take = take_uuid },
	{ "memory", NUMBER, FIELD(memory), .line = offsetof(struct cfg, memory_line),
	  .min = 16, .max = 16 << 20 },
	{ "vcpus", NUMBER, FIELD(vcpus), .line = offsetof(struct cfg, vcpus_line),
	  .min = 1, .max = 1024 },
	{ "kernel", TEXT, FIELD(kernel), .line = offsetof(struct cfg, kernel_line) },
	{ "ramdisk", TEXT, FIELD(ramdisk), .line = offsetof(struct cfg, ramdisk_line) },
	{ "cmdline", TEXT, FIELD(cmdline), .line = offsetof(struct cfg, cmdline_line) },
	{ "pvshim_path", TEXT, FIELD(pvshim_path), .line = offsetof(struct cfg, pvshim_path_line) },
	{ "pvshim_cmdline", TEXT, FIELD(pvshim_cmdline),
	  .line = offsetof(struct cfg, pvshim_cmdline_line) },
	{ "disk", LIST, .take = take_disks },
	{ "vif", LIST, .take = take_vifs },
	{ "serial", TEXT, FIELD(serial), .line = offsetof(struct cfg, serial_line) },
	{ "on_poweroff", TEXT, .take = take_poweroff },
	{ "on_reboot", TEXT, .take = take_reboot },
	{ "on_crash", TEXT, .take = take_crash },
	{ "xen_version", TEXT, .take = take_version },
	{ "max_event_channels", NUMBER, FIELD(max_ports), .min = 64, .max = 1 << 20 },
	{ "max_grant_frames", NUMBER, FIELD(max_grant_frames), .min = 1, .max = 4096 },
	{ "max_maptrack_frames", NUMBER, FIELD(max_maptrack_frames), .min = 1, .max = 16384 },
	{ "vmm", TEXT, FIELD(vmm) },
	{ "vmm_args", LIST, .take = take_vmm_args },
	{ "backend", TEXT, FIELD(backend) },
	{ "backend_args", LIST, .take = take_backend_args },
};

#define NR_KEYS	(sizeof(keys) / sizeof(keys[0]))

static void *member(struct cfg *c, size_t offset)
{
	return (char *)c + offset;
}

static const struct key *find_key(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < NR_KEYS; i++)
		if (strlen(keys[i].name) == len && !memcmp(keys[i].name, name, len))
			return &keys[i];
	return NULL;
}

/* A value that is whole goes to its place. */
static void keep(struct parser *p, const struct key *k, struct value *v)
{
	static const char *const kinds[] = { "a number", "a text in quotes", "a list in [ ]" };

	if (v->kind != k->kind) {
		cfg_wrong(&p->say, v->line, "'%s' is %s, and here is %s", k->name, kinds[k->kind],
			  kinds[v->kind]);
		return;
	}
	if (k->kind == NUMBER && (v->number < k->min || v->number > k->max)) {
		cfg_wrong(&p->say, v->line, "'%s' can be %u to %u", k->name, k->min, k->max);
		return;
	}
	if (k->take)
		k->take(p, v);
	if (k->line)
		*(unsigned int *)member(p->c, k->line) = v->line;
	if (k->offset && k->kind == NUMBER)
		*(unsigned int *)member(p->c, k->offset) = v->number;
	if (k->offset && k->kind == TEXT) {
		*(char **)member(p->c, k->offset) = v->text;
		v->text = NULL;
	}
}

/* One KEY = VALUE; false: the rest of it makes no sense. @seen: lines of those before. */
static bool take_pair(struct parser *p, unsigned int *seen)
{
	size_t len = word_len(p);
	struct value v = { 0 };
	const struct key *k;
	bool good;

	if (!len) {
		cfg_wrong(&p->say, p->line, "this is no KEY = VALUE");
		return false;
	}
	k = find_key(p->at, len);
	if (!k) {
		cfg_wrong(&p->say, p->line, "there is no key '%.*s'", (int)(len < 40 ? len : 40), p->at);
		return false;
	}
	p->at += len;
	skip_blanks(p);
	if (peek(p) != '=') {
		cfg_wrong(&p->say, p->line, "there is no '=' behind '%s'", k->name);
		return false;
	}
	p->at++;
	skip_blanks(p);
	if (seen[k - keys])
		cfg_wrong(&p->say, p->line, "'%s' is there already, in line %u", k->name, seen[k - keys]);
	good = take_value(p, &v);
	if (good && !seen[k - keys]) {
		seen[k - keys] = v.line;
		keep(p, k, &v);
	}
	drop_value(&v);
	return good;
}

static void take_pairs(struct parser *p)
{
	unsigned int seen[NR_KEYS] = { 0 };

	for (skip_space(p); p->at < p->end; skip_space(p)) {
		if (!take_pair(p, seen)) {
			next_key(p);
			continue;
		}
		skip_blanks(p);
		if (peek(p) >= 0 && peek(p) != '\n' && peek(p) != '#') {
			cfg_wrong(&p->say, p->line, "there is something behind the value");
			next_key(p);
		}
	}
}

/* What is wrong with the whole. */
static void check_all(struct cfg *c, struct cfg_say_to *say)
{
	unsigned int i, vmm_disks = 0;

	for (i = 0; i < c->disks; i++)
		vmm_disks += c->disk[i].vmm;
	if (!c->name)
		cfg_wrong(say, 0, "there is no 'name'");
	if (c->ramdisk && !c->kernel)
		cfg_wrong(say, c->ramdisk_line, "'ramdisk' without 'kernel'");
	if (!c->kernel && c->type != CFG_HVM)
		cfg_wrong(say, 0, "there is no 'kernel'; a guest of type \"hvm\" can boot from a disk");
	else if (!c->kernel && !vmm_disks)
		cfg_wrong(say, 0, "there is neither a 'kernel' nor a disk to boot from: its vdev is vda, which the firmware can read");
	cfg_check_pv(c, say);
}

bool cfg_parse(struct cfg *c, const char *text, size_t len, cfg_say *say, void *to)
{
	struct parser p = { .at = text, .end = text + len, .line = 1, .c = c,
			    .say = { .say = say, .to = to } };

	memset(c, 0, sizeof(*c));
	c->vcpus = 1;
	c->on_reboot = CFG_RESTART;
	take_pairs(&p);
	if (!c->memory_line)
		c->memory = c->type == CFG_PV ? 512 : 128;
	if (!p.say.failed)
		check_all(c, &p.say);
	return !p.say.failed;
}

static void free_words(struct cfg_words *w)
{
	while (w->n)
		free(w->word[--w->n]);
}

void cfg_free(struct cfg *c)
{
	unsigned int i;

	for (i = 0; i < NR_KEYS; i++)
		if (keys[i].kind == TEXT && keys[i].offset)
			free(*(char **)member(c, keys[i].offset));
	for (i = 0; i < c->disks; i++) {
		free(c->disk[i].target);
		free(c->disk[i].vdev);
	}
	for (i = 0; i < c->vifs; i++) {
		free(c->vif[i].bridge);
		free(c->vif[i].ifname);
	}
	free_words(&c->vmm_args);
	free_words(&c->backend_args);
	memset(c, 0, sizeof(*c));
}
