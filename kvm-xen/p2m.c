// SPDX-License-Identifier: GPL-2.0-only
/* From a frame that a guest names to what is behind it. */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "guest_mem.h"
#include "kvm/glue.h"
#include "kxen.h"
#include "p2m.h"
#include "p2m_hole.h"

/* Is another domain's page mapped there? */
static bool is_mapped(struct kxen_domain *d, u64 gfn)
{
	return kxen_p2m_word(d, gfn) & KXEN_P2M_MAPPED;
}

/* Nor is there anything for the host to look at. */
static bool shows_nothing(struct kxen_domain *d, u64 gfn)
{
	return is_mapped(d, gfn) || kxen_p2m_is_hole(d, gfn);
}

/**
 * kxen_p2m_lookup() - What is behind a guest's frame now.
 * @d: the domain.
 * @gfn: the frame, of Xen's size; may come from the guest.
 *
 * The answer is as old as it is: something else may be placed or mapped there at any time.
 * Who needs the page holds it (kxen_page_pin()).
 * Context: the VM is there; may sleep.
 * Return: the kind, with what belongs to it, for kxen_p2m_put(); KXEN_P2M_NONE for a frame
 * that no machine has.
 */
struct kxen_p2m kxen_p2m_lookup(struct kxen_domain *d, u64 gfn)
{
	struct kxen_p2m p = { .kind = KXEN_P2M_NONE };

	if (gfn > KXEN_P2M_MAX_GFN)
		return p;
	p.entry = kxen_p2m_entry_get(d, gfn);
	if (p.entry)
		p.kind = p.entry->kind;
	else if (is_mapped(d, gfn))
		p.kind = KXEN_P2M_FOREIGN;
	if (p.kind != KXEN_P2M_NONE)
		return p;
	p.hva = kxen_glue_gfn_to_hva(d->kvm, kxen_gfn_to_kvm(gfn));
	if (kxen_p2m_is_hole(d, gfn))
		p.kind = KXEN_P2M_HOLE;
	else if (p.hva)
		p.kind = KXEN_P2M_RAM;
	p.offset = offset_in_page(gfn << XEN_PAGE_SHIFT);
	return p;
}

/* Done with an answer. Context: may sleep, under any mutex. */
void kxen_p2m_put(struct kxen_p2m *p)
{
	if (p->entry)
		kxen_p2m_entry_put(p->entry);
	p->entry = NULL;
}

/*
 * Bytes of what is placed, all in one frame: 0; -EFAULT for what is not there, or not to write.
 * Nor is another domain's page the guest's to pass arguments in, as on Xen (0.6).
 */
static int copy_placed(const struct kxen_p2m_entry *e, u32 at, void *buf, u32 len, bool write)
{
	struct kxen_gptr g;

	if (e->kind != KXEN_P2M_OWN || (write && e->read_only))
		return -EFAULT;
	g = kxen_gptr_at(kxen_gptr_page(e->page, e->offset), at);
	if (write)
		kxen_guest_write(g, buf, len);
	else
		kxen_guest_read(buf, g, len);
	return 0;
}

/**
 * kxen_p2m_copy() - Copy to or from what is placed over a frame.
 * @d: the domain.
 * @gpa: the guest's physical address, not trusted.
 * @buf: the other side.
 * @len: bytes, no further than to the frame's end.
 * @write: to the guest.
 *
 * Context: may sleep.
 * Return: 0; -EFAULT, also for a hole and what is paged out or another domain's; 1 if nothing is
 * placed there, and the memory is the VMM's, if any.
 */
int kxen_p2m_copy(struct kxen_domain *d, u64 gpa, void *buf, u32 len, bool write)
{
	struct kxen_p2m_entry *e = kxen_p2m_entry_get(d, gpa >> XEN_PAGE_SHIFT);
	int ret;

	if (!e)
		return shows_nothing(d, gpa >> XEN_PAGE_SHIFT) ? -EFAULT : 1;
	ret = copy_placed(e, xen_offset_in_page(gpa), buf, len, write);
	kxen_p2m_entry_put(e);
	return ret;
}

/**
 * kxen_p2m_read() - What is in a guest's frame that shows the VMM's memory.
 * @d: the domain.
 * @gfn: the frame, of Xen's size; may come from the guest.
 * @dst: a page of Xen's size.
 *
 * Context: a thread of the VMM's; may sleep.
 * Return: 0, or -EFAULT where there is no such memory.
 */
int kxen_p2m_read(struct kxen_domain *d, u64 gfn, void *dst)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, gfn);

	kxen_p2m_put(&at);
	if (at.kind != KXEN_P2M_RAM ||
	    copy_from_user(dst, (void __user *)(at.hva + at.offset), XEN_PAGE_SIZE))
		return -EFAULT;
	return 0;
}

/**
 * kxen_p2m_write() - Fill a guest's frame, once.
 * @d: the domain.
 * @gfn: the frame, of Xen's size; may come from the guest.
 * @src: a page of Xen's size.
 *
 * Context: the VM is there; may sleep.
 * Return: 0, or -EFAULT where nothing can be written.
 */
int kxen_p2m_write(struct kxen_domain *d, u64 gfn, const void *src)
{
	struct kxen_p2m at = kxen_p2m_lookup(d, gfn);
	int ret = -EFAULT;

	if (at.kind == KXEN_P2M_RAM)
		ret = kxen_glue_write_phys(d->kvm, gfn << XEN_PAGE_SHIFT, src, XEN_PAGE_SIZE);
	else if (at.entry)
		ret = copy_placed(at.entry, 0, (void *)src, XEN_PAGE_SIZE, true);
	kxen_p2m_put(&at);
	return ret;
}

/* kxen_p2m_ram() near something that is placed: one frame of KVM's, or none. */
bool kxen_p2m_ram_around(struct kxen_vcpu *v, u64 gfn, struct kxen_mem *m)
{
	u64 first = kxen_gfn_from_kvm(gfn), i;

	for (i = 0; i < kxen_gfn_from_kvm(1); i++)
		if (kxen_p2m_word(v->domain, first + i) || kxen_p2m_is_hole(v->domain, first + i))
			return false;
	if (!kxen_glue_mem(v->vcpu, gfn, m))
		return false;
	m->hva += (gfn << PAGE_SHIFT) - m->start;
	m->start = gfn << PAGE_SHIFT;
	m->size = PAGE_SIZE;
	return true;
}
