/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLUGINS_ADDRESSES_H
#define PLUGINS_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Prefixes, ports and protocols as rules have them. Each parser takes one item, whole; -EINVAL: it is not one, and why says what was expected
 * (size bytes, NUL-terminated; NULL: nobody asks). Pure.
 */

struct prefix {
        uint8_t family; /* 4, 6 */
        uint8_t length; /* bits */
        uint8_t bytes[16];
};

struct range {
        uint16_t first, last;
};

/* "192.0.2.0/24", "2001:db8::/32", or an address alone. Nothing may be set behind the length: it would not be meant. */
int parse_prefix(const char *text, struct prefix *ret, char *why, uint32_t size);

/* "443", "1024-65535". */
int parse_range(const char *text, struct range *ret, char *why, uint32_t size);

/* "tcp", "icmpv6", "47". */
int parse_protocol(const char *text, uint8_t *ret, char *why, uint32_t size);
bool protocol_has_ports(uint8_t protocol);

/* snprintf into why, and -EINVAL. */
int refuse(char *why, uint32_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
