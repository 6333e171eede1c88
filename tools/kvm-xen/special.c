// SPDX-License-Identifier: GPL-2.0-only
/* What every guest of a toolstack's has: rings of xenstore and of the console. */
#include <errno.h>
#include <linux/kvm_xen.h>
#include <sys/ioctl.h>

#include "kvm-xen.h"

/* Free on QEMU's machines: Documentation/uapi.rst. */
#define SPECIAL_GFN	0xfef00ULL

enum { HVM_STORE = 1, HVM_STORE_PORT = 2, HVM_CONSOLE = 17, HVM_CONSOLE_PORT = 18 };
enum { GRANT_CONSOLE, GRANT_STORE };

static uint32_t special_port(int ctl, uint32_t domid)
{
	struct kxen_evtchn_arg a = { .size = sizeof(a), .domid = domid, .op = KXEN_EVTCHN_ALLOC };

	if (ioctl(ctl, KXEN_EVTCHN, &a))
		fail(1, "domain %u gets no event channel: %s", domid, ctl_why(errno));
	return a.port;
}

static void special_param(int ctl, uint32_t domid, uint32_t index, uint64_t value)
{
	struct kxen_param_arg p = { .size = sizeof(p), .flags = KXEN_PARAM_GIVE, .domid = domid,
				    .index = index, .value = value };

	if (ioctl(ctl, KXEN_PARAM, &p))
		fail(1, "domain %u cannot be given parameter %u: %s", domid, index, ctl_why(errno));
}

static void special_grant(int ctl, uint32_t domid, uint32_t ref, uint64_t gfn)
{
	struct kxen_grant_arg g = { .size = sizeof(g), .domid = domid, .ref = ref, .gfn = gfn };

	if (ioctl(ctl, KXEN_GRANT, &g))
		fail(1, "domain %u cannot be given grant %u: %s", domid, ref, ctl_why(errno));
}

void ctl_special_pages(int ctl, uint32_t domid, struct special *s)
{
	struct kxen_special_arg a = { .size = sizeof(a), .domid = domid, .nr = 2,
				      .gfn = SPECIAL_GFN };

	if (ioctl(ctl, KXEN_SPECIAL, &a))
		fail(EXIT_REFUSED, "domain %u cannot be given pages for its rings: %s", domid,
		     errno == EEXIST ? "the VMM has something at 0xfef00000" :
		     errno == ENOTTY ? "the module is older than this command" : ctl_why(errno));
	s->store_gfn = SPECIAL_GFN;
	s->console_gfn = SPECIAL_GFN + 1;
	s->store_port = special_port(ctl, domid);
	s->console_port = special_port(ctl, domid);
	special_param(ctl, domid, HVM_STORE, s->store_gfn);
	special_param(ctl, domid, HVM_STORE_PORT, s->store_port);
	special_param(ctl, domid, HVM_CONSOLE, s->console_gfn);
	special_param(ctl, domid, HVM_CONSOLE_PORT, s->console_port);
	special_grant(ctl, domid, GRANT_CONSOLE, s->console_gfn);
	special_grant(ctl, domid, GRANT_STORE, s->store_gfn);
}
