/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_XDP_FRAME_H
#define TEST_XDP_FRAME_H

#include <stddef.h>
#include <stdint.h>

/*
 * A frame from words, outermost header first; a word that is no header is about the one before it:
 *
 *     tag=8100 type=0806       a tag; any other type of what follows
 *     4 6                      IPv4, IPv6: from= to= hop= version= length= (said, and not so), ihl= (likewise), options=WORDS
 *     hop-by-hop routing destination mobility authentication   headers of IPv6; =LENGTH, in the header's own unit
 *     fragment                 IPv6's; alone it is the whole datagram
 *     first later=8_BYTES more of IPv4 or of the fragment header: which piece
 *     tcp udp sctp dccp udplite   sport= port=, fin syn rst psh ack urg ece cwr
 *     icmp icmpv6              kind=
 *     protocol=N               and no header
 *     data=BYTES               behind all that
 *     pad=BYTES cut=BYTES      to what the IP header does not know of; to so many
 *
 * What is no such word ends the test.
 */

#define FRAME_MAX 2048

struct frame {
        uint8_t at[FRAME_MAX];
        size_t n;
};

void frame_build(const char *text, struct frame *ret);

#endif
