/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of JSON as a monitor's answers take: walks over a text that is complete and
 * balanced, by pointers to the first character of a value. NULL in, NULL out.
 */
#ifndef KVM_XEN_JSON_H
#define KVM_XEN_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Where a member of an object is; NULL if it has none of that name. */
const char *json_member(const char *object, const char *name);

/* The first item of a list, and the one after an item; NULL at the end. */
const char *json_first(const char *list);
const char *json_next(const char *item);

bool json_number(const char *value, unsigned int *number);
bool json_string(const char *value, char *text, size_t size);
bool json_true(const char *value);

/* Has this text, which may still grow, a whole object? */
bool json_complete(const char *text, size_t len);

#endif
