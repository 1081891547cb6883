/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_ORACLE_H
#define TEST_XDP_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../plugins/xdp/filters.h"

/*
 * What should become of a packet, by what the keys are said to mean: one filter after the other, one prefix after the other. It shares
 * nothing with the program and its tables but the filters as they are read.
 */

enum answer {
        ANSWER_PASS,
        ANSWER_FILTER,
        ANSWER_BAN,
        ANSWER_MALFORMED,
};

struct oracle {
        const struct filters *filters;
        const char *interface;
        const uint64_t *bans; /* sources, as numbers */
        size_t n_bans;
};

/* *ret_filter: the one that decided; -1: none did. */
enum answer oracle_ask(const struct oracle *o, const uint8_t *packet, size_t n, int *ret_filter);

/* What is in a packet. */
struct seen {
        int family; /* 0: not IP */
        const uint8_t *from, *to;
        unsigned protocol;
        bool piece, later; /* of a datagram; not its first */
        bool has_ports, has_flags;
        unsigned source_port, port, flags;
        bool neighbour;
};

/* false: it does not add up. *ret is zero before. */
bool oracle_read(const uint8_t *packet, size_t n, struct seen *ret);

/* As a number, as the plugin has it. */
uint64_t oracle_source(const struct seen *s);

/* Whether the address is in it; bytes: 4 or 16. */
bool oracle_covers(const struct prefix *p, int family, const uint8_t *address);

#endif
