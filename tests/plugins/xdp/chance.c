/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chance.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

uint32_t chance_below(struct chance *c, uint32_t n)
{
        c->state ^= c->state << 13;
        c->state ^= c->state >> 7;
        c->state ^= c->state << 17;
        return (uint32_t) (c->state >> 32) % n;
}

bool chance_once_in(struct chance *c, uint32_t n)
{
        return chance_below(c, n) == 0;
}

__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...)
{
        size_t n = strlen(text);
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(text + n, CHANCE_TEXT_MAX - n, format, ap);
        va_end(ap);
}

/* A few, and now and then any. */
static const uint8_t bytes[] = { 0, 1, 2, 127, 128, 254, 255 };
static const uint16_t ports[] = { 0, 1, 22, 53, 80, 443, 1023, 1024, 32768, 65534, 65535 };
static const uint8_t protocols[] = { 0, 1, 2, 6, 6, 6, 17, 17, 33, 43, 44, 47, 51, 58, 58, 59, 60, 132, 135, 136, 255 };

void chance_address(struct chance *c, int family, uint8_t ret[16])
{
        memset(ret, 0, 16);
        for (int i = 0; i < (family == 4 ? 4 : 16); i++)
                ret[i] = chance_once_in(c, 40) ? (uint8_t) chance_below(c, 256) : bytes[chance_below(c, N(bytes))];
        /* Most networks are two. */
        if (!chance_once_in(c, 8))
                memcpy(ret, family == 4 ? "\x0a" : "\x20\x01", family == 4 ? 1 : 2);
        if (family == 6 && !chance_once_in(c, 4))
                memset(ret + 2, 0, 5);
}

static uint16_t some_port(struct chance *c)
{
        return chance_once_in(c, 20) ? (uint16_t) chance_below(c, 65536) : ports[chance_below(c, N(ports))];
}

static void add_address(struct chance *c, char *text, int family)
{
        char address[INET6_ADDRSTRLEN];
        uint8_t a[16];

        chance_address(c, family, a);
        add(text, "%s", inet_ntop(family == 4 ? AF_INET : AF_INET6, a, address, sizeof(address)));
}

/* --- filters --- */

static void add_prefix(struct chance *c, char *text)
{
        int family = chance_once_in(c, 2) ? 4 : 6;
        uint32_t bits = family == 4 ? 32 : 128, length = chance_below(c, bits + 1);
        char address[INET6_ADDRSTRLEN];
        uint8_t a[16];

        if (chance_once_in(c, 4))
                length = chance_once_in(c, 3) ? 0 : bits;
        chance_address(c, family, a);
        for (uint32_t bit = length; bit < bits; bit++)
                a[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
        add(text, "%s/%u", inet_ntop(family == 4 ? AF_INET : AF_INET6, a, address, sizeof(address)), length);
}

static void add_prefixes(struct chance *c, char *text, const char *key)
{
        add(text, " %s=", key);
        for (uint32_t n = 1 + chance_below(c, 6); n > 0; n--) {
                add_prefix(c, text);
                add(text, "%s", n > 1 ? "," : "");
        }
}

static void add_ranges(struct chance *c, char *text, const char *key)
{
        add(text, " %s=", key);
        for (uint32_t n = 1 + chance_below(c, 3); n > 0; n--) {
                uint16_t first = some_port(c), last = some_port(c);

                if (chance_once_in(c, 2))
                        add(text, "%u", first);
                else
                        add(text, "%u-%u", first < last ? first : last, first < last ? last : first);
                add(text, "%s", n > 1 ? "," : "");
        }
}

static void add_flags(struct chance *c, char *text)
{
        static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };
        uint32_t some = 1 + chance_below(c, 255), n = 0;

        if (chance_once_in(c, 2))
                some = 1u << chance_below(c, 8);
        add(text, " protocol=tcp flags=");
        for (uint32_t i = 0; i < 8; i++)
                if (some >> i & 1)
                        add(text, "%s%s%s", n++ > 0 ? "," : "", chance_once_in(c, 2) ? "!" : "", names[i]);
}

static void add_protocols(struct chance *c, char *text, bool with_ports)
{
        static const char *const having_ports[] = { "tcp", "udp", "sctp", "dccp", "udplite" };

        add(text, " protocol=");
        for (uint32_t n = 1 + chance_below(c, 3); n > 0; n--) {
                if (with_ports)
                        add(text, "%s", having_ports[chance_below(c, N(having_ports))]);
                else
                        add(text, "%u", protocols[chance_below(c, N(protocols))]);
                add(text, "%s", n > 1 ? "," : "");
        }
}

static void add_filter(struct chance *c, char *text)
{
        bool source_ports = chance_once_in(c, 5), destination_ports = chance_once_in(c, 4);
        size_t before;

        add(text, "%s", chance_once_in(c, 3) ? "allow" : "drop");
        if (chance_once_in(c, 8))
                add(text, " for=iface:%s", chance_once_in(c, 2) ? "eth*" : "test?,iface:lo");
        before = strlen(text);
        if (chance_once_in(c, 2))
                add_prefixes(c, text, "source");
        else if (chance_once_in(c, 20))
                add(text, " source= file=/empty");
        if (chance_once_in(c, 4))
                add_prefixes(c, text, "destination");
        if (source_ports)
                add_ranges(c, text, "source-port");
        if (destination_ports)
                add_ranges(c, text, "port");
        if (chance_once_in(c, 6))
                add_flags(c, text);
        else if (chance_once_in(c, 3))
                add_protocols(c, text, source_ports || destination_ports);
        if (chance_once_in(c, 10))
                add(text, " fragments=yes");
        if (strlen(text) == before)
                add_prefixes(c, text, "source");
        add(text, "; ");
}

void chance_filters(struct chance *c, uint32_t max, char ret[CHANCE_TEXT_MAX])
{
        uint32_t n = chance_below(c, chance_once_in(c, 4) ? max + 1 : 6);

        ret[0] = '\0';
        /* What might not go in as a whole does not begin. */
        while (n-- > 0 && strlen(ret) < CHANCE_TEXT_MAX - 1024)
                add_filter(c, ret);
}

/* --- packets --- */

static void add_pieces(struct chance *c, char *text)
{
        if (chance_once_in(c, 2))
                add(text, " first");
        else
                add(text, " later=%u%s", chance_once_in(c, 3) ? 1 : 1 + chance_below(c, 8191), chance_once_in(c, 2) ? " more" : "");
}

static void add_ipv4(struct chance *c, char *text)
{
        add(text, " 4 from=");
        add_address(c, text, 4);
        add(text, " to=");
        add_address(c, text, 4);
        if (chance_once_in(c, 4))
                add_pieces(c, text);
        if (chance_once_in(c, 6))
                add(text, " options=%u", 1 + chance_below(c, 10));
        if (chance_once_in(c, 30))
                add(text, " ihl=%u", chance_below(c, 16));
}

static void add_ipv6(struct chance *c, char *text)
{
        static const char *const extensions[] = { "hop-by-hop", "routing", "destination", "mobility", "authentication", "fragment" };

        add(text, " 6 from=");
        add_address(c, text, 6);
        add(text, " to=");
        add_address(c, text, 6);
        add(text, " hop=%u", 253 + chance_below(c, 3));
        if (chance_once_in(c, 3))
                return;
        for (uint32_t n = chance_below(c, chance_once_in(c, 8) ? 9 : 4); n > 0; n--) {
                uint32_t kind = chance_below(c, N(extensions));

                add(text, " %s", extensions[kind]);
                if (kind == 5 && !chance_once_in(c, 4))
                        add_pieces(c, text);
                else if (kind != 5 && chance_once_in(c, 3))
                        add(text, "=%u", kind == 4 ? chance_below(c, 30) : chance_below(c, 6));
        }
}

static void add_transport(struct chance *c, char *text)
{
        static const char *const names[] = { "udp", "sctp", "dccp", "udplite" };
        static const char *const flags[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };

        switch (chance_below(c, 8)) {
        case 0:
        case 1:
        case 2:
                add(text, " tcp sport=%u port=%u", some_port(c), some_port(c));
                for (uint32_t n = chance_below(c, 4); n > 0; n--)
                        add(text, " %s", flags[chance_below(c, N(flags))]);
                break;
        case 3:
        case 4:
                add(text, " %s sport=%u port=%u", names[chance_below(c, N(names))], some_port(c), some_port(c));
                break;
        case 5:
                add(text, " icmp kind=%u", chance_below(c, 20));
                break;
        case 6:
                add(text, " icmpv6 kind=%u", 130 + chance_below(c, 10));
                break;
        default:
                add(text, " protocol=%u data=%u", protocols[chance_below(c, N(protocols))], chance_below(c, 30));
        }
}

void chance_packet(struct chance *c, char ret[CHANCE_TEXT_MAX])
{
        static const char *const tags[] = { "tag=8100", "tag=88a8", "tag=9100" };
        bool tagged = chance_once_in(c, 4);

        ret[0] = '\0';
        for (uint32_t n = tagged ? 1 + chance_below(c, 3) : 0; n > 0; n--)
                add(ret, " %s", tags[chance_below(c, N(tags))]);
        if (chance_once_in(c, 40)) {
                add(ret, " type=%04x data=%u", chance_below(c, 65536), chance_below(c, 60));
                return;
        }
        if (chance_once_in(c, 2))
                add_ipv4(c, ret);
        else
                add_ipv6(c, ret);
        add_transport(c, ret);
        if (chance_once_in(c, 40))
                add(ret, " version=%u", chance_below(c, 16));
        if (chance_once_in(c, 3))
                add(ret, " data=%u", chance_below(c, 64));
        if (chance_once_in(c, 12))
                add(ret, " length=%u", chance_once_in(c, 4) ? chance_below(c, 65536) : chance_below(c, 100));
        if (chance_once_in(c, 6))
                add(ret, " pad=%u", chance_below(c, 40));
        if (chance_once_in(c, 12))
                add(ret, " cut=%u", 14 + chance_below(c, 120));
}
