// SPDX-License-Identifier: GPL-2.0-only
/* How the guest wants its upcalls: HVM_PARAM_CALLBACK_IRQ. */
#include <linux/bitfield.h>
#include <linux/types.h>

#include "../kvm-xen/arch.h"
#include "x86.h"
#include "xen_abi.h"

long kxen_arch_set_callback(struct kxen_vcpu *v, u64 value)
{
	struct kxen_domain *d = v->domain;
	struct kxen_vcpu *o;
	u8 vector = 0;
	int ret;
	u32 i;

	lockdep_assert_held(&d->lock);
	ret = kxen_callback_gsi_set(d, kxen_callback_gsi_of(value));
	if (ret)
		return ret;
	if (FIELD_GET(HVM_PARAM_CALLBACK_IRQ_TYPE_MASK, value) == HVM_PARAM_CALLBACK_TYPE_VECTOR)
		vector = FIELD_GET(KXEN_CALLBACK_VECTOR, value);
	if (vector < KXEN_MIN_VECTOR)
		vector = 0;
	WRITE_ONCE(d->arch.callback_vector, vector);
	kxen_for_each_vcpu(d, i, o)
		kxen_arch_upcall_again(o);
	return 0;
}
