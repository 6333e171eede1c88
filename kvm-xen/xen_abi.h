/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of Xen's ABI that Linux's headers do not have. Those that they come to have win:
 * include this behind them.
 */
#ifndef KXEN_XEN_ABI_H
#define KXEN_XEN_ABI_H

#include <xen/interface/xen.h>
#include <xen/interface/features.h>
#include <xen/interface/memory.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/hvm/params.h>

/* Hypercalls */
#ifndef __HYPERVISOR_hvm_op
#define __HYPERVISOR_hvm_op 34
#endif
#ifndef __HYPERVISOR_domctl
#define __HYPERVISOR_domctl 36
#endif
#ifndef __HYPERVISOR_dm_op
#define __HYPERVISOR_dm_op 41
#endif
#ifndef __HYPERVISOR_hypfs_op
#define __HYPERVISOR_hypfs_op 42
#endif

/* XENMEM_* */
#ifndef XENMEM_set_memory_map
#define XENMEM_set_memory_map 13
#endif
#ifndef XENMEM_maximum_gpfn
#define XENMEM_maximum_gpfn 14
#endif
#ifndef XENMEM_paging_op
#define XENMEM_paging_op 20
#endif
#ifndef XENMEM_get_vnumainfo
#define XENMEM_get_vnumainfo 26
#endif
#ifndef XENMEM_reserved_device_memory_map
#define XENMEM_reserved_device_memory_map 27
#endif

/* XENFEAT_* */
#ifndef XENFEAT_not_direct_mapped
#define XENFEAT_not_direct_mapped 16
#endif
#ifndef XENFEAT_runstate_phys_area
#define XENFEAT_runstate_phys_area 18
#endif
#ifndef XENFEAT_vcpu_time_phys_area
#define XENFEAT_vcpu_time_phys_area 19
#endif

/* VCPUOP_* */
#ifndef VCPUOP_register_runstate_phys_area
#define VCPUOP_register_runstate_phys_area 14
#endif
#ifndef VCPUOP_register_vcpu_time_phys_area
#define VCPUOP_register_vcpu_time_phys_area 15
#endif

/* HVMOP_* */
#ifndef HVMOP_flush_tlbs
#define HVMOP_flush_tlbs 5
#endif
#ifndef HVMOP_get_time
#define HVMOP_get_time 10
#endif
#ifndef HVMOP_xentrace
#define HVMOP_xentrace 11
#endif
#ifndef HVMOP_guest_request_vm_event
#define HVMOP_guest_request_vm_event 24
#endif
#ifndef HVMOP_altp2m
#define HVMOP_altp2m 25
#endif

/* XENVER_*: as those without the digit, of any length (4.18) */
#ifndef XENVER_extraversion2
#define XENVER_extraversion2 11
#define XENVER_capabilities2 12
#define XENVER_changeset2 13
#define XENVER_commandline2 14
#endif

/* EVTCHNOP_* */
#define KXEN_EVTCHNOP_RESET_CONT 14	/* Xen's own, of a reset that goes on */

/* HVM_PARAM_* */
#ifndef HVM_PARAM_PAGING_RING_PFN
#define HVM_PARAM_PAGING_RING_PFN 27
#endif
#ifndef HVM_PARAM_VM86_TSS
#define HVM_PARAM_VM86_TSS 15
#endif
#ifndef HVM_PARAM_ACPI_IOPORTS_LOCATION
#define HVM_PARAM_ACPI_IOPORTS_LOCATION 19
#endif
#ifndef HVM_PARAM_MEMORY_EVENT_CR0
#define HVM_PARAM_MEMORY_EVENT_CR0 20
#endif
#ifndef HVM_PARAM_MEMORY_EVENT_INT3
#define HVM_PARAM_MEMORY_EVENT_INT3 23
#endif
#ifndef HVM_PARAM_MEMORY_EVENT_SINGLE_STEP
#define HVM_PARAM_MEMORY_EVENT_SINGLE_STEP 25
#endif
#ifndef HVM_PARAM_MEMORY_EVENT_MSR
#define HVM_PARAM_MEMORY_EVENT_MSR 30
#endif
#ifndef HVM_PARAM_VM_GENERATION_ID_ADDR
#define HVM_PARAM_VM_GENERATION_ID_ADDR 34
#endif
#ifndef HVM_PARAM_ALTP2M
#define HVM_PARAM_ALTP2M 35
#endif
#ifndef HVM_PARAM_X87_FIP_WIDTH
#define HVM_PARAM_X87_FIP_WIDTH 36
#endif
#ifndef HVM_PARAM_VM86_TSS_SIZED
#define HVM_PARAM_VM86_TSS_SIZED 37
#endif

/* VIRQ_* */
#ifndef VIRQ_ARGO
#define VIRQ_ARGO 11
#endif

#endif
