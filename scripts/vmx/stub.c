// SPDX-License-Identifier: GPL-2.0
/* Page tables for the first gigabyte, and Linux's boot parameters. */
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned char u8;

extern u64 tables[];
extern u8 params[];

#define P32(off) (*(u32 *)(params + (off)))

/* Multiboot information, as words: [4] command line, [5] modules, [6] the first,
 * [11] length and [12] address of the memory map. */
void fill_params(const u32 *mb)
{
	const u32 *initrd = (const u32 *)mb[6];
	u32 i, n = 0, at;

	tables[0] = (u32)(tables + 512) | 3;
	tables[512] = (u32)(tables + 1024) | 3;
	for (i = 0; i < 512; i++)
		tables[1024 + i] = (u64)i << 21 | 0x83;

	params[0x210] = 0xff;		/* type of loader: unknown */
	params[0x211] = 1;		/* loaded high */
	P32(0x202) = 0x53726448;	/* "HdrS" */
	params[0x206] = 0xf;		/* protocol 2.15 */
	params[0x207] = 2;
	P32(0x228) = mb[4];
	P32(0x238) = 2047;
	P32(0x218) = initrd[0];
	P32(0x21c) = initrd[1] - initrd[0];
	for (at = mb[12]; at < mb[12] + mb[11]; at += *(u32 *)at + 4, n++)
		for (i = 0; i < 20; i++)
			params[0x2d0 + 20 * n + i] = ((u8 *)at)[4 + i];
	params[0x1e8] = n;
	params[6] = 0x20;		/* text screen, 80 by 25 */
	params[7] = 80;
	params[0xe] = 25;
	params[0xf] = 1;
	params[0x1fa] = 0xff;
	params[0x1fb] = 0xff;
}
