// SPDX-License-Identifier: GPL-2.0-only
/* Values in a text of JSON. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Behind a string whose opening quote is at @p. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* Up to the comma or bracket behind a value. */
static const char *skip_value(const char *p)
{
	int depth = 0;

	while (*p) {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']' || *p == ',') && !depth)
			break;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	}
	return p;
}

bool json_complete(const char *text, size_t len)
{
	bool in_string = false, open = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
			continue;
		}
		if (text[i] == '"')
			in_string = true;
		if (text[i] == '{')
			depth++, open = true;
		if (text[i] == '}')
			depth--;
	}
	return open && depth <= 0;
}

const char *json_member(const char *object, const char *name)
{
	size_t len = strlen(name);
	const char *p, *key;

	if (!object || *object != '{')
		return NULL;
	p = skip_space(object + 1);
	while (*p == '"') {
		key = p + 1;
		p = skip_space(skip_string(p));
		if (*p != ':')
			return NULL;
		p = skip_space(p + 1);
		if (!strncmp(key, name, len) && key[len] == '"')
			return p;
		p = skip_space(skip_value(p));
		if (*p == ',')
			p = skip_space(p + 1);
	}
	return NULL;
}

const char *json_first(const char *list)
{
	if (!list || *list != '[')
		return NULL;
	list = skip_space(list + 1);
	return *list == ']' || !*list ? NULL : list;
}

const char *json_next(const char *item)
{
	if (!item)
		return NULL;
	item = skip_space(skip_value(item));
	return *item == ',' ? skip_space(item + 1) : NULL;
}

bool json_number(const char *value, unsigned int *number)
{
	char *end;

	if (!value || !isdigit((unsigned char)*value))
		return false;
	*number = strtoul(value, &end, 10);
	return true;
}

bool json_true(const char *value)
{
	return value && !strncmp(value, "true", 4);
}

/* What is beyond @size is cut off; the text is for people and for comparing words. */
bool json_string(const char *value, char *text, size_t size)
{
	size_t n = 0;

	if (!value || *value != '"')
		return false;
	for (value++; *value && *value != '"' && n + 1 < size; value++) {
		if (*value == '\\' && value[1])
			value++;
		text[n++] = isprint((unsigned char)*value) ? *value : '?';
	}
	text[n] = 0;
	return true;
}
