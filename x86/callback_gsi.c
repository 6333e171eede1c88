// SPDX-License-Identifier: GPL-2.0-only
/*
 * The callback kinds of old guests: an interrupt line, GSI or PCI INTx (semantics A102).
 *
 * The line is high while upcall_pending of vCPU 0 is set. Senders hold spinlocks, so a
 * work item raises it. It is looked at again when the guest acknowledges the interrupt:
 * lowered, and raised anew if an upcall is pending still. KVM does not say when the
 * guest clears upcall_pending; in between the line may be high for nothing, which a
 * guest does not notice, since it has the interrupt in service.
 */
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kvm/glue.h"
#include "../kvm-xen/kvm/x86/glue.h"
#include "x86.h"
#include "xen_abi.h"

static bool want_high(struct kxen_domain *d)
{
	struct kxen_vcpu *v = kxen_domain_vcpu(d, 0);

	/* A vCPU that has a vector of its own does not use the line (A103). */
	return v && !READ_ONCE(d->reset_pending) &&
	       !READ_ONCE(v->arch.upcall_vector) && kxen_upcall_pending(v);
}

/*
 * KVM calls this under SRCU, which kxen_glue_line_del() waits for: the line is there.
 * The VM is, too: one of its vCPUs is running.
 */
static void gsi_on_ack(struct kxen_domain *d)
{
	struct kxen_irq_line *l = READ_ONCE(d->arch.irq_line);

	if (!l)
		return;
	kxen_glue_line_set(d->kvm, l, false);
	/* Pairs with the xchg of upcall_pending before the work is queued. */
	smp_mb();
	if (want_high(d))
		kxen_glue_line_set(d->kvm, l, true);
}

static void raise_work(struct work_struct *w)
{
	struct kxen_domain *d = container_of(w, struct kxen_domain, arch.callback_gsi_work);
	struct kvm *kvm = NULL;

	mutex_lock(&d->lock);
	/* Not for a VM that is being destroyed: its routing is gone. */
	if (d->arch.irq_line && d->kvm && kxen_glue_vm_tryget(d->kvm)) {
		kvm = d->kvm;
		if (want_high(d))
			kxen_glue_line_set(kvm, d->arch.irq_line, true);
	}
	mutex_unlock(&d->lock);
	/* The last reference may be ours: it ends the domain, but not this one. */
	if (kvm)
		kxen_glue_vm_put(kvm);
	kxen_domain_put(d);
}

void kxen_callback_gsi_init(struct kxen_domain *d)
{
	INIT_WORK(&d->arch.callback_gsi_work, raise_work);
}

/* An upcall of vCPU 0 is pending. Any context. */
void kxen_callback_gsi_raise(struct kxen_domain *d)
{
	refcount_inc(&d->ref);	/* given back by raise_work() */
	if (!schedule_work(&d->arch.callback_gsi_work))
		/* Queued already, with a reference: this is not the last one. */
		refcount_dec(&d->ref);
}

/**
 * kxen_callback_gsi_set() - Where the line leads to.
 * @d: the domain, locked; its VM is there.
 * @gsi: the pin, 0 for none.
 *
 * Context: may sleep.
 * Return: 0, or -errno with no line.
 */
int kxen_callback_gsi_set(struct kxen_domain *d, u32 gsi)
{
	struct kxen_irq_line *old = d->arch.irq_line, *l = NULL;

	lockdep_assert_held(&d->lock);
	if (d->arch.callback_gsi == gsi)
		return 0;
	if (old) {
		WRITE_ONCE(d->arch.irq_line, NULL);
		WRITE_ONCE(d->arch.callback_gsi, 0);
		kxen_glue_line_del(d->kvm, old);
	}
	if (!gsi)
		return 0;
	l = kxen_glue_line_add(d->kvm, gsi, gsi_on_ack, d);
	if (IS_ERR(l))
		return PTR_ERR(l);
	WRITE_ONCE(d->arch.irq_line, l);
	WRITE_ONCE(d->arch.callback_gsi, gsi);
	return 0;
}

/*
 * The pin of a callback value. INTx: the wiring of Xen's own machine, whose slots have
 * four pins of the upper half each; a VMM that wires its slots otherwise has no such
 * guest to serve, since the guest would look for Xen's platform device.
 */
u32 kxen_callback_gsi_of(u64 value)
{
	u32 slot = PCI_SLOT(FIELD_GET(KXEN_CALLBACK_DEVFN, value));
	u32 intx = FIELD_GET(KXEN_CALLBACK_INTX, value);

	switch (FIELD_GET(HVM_PARAM_CALLBACK_IRQ_TYPE_MASK, value)) {
	case HVM_PARAM_CALLBACK_TYPE_GSI:
		return FIELD_GET(KXEN_CALLBACK_GSI, value);
	case HVM_PARAM_CALLBACK_TYPE_PCI_INTX:
		return 16 + ((slot * 4 + slot / 8 + intx) & 31);
	default:
		return 0;
	}
}
