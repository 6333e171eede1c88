// SPDX-License-Identifier: GPL-2.0-only
/* Virtual machines of x86: their clock, their I/O ports, and what makes one unfit. */
#include <linux/slab.h>
#include <kvm/iodev.h>
#include <uapi/linux/kvm_xen.h>

#include "../internal.h"
#include "glue.h"

/* What this architecture has against it. */
u32 kxen_glue_vm_refuse_arch(struct kvm *kvm)
{
#ifdef KXEN_KVM_XEN_HVM_CONFIG
	const struct kvm_xen_hvm_config *xen = &kvm->arch.xen_hvm_config;
#else
	const struct kvm_xen_hvm_config *xen = &kvm->arch.xen.hvm_config;
#endif

	if (test_bit(APICV_INHIBIT_REASON_SEV,
		     &kvm->arch.apicv_inhibit_reasons))
		return KXEN_ATTACH_PROTECTED;
#ifdef KXEN_KVM_HAS_VM_TYPE
	if (kvm->arch.vm_type != KVM_X86_DEFAULT_VM)
		return KXEN_ATTACH_PROTECTED;
#endif
	if (xen->flags || xen->msr)
		return KXEN_ATTACH_KVM_XEN;
	if (kvm->arch.irqchip_mode == KVM_IRQCHIP_NONE)
		return KXEN_ATTACH_NO_IRQCHIP;
	return KXEN_ATTACH_NONE;
}

/* Are addresses of faults the guest's physical ones? */
bool kxen_glue_has_tdp(void)
{
	return READ_ONCE(*kxen_kvm_data(tdp_enabled));
}

u64 kxen_glue_vm_now(struct kvm *kvm)
{
	return kxen_kvm(get_kvmclock_ns)(kvm);
}

struct kxen_pio {
	struct kvm_io_device dev;
	u16 port;
	u16 len;
	bool (*io)(struct kxen_domain *d, u16 port, bool write, u32 len,
		   void *val);
	void (*release)(struct kxen_domain *d);
	struct kxen_domain *domain;
};

static int pio_access(struct kvm_io_device *dev, gpa_t addr, int len, void *val,
		      bool write)
{
	struct kxen_pio *p = container_of(dev, struct kxen_pio, dev);

	if (addr < p->port || addr + len > p->port + p->len)
		return -EOPNOTSUPP;
	return p->io(p->domain, addr, write, len, val) ? 0 : -EOPNOTSUPP;
}

static int pio_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		    int len, void *val)
{
	return pio_access(dev, addr, len, val, false);
}

static int pio_write(struct kvm_vcpu *vcpu, struct kvm_io_device *dev, gpa_t addr,
		     int len, const void *val)
{
	return pio_access(dev, addr, len, (void *)val, true);
}

static void pio_destructor(struct kvm_io_device *dev)
{
	struct kxen_pio *p = container_of(dev, struct kxen_pio, dev);
	void (*release)(struct kxen_domain *d) = p->release;
	struct kxen_domain *d = p->domain;

	kfree(p);
	/* Last: behind the domain's last reference the module may go. */
	release(d);
}

static const struct kvm_io_device_ops pio_ops = {
	.read = pio_read,
	.write = pio_write,
	.destructor = pio_destructor,
};

/**
 * kxen_glue_pio_add() - Answer I/O ports of a VM in the kernel.
 * @kvm: the VM.
 * @port: first port.
 * @len: number of ports.
 * @io: the answer; false leaves the access to the VMM.
 * @release: called when the range goes, with the VM.
 * @d: the argument of both.
 *
 * Return: the range, or an error pointer, -EINTR for a task that is being killed: then
 * nothing is released.
 */
struct kxen_pio *kxen_glue_pio_add(struct kvm *kvm, u16 port, u16 len,
				   bool (*io)(struct kxen_domain *d, u16 port,
					      bool write, u32 len, void *val),
				   void (*release)(struct kxen_domain *d),
				   struct kxen_domain *d)
{
	struct kxen_pio *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!p)
		return ERR_PTR(-ENOMEM);
	p->port = port;
	p->len = len;
	p->io = io;
	p->release = release;
	p->domain = d;
	kvm_iodevice_init(&p->dev, &pio_ops);
	/* The VM's owner can hold it as long as he likes. */
	ret = mutex_lock_killable(&kvm->slots_lock);
	if (!ret) {
		ret = kxen_kvm(kvm_io_bus_register_dev)(kvm, KVM_PIO_BUS, port, len,
							&p->dev);
		mutex_unlock(&kvm->slots_lock);
	}
	if (ret) {
		kfree(p);
		return ERR_PTR(ret);
	}
	return p;
}

void kxen_glue_flush_tlbs(struct kvm *kvm)
{
	kxen_kvm(kvm_make_all_cpus_request)(kvm, KVM_REQ_TLB_FLUSH_GUEST);
}
