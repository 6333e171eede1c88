// SPDX-License-Identifier: GPL-2.0-only
/*
 * The glue's second part: virtual machines, vCPUs and their memory. With
 * layout.c and the headers, all that this module knows about KVM's
 * inside.
 */
#ifdef KXEN_ENTRY_VIRT
#include <linux/entry-virt.h>
#else
#include <linux/entry-kvm.h>
#endif
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <asm/svm.h>
#include <kvm/iodev.h>
#include <uapi/linux/kvm_xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/sched.h>

#include "glue.h"
#include "calls.h"

/* --- VM ------------------------------------------------------------------ */

/**
 * kxen_glue_vm_file() - The VM behind a file descriptor.
 * @fd: a descriptor of the calling process.
 * @kvm: set to the VM; valid while the returned file is held.
 *
 * Return: the file, to be given back with fput(), or an error pointer: -EBADF;
 * -EINVAL if it is not a KVM VM.
 */
struct file *kxen_glue_vm_file(int fd, struct kvm **kvm)
{
	struct file *f = fget(fd);

	if (!f)
		return ERR_PTR(-EBADF);
	if (!kxen_kvm(file_is_kvm)(f)) {
		fput(f);
		return ERR_PTR(-EINVAL);
	}
	*kvm = f->private_data;
	return f;
}

/*
 * The VMM learns of dirty pages from the vCPUs' rings, which only a running vCPU fills: it
 * would not learn of ours.
 */
bool kxen_glue_has_dirty_ring(struct kvm *kvm)
{
	return kvm->dirty_ring_size;
}

/* Why this VM cannot be a Xen domain: KXEN_WHY_*, 0 if it can. */
u32 kxen_glue_vm_refuse(struct kvm *kvm)
{
#ifdef KXEN_KVM_XEN_HVM_CONFIG
	const struct kvm_xen_hvm_config *xen = &kvm->arch.xen_hvm_config;
#else
	const struct kvm_xen_hvm_config *xen = &kvm->arch.xen.hvm_config;
#endif

	if (test_bit(APICV_INHIBIT_REASON_SEV,
		     &kvm->arch.apicv_inhibit_reasons))
		return KXEN_WHY_PROTECTED;
#ifdef KXEN_KVM_HAS_VM_TYPE
	if (kvm->arch.vm_type != KVM_X86_DEFAULT_VM)
		return KXEN_WHY_PROTECTED;
#endif
	if (xen->flags || xen->msr)
		return KXEN_WHY_KVM_XEN;
	if (kvm->arch.irqchip_mode == KVM_IRQCHIP_NONE)
		return KXEN_WHY_NO_LAPIC;
	if (atomic_read(&kvm->online_vcpus) > KXEN_MAX_VCPUS)
		return KXEN_WHY_VCPUS;
	if (kxen_glue_has_dirty_ring(kvm))
		return KXEN_WHY_DIRTY_RING;
	return KXEN_WHY_NONE;
}

/* A reference, unless the VM's last one is gone already. */
bool kxen_glue_vm_tryget(struct kvm *kvm)
{
	return kvm_get_kvm_safe(kvm);
}

void kxen_glue_vm_put(struct kvm *kvm)
{
	kvm_put_kvm(kvm);
}

int kxen_glue_vm_pid(struct kvm *kvm)
{
	return kvm->userspace_pid;
}

/* The vCPU with KVM's index @idx, or NULL. It lives as long as the VM. */
struct kvm_vcpu *kxen_glue_vcpu_by_idx(struct kvm *kvm, u32 idx)
{
	/* Older kernels answer an index that is too large with vCPU 0. */
	return idx < atomic_read(&kvm->online_vcpus) ?
	       kvm_get_vcpu(kvm, idx) : NULL;
}

struct kvm *kxen_glue_vcpu_kvm(struct kvm_vcpu *v)
{
	return v->kvm;
}

u32 kxen_glue_vcpu_idx(struct kvm_vcpu *v)
{
	return v->vcpu_idx;
}

u32 kxen_glue_vcpu_id(struct kvm_vcpu *v)
{
	return v->vcpu_id;
}

/* vCPUs that the VM has, or is about to have. kvm->lock held. */
u32 kxen_glue_created_vcpus(struct kvm *kvm)
{
	return kvm->created_vcpus;
}

u64 kxen_glue_vm_now(struct kvm *kvm)
{
	return kxen_kvm(get_kvmclock_ns)(kvm);
}

/* Address in the VMM of a writable guest page, or 0. */
unsigned long kxen_glue_gfn_to_hva(struct kvm *kvm, u64 gfn)
{
	int idx = srcu_read_lock(&kvm->srcu);
	unsigned long hva = kxen_kvm(gfn_to_hva)(kvm, gfn);

	srcu_read_unlock(&kvm->srcu, idx);
	return kvm_is_error_hva(hva) ? 0 : hva;
}

/**
 * kxen_glue_slots() - Where the VMM has the guest's memory.
 * @kvm: the VM.
 * @hva: filled in: an address of each slot that can be written to.
 * @room: in @hva.
 *
 * Return: how many there are, which may be more than there is room for.
 */
u32 kxen_glue_slots(struct kvm *kvm, unsigned long *hva, u32 room)
{
	struct kvm_memory_slot *slot;
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	u32 n = 0;

	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm)) {
		if (!slot->npages || slot->flags & KVM_MEM_READONLY)
			continue;
		if (n < room)
			hva[n] = slot->userspace_addr;
		n++;
	}
	srcu_read_unlock(&kvm->srcu, idx);
	return n;
}

struct mm_struct *kxen_glue_vm_mm(struct kvm *kvm)
{
	return kvm->mm;
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

static int pio_read(struct kvm_vcpu *v, struct kvm_io_device *dev, gpa_t addr,
		    int len, void *val)
{
	return pio_access(dev, addr, len, val, false);
}

static int pio_write(struct kvm_vcpu *v, struct kvm_io_device *dev, gpa_t addr,
		     int len, const void *val)
{
	return pio_access(dev, addr, len, (void *)val, true);
}

static void pio_destructor(struct kvm_io_device *dev)
{
	struct kxen_pio *p = container_of(dev, struct kxen_pio, dev);

	p->release(p->domain);
	kfree(p);
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
 * Return: the range, or an error pointer: then nothing is released.
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
	mutex_lock(&kvm->slots_lock);
	ret = kxen_kvm(kvm_io_bus_register_dev)(kvm, KVM_PIO_BUS, port, len,
						&p->dev);
	mutex_unlock(&kvm->slots_lock);
	if (ret) {
		kfree(p);
		return ERR_PTR(ret);
	}
	return p;
}

/* --- vCPU ---------------------------------------------------------------- */

/*
 * What follows reads state that KVM keeps for the vCPU's own thread: registers that the
 * processor holds (on VMX those of whatever vCPU is loaded here), paging modes. From any
 * other thread it can end in a BUG() of KVM. Kernels that look for such faults look.
 */
static __always_inline void assert_own_thread(struct kvm_vcpu *v)
{
	if (IS_ENABLED(CONFIG_PROVE_LOCKING))
		WARN_ON_ONCE(kxen_kvm(kvm_get_running_vcpu)() != v);
}

/**
 * kxen_glue_mark() - Make a vCPU ours.
 * @kv: our side; its preempt_ops take the place of KVM's.
 *
 * Context: any; callers serialise per vCPU.
 * Return: 0, or -EBUSY if somebody else has replaced KVM's callbacks.
 */
int kxen_glue_mark(struct kxen_vcpu *kv)
{
	struct preempt_notifier *pn = &kv->vcpu->preempt_notifier;

	if (pn->ops != kxen_kvm_preempt_ops)
		return -EBUSY;
	kv->kvm_ops = pn->ops;
	/* Pairs with the dependent load in kxen_glue_marked() and the hooks. */
	smp_store_release(&pn->ops, &kv->preempt_ops);
	/* A vCPU that has run has a clock, of which we are only told when it is new. */
	kvm_make_request(KVM_REQ_CLOCK_UPDATE, kv->vcpu);
	return 0;
}

void kxen_glue_unmark(struct kxen_vcpu *kv)
{
	if (kv->kvm_ops)	/* else it was never marked */
		WRITE_ONCE(kv->vcpu->preempt_notifier.ops, kv->kvm_ops);
}

/* After KVM's own sched_out: the thread lost the CPU, it did not sleep. */
bool kxen_glue_preempted(struct kvm_vcpu *v)
{
	return READ_ONCE(v->preempted);
}

/* Waiting for INIT or SIPI. */
bool kxen_glue_offline(struct kvm_vcpu *v)
{
	int s = READ_ONCE(v->arch.mp_state);

	return s == KVM_MP_STATE_UNINITIALIZED ||
	       s == KVM_MP_STATE_INIT_RECEIVED;
}

bool kxen_glue_is_bsp(struct kvm_vcpu *v)
{
	return v->kvm->arch.bsp_vcpu_id == v->vcpu_id;
}

/*
 * The VMM has put the vCPU to the reset vector, in real mode. Before KVM_RUN:
 * only what lies in struct kvm_vcpu may be looked at, and RIP is there when the
 * VMM has just written it.
 */
bool kxen_glue_at_reset_vector(struct kvm_vcpu *v)
{
#ifdef KXEN_KVM_REG_BITMAPS
	bool at = test_bit(VCPU_REG_RIP, v->arch.regs_dirty) &&
		  v->arch.rip == 0xfff0;
#else
	bool at = (v->arch.regs_dirty & BIT(VCPU_REGS_RIP)) &&
		  v->arch.regs[VCPU_REGS_RIP] == 0xfff0;
#endif

	return at && !(v->arch.cr0 & X86_CR0_PE);
}

/*
 * The VMCB of a vCPU on SVM, or NULL. What SVM's get_cs_db_l_bits() does for one
 * bit is a hundred instructions long; a hypercall needs it each time.
 */
static __always_inline const struct vmcb *vmcb_of(struct kvm_vcpu *v)
{
	return kxen_svm_vmcb ?
	       *(const struct vmcb **)((void *)v + kxen_svm_vmcb) : NULL;
}

/* Apart, so that others need no frame for what it fills in. */
static noinline bool cs_is_long(struct kvm_vcpu *v)
{
	int db, l;

	kxen_kvm_op(get_cs_db_l_bits)(v, &db, &l);
	return l;
}

/* The caller is in 64-bit mode. */
bool kxen_glue_long_mode(struct kvm_vcpu *v)
{
	const struct vmcb *vmcb = vmcb_of(v);

	assert_own_thread(v);
	if (!(v->arch.efer & EFER_LMA))
		return false;
	if (vmcb)
		return vmcb->save.cs.attrib & SVM_SELECTOR_L_MASK;
	return cs_is_long(v);
}

int kxen_glue_cpl(struct kvm_vcpu *v)
{
	assert_own_thread(v);
	return kxen_kvm_op(get_cpl)(v);
}

/* The guest has interrupts enabled and no shadow over them. */
bool kxen_glue_intr_allowed(struct kvm_vcpu *v)
{
	assert_own_thread(v);
	return kxen_kvm_op(interrupt_allowed)(v, false) > 0;
}

/* This vector is queued for the next entry, and the guest has not seen it. */
bool kxen_glue_is_injecting(struct kvm_vcpu *v, u8 vector)
{
	return v->arch.interrupt.injected && v->arch.interrupt.nr == vector;
}

u64 kxen_glue_guest_tsc(struct kvm_vcpu *v)
{
	return kxen_kvm(kvm_read_l1_tsc)(v, rdtsc());
}

/*
 * The guest has interrupts off: have it exit as soon as it takes them, and look for
 * interrupts then. Only for the vCPU's own thread, in an exit handler; locks may be held.
 * False if that cannot be had: where the processor delivers interrupts by itself (AVIC),
 * SVM has to switch that off first, and sleeps.
 */
bool kxen_glue_want_window(struct kvm_vcpu *v)
{
	assert_own_thread(v);
	if (unlikely(kxen_svm_avic))
		return false;
	kxen_kvm_op(enable_irq_window)(v);
	return true;
}

/* Have interrupts evaluated before the next entry. */
void kxen_glue_want_event(struct kvm_vcpu *v)
{
	kvm_make_request(KVM_REQ_EVENT, v);
}

static __always_inline void kick(struct kvm_vcpu *v)
{
#ifdef KXEN_KVM_KICK_WAITS
	kxen_kvm(__kvm_vcpu_kick)(v, false);
#else
	kxen_kvm(kvm_vcpu_kick)(v);
#endif
}

/*
 * Have a vCPU notice a request that was made before: wake it, or make it leave the
 * guest. One that is on its way into the guest sees the request itself: it says so
 * in vcpu->mode before it looks, and says that it sleeps before it looks.
 */
void kxen_glue_kick(struct kvm_vcpu *v)
{
	/* Pairs with the barriers behind both of these in KVM. */
	smp_mb__after_atomic();
	if (rcuwait_active(kvm_arch_vcpu_get_wait(v)) ||
	    READ_ONCE(v->mode) == IN_GUEST_MODE)
		kick(v);
}

/* Have a sleeping vCPU look around, whether or not there is an interrupt. */
void kxen_glue_unblock(struct kvm_vcpu *v)
{
	kvm_make_request(KVM_REQ_UNBLOCK, v);
	kick(v);
}

/**
 * kxen_glue_halt() - Sleep as HLT does, inside an exit handler.
 * @v: the vCPU, its own thread, SRCU held.
 *
 * Returns on an interrupt that can be taken, a signal, or
 * kxen_glue_unblock(); the caller looks which.
 */
void kxen_glue_halt(struct kvm_vcpu *v)
{
	assert_own_thread(v);
	kvm_vcpu_srcu_read_unlock(v);
	v->arch.mp_state = KVM_MP_STATE_HALTED;
	kxen_kvm(kvm_vcpu_halt)(v);
	v->arch.mp_state = KVM_MP_STATE_RUNNABLE;
	kvm_vcpu_srcu_read_lock(v);
}

/* Step over the trapping instruction, as KVM does; its return value. */
int kxen_glue_skip_insn(struct kvm_vcpu *v)
{
	assert_own_thread(v);
	return kxen_kvm(kvm_skip_emulated_instruction)(v);
}

/* Make KVM_RUN end with what the guest asked SCHEDOP_shutdown for. */
void kxen_glue_exit_shutdown(struct kvm_vcpu *v, u32 reason)
{
	u32 type = KVM_SYSTEM_EVENT_SHUTDOWN;

	if (reason == SHUTDOWN_reboot)
		type = KVM_SYSTEM_EVENT_RESET;
	else if (reason == SHUTDOWN_crash || reason == SHUTDOWN_watchdog)
		type = KVM_SYSTEM_EVENT_CRASH;
	memset(&v->run->system_event, 0, sizeof(v->run->system_event));
	v->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	v->run->system_event.type = type;
}

/* An edge interrupt to this LAPIC; 0: it is disabled and did not take it. */
int kxen_glue_lapic_send(struct kvm_vcpu *v, u8 vector)
{
	struct kvm_lapic_irq irq = {
		.vector = vector,
		.delivery_mode = APIC_DM_FIXED,
		.dest_id = v->vcpu_id,
	};

	return kxen_kvm(kvm_apic_set_irq)(v, &irq, NULL);
}

/* The LAPIC's highest requested vector, or -1. */
int kxen_glue_lapic_highest(struct kvm_vcpu *v)
{
	return kxen_kvm(kvm_lapic_find_highest_irr)(v);
}

/* The thread that last ran the vCPU, with a reference, or NULL. */
struct task_struct *kxen_glue_vcpu_task(struct kvm_vcpu *v)
{
	struct task_struct *t;

#ifdef KXEN_KVM_PID_LOCK	/* the old one is not kept for readers under RCU */
	read_lock(&v->pid_lock);
	t = get_pid_task(v->pid, PIDTYPE_PID);
	read_unlock(&v->pid_lock);
#else
	rcu_read_lock();
	t = get_pid_task(rcu_dereference(v->pid), PIDTYPE_PID);
	rcu_read_unlock();
#endif
	return t;
}

/* No ioctl of this vCPU is in progress; a later one sees what was set before. */
bool kxen_glue_vcpu_idle(struct kvm_vcpu *v)
{
	if (!mutex_trylock(&v->mutex))
		return false;
	mutex_unlock(&v->mutex);
	return true;
}

int kxen_glue_read_virt(struct kvm_vcpu *v, u64 gva, void *dst, u32 len)
{
	struct kxen_x86_exception e;

	assert_own_thread(v);
	return kxen_kvm(kvm_read_guest_virt)(v, gva, dst, len, &e) ? -EFAULT : 0;
}

int kxen_glue_write_virt(struct kvm_vcpu *v, u64 gva, const void *src, u32 len)
{
	struct kxen_x86_exception e;

	assert_own_thread(v);
	return kxen_kvm(kvm_write_guest_virt_system)(v, gva, (void *)src, len, &e) ?
	       -EFAULT : 0;
}

/* Guest physical address of a mapped guest virtual one. */
int kxen_glue_translate(struct kvm_vcpu *v, u64 gva, u64 *gpa)
{
	gpa_t g;

	assert_own_thread(v);
	g = kxen_kvm(kvm_mmu_gva_to_gpa_read)(v, gva, NULL);
	if (g == INVALID_GPA)
		return -EFAULT;
	*gpa = g;
	return 0;
}

int kxen_glue_write_phys(struct kvm *kvm, u64 gpa, const void *src, u32 len)
{
	return kxen_kvm(kvm_write_guest)(kvm, gpa, src, len) ? -EFAULT : 0;
}

/* Bring a register that the processor keeps into struct kvm_vcpu. */
static void want_reg(struct kvm_vcpu *v, enum kvm_reg reg)
{
	if (!(*kxen_glue_regs_avail(v) & BIT(reg)))
		kxen_kvm_op(cache_reg)(v, reg);
}

void kxen_glue_cache_paging(struct kvm_vcpu *v)
{
	assert_own_thread(v);
	want_reg(v, KXEN_KVM_REG_CR3);
	want_reg(v, KXEN_KVM_REG_CR4);
}

/**
 * kxen_glue_mem() - The writable memory around a guest frame.
 * @v: the vCPU, its own thread, SRCU held.
 * @gfn: the frame.
 * @m: filled in; good as long as SRCU is held. Nothing says that a page of it is
 *	there: the caller disables page faults, or may sleep.
 *
 * Return: false if the frame is not plain memory.
 */
bool kxen_glue_mem(struct kvm_vcpu *v, u64 gfn, struct kxen_mem *m)
{
	struct kvm_memslots *slots = kvm_vcpu_memslots(v);
	struct kvm_memory_slot *slot = v->last_used_slot;

	assert_own_thread(v);
	/* The slot that KVM used last for this vCPU is nearly always the one. */
	if (unlikely(slots->generation != v->last_used_slot_gen ||
		     !try_get_memslot(slot, gfn)))
		slot = ____gfn_to_memslot(slots, gfn, false);
	if (!slot || slot->flags & (KVM_MEMSLOT_INVALID | KVM_MEM_READONLY))
		return false;
	m->start = slot->base_gfn << PAGE_SHIFT;
	m->size = slot->npages << PAGE_SHIFT;
	m->hva = slot->userspace_addr;
	return true;
}

/*
 * The host may have written to this frame. KVM's own function for it wants a running
 * vCPU. slots_lock or SRCU is held.
 */
void kxen_glue_slot_dirty(struct kvm_memory_slot *slot, u64 gfn)
{
	if (slot->dirty_bitmap && gfn - slot->base_gfn < slot->npages)
		set_bit_le(gfn - slot->base_gfn, slot->dirty_bitmap);
}

/* The same without a lock, for whatever slot has it now. May sleep. */
void kxen_glue_gfn_dirty(struct kvm *kvm, u64 gfn)
{
	int idx = srcu_read_lock(&kvm->srcu);
	struct kvm_memory_slot *slot = kxen_kvm(gfn_to_memslot)(kvm, gfn);

	if (slot)
		kxen_glue_slot_dirty(slot, gfn);
	srcu_read_unlock(&kvm->srcu, idx);
}

/* The frames of a slot, KVM's. slots_lock or SRCU is held. */
void kxen_glue_slot_frames(const struct kvm_memory_slot *slot, u64 *first, u64 *nr)
{
	*first = slot->base_gfn;
	*nr = slot->npages;
}

/* The host has written there. */
void kxen_glue_mark_dirty(struct kvm_vcpu *v, u64 gpa)
{
	assert_own_thread(v);
	kxen_kvm(kvm_vcpu_mark_page_dirty)(v, gpa_to_gfn(gpa));
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

/* Highest guest frame with memory behind it, and number of such frames. */
u64 kxen_glue_max_gfn(struct kvm *kvm)
{
	struct kvm_memory_slot *slot;
	int bkt, idx = srcu_read_lock(&kvm->srcu);
	u64 max = 0;

	kvm_for_each_memslot(slot, bkt, kvm_memslots(kvm))
		if (slot->npages)
			max = max(max, slot->base_gfn + slot->npages - 1);
	srcu_read_unlock(&kvm->srcu, idx);
	return max;
}

u64 kxen_glue_nr_pages(struct kvm *kvm)
{
	return kvm->nr_memslot_pages;
}

void kxen_glue_flush_tlbs(struct kvm *kvm)
{
	kxen_kvm(kvm_make_all_cpus_request)(kvm, KVM_REQ_TLB_FLUSH_GUEST);
}

/* KVM queues and merges them as the hardware does; the vCPU may sleep, or be in the guest. */
void kxen_glue_inject_nmi(struct kvm_vcpu *v)
{
	kxen_kvm(kvm_inject_nmi)(v);
	if (!kxen_glue_is_running_here(v))
		kick(v);
}

/*
 * Does somebody want the vCPU's thread, or KVM something done before the guest goes on? A
 * long hypercall ends then, to be gone on with. The vCPU's own thread.
 */
bool kxen_glue_work_pending(struct kvm_vcpu *v)
{
	return kvm_request_pending(v) || __xfer_to_guest_mode_work_pending();
}

void kxen_glue_triple_fault(struct kvm_vcpu *v)
{
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, v);
	kxen_glue_unblock(v);
}

/* SCHEDOP_yield, as a PAUSE loop: let another vCPU of the VM have the CPU. */
void kxen_glue_yield(struct kvm_vcpu *v)
{
	kxen_kvm(kvm_vcpu_on_spin)(v, true);
}
