/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR MIT) */
/*
 * Event-channel operations that kvm-xen has and Xen has not. Guests may copy this file;
 * Documentation/evtchn-nlevel.rst is the description.
 *
 * A guest asks CPUID leaf base + KXEN_CPUID_LEAF first: Xen itself answers it with
 * zeroes, and the operations with -ENOSYS. All numbers are far from Xen's own.
 *
 * The structures are the same for 32-bit and 64-bit guests. A field that holds an
 * address of the guest is a virtual address, zero-extended.
 */
#ifndef _UAPI_XEN_KXEN_EVTCHN_H
#define _UAPI_XEN_KXEN_EVTCHN_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* Above the base of Xen's leaves. EAX: the signature; EBX: what this domain has. */
#define KXEN_CPUID_LEAF		0x4b
#define KXEN_CPUID_SIGNATURE	0x6e65786b	/* "kxen" */
#define KXEN_EXT_NLEVEL		(1u << 0)
#define KXEN_EXT_FIFO_BATCH	(1u << 1)

/*
 * The N-level ABI: a tree of bitmaps, a factor of BITS (64; 32 for 32-bit guests) from
 * each level to the next. Level 1, the root, is vcpu_info.evtchn_pending_sel; the last
 * one, the leaf, is the domain's, with a bit per port, pending and mask; those between
 * are per vCPU. Port p has bit p / BITS^(levels - k) in the array of level k.
 */
#define KXEN_NLEVEL_VERSION	1
#define KXEN_NLEVEL_MIN_LEVELS	2
#define KXEN_NLEVEL_MAX_LEVELS	4
#define KXEN_NLEVEL_PAGE_PORTS	32768	/* bits of a page */

#define EVTCHNOP_nlevel_query		0x4b00

/**
 * struct evtchn_nlevel_query - EVTCHNOP_nlevel_query
 * @version: out: KXEN_NLEVEL_VERSION
 * @max_levels: out: KXEN_NLEVEL_MAX_LEVELS
 * @bits: out: BITS for this guest, as Xen sees its width now
 * @max_pages: out: leaf pages that this domain can have, of each kind
 * @levels: out: depth in use, 0 if this ABI is not in use
 * @ports: out: ports that can be named now
 */
struct evtchn_nlevel_query {
	uint32_t version;
	uint32_t max_levels;
	uint32_t bits;
	uint32_t max_pages;
	uint32_t levels;
	uint32_t ports;
};

#define EVTCHNOP_nlevel_vcpu		0x4b02

/**
 * struct evtchn_nlevel_vcpu - EVTCHNOP_nlevel_vcpu, and an element of a list
 * @vcpu: the vCPU
 * @offset: of its level 2 in the page: a multiple of that array's size, BITS^2 / 8
 * @l2_gfn: page of its level 2, if levels > 2; several vCPUs can share one
 * @l3_gfns: address of the gfns of its level 3, if levels > 3: 8 pages, or 1 for a
 *	32-bit guest; no page may be used for anything else
 */
struct evtchn_nlevel_vcpu {
	uint32_t vcpu;
	uint32_t offset;
	uint64_t l2_gfn;
	uint64_t l3_gfns;
};

#define EVTCHNOP_nlevel_register	0x4b01
#define EVTCHNOP_nlevel_deepen		0x4b04

/**
 * struct evtchn_nlevel_register - EVTCHNOP_nlevel_register, EVTCHNOP_nlevel_deepen
 * @version: KXEN_NLEVEL_VERSION
 * @levels: 2, 3 or 4; deepen: more than now
 * @nr_pages: leaf pages of each kind; deepen: 0
 * @nr_vcpus: elements of @vcpus: every vCPU that is online must be there
 * @pending_gfns: address of @nr_pages gfns, zeroed pages
 * @mask_gfns: address of @nr_pages gfns; the bits of ports that are open already are
 *	taken over from the ABI before
 * @vcpus: address of @nr_vcpus struct evtchn_nlevel_vcpu
 *
 * All or nothing: a call that fails leaves everything as it was.
 */
struct evtchn_nlevel_register {
	uint32_t version;
	uint32_t levels;
	uint32_t nr_pages;
	uint32_t nr_vcpus;
	uint64_t pending_gfns;
	uint64_t mask_gfns;
	uint64_t vcpus;
};

#define EVTCHNOP_nlevel_expand		0x4b03

/**
 * struct evtchn_nlevel_expand - EVTCHNOP_nlevel_expand: more leaf pages
 * @nr_pages: how many, of each kind
 * @pad: 0
 * @pending_gfns: address of @nr_pages gfns, zeroed pages
 * @mask_gfns: address of @nr_pages gfns
 */
struct evtchn_nlevel_expand {
	uint32_t nr_pages;
	uint32_t pad;
	uint64_t pending_gfns;
	uint64_t mask_gfns;
};

/**
 * struct evtchn_fifo_init - one vCPU of EVTCHNOP_fifo_init_batch
 * @control_gfn: as in EVTCHNOP_init_control
 * @offset: as there
 * @vcpu: as there
 */
struct evtchn_fifo_init {
	uint64_t control_gfn;
	uint32_t offset;
	uint32_t vcpu;
};

#define EVTCHNOP_fifo_init_batch	0x4b10

/**
 * struct evtchn_fifo_init_batch - EVTCHNOP_init_control for several vCPUs at once
 * @nr: elements of @list
 * @link_bits: out
 * @list: address of @nr struct evtchn_fifo_init
 *
 * All or nothing; the errors are those of EVTCHNOP_init_control.
 */
struct evtchn_fifo_init_batch {
	uint32_t nr;
	uint32_t link_bits;
	uint64_t list;
};

#endif
