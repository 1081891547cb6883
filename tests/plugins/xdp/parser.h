/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_PARSER_H
#define TEST_XDP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The program's own parser, the very same source, as a function of this process: where it reads a byte too far a sanitizer sees it. And
 * its looks at the hints and at the prefixes. */

struct parsed {
        bool malformed, ip;
        int family;
        uint8_t from[16], to[16];
        unsigned protocol, piece; /* XDP_WHOLE, … */
        bool has_ports, has_flags;
        unsigned source_port, port, flags;
        bool neighbour;
        uint64_t source;
        unsigned network, transport; /* offsets */
};

void parser_parse(const void *packet, size_t n, struct parsed *ret);

struct xdp_hint;
bool parser_may_be_listed(const struct xdp_hint *hint, int family, const uint8_t *address);

struct tables;
/* The filters that look at an address. */
uint64_t parser_look_up(const struct tables *tables, bool destination, int family, const uint8_t *address);

#endif
