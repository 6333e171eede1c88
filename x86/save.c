// SPDX-License-Identifier: GPL-2.0-only
/* What a saved domain has of this architecture alone. */
#include <linux/elf-em.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kxen.h"
#include "../kvm-xen/stream.h"
#include "records.h"

static_assert(sizeof(struct kxen_save_x86_vcpu) == 8);

const u16 kxen_arch_machine = EM_X86_64;

void kxen_arch_save(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_vcpu *v;
	u32 i;

	lockdep_assert_held(&d->lock);
	kxen_for_each_vcpu(d, i, v) {
		struct kxen_save_x86_vcpu r = {
			.vcpu = v->id, .upcall_vector = v->arch.upcall_vector,
		};

		if (r.upcall_vector)
			kxen_rec(s, KXEN_REC_X86_VCPU, &r, sizeof(r));
	}
}

static int x86_restore_vcpus(struct kxen_domain *d, struct kxen_stream_in *im,
			     const struct kxen_rec *rec, u32 nr)
{
	u32 i;

	lockdep_assert_held(&d->lock);
	for (i = 0; i < nr; i++) {
		const struct kxen_save_x86_vcpu *r = rec[i].data;
		struct kxen_vcpu *v = kxen_domain_vcpu(d, r->vcpu);

		/* The first 16 are exceptions'. */
		if (!v || r->upcall_vector < 16 || r->upcall_vector > 255)
			return -EINVAL;
		WRITE_ONCE(v->arch.upcall_vector, r->upcall_vector);
	}
	return 0;
}

const struct kxen_rec_desc kxen_arch_recs[] = {
	{ .id = KXEN_REC_X86_VCPU, .len = sizeof(struct kxen_save_x86_vcpu),
	  .per_vcpu = true, .restore = x86_restore_vcpus },
	{ }
};
