// SPDX-License-Identifier: GPL-2.0-only
/* What a saved domain has of this architecture alone. */
#include <linux/elf-em.h>
#include <linux/types.h>
#include <uapi/linux/kvm_xen.h>

#include "../kvm-xen/arch.h"
#include "../kvm-xen/kxen.h"
#include "../kvm-xen/stream.h"
#include "records.h"
#include "x86.h"

static_assert(sizeof(struct kxen_save_x86_vcpu) == 8);
static_assert(sizeof(struct kxen_save_x86_start) == 200);
static_assert(sizeof_field(struct kxen_save_x86_start, state) == sizeof(struct kxen_start));

const u16 kxen_arch_machine = EM_X86_64;

/* The record has it as it is kept. */
static void save_starts(struct kxen_domain *d, struct kxen_stream_out *s)
{
	struct kxen_vcpu *v;
	u32 i;

	lockdep_assert_held(&d->lock);
	kxen_for_each_vcpu(d, i, v) {
		struct kxen_save_x86_start r = { .vcpu = v->id, .starts = v->arch.starts };

		if (!v->arch.has_start)
			continue;
		memcpy(r.state, &v->arch.start, sizeof(v->arch.start));
		kxen_rec(s, KXEN_REC_X86_START, &r, sizeof(r));
	}
}

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
	save_starts(d, s);
}

static int x86_restore_starts(struct kxen_domain *d, struct kxen_stream_in *im,
			      const struct kxen_rec *rec, u32 nr)
{
	u32 i;

	lockdep_assert_held(&d->lock);
	for (i = 0; i < nr; i++) {
		const struct kxen_save_x86_start *r = rec[i].data;
		struct kxen_vcpu *v = kxen_domain_vcpu(d, r->vcpu);

		if (!v || r->starts > 1)
			return -EINVAL;
		memcpy(&v->arch.start, r->state, sizeof(v->arch.start));
		if (!kxen_start_ok(v, &v->arch.start))
			return -EINVAL;
		v->arch.has_start = true;
		WRITE_ONCE(v->arch.starts, r->starts);
	}
	return 0;
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
	{ .id = KXEN_REC_X86_START, .len = sizeof(struct kxen_save_x86_start),
	  .per_vcpu = true, .restore = x86_restore_starts },
	{ }
};
