# SPDX-License-Identifier: GPL-2.0
# What images.list says to one reader: awk -v want=build|run|xen|vmx|show -f images.awk images.list
#   build	NAME-WIDTH
#   run, vmx	NAME-WIDTH OPTIONS of those that run without more; -v widths="64 32" for those
#   xen		NAME-WIDTH:CPUS:DOMAINS
#   show	NAME-WIDTH OPTIONS of all
/^#/ || NF < 5 { next }
{
	options = ""
	for (i = 6; i <= NF; i++)
		options = options " " $i
	cpus = match(options, /--smp [0-9]+/) ? substr(options, RSTART + 6, RLENGTH - 6) : 1
	# Not for vmm: so many domains of it, which know each other's numbers.
	peers = match(options, /--peers [0-9]+/) ? substr(options, RSTART + 8, RLENGTH - 8) : 1
	sub(/ *--peers [0-9]+/, "", options)
	list = want == "xen" ? $4 : want == "vmx" ? $5 : want == "run" && $3 != "plain" ? "-" : $2
	n = split(list, width, ",")
	for (i = 1; i <= n && list != "-"; i++)
		if (widths == "" || index(" " widths " ", " " width[i] " "))
			print $1 "-" width[i] (want == "build" ? "" : want == "xen" ? ":" cpus ":" peers : options)
}
