/* SPDX-License-Identifier: GPL-2.0-only */
/* This architecture's part of the table in layout.c: it looks into nothing of its own. */
