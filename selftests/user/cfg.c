// SPDX-License-Identifier: GPL-2.0
/*
 * The reader of a guest's configuration (kvm-xen create). The fuzzer's bytes are a file: it is
 * read, each fault has a line that the file has, and what was read keeps the bounds that
 * kvm-xen.cfg(5) gives. With -DSTEPS: what is good, and each fault with its line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/kvm-xen/cfg.c"
#include "../../tools/kvm-xen/cfg_dev.c"
#include "../../tools/kvm-xen/cfg_pv.c"

#ifndef STEPS
static void require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "cfg: %s\n", what);
	abort();
}

struct heard {
	unsigned int lines, faults, last;
};

static void hear(void *to, unsigned int line, const char *what)
{
	struct heard *h = to;

	require(line <= h->lines, "a line that is not there");
	require(*what && strlen(what) < 300, "a fault without words");
	h->faults++;
	h->last = line;
}

static void look_at(const struct cfg *c)
{
	unsigned int i;

	require(cfg_name_ok(c->name), "a name");
	require(c->memory >= 16 && c->vcpus && c->vcpus <= 1024, "numbers");
	require(c->type != CFG_PV || (c->memory >= 64 && c->vcpus <= 32), "numbers of a PV guest");
	require(c->kernel || c->type == CFG_HVM, "nothing to boot");
	require(c->kernel || !c->ramdisk, "ramdisk");
	require(c->disks <= CFG_DISKS && c->vifs <= CFG_VIFS, "too many devices");
	for (i = 0; i < c->disks; i++)
		require(c->disk[i].target && *c->disk[i].target && c->disk[i].vdev &&
			strlen(c->disk[i].vdev) <= 6, "a disk");
	for (i = 0; i < c->vifs; i++)
		require(!c->vif[i].bridge != !c->vif[i].ifname, "a vif");
	for (i = 0; i < c->vmm_args.n; i++)
		require(c->vmm_args.word[i], "a word");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard h = { .lines = 1 };
	struct cfg c;
	size_t i;

	for (i = 0; i < size; i++)
		h.lines += data[i] == '\n';
	if (cfg_parse(&c, (const char *)data, size, hear, &h)) {
		require(!h.faults, "good, with a fault");
		look_at(&c);
	} else {
		require(h.faults, "refused, and nobody says why");
	}
	cfg_free(&c);
	return 0;
}
#else
static char said[4096];

static void hear(void *to, unsigned int line, const char *what)
{
	(void)to;
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%u: %s\n", line, what);
}

static unsigned int bad;

static void check(const char *name, bool good)
{
	printf("%sok - %s\n", good ? "" : "not ", name);
	bad += !good;
	if (!good)
		printf("# said: %s\n", said);
}

static bool parse(struct cfg *c, const char *text)
{
	said[0] = 0;
	return cfg_parse(c, text, strlen(text), hear, NULL);
}

/* The text is refused, and nothing but that is said. */
static void refused(const char *name, const char *text, const char *why)
{
	struct cfg c;
	bool good = parse(&c, text);

	cfg_free(&c);
	check(name, !good && !strcmp(said, why));
}

#define BASE	"name = \"a\"\nkernel = '/k'\n"

static void whole(void)
{
	struct cfg c;
	char uuid[37];
	bool good = parse(&c,
		"# a comment\nname = \"web-1\"\t# and another\n\ntype = \"pvh\"\nmemory = 512\nvcpus = 2\r\n"
		"uuid = \"5c2b34a1-0f0e-4d3c-8b2a-190807060504\"\n"
		"kernel = \"/boot/vm \\\"linux\\\"\"\nramdisk = '/r \"x\"'\ncmdline = \"root=/dev/xvda1 ro\"\n"
		"disk = [ 'format=qcow2, vdev=xvda, access=ro, target=/srv/a,b.img',\n"
		"  \"/dev/vg/x,raw,xvdb,w\", # two\n\n '/dev/vg/y, , xvdc1' ]\n"
		"vif = [ 'mac=00:16:3e:01:02:03,bridge=br0', 'vifname=tap7', ]\n"
		"on_poweroff = \"preserve\"\non_crash = \"restart\"\nxen_version = \"4.17\"\n"
		"vmm_args = [ '-device', 'x' ]\nbackend_args = []");

	check("a whole file is taken", good && !said[0]);
	check("name, memory, vCPUs", good && !strcmp(c.name, "web-1") && c.memory == 512 && c.vcpus == 2);
	cfg_uuid_text(c.uuid, uuid);
	check("UUID", c.has_uuid && !strcmp(uuid, "5c2b34a1-0f0e-4d3c-8b2a-190807060504"));
	check("quotes in a text", good && !strcmp(c.kernel, "/boot/vm \"linux\"") &&
	      !strcmp(c.ramdisk, "/r \"x\""));
	check("a disk by names, whose target has a comma", good && c.disks == 3 && c.disk[0].qcow2 &&
	      c.disk[0].read_only && !strcmp(c.disk[0].vdev, "xvda") &&
	      !strcmp(c.disk[0].target, "/srv/a,b.img") && c.disk[0].line == 11);
	check("a disk by places", good && !c.disk[1].qcow2 && !c.disk[1].read_only &&
	      !strcmp(c.disk[1].target, "/dev/vg/x") && c.disk[1].line == 12);
	check("with one left out", good && !strcmp(c.disk[2].vdev, "xvdc1") && c.disk[2].line == 14);
	check("interfaces", good && c.vifs == 2 && !strcmp(c.vif[0].bridge, "br0") &&
	      !strcmp(c.vif[0].mac, "00:16:3e:01:02:03") && !strcmp(c.vif[1].ifname, "tap7"));
	check("what happens at its end", c.on_poweroff == CFG_PRESERVE && c.on_reboot == CFG_RESTART &&
	      c.on_crash == CFG_RESTART);
	check("words for the VMM", c.vmm_args.n == 2 && !c.backend_args.n);
	cfg_free(&c);
	good = parse(&c, BASE);
	check("what is not said has a value", good && c.memory == 128 && c.vcpus == 1 &&
	      c.type == CFG_PVH && c.on_poweroff == CFG_DESTROY && c.on_crash == CFG_DESTROY);
	cfg_free(&c);
	good = parse(&c, BASE "disk = [ '/d,raw,xvdaa', '/e,raw,xvdzz1' ]\n");
	check("a disk beyond xvdz", good && !strcmp(c.disk[0].vdev, "xvdaa") &&
	      !strcmp(c.disk[1].vdev, "xvdzz1"));
	cfg_free(&c);
	good = parse(&c, "name = 'a'\ntype = 'hvm'\ndisk = [ '/d,raw,vda' ]\n");
	check("an HVM guest boots from a disk", good && c.disk[0].vmm);
	cfg_free(&c);
}

static void from_a_directory(void)
{
	struct cfg c;
	bool good = parse(&c, "name = 'a'\nkernel = 'k'\nramdisk = '/r'\nvmm = 'qemu'\nbackend = './q'\n"
			  "disk = [ 'img/d,raw,xvda', '/e,raw,xvdb' ]\n");

	cfg_from_root(&c, "/srv");
	check("files are named from the root", good && !strcmp(c.kernel, "/srv/k") &&
	      !strcmp(c.ramdisk, "/r") && !strcmp(c.disk[0].target, "/srv/img/d") &&
	      !strcmp(c.disk[1].target, "/e"));
	check("so is a program, but not one of PATH", good && !strcmp(c.backend, "/srv/./q") &&
	      !strcmp(c.vmm, "qemu"));
	cfg_free(&c);
}

/* What is said of it when it is called in that directory. */
static void pv_words(const char *name, const char *dir, const char *text, const char *why)
{
	struct cfg_say_to s = { .say = hear };
	struct cfg c;
	bool good = parse(&c, text);

	if (good)
		cfg_check_pv_words(&c, dir, &s);
	check(name, good && s.failed == !!*why && !strcmp(said, why));
	cfg_free(&c);
}

#define PV		"name = 'a'\ntype = 'pv'\n"
#define BLANK(name)	name " has a blank or a quote in its name, and a guest of type \"pv\" has its command line behind that: name it by a link\n"
#define TOO_LONG	"a guest of type \"pv\" has 1020 characters for its kernel's name from the root and 'cmdline'\n"

static void pv(void)
{
	struct cfg_say_to s = { .say = hear };
	static char text[2048];
	struct cfg c;
	bool good = parse(&c, PV "kernel = 'k'\npvshim_path = 'shim'\npvshim_cmdline = 'pv-shim'\n");

	cfg_from_root(&c, "/srv");
	check("a PV guest's memory and vCPUs, of which nothing is said", good && c.memory == 512 && c.vcpus == 1);
	check("a PV guest", good && c.type == CFG_PV && !strcmp(c.pvshim_path, "/srv/shim") &&
	      !strcmp(c.pvshim_cmdline, "pv-shim") && c.type_line == 2 && c.pvshim_path_line == 4);
	cfg_free(&c);
	refused("a PV guest without a kernel", PV,
		"0: there is no 'kernel'; a guest of type \"hvm\" can boot from a disk\n");
	refused("a shim for another guest", BASE "pvshim_path = '/s'\npvshim_cmdline = 'x'",
		"3: 'pvshim_path' is for a guest of type \"pv\"\n4: 'pvshim_cmdline' is for a guest of type \"pv\"\n");
	refused("what a PV guest does not see", PV "kernel = '/k'\nserial = 'pty'\ndisk = [ '/d,raw,xvda',\n'/e,raw,vda' ]",
		"4: a guest of type \"pv\" has no emulated serial line\n6: a guest of type \"pv\" does not see the VMM's disk vda: the vdev of one that it has begins with xvd\n");
	refused("a PV guest of too little memory", PV "memory = 63\nkernel = '/k'",
		"3: a guest of type \"pv\" cannot have less than 64 MiB, of which Xen's pv-shim takes some 20\n");
	refused("a PV guest of more vCPUs than its shim has", PV "kernel = '/k'\nvcpus = 33",
		"4: a guest of type \"pv\" can have 32 vCPUs\n");
	pv_words("the greatest number of them, and the least memory of which nothing is said", "/",
		 PV "kernel = '/k'\nvcpus = 32\nmemory = 512", "");
	good = parse(&c, PV "kernel = '/k'\nmemory = 511");
	cfg_check_pv_words(&c, "/", &s);
	check("less is taken", good && !s.failed && c.memory == 511);
	check("and something is said of it", !strncmp(said, "4: note: with less than 512 MiB ", 32));
	cfg_free(&c);
	pv_words("files of a PV guest", "/a b", PV "kernel = '/k,l'\nramdisk = '/r'\ncmdline = 'root=\"x\"'", "");
	pv_words("a blank in the kernel's name", "/", PV "kernel = '/a b'", "3: " BLANK("/a b"));
	pv_words("a quote in the ramdisk's name", "/", PV "kernel = '/k'\nramdisk = '/r\"'", "4: " BLANK("/r\""));
	pv_words("a blank in the shim's name", "/", PV "kernel = '/k'\npvshim_path = '/a b'", "4: " BLANK("/a b"));
	pv_words("a tab in the directory's name", "/a\tb", PV "kernel = 'k'", "3: " BLANK("/a\tb/k"));
	pv_words("a blank in the directory's name", "/a b", PV "kernel = 'k'", "3: " BLANK("/a b/k"));
	snprintf(text, sizeof(text), PV "kernel = 'k'\ncmdline = '%0*d'", 1020 - 6, 0);
	pv_words("a command line of the greatest length", "/srv", text, "");
	snprintf(text, sizeof(text), PV "kernel = 'k'\ncmdline = '%0*d'", 1020 - 5, 0);
	pv_words("a longer one", "/srv", text, "4: " TOO_LONG);
	snprintf(text, sizeof(text), PV "kernel = '/%0*d'", 1020, 0);
	pv_words("a name that is too long by itself", "/srv", text, "3: " TOO_LONG);
}

int main(void)
{
	whole();
	from_a_directory();
	pv();
	refused("nothing", "", "0: there is no 'name'\n"
		"0: there is no 'kernel'; a guest of type \"hvm\" can boot from a disk\n");
	refused("no kernel", "name='a'", "0: there is no 'kernel'; a guest of type \"hvm\" can boot from a disk\n");
	refused("no disk for the firmware", "name='a'\ntype='hvm'\ndisk=['/d,raw,xvda']",
		"0: there is neither a 'kernel' nor a disk to boot from: its vdev is vda, which the firmware can read\n");
	refused("a ramdisk alone", "name='a'\ntype='hvm'\n\nramdisk='/r'\ndisk=['/d,raw,vda']",
		"4: 'ramdisk' without 'kernel'\n");
	refused("an unknown key", BASE "disks = []\nmemory = 64", "3: there is no key 'disks'\n");
	refused("each fault is said, with its line", "nmae = 'a'\nkernel = 5\nvcpus = 0\nmemory = 'x'",
		"1: there is no key 'nmae'\n2: 'kernel' is a text in quotes, and here is a number\n"
		"3: 'vcpus' can be 1 to 1024\n4: 'memory' is a number, and here is a text in quotes\n");
	refused("twice", BASE "\nname = 'b'", "4: 'name' is there already, in line 1\n");
	refused("a name that is a number", "name = '12'\nkernel='/k'",
		"1: '12' is no name: a letter, then up to 62 of letters, digits and . _ + -\n");
	refused("a name with a slash", "name = 'a/b'\nkernel='/k'",
		"1: 'a/b' is no name: a letter, then up to 62 of letters, digits and . _ + -\n");
	refused("no value", BASE "memory =\nvcpus = 1", "3: there is no value behind the '='\n");
	refused("no =", BASE "memory 5", "3: there is no '=' behind 'memory'\n");
	refused("no key", BASE "= 5", "3: this is no KEY = VALUE\n");
	refused("a word without quotes", "name = web\nkernel='/k'", "1: 'web' is no number; a text stands in quotes\n");
	refused("a number too large", BASE "memory = 99999999999", "3: a number that is too large\n");
	refused("something behind", BASE "memory = 64 M", "3: there is something behind the value\n");
	refused("no closing quote", "name = \"a\nkernel='/k'", "1: the text has no closing \" in its line\n");
	refused("no closing bracket", BASE "disk = [ '/d,raw,xvda',\n\n", "3: the list has no closing ]\n");
	refused("no comma", BASE "disk = [ '/d,raw,xvda'\n '/e,raw,xvdb' ]\nmemory = 1",
		"4: a list has texts in quotes, with commas between them\n5: 'memory' can be 16 to 16777216\n");
	refused("another type", BASE "type = 'x'", "3: 'x' is no type: \"pvh\", \"hvm\" or \"pv\"\n");
	refused("a short UUID", BASE "uuid = '5c2b34a1'", "3: '5c2b34a1' is no UUID such as 5c2b34a1-0f0e-4d3c-8b2a-190807060504\n");
	refused("a UUID of nothing but zeros", BASE "uuid = '00000000-0000-0000-0000-000000000000'",
		"3: '00000000-0000-0000-0000-000000000000' is no UUID such as 5c2b34a1-0f0e-4d3c-8b2a-190807060504\n");
	refused("an action", BASE "on_crash = 'x'", "3: 'x' is none of \"destroy\", \"restart\" and \"preserve\"\n");
	refused("a disk without vdev", BASE "disk = [\n '/d' ]", "4: the disk has no vdev, such as vdev=xvda\n");
	refused("a disk without target", BASE "disk = [ 'vdev=xvda' ]", "3: the disk has no target: a file or block device\n");
	refused("a disk's format", BASE "disk = [ '/d,vhd,xvda' ]", "3: disk: 'vhd' is no format: raw or qcow2\n");
	refused("a vdev", BASE "disk = [ '/d,raw,sda' ]", "3: disk: 'sda' is no vdev: xvda, xvdb1 or, for the VMM's own disks, vda\n");
	refused("a vdev of three letters", BASE "disk = [ '/d,raw,xvdaaa' ]", "3: disk: 'xvdaaa' is no vdev: xvda, xvdb1 or, for the VMM's own disks, vda\n");
	refused("a VMM's disk of two", BASE "disk = [ '/d,raw,vdaa' ]", "3: disk: 'vdaa' is no vdev: xvda, xvdb1 or, for the VMM's own disks, vda\n");
	refused("a word of a disk", BASE "disk = [ 'vdev=xvda,script=x' ]", "3: 'script=x' is not known here: a disk has target, format, vdev and access\n");
	refused("the same vdev", BASE "disk = [ '/d,raw,xvda',\n'/e,raw,xvda' ]", "4: there is a disk xvda already, in line 3\n");
	refused("a vif of nothing", BASE "vif = [ '' ]", "3: '' is not known here: a vif has mac, and bridge or vifname\n");
	refused("a vif without a bridge", BASE "vif = [ 'mac=00:16:3e:01:02:03' ]", "3: a vif has either a bridge or a vifname, of a tap interface that is there\n");
	refused("a MAC of a group", BASE "vif = [ 'mac=01:16:3e:01:02:03,bridge=b' ]", "3: '01:16:3e:01:02:03' is no address of one interface, such as 00:16:3e:01:02:03\n");
	refused("a name of an interface", BASE "vif = [ 'bridge=../../etc' ]", "3: '../../etc' is no name of an interface\n");
	refused("a backslash before the end", BASE "cmdline = 'a\\'", "3: the text has no closing ' in its line\n");
	refused("a control character", BASE "cmdline = 'a\x01'\n", "3: a control character in a text\n");
	return bad != 0;
}
#endif
