// SPDX-License-Identifier: GPL-2.0
/*
 * fentry FUNCTION: put a BPF program on the entry of a KVM function, as bpftrace's
 * kfunc probes do, and hold it until standard input ends. Says "attached" or why not.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The descriptor of kvm's own type information. */
static int kvm_btf_fd(void)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = {
			.name = (unsigned long)name, .name_len = sizeof(name),
		};
		__u32 len = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		    !strcmp(name, "kvm"))
			return fd;
		close(fd);
	}
	return -1;
}

int main(int argc, char **argv)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static char log[4096];
	LIBBPF_OPTS(bpf_prog_load_opts, o, .log_buf = log,
		    .log_size = sizeof(log), .log_level = 1,
		    .expected_attach_type = BPF_TRACE_FENTRY);
	struct btf *base = btf__load_vmlinux_btf();
	struct btf *kvm = btf__load_module_btf("kvm", base);
	int prog, link;
	char c;

	if (argc != 2)
		return 64;
	o.attach_btf_obj_fd = kvm_btf_fd();
	o.attach_btf_id = btf__find_by_name_kind(kvm, argv[1], BTF_KIND_FUNC);
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "kxen_test", "GPL", insns, 2,
			     &o);
	if (prog < 0) {
		printf("no program: %s\n%s", strerror(errno), log);
		return 2;
	}
	link = bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0) {
		printf("refused: %s\n", strerror(errno));
		return 1;
	}
	printf("attached\n");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
