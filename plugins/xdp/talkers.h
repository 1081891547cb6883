/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_TALKERS_H
#define XDP_TALKERS_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "xdp.h"

/* Who sends most, from the places that the program keeps. */

/* The places as they were at the last look. */
struct talkers {
        struct xdp_talker *last;
        size_t n;
};

/* What somebody has sent since then. */
struct talker {
        uint64_t source, packets;
};

/*
 * Those that have sent anything since the last look, each once, most first: *ret is new (NULL: none). -ENOMEM.
 */
int talkers_look(struct talkers *t, const struct xdp_talker *places, size_t n, struct talker **ret, size_t *ret_n);
void talkers_clear(struct talkers *t);

/* "192.0.2.1", "2001:db8:0:1::/64". */
#define SOURCE_NAME_SIZE 64
void source_name(uint64_t source, char ret[SOURCE_NAME_SIZE]);

#endif
