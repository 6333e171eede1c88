/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest is to find: a map of its memory, parameters, grants. */
#ifndef KVM_XEN_PREPARE_H
#define KVM_XEN_PREPARE_H

#include <stdint.h>

#define PREPARE_HELP \
	"  --memory-map ADDR,SIZE[,TYPE]\n" \
	"                   a range of the memory that the guest is told of, instead of what\n" \
	"                   there is; TYPE as in an E820 map, 1 (memory) if left out; repeatable\n" \
	"  --hvm-param INDEX=VALUE\n" \
	"                   a parameter that the guest can ask for, such as 17=0xfeffc; repeatable\n" \
	"  --grant REF=DOMID,FRAME[,ro]\n" \
	"                   a grant, of 0 to 7, that the guest finds in its table; repeatable\n"

/* Each keeps the value of one option, or ends the program with the reason why it is none. */
void prepare_range(const char *text);
void prepare_param(const char *text);
void prepare_grant(const char *text);

/* Give the domain, whose guest has not run, what was kept. Ends the program if it is refused. */
void prepare_domain(int ctl, uint32_t domid);

#endif
