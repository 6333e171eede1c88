// SPDX-License-Identifier: GPL-2.0-only
/* What is used of KVM and of the kernel without being exported. layout.c finds all of it. */
#include "calls.h"

#define KXEN_KVM_CALL(name, type, nargs) DEFINE_STATIC_CALL_NULL(kxen_##name, type)
#define KXEN_KVM_OP(name) \
	DEFINE_STATIC_CALL_NULL(kxen_op_##name, \
				*(typeof_member(struct KXEN_KVM_OPS, name))NULL)
#define KXEN_KVM_DATA(name, type_t) type_t kxen_##name
#define KXEN_KVM_DATA_MAYBE(name, type_t) type_t kxen_##name
#define KXEN_KVM_NAME_MAYBE(name) const char kxen_name_##name[] = #name
#include "list.h"
