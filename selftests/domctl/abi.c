// SPDX-License-Identifier: GPL-2.0
/* The module's layouts of Xen's calls for tools are those of libxen-dev's headers. */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sysctl.h>
#include <xen/vm_event.h>

#include "../../kvm-xen/toolstack_abi.h"

#define SAME_SIZE(ours, xens)	_Static_assert(sizeof(ours) == sizeof(xens), "")
#define SAME(ours, f, xens, g)						\
	_Static_assert(offsetof(ours, f) == offsetof(xens, g) &&	\
		       sizeof(((ours *)0)->f) == sizeof(((xens *)0)->g), "")

SAME_SIZE(struct kxen_domctl, struct xen_domctl);
SAME(struct kxen_domctl, domain, struct xen_domctl, domain);
SAME(struct kxen_domctl, u, struct xen_domctl, u);
SAME_SIZE(struct kxen_getdomaininfo, struct xen_domctl_getdomaininfo);
SAME(struct kxen_getdomaininfo, flags, struct xen_domctl_getdomaininfo, flags);
SAME(struct kxen_getdomaininfo, tot_pages, struct xen_domctl_getdomaininfo, tot_pages);
SAME(struct kxen_getdomaininfo, max_pages, struct xen_domctl_getdomaininfo, max_pages);
SAME(struct kxen_getdomaininfo, paged_pages, struct xen_domctl_getdomaininfo, paged_pages);
SAME(struct kxen_getdomaininfo, shared_info_frame, struct xen_domctl_getdomaininfo,
     shared_info_frame);
SAME(struct kxen_getdomaininfo, cpu_time, struct xen_domctl_getdomaininfo, cpu_time);
SAME(struct kxen_getdomaininfo, nr_online_vcpus, struct xen_domctl_getdomaininfo, nr_online_vcpus);
SAME(struct kxen_getdomaininfo, max_vcpu_id, struct xen_domctl_getdomaininfo, max_vcpu_id);
SAME(struct kxen_getdomaininfo, handle, struct xen_domctl_getdomaininfo, handle);
SAME(struct kxen_getdomaininfo, gpaddr_bits, struct xen_domctl_getdomaininfo, gpaddr_bits);
SAME_SIZE(struct kxen_sysctl, struct xen_sysctl);
SAME(struct kxen_sysctl, u, struct xen_sysctl, u);
SAME_SIZE(struct kxen_physinfo, struct xen_sysctl_physinfo);
SAME(struct kxen_physinfo, capabilities, struct xen_sysctl_physinfo, capabilities);
SAME(struct kxen_physinfo, total_pages, struct xen_sysctl_physinfo, total_pages);
SAME(struct kxen_physinfo, max_mfn, struct xen_sysctl_physinfo, max_mfn);
SAME(struct kxen_physinfo, hw_cap, struct xen_sysctl_physinfo, hw_cap);
SAME_SIZE(struct kxen_getdomaininfolist, struct xen_sysctl_getdomaininfolist);
SAME(struct kxen_getdomaininfolist, buffer, struct xen_sysctl_getdomaininfolist, buffer);
SAME(struct kxen_getdomaininfolist, num_domains, struct xen_sysctl_getdomaininfolist, num_domains);
_Static_assert(KXEN_DOMCTL_getdomaininfo == XEN_DOMCTL_getdomaininfo, "");
_Static_assert(KXEN_DOMCTL_pausedomain == XEN_DOMCTL_pausedomain, "");
_Static_assert(KXEN_DOMCTL_unpausedomain == XEN_DOMCTL_unpausedomain, "");
_Static_assert(KXEN_SYSCTL_physinfo == XEN_SYSCTL_physinfo, "");
_Static_assert(KXEN_SYSCTL_getdomaininfolist == XEN_SYSCTL_getdomaininfolist, "");
_Static_assert(KXEN_DOMINF_dying == XEN_DOMINF_dying, "");
_Static_assert(KXEN_DOMINF_hvm_guest == XEN_DOMINF_hvm_guest, "");
_Static_assert(KXEN_DOMINF_shutdown == XEN_DOMINF_shutdown, "");
_Static_assert(KXEN_DOMINF_paused == XEN_DOMINF_paused, "");
_Static_assert(KXEN_DOMINF_blocked == XEN_DOMINF_blocked, "");
_Static_assert(KXEN_DOMINF_running == XEN_DOMINF_running, "");
_Static_assert(KXEN_DOMINF_hap == XEN_DOMINF_hap, "");
_Static_assert(KXEN_DOMINF_reason == XEN_DOMINF_shutdownshift, "");
_Static_assert(KXEN_PHYSCAP_hvm == XEN_SYSCTL_PHYSCAP_hvm, "");
_Static_assert(KXEN_PHYSCAP_hap == XEN_SYSCTL_PHYSCAP_hap, "");
_Static_assert(KXEN_PHYSCAP_gnttab_v1 == XEN_SYSCTL_PHYSCAP_gnttab_v1, "");
_Static_assert(KXEN_PHYSCAP_gnttab_v2 == XEN_SYSCTL_PHYSCAP_gnttab_v2, "");
SAME_SIZE(struct kxen_xenctl_bitmap, struct xenctl_bitmap);
SAME(struct kxen_xenctl_bitmap, nr_bits, struct xenctl_bitmap, nr_bits);
SAME_SIZE(struct kxen_getvcpuinfo, struct xen_domctl_getvcpuinfo);
SAME(struct kxen_getvcpuinfo, online, struct xen_domctl_getvcpuinfo, online);
SAME(struct kxen_getvcpuinfo, blocked, struct xen_domctl_getvcpuinfo, blocked);
SAME(struct kxen_getvcpuinfo, running, struct xen_domctl_getvcpuinfo, running);
SAME(struct kxen_getvcpuinfo, cpu_time, struct xen_domctl_getvcpuinfo, cpu_time);
SAME(struct kxen_getvcpuinfo, cpu, struct xen_domctl_getvcpuinfo, cpu);
SAME_SIZE(struct kxen_vcpuaffinity, struct xen_domctl_vcpuaffinity);
SAME(struct kxen_vcpuaffinity, flags, struct xen_domctl_vcpuaffinity, flags);
SAME(struct kxen_vcpuaffinity, hard, struct xen_domctl_vcpuaffinity, cpumap_hard);
SAME(struct kxen_vcpuaffinity, soft, struct xen_domctl_vcpuaffinity, cpumap_soft);
SAME_SIZE(struct kxen_readconsole, struct xen_sysctl_readconsole);
SAME(struct kxen_readconsole, incremental, struct xen_sysctl_readconsole, incremental);
SAME(struct kxen_readconsole, index, struct xen_sysctl_readconsole, index);
SAME(struct kxen_readconsole, buffer, struct xen_sysctl_readconsole, buffer);
SAME(struct kxen_readconsole, count, struct xen_sysctl_readconsole, count);
SAME_SIZE(struct kxen_cputopo, struct xen_sysctl_cputopo);
SAME(struct kxen_cputopo, socket, struct xen_sysctl_cputopo, socket);
SAME(struct kxen_cputopo, node, struct xen_sysctl_cputopo, node);
SAME_SIZE(struct kxen_cputopoinfo, struct xen_sysctl_cputopoinfo);
SAME(struct kxen_cputopoinfo, cputopo, struct xen_sysctl_cputopoinfo, cputopo);
SAME_SIZE(struct kxen_meminfo, struct xen_sysctl_meminfo);
SAME_SIZE(struct kxen_numainfo, struct xen_sysctl_numainfo);
SAME(struct kxen_numainfo, meminfo, struct xen_sysctl_numainfo, meminfo);
SAME(struct kxen_numainfo, distance, struct xen_sysctl_numainfo, distance);
SAME_SIZE(struct kxen_cpupool_op, struct xen_sysctl_cpupool_op);
SAME(struct kxen_cpupool_op, cpupool_id, struct xen_sysctl_cpupool_op, cpupool_id);
SAME(struct kxen_cpupool_op, n_dom, struct xen_sysctl_cpupool_op, n_dom);
SAME(struct kxen_cpupool_op, cpumap, struct xen_sysctl_cpupool_op, cpumap);
SAME_SIZE(struct kxen_pcitopoinfo, struct xen_sysctl_pcitopoinfo);
SAME(struct kxen_pcitopoinfo, devs, struct xen_sysctl_pcitopoinfo, devs);
SAME(struct kxen_pcitopoinfo, nodes, struct xen_sysctl_pcitopoinfo, nodes);
SAME_SIZE(struct kxen_pci_device, struct physdev_pci_device);
SAME(struct kxen_pci_device, bus, struct physdev_pci_device, bus);
SAME(struct kxen_pci_device, devfn, struct physdev_pci_device, devfn);
_Static_assert(KXEN_NODE_NONE == XEN_INVALID_NODE_ID, "");
_Static_assert(KXEN_NODE_NO_DEVICE == XEN_INVALID_DEV, "");
_Static_assert(KXEN_SYSCTL_pcitopoinfo == XEN_SYSCTL_pcitopoinfo, "");
_Static_assert(KXEN_DOMCTL_createdomain == XEN_DOMCTL_createdomain, "");
_Static_assert(KXEN_DOMCTL_destroydomain == XEN_DOMCTL_destroydomain, "");
_Static_assert(KXEN_DOMCTL_setvcpuaffinity == XEN_DOMCTL_setvcpuaffinity, "");
_Static_assert(KXEN_DOMCTL_getvcpuinfo == XEN_DOMCTL_getvcpuinfo, "");
_Static_assert(KXEN_DOMCTL_getvcpuaffinity == XEN_DOMCTL_getvcpuaffinity, "");
_Static_assert(KXEN_SYSCTL_readconsole == XEN_SYSCTL_readconsole, "");
_Static_assert(KXEN_SYSCTL_sched_id == XEN_SYSCTL_sched_id, "");
_Static_assert(KXEN_SYSCTL_cputopoinfo == XEN_SYSCTL_cputopoinfo, "");
_Static_assert(KXEN_SYSCTL_numainfo == XEN_SYSCTL_numainfo, "");
_Static_assert(KXEN_SYSCTL_cpupool_op == XEN_SYSCTL_cpupool_op, "");
_Static_assert(KXEN_CPUPOOL_OP_CREATE == XEN_SYSCTL_CPUPOOL_OP_CREATE, "");
_Static_assert(KXEN_CPUPOOL_OP_DESTROY == XEN_SYSCTL_CPUPOOL_OP_DESTROY, "");
_Static_assert(KXEN_CPUPOOL_OP_INFO == XEN_SYSCTL_CPUPOOL_OP_INFO, "");
_Static_assert(KXEN_CPUPOOL_OP_ADDCPU == XEN_SYSCTL_CPUPOOL_OP_ADDCPU, "");
_Static_assert(KXEN_CPUPOOL_OP_RMCPU == XEN_SYSCTL_CPUPOOL_OP_RMCPU, "");
_Static_assert(KXEN_CPUPOOL_OP_MOVEDOMAIN == XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, "");
_Static_assert(KXEN_CPUPOOL_OP_FREEINFO == XEN_SYSCTL_CPUPOOL_OP_FREEINFO, "");
_Static_assert(KXEN_VCPUAFFINITY_HARD == XEN_VCPUAFFINITY_HARD, "");
_Static_assert(KXEN_VCPUAFFINITY_SOFT == XEN_VCPUAFFINITY_SOFT, "");
SAME_SIZE(struct kxen_vm_event, vm_event_request_t);
SAME_SIZE(struct kxen_vm_event, vm_event_response_t);
SAME(struct kxen_vm_event, version, vm_event_request_t, version);
SAME(struct kxen_vm_event, flags, vm_event_request_t, flags);
SAME(struct kxen_vm_event, reason, vm_event_request_t, reason);
SAME(struct kxen_vm_event, vcpu_id, vm_event_request_t, vcpu_id);
SAME(struct kxen_vm_event, gfn, vm_event_request_t, u.mem_paging.gfn);
SAME(struct kxen_vm_event, p2mt, vm_event_request_t, u.mem_paging.p2mt);
SAME(struct kxen_vm_event, paging_flags, vm_event_request_t, u.mem_paging.flags);
SAME(struct kxen_vm_event_ring, req_prod, struct vm_event_sring, req_prod);
SAME(struct kxen_vm_event_ring, req_event, struct vm_event_sring, req_event);
SAME(struct kxen_vm_event_ring, rsp_prod, struct vm_event_sring, rsp_prod);
SAME(struct kxen_vm_event_ring, rsp_event, struct vm_event_sring, rsp_event);
_Static_assert(offsetof(struct kxen_vm_event_ring, slot) == offsetof(struct vm_event_sring, ring), "");
SAME(struct kxen_vm_event_op, op, struct xen_domctl_vm_event_op, op);
SAME(struct kxen_vm_event_op, mode, struct xen_domctl_vm_event_op, mode);
SAME(struct kxen_vm_event_op, value, struct xen_domctl_vm_event_op, u.enable.port);
SAME_SIZE(struct kxen_mem_paging_op, struct xen_mem_paging_op);
SAME(struct kxen_mem_paging_op, op, struct xen_mem_paging_op, op);
SAME(struct kxen_mem_paging_op, domain, struct xen_mem_paging_op, domain);
SAME(struct kxen_mem_paging_op, gfn, struct xen_mem_paging_op, gfn);
_Static_assert(KXEN_DOMCTL_vm_event_op == XEN_DOMCTL_vm_event_op, "");
_Static_assert(KXEN_VM_EVENT_PAGING == XEN_DOMCTL_VM_EVENT_OP_PAGING, "");
_Static_assert(KXEN_VM_EVENT_ENABLE == XEN_VM_EVENT_ENABLE, "");
_Static_assert(KXEN_VM_EVENT_DISABLE == XEN_VM_EVENT_DISABLE, "");
_Static_assert(KXEN_VM_EVENT_RESUME == XEN_VM_EVENT_RESUME, "");
_Static_assert(KXEN_VM_EVENT_VERSION == XEN_VM_EVENT_GET_VERSION, "");
_Static_assert(KXEN_VM_EVENT_INTERFACE == VM_EVENT_INTERFACE_VERSION, "");
_Static_assert(KXEN_VM_EVENT_PAUSED == VM_EVENT_FLAG_VCPU_PAUSED, "");
_Static_assert(KXEN_VM_EVENT_FOREIGN == VM_EVENT_FLAG_FOREIGN, "");
_Static_assert(KXEN_VM_EVENT_REASON_PAGING == VM_EVENT_REASON_MEM_PAGING, "");
_Static_assert(KXEN_MEM_PAGING_DROP == MEM_PAGING_DROP_PAGE, "");
_Static_assert(KXEN_MEM_PAGING_EVICT_FAIL == MEM_PAGING_EVICT_FAIL, "");
_Static_assert(KXEN_PAGING_OP_NOMINATE == XENMEM_paging_op_nominate, "");
_Static_assert(KXEN_PAGING_OP_EVICT == XENMEM_paging_op_evict, "");
_Static_assert(KXEN_PAGING_OP_PREP == XENMEM_paging_op_prep, "");
