// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of a VM's controllers: an interrupt line, as a device has one; and being told
 * of EOIs.
 *
 * A line of our own: its level is or-ed with what the VMM drives on the same pin. KVM
 * says when the guest has acknowledged the pin's interrupt, before it looks at the level
 * again.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "../glue.h"
#include "../internal.h"
#include "glue.h"

struct kxen_irq_line {
	struct kvm_irq_ack_notifier acked;
	void (*fn)(struct kxen_domain *d);
	struct kxen_domain *domain;
	int source;
};

static void on_ack(struct kvm_irq_ack_notifier *n)
{
	struct kxen_irq_line *l = container_of(n, struct kxen_irq_line, acked);

	l->fn(l->domain);
}

/*
 * Who drives a pin has a number, and a pin's level is that of all of them. Older kernels
 * give numbers out. Newer ones only know their own three, the first ones of a word of bits,
 * and let any other in: a VM has one line of ours, so the last one is free.
 */
static int source_get(struct kvm *kvm)
{
#ifdef KXEN_KVM_IRQ_SOURCES
	return kxen_kvm(kvm_request_irq_source_id)(kvm);
#else
	return BITS_PER_LONG - 1;
#endif
}

static void source_put(struct kvm *kvm, int source)
{
#ifdef KXEN_KVM_IRQ_SOURCES
	kxen_kvm(kvm_free_irq_source_id)(kvm, source);
#endif
}

/**
 * kxen_glue_line_add() - A line of our own on a pin of a VM.
 * @kvm: the VM.
 * @gsi: the pin; one that is not routed to anything is silent.
 * @fn: called when the guest has acknowledged; may set the line. The vCPU's thread,
 *	must not sleep.
 * @d: its argument; outlives the line.
 *
 * Context: may sleep; takes kvm->irq_lock.
 * Return: the line, low, or an error pointer: -EFAULT if there are no more.
 */
struct kxen_irq_line *kxen_glue_line_add(struct kvm *kvm, u32 gsi,
					 void (*fn)(struct kxen_domain *d),
					 struct kxen_domain *d)
{
	struct kxen_irq_line *l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return ERR_PTR(-ENOMEM);
	l->source = source_get(kvm);
	if (l->source < 0) {
		int ret = l->source;

		kfree(l);
		return ERR_PTR(ret);
	}
	l->fn = fn;
	l->domain = d;
	l->acked.gsi = gsi;
	l->acked.irq_acked = on_ack;
	kxen_kvm(kvm_register_irq_ack_notifier)(kvm, &l->acked);
	return l;
}

/* Context: any that may take KVM's interrupt locks: not a hard interrupt. */
void kxen_glue_line_set(struct kvm *kvm, struct kxen_irq_line *l, bool level)
{
	kxen_kvm(kvm_set_irq)(kvm, l->source, l->acked.gsi, level, false);
}

/**
 * kxen_glue_line_del() - Take the line away, low.
 * @kvm: the VM.
 * @l: the line.
 *
 * Context: may sleep. On return nobody is in its callback.
 */
void kxen_glue_line_del(struct kvm *kvm, struct kxen_irq_line *l)
{
	kxen_kvm(kvm_unregister_irq_ack_notifier)(kvm, &l->acked);
	kxen_glue_line_set(kvm, l, false);
	source_put(kvm, l->source);
	kfree(l);
}

/* --- EOI ---------------------------------------------------------------------------- */

static void (*eoi_fn)(struct kxen_vcpu *v, int vector);

/* A probe of KVM's tracepoint; the vCPU's own thread. */
static void on_eoi(void *data, void *apic, int vector)
{
	struct kxen_vcpu *v = kxen_glue_running();

	if (v)
		eoi_fn(v, vector);
}

/**
 * kxen_glue_watch_eoi() - Be told of each EOI that a vCPU of ours makes.
 * @fn: called then; NULL ends it.
 *
 * Context: may sleep; callers serialise.
 * Return: 0, -ENOENT if KVM has no such tracepoint.
 */
int kxen_glue_watch_eoi(void (*fn)(struct kxen_vcpu *v, int vector))
{
	struct tracepoint *tp = kxen_kvm_data(__tracepoint_kvm_eoi);

	if (!tp)
		return -ENOENT;
	if (fn) {
		eoi_fn = fn;
		return tracepoint_probe_register(tp, (void *)on_eoi, NULL);
	}
	tracepoint_probe_unregister(tp, (void *)on_eoi, NULL);
	tracepoint_synchronize_unregister();
	return 0;
}
