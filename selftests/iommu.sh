#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A guest with a PCI device of its own, on hosts with an IOMMU: Intel's, and on the last one AMD's.
WEIGHT=40
. "$(dirname "$0")/lib.sh"

iommu_of() { case $1 in "$KXEN_NEW") echo amd-iommu ;; *) echo intel-iommu ;; esac; }	# SERIES
echo "TAP version 13"
for s in $(series_list); do need_module "$s"; done
for s in $(series_list); do
	# shellcheck disable=SC2046
	host_start "$s" "$SELF/jobs/iommu" $(common_files "$s") --file $BUILD/selftests/paging --module kvm-amd --module vfio-pci \
		--module vfio_iommu_type1 --append intel_iommu=on --qemu=-machine --qemu=q35 \
		--qemu=-device --qemu="$(iommu_of "$s")" --qemu=-device --qemu=edu,dma_mask=0xffffffff \
		--timeout 300
	host_report "$s" "$s"
done
tap_end
