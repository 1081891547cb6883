/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "technique.h"

#define OPTION_MPTCP 30

/* A segment's transport header and what follows. NULL: none of a protocol with ports where TCP has them. */
static const uint8_t *transport(const uint8_t *data, size_t size, uint8_t *ret_protocol)
{
        const uint8_t *ip = data + ETH_HLEN, *at;
        uint16_t type;

        if (size < ETH_HLEN + 40)
                return NULL;
        type = (uint16_t) (data[12] << 8 | data[13]);
        if (type == ETH_P_IP) {
                *ret_protocol = ip[9];
                at = ip + (size_t) (ip[0] & 15) * 4;
        } else if (type == ETH_P_IPV6) {
                *ret_protocol = ip[6];
                at = ip + 40;
        } else {
                return NULL;
        }
        switch (*ret_protocol) {
        case IPPROTO_TCP:
        case IPPROTO_UDP:
        case IPPROTO_UDPLITE:
        case IPPROTO_SCTP:
        case IPPROTO_DCCP:
                return at + 4 <= data + size ? at : NULL;
        default:
                return NULL;
        }
}

/* Whether a TCP header offers MPTCP. */
static bool offers_mptcp(const uint8_t *at, const uint8_t *end)
{
        const uint8_t *stop = at + (size_t) (at[12] >> 4) * 4;

        if (stop > end)
                return false;
        for (at += 20; at + 1 < stop && *at != TCPOPT_EOL;) {
                if (*at == OPTION_MPTCP)
                        return true;
                if (*at != TCPOPT_NOP && at[1] < 2)
                        return false;
                at += *at == TCPOPT_NOP ? 1 : at[1];
        }
        return false;
}

struct frame frame_read(const uint8_t *data, size_t size)
{
        const uint8_t *end = data + size, *said = memmem(data, size, FRAME_NONCE, sizeof(FRAME_NONCE) - 1);
        struct frame f = { .mark = memmem(data, size, FRAME_MARK, sizeof(FRAME_MARK) - 1) != NULL };
        uint8_t protocol = 0;
        const uint8_t *at = transport(data, size, &protocol);
        char digits[6] = "";

        if (at) {
                f.port = (uint16_t) (at[2] << 8 | at[3]);
                f.seen = SEEN_FRAME;
        }
        if (said && said + sizeof(FRAME_NONCE) - 1 + 5 <= end) {
                (void) memcpy(digits, said + sizeof(FRAME_NONCE) - 1, 5);
                f.port = (uint16_t) atoi(digits);
                f.seen = SEEN_FRAME | SEEN_SAID;
        }
        if (at && protocol == IPPROTO_TCP && at + 20 <= end && at[13] & TH_SYN) {
                f.seen |= f.seen & SEEN_SAID ? SEEN_IN_SYN : 0;
                f.seen |= offers_mptcp(at, end) ? SEEN_MPTCP : 0;
        }
        return f;
}
