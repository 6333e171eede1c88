// SPDX-License-Identifier: GPL-2.0-only
/* Guest virtual memory of x86, by KVM's own walk; and what KVM passes by pointer. */
#include "../glue.h"
#include "../internal.h"
#include "glue.h"

int kxen_glue_read_virt(struct kvm_vcpu *vcpu, u64 gva, void *dst, u32 len)
{
	struct kxen_x86_exception e;

	kxen_assert_own_thread(vcpu);
	return kxen_kvm(kvm_read_guest_virt)(vcpu, gva, dst, len, &e) ? -EFAULT : 0;
}

int kxen_glue_write_virt(struct kvm_vcpu *vcpu, u64 gva, const void *src, u32 len)
{
	struct kxen_x86_exception e;

	kxen_assert_own_thread(vcpu);
	return kxen_kvm(kvm_write_guest_virt_system)(vcpu, gva, (void *)src, len, &e) ?
	       -EFAULT : 0;
}

/**
 * kxen_glue_copy_frames() - Read or write a guest's memory in pieces of a frame each.
 * @vcpu: the vCPU, its own thread, SRCU held.
 * @gpa: the guest's physical address.
 * @buf: the other side.
 * @len: bytes.
 * @write: to the guest.
 *
 * By KVM's function for it, which is hooked: each piece goes to what its frame shows.
 * Context: may sleep.
 * Return: 0, or a negative errno of KVM's.
 */
int kxen_glue_copy_frames(struct kvm_vcpu *vcpu, u64 gpa, void *buf, u64 len, bool write)
{
	int ret = 0;
	u32 n;

	for (; len && !ret; len -= n, buf += n, gpa += n) {
		n = min_t(u64, len, PAGE_SIZE - offset_in_page(gpa));
		ret = write ? kxen_kvm(kvm_vcpu_write_guest)(vcpu, gpa, buf, n) :
			      kxen_kvm(kvm_vcpu_read_guest)(vcpu, gpa, buf, n);
	}
	return ret;
}

/* Guest physical address of a guest virtual one that may be read, or written to. */
int kxen_glue_translate(struct kvm_vcpu *vcpu, u64 gva, bool write, u64 *gpa)
{
	gpa_t g;

	kxen_assert_own_thread(vcpu);
	g = write ? kxen_kvm(kvm_mmu_gva_to_gpa_write)(vcpu, gva, NULL) :
		    kxen_kvm(kvm_mmu_gva_to_gpa_read)(vcpu, gva, NULL);
	if (g == INVALID_GPA)
		return -EFAULT;
	*gpa = g;
	return 0;
}

/* Bring a register that the processor keeps into struct kvm_vcpu. */
static void want_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg)
{
	if (!(*kxen_glue_regs_avail(vcpu) & BIT(reg)))
		kxen_kvm_op(cache_reg)(vcpu, reg);
}

void kxen_glue_cache_paging(struct kvm_vcpu *vcpu)
{
	kxen_assert_own_thread(vcpu);
	want_reg(vcpu, KXEN_KVM_REG_CR3);
	want_reg(vcpu, KXEN_KVM_REG_CR4);
}

/* A guest's MSR access; false if it is the VMM's. */
bool kxen_glue_msr(const void *info, u32 *index, u64 *data)
{
	const struct msr_data *m = info;

	*index = m->index;
	*data = m->data;
	return !m->host_initiated;
}

void kxen_glue_msr_result(void *info, u64 data)
{
	((struct msr_data *)info)->data = data;
}
