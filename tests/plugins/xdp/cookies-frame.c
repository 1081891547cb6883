/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cookies-frame.h"

#include <arpa/inet.h>
#include <string.h>

static void put16(uint8_t *p, uint32_t v)
{
        p[0] = (uint8_t) (v >> 8);
        p[1] = (uint8_t) v;
}

static void put32(uint8_t *p, uint32_t v)
{
        put16(p, v >> 16);
        put16(p + 2, v);
}

static uint16_t big16(const uint8_t *p)
{
        return (uint16_t) (p[0] << 8 | p[1]);
}

uint32_t big32(const uint8_t *p)
{
        return (uint32_t) big16(p) << 16 | big16(p + 2);
}

/* RFC 1071, a 16-bit word at a time. */
static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
        for (size_t i = 0; i < n; i += 2)
                sum += (uint32_t) p[i] << 8 | (i + 1 < n ? p[i + 1] : 0u);
        return sum;
}

static uint16_t fold(uint32_t sum)
{
        while (sum >> 16)
                sum = (sum & 0xffff) + (sum >> 16);
        return (uint16_t) sum;
}

static uint16_t tcp_sum(const uint8_t *ip, const uint8_t *tcp, size_t n, bool v6)
{
        uint32_t sum = add(0, ip + (v6 ? 8 : 12), v6 ? 32 : 8);

        return fold(add(sum + 6 + (uint32_t) n, tcp, n));
}

size_t segment_make(const struct segment *s, uint8_t frame[SEGMENT_MAX])
{
        size_t tcp_length = 20 + s->n_options + s->n_data, ip_length = s->v6 ? 40 : 20u + s->ip_options;
        uint8_t *p = frame, *ip, *tcp;

        memset(frame, 0, SEGMENT_MAX);
        memcpy(p, s->to_mac, 6);
        memcpy(p + 6, s->from_mac, 6);
        p += 12;
        for (uint32_t i = 0; i < s->n_tags; i++, p += 4) {
                put16(p, i + 1 < s->n_tags ? 0x88a8 : 0x8100);
                put16(p + 2, s->tags[i]);
        }
        put16(p, s->v6 ? 0x86dd : 0x0800);
        ip = p + 2;
        tcp = ip + ip_length;

        if (s->v6) {
                put32(ip, 6u << 28 | (uint32_t) s->traffic_class << 20);
                put16(ip + 4, (uint32_t) tcp_length);
                ip[6] = 6;
                ip[7] = 60;
                (void) inet_pton(AF_INET6, s->from, ip + 8);
                (void) inet_pton(AF_INET6, s->to, ip + 24);
        } else {
                ip[0] = (uint8_t) (0x40 | ip_length / 4);
                ip[1] = s->traffic_class;
                put16(ip + 2, (uint32_t) (ip_length + tcp_length));
                put16(ip + 6, s->fragment);
                ip[8] = 60;
                ip[9] = 6;
                (void) inet_pton(AF_INET, s->from, ip + 12);
                (void) inet_pton(AF_INET, s->to, ip + 16);
                memset(ip + 20, 1, s->ip_options);
                put16(ip + 10, (uint16_t) ~fold(add(0, ip, ip_length)));
        }

        put16(tcp, s->from_port);
        put16(tcp + 2, s->to_port);
        put32(tcp + 4, s->sequence);
        put32(tcp + 8, s->acknowledgement);
        tcp[12] = (uint8_t) ((20 + s->n_options) / 4 << 4);
        tcp[13] = s->flags;
        put16(tcp + 14, s->window);
        if (s->n_options > 0)
                memcpy(tcp + 20, s->options, s->n_options);
        put16(tcp + 16, (uint16_t) ~tcp_sum(ip, tcp, tcp_length, s->v6));

        p = tcp + tcp_length;
        return p - frame < 60 ? 60 : (size_t) (p - frame);
}

bool segment_see(const uint8_t *frame, size_t n, struct seen *ret)
{
        const uint8_t *p = frame + 12, *ip, *tcp;
        size_t ip_length, tcp_length;

        *ret = (struct seen){};
        if (n < 60)
                return false;
        memcpy(ret->to_mac, frame, 6);
        memcpy(ret->from_mac, frame + 6, 6);
        for (; big16(p) == 0x8100 || big16(p) == 0x88a8; p += 4) {
                if (ret->n_tags == 2)
                        return false;
                ret->tags[ret->n_tags++] = big16(p + 2);
        }
        ip = p + 2;
        ret->v6 = big16(p) == 0x86dd;
        if (!ret->v6 && big16(p) != 0x0800)
                return false;

        if (ret->v6) {
                ip_length = 40;
                tcp_length = big16(ip + 4);
                ret->ttl = ip[7];
                if (ip[0] >> 4 != 6 || ip[6] != 6)
                        return false;
                (void) inet_ntop(AF_INET6, ip + 8, ret->from, sizeof(ret->from));
                (void) inet_ntop(AF_INET6, ip + 24, ret->to, sizeof(ret->to));
        } else {
                ip_length = (ip[0] & 15u) * 4;
                if (ip[0] >> 4 != 4 || ip[9] != 6 || big16(ip + 2) < ip_length || (big16(ip + 6) & 0x3fff) != 0)
                        return false;
                tcp_length = big16(ip + 2) - ip_length;
                ret->ttl = ip[8];
                (void) inet_ntop(AF_INET, ip + 12, ret->from, sizeof(ret->from));
                (void) inet_ntop(AF_INET, ip + 16, ret->to, sizeof(ret->to));
        }
        tcp = ip + ip_length;
        ret->length = (size_t) (tcp - frame) + tcp_length;
        if (ret->length > n || tcp_length < 20)
                return false;
        ret->sums_right = (ret->v6 || fold(add(0, ip, ip_length)) == 0xffff) && tcp_sum(ip, tcp, tcp_length, ret->v6) == 0xffff;

        ret->from_port = big16(tcp);
        ret->to_port = big16(tcp + 2);
        ret->sequence = big32(tcp + 4);
        ret->acknowledgement = big32(tcp + 8);
        ret->flags = tcp[13];
        ret->window = big16(tcp + 14);
        ret->options = tcp + 20;
        ret->n_options = (tcp[12] >> 4) * 4u - 20;
        return (tcp[12] >> 4) * 4u == tcp_length;
}

const uint8_t *option_of(const struct seen *s, uint8_t kind)
{
        for (size_t i = 0; i < s->n_options && s->options[i] != 0;) {
                if (s->options[i] == kind)
                        return s->options + i + 2;
                i += s->options[i] == 1 ? 1 : s->options[i + 1];
        }
        return NULL;
}
