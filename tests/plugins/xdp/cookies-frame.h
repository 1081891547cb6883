/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_COOKIES_FRAME_H
#define TEST_XDP_COOKIES_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TCP in Ethernet, made and taken apart by code that knows nothing of the plugin's. */

struct segment {
        uint8_t to_mac[6], from_mac[6];
        uint32_t n_tags;
        uint16_t tags[2];
        bool v6;
        const char *from, *to;
        uint16_t from_port, to_port;
        uint32_t sequence, acknowledgement;
        uint8_t flags;
        uint16_t window;
        uint8_t ip_options; /* bytes of NOPs in the header of IPv4 */
        uint8_t traffic_class;
        uint16_t fragment;  /* of IPv4, as it stands in the header */
        const uint8_t *options;
        size_t n_options; /* a multiple of 4 */
        size_t n_data;
};

enum {
        FIN = 1,
        SYN = 2,
        RST = 4,
        PSH = 8,
        ACK = 16,
        ECE = 64,
        CWR = 128,
};

#define SEGMENT_MAX 256

/* Its length: of less than 60 bytes the wire makes so many. */
size_t segment_make(const struct segment *s, uint8_t frame[SEGMENT_MAX]);

struct seen {
        uint8_t to_mac[6], from_mac[6];
        uint32_t n_tags;
        uint16_t tags[2];
        bool v6;
        char from[64], to[64];
        uint16_t from_port, to_port;
        uint32_t sequence, acknowledgement;
        uint8_t flags, ttl;
        uint16_t window;
        size_t length; /* without what fills the frame up */
        bool sums_right;
        const uint8_t *options;
        size_t n_options;
};

/* false: it does not add up. */
bool segment_see(const uint8_t *frame, size_t n, struct seen *ret);

/* The value of an option: its bytes behind the length, or NULL. */
const uint8_t *option_of(const struct seen *s, uint8_t kind);
uint32_t big32(const uint8_t *p);

#endif
