// SPDX-License-Identifier: GPL-2.0-only
/* HYPERVISOR_xen_version(cmd, arg): semantics G10, G11. */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/interface/version.h>
#include <xen/interface/features.h>

#include "arch.h"
#include "hypercall.h"
#include "xen_abi.h"

#define DENIED		"<denied>"
#define EXTRAVERSION	"-kvm"
#define CHANGESET	"kvm-xen " KXEN_VERSION

static u32 features(void)
{
	return BIT(XENFEAT_writable_page_tables) |
	       BIT(XENFEAT_auto_translated_physmap) |
	       BIT(XENFEAT_supervisor_mode_kernel) |
	       BIT(XENFEAT_memory_op_vnode_supported) |
	       BIT(XENFEAT_not_direct_mapped) |
	       BIT(XENFEAT_runstate_phys_area) | kxen_arch_features;
}

static long copy_out(struct kxen_hc *hc, const void *src, u32 len)
{
	return kxen_hc_put(hc, hc->arg[1], src, len) ? -EFAULT : 0;
}

/* A string in a field of fixed size, zeros behind it. */
static long out_string(struct kxen_hc *hc, const char *s, u32 len)
{
	char buf[1024] = { 0 };

	if (WARN_ON_ONCE(len > sizeof(buf)))
		return -EINVAL;
	strscpy(buf, s, len);
	return copy_out(hc, buf, len);
}

/* What describes the host: domain 0 is told, which is the host. */
static long out_host_string(struct kxen_hc *hc, const char *s, u32 len)
{
	return out_string(hc, hc->d->is_host ? s : DENIED, len);
}

/* Who has made it, where and when is in no build, so that two are the same. */
static long compile_info(struct kxen_hc *hc)
{
	struct xen_compile_info ci = {
		.compiler = DENIED,
		.compile_by = DENIED,
		.compile_domain = DENIED,
		.compile_date = DENIED,
	};

	if (hc->d->is_host) {
		memset(&ci, 0, sizeof(ci));
		strscpy(ci.compiler, CONFIG_CC_VERSION_TEXT, sizeof(ci.compiler));
	}
	return copy_out(hc, &ci, sizeof(ci));
}

static long get_features(struct kxen_hc *hc)
{
	struct xen_feature_info fi;
	struct kxen_arg a;

	if (kxen_arg_get(&a, hc, hc->arg[1], &fi, sizeof(fi)))
		return -EFAULT;
	if (fi.submap_idx)
		return -EINVAL;
	fi.submap = features() | (hc->d->is_host ? BIT(XENFEAT_dom0) : 0);
	return kxen_arg_put(&a, 0, &fi, sizeof(fi));
}

/* virt_start: 0 for HVM; a long of the caller's width. */
static long platform_parameters(struct kxen_hc *hc)
{
	static const u64 zero;

	return kxen_hc_put_longs(hc, hc->arg[1], &zero, 1);
}

/* {u32 len, bytes}, without a zero; at no address: how many there are. */
static long out_any(struct kxen_hc *hc, const char *s)
{
	u32 room, len = strlen(s);

	if (!hc->arg[1])
		return len;
	if (kxen_hc_get(hc, &room, hc->arg[1], sizeof(room)))
		return -EFAULT;
	if (len > room)
		return -ENOBUFS;
	return kxen_hc_put(hc, hc->arg[1] + sizeof(room), s, len) ? -EFAULT : len;
}

/* A guest has what Xen 4.17 has. */
static long any_string(struct kxen_hc *hc)
{
	if (!hc->d->is_host)
		return -ENOSYS;
	switch ((u32)hc->arg[0]) {
	case XENVER_extraversion2:
		return out_any(hc, EXTRAVERSION);
	case XENVER_capabilities2:
		return out_any(hc, kxen_arch_caps);
	case XENVER_changeset2:
		return out_any(hc, CHANGESET);
	default:
		return out_any(hc, "");
	}
}

static noinline long other_version(struct kxen_hc *hc)
{
	switch ((u32)hc->arg[0]) {
	case XENVER_extraversion:
		return out_string(hc, EXTRAVERSION, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return compile_info(hc);
	case XENVER_capabilities:
		return out_string(hc, kxen_arch_caps, XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return out_host_string(hc, CHANGESET, XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return platform_parameters(hc);
	case XENVER_get_features:
		return get_features(hc);
	case XENVER_pagesize:
		return hc->arg[1] ? -EINVAL : XEN_PAGE_SIZE;
	case XENVER_guest_handle:
		return copy_out(hc, hc->d->uuid, sizeof(hc->d->uuid));
	case XENVER_commandline:
		return out_host_string(hc, "", sizeof(struct xen_commandline));
	case XENVER_extraversion2:
	case XENVER_capabilities2:
	case XENVER_changeset2:
	case XENVER_commandline2:
		return any_string(hc);
	case XENVER_build_id:
		return hc->d->is_host ? -ENODATA : -EPERM;
	default:
		return -ENOSYS;
	}
}

long kxen_hc_xen_version(struct kxen_hc *hc)
{
	/* Made to be told of events that wait, too, and often. */
	if ((u32)hc->arg[0] == XENVER_version)
		return hc->d->xen_major << 16 | hc->d->xen_minor;
	return other_version(hc);
}
