// SPDX-License-Identifier: GPL-2.0-only
/* Load and unload: initialisation in order, unwinding in mirror order. */
#include <linux/module.h>
#include <linux/security.h>
#include <linux/utsname.h>
#include <xen/xen.h>

#include "../dom0/dom0.h"
#include "arch.h"
#include "guest_mem.h"
#include "kvm/hook.h"
#include "kvm/glue.h"
#include "hypercall.h"
#include "kxen.h"
#include "log.h"
#include "stats.h"
#include "p2m.h"
#include "subsys.h"

static bool unsupported;
module_param(unsupported, bool, 0444);
MODULE_PARM_DESC(unsupported,
		 "load on a kernel that is not in the supported list");

/* KXEN_SUPPORTED has the series of scripts/supported-kernels, with ", " between them. */
#ifdef KXEN_FORGE_LAYOUT	/* a build for the tests of the checks at load */
#define RUNS_ON "0.0"
#else
#define RUNS_ON KXEN_SUPPORTED
#endif

static bool runs_on(const char *release)
{
	const char *s = RUNS_ON;
	size_t n;

	for (; *s; s += n + strspn(s + n, ", ")) {
		n = strcspn(s, ",");
		if (!strncmp(release, s, n) && release[n] == '.')
			return true;
	}
	return false;
}

static int check_kernel(void)
{
	const char *release = init_utsname()->release;

	if (runs_on(release))
		return 0;
	if (unsupported) {
		kxen_info("kernel %s is not in the supported list", release);
		return 0;
	}
	kxen_err("kernel %s is not in the supported list (%s): 'unsupported=1' loads anyway",
		 release, KXEN_SUPPORTED);
	return -ENODEV;
}

static int check_host(void)
{
	if (xen_domain()) {
		kxen_err("this host is a Xen guest itself");
		return -ENODEV;
	}
	if (security_locked_down(LOCKDOWN_KPROBES)) {
		kxen_err("the kernel is locked down and allows no probes");
		return -EPERM;
	}
	return check_kernel();
}

static int __init kxen_init(void)
{
	int ret;

	/* A tracepoint can be on from before: all that fails goes by kxen_arch_exit(). */
	ret = check_host();
	if (ret)
		goto err_arch;
	ret = kxen_hypercalls_init();
	if (ret)
		goto err_arch;
	ret = kxen_hook_init(kxen_arch_pin_symbol);
	if (ret)
		goto err_arch;
	ret = kxen_glue_init();
	if (ret)
		goto err_arch;
	ret = kxen_arch_init();
	if (ret)
		goto err_arch;
	ret = kxen_subsys_load(kxen_stat_at, kxen_ctl_is_core);
	if (ret)
		goto err_arch;
	ret = kxen_glue_check();
	if (ret)
		goto err_arch;
	kxen_arch_ready();
	ret = kxen_guest_mem_init();
	if (ret)
		goto err_arch;
	ret = kxen_debugfs_init();
	if (ret)
		goto err_mem;
	ret = kxen_domains_init();
	if (ret)
		goto err_debugfs;
	ret = kxen_dom0_init();
	if (ret)
		goto err_domains;
	ret = kxen_ctl_init();
	if (ret)
		goto err_dom0;
	return 0;

err_dom0:
	kxen_dom0_exit();
err_domains:
	kxen_domains_exit();
err_debugfs:
	kxen_debugfs_exit();
err_mem:
	kxen_guest_mem_exit();
err_arch:
	kxen_arch_exit();
	return ret;
}

static void __exit kxen_exit(void)
{
	kxen_ctl_exit();
	kxen_dom0_exit();
	kxen_vm_holds_exit();
	kxen_attach_exit();
	kxen_domains_exit();
	kxen_debugfs_exit();
	kxen_guest_mem_exit();
	kxen_p2m_exit();
	kxen_arch_exit();
	/* A task that gave the last domain back may still be on its way out. */
	kxen_hook_drain();
}

module_init(kxen_init);
module_exit(kxen_exit);

MODULE_DESCRIPTION("Xen guests on KVM: event channels, time, hypercalls");
MODULE_AUTHOR("The kvm-xen maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION(KXEN_VERSION);
