// SPDX-License-Identifier: GPL-2.0
/*
 * The reader of type information, on types of our own: KVM as a module behind the image's
 * types, KVM built in, an image whose types are nowhere but in a file.
 */
#include "shim.h"

#include <limits.h>
#include <linux/btf.h>
#include <sys/types.h>

#define KXEN_TEST_BTF

#define GFP_KERNEL		0
#define kzalloc(n, gfp)		calloc(1, n)
#define kvmalloc(n, gfp)	malloc(n)
#define kvmalloc_array(n, size, gfp)	calloc(n, size)
#define kfree			free
#define kvfree			free
#define ERR_PTR(e)		((void *)(intptr_t)(e))
#define PTR_ERR(p)		((int)(intptr_t)(p))
#define IS_ERR(p)		((uintptr_t)(p) >= (uintptr_t)-4095)
#define O_RDONLY		0
#define i_size_read(f)		((f)->size)
#define file_inode(f)		(f)
#define filp_close(f, id)	((void)(f))
#define btf_type_vlen(t)	BTF_INFO_VLEN((t)->info)

struct file {
	const char *path;
	const void *data;
	size_t size;
};

static struct file files[2];

static struct file *filp_open(const char *path, int how, int mode)
{
	for (int i = 0; i < 2; i++)
		if (files[i].size && !strcmp(files[i].path, path))
			return &files[i];
	return ERR_PTR(-ENOENT + 0 * (how + mode));
}

/* A bit at a time, as sysfs does. */
static ssize_t kernel_read(struct file *f, void *to, size_t n, loff_t *pos)
{
	n = min(n, 32);
	memcpy(to, f->data + *pos, n);
	*pos += n;
	return n;
}

static const char *image_start, *image_stop;

#define kxen_kvm_data(name)	kxen_##name
#define kxen___start_BTF	image_start
#define kxen___stop_BTF		image_stop

#include "../../kvm-xen/kvm/btf.c"

/* --- types ------------------------------------------------------------------------------ */

#define TYPES(name, strings, ...)						\
	static const u32 name##_words[] = { __VA_ARGS__ };			\
	static const char name##_strings[] = strings;				\
	static char name[sizeof(struct btf_header) + sizeof(name##_words) +	\
			 sizeof(name##_strings)];				\
	static void make_##name(void)						\
	{									\
		struct btf_header h = {						\
			.magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(h),	\
			.type_len = sizeof(name##_words),			\
			.str_off = sizeof(name##_words),			\
			.str_len = sizeof(name##_strings),			\
		};								\
										\
		memcpy(name, &h, sizeof(h));					\
		memcpy(name + sizeof(h), name##_words, sizeof(name##_words));	\
		memcpy(name + sizeof(h) + sizeof(name##_words),			\
		       name##_strings, sizeof(name##_strings));			\
	}

#define KIND(kind, vlen)	((u32)BTF_KIND_##kind << 24 | (vlen))
#define KFLAG			(1U << 31)

/*
 * int; struct pair { int a, b; }; int two(int, int); void none(void);
 * struct nest { int a; const struct { int b; union { int c; }; }; struct pair d; };
 */
TYPES(image, "\0int\0pair\0a\0b\0two\0none\0c\0d\0nest",
      1, KIND(INT, 0), 4, 32,
      5, KIND(STRUCT, 2), 8, 10, 1, 0, 12, 1, 32,
      0, KIND(FUNC_PROTO, 2), 1, 0, 1, 0, 1,
      14, KIND(FUNC, 0), 3,
      0, KIND(FUNC_PROTO, 0), 0,
      18, KIND(FUNC, 0), 5,
      0, KIND(UNION, 1), 4, 23, 1, 0,
      0, KIND(STRUCT, 2), 8, 12, 1, 0, 0, 7, 32,
      0, KIND(CONST, 0), 8,
      27, KIND(STRUCT, 3), 20, 10, 1, 0, 0, 9, 32, 25, 2, 96)

/*
 * Ids go on at 11, strings at 32. struct pair { u64 hidden; int b; } is another one here;
 * void mine(int).
 */
TYPES(module, "\0hidden\0mine",
      5, KIND(STRUCT, 2) | KFLAG, 16, 33, 1, 0, 12, 1, 64,
      0, KIND(FUNC_PROTO, 1), 0, 0, 1,
      40, KIND(FUNC, 0), 12)

static const char *where;	/* the image's types are; */
static const char *kvm;		/* KVM is */
static int bad;

static void want(const char *name, long got, long wanted)
{
	printf("%s - types %s, KVM %s: %s", got == wanted ? "ok" : "not ok", where, kvm, name);
	if (got != wanted)
		printf(": %ld for %ld", got, wanted);
	printf("\n");
	bad |= got != wanted;
}

static void image_is(bool in_memory)
{
	image_start = in_memory ? image : NULL;
	image_stop = in_memory ? image + sizeof(image) : NULL;
	files[0] = (struct file){ "/sys/kernel/btf/vmlinux", image, sizeof(image) };
}

static void of_image(struct kxen_btf *btf)
{
	want("a function of the image", kxen_btf_check_func(btf, "two", 2, 0), 0);
	want("with any result", kxen_btf_check_func(btf, "two", 2, -1), 0);
	want("with no result", kxen_btf_check_func(btf, "two", 2, 1), -EINVAL);
	want("with other arguments", kxen_btf_check_func(btf, "two", 3, 0), -EINVAL);
	want("one that gives nothing", kxen_btf_check_func(btf, "none", 0, 1), 0);
	want("one that nobody knows", kxen_btf_check_func(btf, "nobody", 1, -1), -ENOENT);
	want("which need not be known",
	     kxen_btf_check_func(btf, "nobody", KXEN_UNTYPED(1), -1), 0);
	want("one that need not be, and is", kxen_btf_check_func(btf, "two", KXEN_UNTYPED(2), -1), 0);
	want("and is another one", kxen_btf_check_func(btf, "two", KXEN_UNTYPED(1), -1), -EINVAL);
	want("a member that there is not", kxen_btf_member(btf, "pair", "c"), -ENOENT);
	want("a member of one without a name", kxen_btf_member(btf, "nest", "b"), 4);
	want("of one in that", kxen_btf_member(btf, "nest", "c"), 8);
	want("and behind it", kxen_btf_member(btf, "nest", "d"), 12);
	want("of one that has a name", kxen_btf_member(btf, "nest", "hidden"), -ENOENT);
}

static void built_in(void)
{
	struct kxen_btf *btf = kxen_btf_open(NULL);

	kvm = "built in";
	want("types of the image alone", IS_ERR(btf), 0);
	if (IS_ERR(btf))
		return;
	of_image(btf);
	want("a member", kxen_btf_member(btf, "pair", "b"), 4);
	want("a size", kxen_btf_size(btf, "pair"), 8);
	want("a module's function", kxen_btf_check_func(btf, "mine", 1, 1), -ENOENT);
	kxen_btf_close(btf);
}

static void as_module(void)
{
	struct kxen_btf *btf = kxen_btf_open("kvm");

	kvm = "a module";
	want("types of image and module", IS_ERR(btf), 0);
	if (IS_ERR(btf))
		return;
	of_image(btf);
	want("a member, as the module has it", kxen_btf_member(btf, "pair", "b"), 8);
	want("a module's function", kxen_btf_check_func(btf, "mine", 1, 1), 0);
	kxen_btf_close(btf);
}

int main(void)
{
	make_image();
	make_module();
	for (int in_memory = 0; in_memory < 2; in_memory++) {
		where = in_memory ? "in memory" : "in a file";
		image_is(in_memory);
		files[1].size = 0;
		built_in();
		want("no module of that name", PTR_ERR(kxen_btf_open("kvm")), -ENOENT);
		files[1] = (struct file){ "/sys/kernel/btf/kvm", module, sizeof(module) };
		as_module();
		files[1].size--;
		want("a module's that is cut short", PTR_ERR(kxen_btf_open("kvm")), -EINVAL);
	}
	image_start = NULL;
	files[0].size = 0;
	where = "nowhere";
	want("no types at all", PTR_ERR(kxen_btf_open(NULL)), -ENOENT);
	return bad;
}
