/* SPDX-License-Identifier: GPL-2.0 */
/* What a guest and the host's program say to each other in xenstore's page: special.c. */
#ifndef SPECIAL_H
#define SPECIAL_H

#define SPECIAL_GFN	0xfef00		/* xenstore's, and the console's next to it */

/* Words of the page. */
#define SPECIAL_ASK	1
#define SPECIAL_ANSWER	2
#define SPECIAL_MARK	511

#define SPECIAL_WORD	0x1234567UL
#define SPECIAL_END	0xe0e0ULL	/* asked: no more */

#endif
