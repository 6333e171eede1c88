#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A VMM for vmmtree.c, by QEMU's name: writes down its words, and the tree to where it is to.
for w; do case $w in dumpdtb=*) to=${w#dumpdtb=} ;; esac; done
echo "$* " >"$KXEN_PLACE/words"
[ -z "$KXEN_ENDS" ] || exit "$KXEN_ENDS"
cp "$KXEN_PLACE/tree" "$to"
