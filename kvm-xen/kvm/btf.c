// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader for the running kernel's BTF, as far as the layout checks need it.
 *
 * A structure whose member moved, or a function whose arguments changed, is a
 * memory corruption in the making when a hook is placed on it. The kernel says
 * in BTF what it was built with; the glue compares that with what this module
 * was compiled against before anything is hooked.
 *
 * The data comes from the kernel image, so it is trusted to be well-formed,
 * but sizes are bounded all the same: a truncated section is an error here, not
 * an oops.
 */
#ifndef KXEN_TEST_BTF		/* selftests/user/btf.c */
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "calls.h"
#endif

#include "btf.h"

struct btf_part {
	void *data;		/* of our own, if it came from a file */
	const char *str;
	u32 str_len;
	const void *types;
	u32 types_len;
	u32 nr;			/* types in this part */
	const void **index;	/* nr pointers to struct btf_type */
};

/* Type ids and string offsets of the split part go on where the base ends. */
struct kxen_btf {
	struct btf_part base;
	struct btf_part split;
};

/* Size of what follows struct btf_type, in bytes; negative: unknown kind. */
static int type_tail(const struct btf_type *t)
{
	u32 vlen = btf_type_vlen(t);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -EINVAL;
	}
}

static int walk_types(struct btf_part *p, bool fill)
{
	const void *pos = p->types, *end = p->types + p->types_len;
	u32 n = 0;

	while (pos + sizeof(struct btf_type) <= end) {
		int tail = type_tail(pos);

		if (tail < 0)
			return tail;
		if (fill)
			p->index[n] = pos;
		n++;
		pos += sizeof(struct btf_type) + tail;
	}
	if (pos != end)
		return -EINVAL;
	p->nr = n;
	return 0;
}

static int part_init(struct btf_part *p, const void *data, u32 size)
{
	const struct btf_header *h = data;
	int ret;

	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len > size)
		return -EINVAL;
	size -= h->hdr_len;
	if (h->type_off > size || h->type_len > size - h->type_off ||
	    h->str_off > size || h->str_len > size - h->str_off || !h->str_len)
		return -EINVAL;
	data += h->hdr_len;
	p->types = data + h->type_off;
	p->types_len = h->type_len;
	p->str = data + h->str_off;
	p->str_len = h->str_len;
	if (p->str[p->str_len - 1])
		return -EINVAL;

	ret = walk_types(p, false);
	if (ret)
		return ret;
	p->index = kvmalloc_array(p->nr, sizeof(*p->index), GFP_KERNEL);
	if (!p->index)
		return -ENOMEM;
	return walk_types(p, true);
}

/* The BTF of a module, or of the image as "vmlinux"; an error pointer. */
static void *read_file(const char *name, u32 *size)
{
	char path[64];
	struct file *f;
	loff_t pos = 0;
	void *data;
	ssize_t n = 1;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	f = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(f))
		return PTR_ERR(f) == -ENOMEM ? f : ERR_PTR(-ENOENT);
	*size = i_size_read(file_inode(f));
	data = kvmalloc(*size, GFP_KERNEL);
	while (data && n > 0 && pos < *size)	/* sysfs gives a page at a time */
		n = kernel_read(f, data + pos, *size - pos, &pos);
	filp_close(f, NULL);
	if (data && pos == *size)
		return data;
	kvfree(data);
	return ERR_PTR(!data || n == -ENOMEM ? -ENOMEM : -EIO);
}

static int part_read(struct btf_part *p, const char *name)
{
	u32 size = 0;
	void *data = read_file(name, &size);

	if (IS_ERR(data))
		return PTR_ERR(data);
	p->data = data;
	return part_init(p, data, size);
}

/* The image's is in memory; the kernel keeps a module's only behind its file. */
static int init(struct kxen_btf *btf, const char *module)
{
	const char *start = kxen_kvm_data(__start_BTF);
	const char *stop = kxen_kvm_data(__stop_BTF);
	int ret;

	if (start && stop)
		ret = part_init(&btf->base, start, stop - start);
	else
		ret = part_read(&btf->base, "vmlinux");
	if (!ret && module)
		ret = part_read(&btf->split, module);
	return ret;
}

static void part_free(struct btf_part *p)
{
	kvfree(p->index);
	kvfree(p->data);
}

/**
 * kxen_btf_open() - Index the BTF of the kernel image and of one module.
 * @module: its name; NULL: of the image alone.
 *
 * Context: may sleep.
 * Return: the index, to be given back with kxen_btf_close(), or an error pointer: -ENOENT if
 * there is no type information, -ENOMEM, or another one if it cannot be read.
 */
struct kxen_btf *kxen_btf_open(const char *module)
{
	struct kxen_btf *btf = kzalloc(sizeof(*btf), GFP_KERNEL);
	int ret;

	if (!btf)
		return ERR_PTR(-ENOMEM);
	ret = init(btf, module);
	if (ret) {
		kxen_btf_close(btf);
		return ERR_PTR(ret);
	}
	return btf;
}

void kxen_btf_close(struct kxen_btf *btf)
{
	part_free(&btf->base);
	part_free(&btf->split);
	kfree(btf);
}

static const char *name_of(const struct kxen_btf *btf, u32 off)
{
	if (off < btf->base.str_len)
		return btf->base.str + off;
	off -= btf->base.str_len;
	return off < btf->split.str_len ? btf->split.str + off : "";
}

static const struct btf_type *type_of(const struct kxen_btf *btf, u32 id)
{
	if (!id)
		return NULL;	/* void */
	id--;
	if (id < btf->base.nr)
		return btf->base.index[id];
	id -= btf->base.nr;
	return id < btf->split.nr ? btf->split.index[id] : NULL;
}

static const struct btf_type *find_in(const struct kxen_btf *btf,
				      const struct btf_part *p,
				      const char *name, u32 kind)
{
	u32 i;

	for (i = 0; i < p->nr; i++) {
		const struct btf_type *t = p->index[i];

		if (BTF_INFO_KIND(t->info) == kind &&
		    !strcmp(name_of(btf, t->name_off), name))
			return t;
	}
	return NULL;
}

/* The module's own types first: it is the module's view that counts. */
static const struct btf_type *find(const struct kxen_btf *btf,
				   const char *name, u32 kind)
{
	return find_in(btf, &btf->split, name, kind) ?:
	       find_in(btf, &btf->base, name, kind);
}

/* What a member is, without words such as const. */
static const struct btf_type *plain_type(const struct kxen_btf *btf, u32 id)
{
	const struct btf_type *t = type_of(btf, id);
	int depth = 0;

	while (t && depth++ < 8 && (BTF_INFO_KIND(t->info) == BTF_KIND_CONST ||
				    BTF_INFO_KIND(t->info) == BTF_KIND_VOLATILE))
		t = type_of(btf, t->type);
	return t;
}

/* In this structure or union, and in those in it that have no name: bits, or -ENOENT. */
static int member_in(const struct kxen_btf *btf, const struct btf_type *t, const char *member,
		     int depth)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);
	const char *name;
	u32 i;

	if (!depth || (BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT &&
		       BTF_INFO_KIND(t->info) != BTF_KIND_UNION))
		return -ENOENT;
	for (i = 0; i < btf_type_vlen(t); i++, m++) {
		u32 bits = BTF_INFO_KFLAG(t->info) ?
			   BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		const struct btf_type *inner;
		int in = -ENOENT;

		name = name_of(btf, m->name_off);
		if (!strcmp(name, member))
			return bits;
		inner = *name ? NULL : plain_type(btf, m->type);
		if (inner)
			in = member_in(btf, inner, member, depth - 1);
		if (in >= 0)
			return bits + in;
	}
	return -ENOENT;
}

/**
 * kxen_btf_member() - Offset of a structure member.
 * @btf: the index.
 * @type: name of the structure, without the word struct.
 * @member: name of a member, of its own or of a structure without a name in it.
 *
 * Return: the offset in bytes, or -ENOENT.
 */
int kxen_btf_member(const struct kxen_btf *btf, const char *type,
		    const char *member)
{
	const struct btf_type *t = find(btf, type, BTF_KIND_STRUCT);
	int bits = t ? member_in(btf, t, member, 4) : -ENOENT;

	return bits < 0 ? bits : bits / 8;
}

/**
 * kxen_btf_size() - Size of a structure.
 * @btf: the index.
 * @type: name of the structure.
 *
 * Return: the size in bytes, or -ENOENT.
 */
int kxen_btf_size(const struct kxen_btf *btf, const char *type)
{
	const struct btf_type *t = find(btf, type, BTF_KIND_STRUCT);

	return t ? (int)t->size : -ENOENT;
}

/* The prototype of a function, or NULL. */
static const struct btf_type *proto_of(const struct kxen_btf *btf, const char *name)
{
	const struct btf_type *t = find(btf, name, BTF_KIND_FUNC);

	if (t)
		t = type_of(btf, t->type);
	return t && BTF_INFO_KIND(t->info) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

/**
 * kxen_btf_check_func() - Has a function the prototype that it is called with?
 * @btf: the index.
 * @name: name of the function.
 * @nargs: number of arguments, or KXEN_UNTYPED() of it.
 * @is_void: whether it returns nothing; negative: either will do.
 *
 * Return: 0; -EINVAL: it has another one; -ENOENT: it is not known, and should be.
 */
int kxen_btf_check_func(const struct kxen_btf *btf, const char *name, int nargs,
			int is_void)
{
	const struct btf_type *t = proto_of(btf, name);

	if (!t)
		return nargs & KXEN_MAY_LACK_TYPE ? 0 : -ENOENT;
	if (btf_type_vlen(t) != (nargs & ~KXEN_MAY_LACK_TYPE) ||
	    (is_void >= 0 && is_void != !t->type))
		return -EINVAL;
	return 0;
}
