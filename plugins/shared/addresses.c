/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

int refuse(char *why, uint32_t size, const char *format, ...)
{
        va_list ap;

        if (why && size > 0) {
                va_start(ap, format);
                (void) vsnprintf(why, size, format, ap);
                va_end(ap);
        }
        return -EINVAL;
}

/* Decimal digits and nothing else; the end of them. NULL: none, or more than max. */
static const char *parse_number(const char *text, unsigned max, unsigned *ret)
{
        unsigned n = 0;
        const char *p = text;

        for (; *p >= '0' && *p <= '9'; p++) {
                n = n * 10 + (unsigned) (*p - '0');
                if (n > max)
                        return NULL;
        }
        *ret = n;
        return p > text ? p : NULL;
}

static void clear_behind(struct prefix *p)
{
        for (unsigned i = 0; i < sizeof(p->bytes); i++) {
                unsigned kept = p->length > i * 8 ? p->length - i * 8 : 0;

                if (kept < 8)
                        p->bytes[i] &= (uint8_t) (0xff << (8 - kept));
        }
}

int parse_prefix(const char *text, struct prefix *ret, char *why, uint32_t size)
{
        char address[INET6_ADDRSTRLEN] = "", meant[INET6_ADDRSTRLEN];
        const char *slash = strchrnul(text, '/'), *end;
        struct prefix p = {}, network;
        unsigned bits, length;

        if ((size_t) (slash - text) < sizeof(address))
                memcpy(address, text, (size_t) (slash - text));
        if (inet_pton(AF_INET, address, p.bytes) == 1)
                p.family = 4;
        else if (inet_pton(AF_INET6, address, p.bytes) == 1)
                p.family = 6;
        else
                return refuse(why, size, "expected an address or a prefix, such as 192.0.2.0/24 or 2001:db8::/32");

        bits = length = p.family == 4 ? 32 : 128;
        if (*slash) {
                end = parse_number(slash + 1, bits, &length);
                if (!end || *end)
                        return refuse(why, size, "expected a length from 0 to %u behind the /", bits);
        }
        p.length = (uint8_t) length;
        network = p;
        clear_behind(&network);
        if (memcmp(network.bytes, p.bytes, sizeof(p.bytes)) != 0) {
                (void) inet_ntop(p.family == 4 ? AF_INET : AF_INET6, network.bytes, meant, sizeof(meant));
                return refuse(why, size, "bits are set behind the length: did you mean %s/%u?", meant, length);
        }
        *ret = p;
        return 0;
}

int parse_range(const char *text, struct range *ret, char *why, uint32_t size)
{
        unsigned first, last;
        const char *p = parse_number(text, 65535, &first);

        last = first;
        if (p && *p == '-')
                p = parse_number(p + 1, 65535, &last);
        if (!p || *p)
                return refuse(why, size, "expected a port from 0 to 65535, or a range of them, such as 1024-2047");
        if (last < first)
                return refuse(why, size, "the range ends before it begins");
        *ret = (struct range){ (uint16_t) first, (uint16_t) last };
        return 0;
}

int parse_protocol(const char *text, uint8_t *ret, char *why, uint32_t size)
{
        static const struct {
                const char *name;
                uint8_t number;
        } names[] = {
                { "tcp", IPPROTO_TCP },   { "udp", IPPROTO_UDP },         { "icmp", IPPROTO_ICMP },
                { "icmpv6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP },   { "dccp", IPPROTO_DCCP },
                { "udplite", IPPROTO_UDPLITE }, { "igmp", IPPROTO_IGMP }, { "gre", IPPROTO_GRE },
                { "esp", IPPROTO_ESP },   { "ah", IPPROTO_AH },           { "ipip", IPPROTO_IPIP },
        };
        unsigned number;
        const char *end = parse_number(text, 255, &number);

        if (end && !*end) {
                *ret = (uint8_t) number;
                return 0;
        }
        for (size_t i = 0; i < N(names); i++)
                if (strcmp(text, names[i].name) == 0) {
                        *ret = names[i].number;
                        return 0;
                }
        return refuse(why, size, "expected tcp, udp, icmp, icmpv6, sctp, dccp, udplite, igmp, gre, esp, ah, ipip or a number");
}

bool protocol_has_ports(uint8_t protocol)
{
        return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
               protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}
