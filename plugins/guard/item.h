/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_ITEM_H
#define GUARD_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "../shared/addresses.h"

/* What `allow` and `deny` are lists of. Pure. */

struct item {
        bool deny;
        bool any; /* of both families; prefix says nothing */
        struct prefix prefix;
        struct range ports;
        uint8_t protocol; /* GUARD_PROTOCOL_ANY: all of which one can see where they go */
        uint8_t host_length;
        const char *host; /* "name:HOST", in the text: prefix is not known yet; NULL: no name */
};

/*
 * "151.101.0.0/16:443/tcp", "10.0.0.1", "[2001:db8::1]:53", "2001:db8::/32/udp", "any/icmp", "name:deb.example.org:443": address, prefix or
 * the word any; then :PORT or :PORT-PORT; then /PROTOCOL, or /raw and /packet, which are sockets of which nobody sees where they go.
 * -EINVAL and why.
 */
int parse_item(const char *text, struct item *ret, char *why, uint32_t size);

#endif
