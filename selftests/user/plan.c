// SPDX-License-Identifier: GPL-2.0
/*
 * The VMM's command line of a guest (kvm-xen create) is taken apart as QEMU and the guest do, and
 * what they find has to be what the configuration says.
 */
#include <stdarg.h>

#include "../../tools/kvm-xen/plan.c"

static unsigned int bad;

void fail(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	exit(status);
}

static void check(const char *name, bool good)
{
	printf("%sok - %s\n", good ? "" : "not ", name);
	bad += !good;
}

static void hear(void *to, unsigned int line, const char *what)
{
	(void)to;
	printf("# %u: %s\n", line, what);
}

/* What stands behind an option, which is there once; "": it is not. */
static const char *value(const struct words *w, const char *option)
{
	const char *found = "";
	int i;

	for (i = 1; i + 1 < w->n; i++) {
		if (strcmp(w->v[i], option))
			continue;
		if (*found)
			check("an option that is there twice", false);
		found = w->v[i + 1];
	}
	return found;
}

/* One value of several with commas between them, of which two are one of its own; NULL: no more. */
static const char *next_value(const char *at, char *to)
{
	if (!at)
		return NULL;
	for (; *at && (*at != ',' || at[1] == ','); at++) {
		*to++ = *at;
		at += *at == ',';
	}
	*to = 0;
	return *at ? at + 1 : "";
}

static struct words plan(struct cfg *c, const char *text)
{
	static const char begin[] = "name = 'a'\ntype = 'pv'\npvshim_path = '/s,shim'\n";
	char whole[1024];

	snprintf(whole, sizeof(whole), "%s%s", begin, text);
	if (!cfg_parse(c, whole, strlen(whole), hear, NULL))
		fail(1, "not ok - a configuration is refused\n");
	cfg_from_root(c, "/d.d");
	return plan_vmm(c, "5c2b34a1-0f0e-4d3c-8b2a-190807060504");
}

/* The modules are these files, the first with such words for the guest. */
static void modules(const char *name, const char *text, const char *first, const char *second)
{
	struct cfg c;
	struct words w = plan(&c, text);
	const char *at = value(&w, "-initrd");
	char one[512], two[512] = "", three[512] = "";

	at = next_value(at, one);
	if (*at)
		at = next_value(at, two);
	if (*at)
		next_value(at, three);
	check(name, !strcmp(one, first) && !strcmp(two, second) && !*three);
	if (strcmp(one, first) || strcmp(two, second) || *three)
		printf("# '%s', '%s', '%s'\n", one, two, three);
	check("of the shim, which is booted", !strcmp(value(&w, "-kernel"), "/s,shim") &&
	      !strcmp(value(&w, "-append"), "pv-shim console=xen,pv"));
	words_free(&w);
	cfg_free(&c);
}

static void pv(void)
{
	struct words w;
	struct cfg c;

	modules("a kernel alone", "kernel = '/vm.1'", "/vm.1", "");
	modules("with a command line", "kernel = '/vm.1'\ncmdline = 'a=\"b c\" d'", "/vm.1 a=\"b c\" d", "");
	modules("and a ramdisk", "kernel = '/vm.1'\ncmdline = 'a'\nramdisk = '/r'", "/vm.1 a", "/r");
	modules("commas in names and words", "kernel = '/v,,m.1,'\ncmdline = ',a=b,,c,'\nramdisk = '/r,,r,'",
		"/v,,m.1, ,a=b,,c,", "/r,,r,");
	modules("a comma before the ramdisk, without words", "kernel = '/vm.1,'\nramdisk = '/r'", "/vm.1,", "/r");
	modules("what looks like an option", "kernel = '/vm.1'\ncmdline = ',-device,x -S'", "/vm.1 ,-device,x -S", "");
	modules("a name without a dot gets one", "kernel = '/boot/vm'\ncmdline = 'a.b'", "/./boot/vm a.b", "");
	modules("a dot behind a = is none to Linux", "kernel = '/b=c/vm.1'", "/./b=c/vm.1", "");
	modules("files of the directory", "kernel = 'vm'\nramdisk = 'r'", "/d.d/vm", "/d.d/r");
	w = plan(&c, "kernel = '/vm.1'\n");
	check("its memory", !strcmp(value(&w, "-m"), "512M"));
	words_free(&w);
	cfg_free(&c);
}

/* Nothing of these can be taken for another option's, or for one's own. */
static void backend(void)
{
	static const char text[] = "name = 'a'\nkernel = '/k'\n"
		"disk = [ 'vdev=xvda,target=/d,readonly=off,file=x' ]\nvif = [ 'bridge=b' ]\n";
	struct words w;
	struct cfg c;
	char one[512];

	check("a configuration", cfg_parse(&c, text, sizeof(text) - 1, hear, NULL));
	w = plan_backend(&c, "7");
	next_value(value(&w, "-drive"), one);
	check("commas in a disk's name", !strcmp(one, "file=/d,readonly=off,file=x"));
	words_free(&w);
	cfg_free(&c);
}

int main(void)
{
	pv();
	backend();
	return bad != 0;
}
