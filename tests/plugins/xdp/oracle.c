/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "oracle.h"

#include <fnmatch.h>
#include <string.h>

/* --- reading a packet: from the front, and never behind what is left --- */

struct rest {
        const uint8_t *at;
        size_t n;
};

/* NULL: not so much is left. */
static const uint8_t *take(struct rest *r, size_t n)
{
        const uint8_t *at = r->at;

        if (r->n < n)
                return NULL;
        r->at += n;
        r->n -= n;
        return at;
}

/* Over what nobody looks at. */
static void skip(struct rest *r, size_t n)
{
        (void) take(r, n < r->n ? n : r->n);
}

/* What pads the frame is none of it. */
static void cut_to(struct rest *r, size_t n)
{
        if (r->n > n)
                r->n = n;
}

static unsigned number(const uint8_t *at)
{
        return (unsigned) at[0] << 8 | at[1];
}

static bool read_transport(struct seen *s, struct rest *r, unsigned hop)
{
        bool tcp = s->protocol == 6;
        const uint8_t *at;

        if (s->later)
                return true;
        if (tcp || s->protocol == 17 || s->protocol == 132 || s->protocol == 33 || s->protocol == 136) {
                at = take(r, tcp ? 20 : 4);
                if (!at)
                        return false;
                s->has_ports = true;
                s->source_port = number(at);
                s->port = number(at + 2);
                s->has_flags = tcp;
                s->flags = tcp ? at[13] : 0;
        } else if (s->family == 6 && s->protocol == 58) {
                at = take(r, 4);
                s->neighbour = at && at[0] >= 133 && at[0] <= 137 && hop == 255 && !s->piece;
        }
        return true;
}

static bool read_ipv4(struct seen *s, struct rest *r)
{
        const uint8_t *ip = take(r, 20);
        unsigned length, all, offset;

        if (!ip)
                return false;
        length = (ip[0] % 16) * 4;
        all = number(ip + 2);
        if (ip[0] / 16 != 4 || length < 20 || all < length)
                return false;
        s->family = 4;
        s->from = ip + 12;
        s->to = ip + 16;
        s->protocol = ip[9];

        offset = number(ip + 6) % 8192;
        s->later = offset > 0;
        s->piece = s->later || (ip[6] & 0x20);
        if (offset == 1 && s->protocol == 6)
                return false;
        cut_to(r, all - 20);
        skip(r, length - 20);
        return read_transport(s, r, 0);
}

static bool read_piece(struct seen *s, const uint8_t *header)
{
        unsigned offset = number(header + 2) / 8;

        if (s->piece)
                return false;
        s->later = offset > 0;
        s->piece = s->later || header[3] % 2 == 1;
        return offset != 1 || header[0] != 6;
}

static bool read_ipv6(struct seen *s, struct rest *r)
{
        const uint8_t *ip = take(r, 40), *header;

        if (!ip || ip[0] / 16 != 6)
                return false;
        s->family = 6;
        s->from = ip + 8;
        s->to = ip + 24;
        s->protocol = ip[6];
        if (number(ip + 4) > 0 || s->protocol != 0)
                cut_to(r, number(ip + 4));

        for (int n = 0; !s->later && (s->protocol == 0 || s->protocol == 43 || s->protocol == 44 || s->protocol == 51 ||
                                      s->protocol == 60 || s->protocol == 135);
             n++) {
                header = take(r, 8);
                if (!header || n == 6)
                        return false;
                if (s->protocol == 51)
                        skip(r, (size_t) header[1] * 4);
                else if (s->protocol != 44)
                        skip(r, (size_t) header[1] * 8);
                else if (!read_piece(s, header))
                        return false;
                s->protocol = header[0];
        }
        return read_transport(s, r, ip[7]);
}

static bool is_tag(unsigned type)
{
        return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

bool oracle_read(const uint8_t *packet, size_t n, struct seen *s)
{
        struct rest r = { packet, n };
        const uint8_t *at = take(&r, 14);
        unsigned type, tags = 0;

        if (!at)
                return false;
        for (type = number(at + 12); is_tag(type) && tags < 2; tags++) {
                at = take(&r, 4);
                if (!at)
                        return false;
                type = number(at + 2);
        }
        if (is_tag(type))
                return false;
        if (type == 0x0800)
                return read_ipv4(s, &r);
        return type != 0x86dd || read_ipv6(s, &r);
}

/* --- what it is to a filter --- */

bool oracle_covers(const struct prefix *p, int family, const uint8_t *address)
{
        if (p->family != family)
                return false;
        for (unsigned bit = 0; bit < p->length; bit++)
                if ((p->bytes[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1)
                        return false;
        return true;
}

static bool any_prefix(const struct prefix *at, size_t n, int family, const uint8_t *address)
{
        for (size_t i = 0; i < n; i++)
                if (oracle_covers(&at[i], family, address))
                        return true;
        return false;
}

static bool any_range(const struct range *at, size_t n, unsigned port)
{
        for (size_t i = 0; i < n; i++)
                if (port >= at[i].first && port <= at[i].last)
                        return true;
        return false;
}

static bool any_protocol(const struct filter *f, unsigned protocol)
{
        for (size_t i = 0; i < f->n_protocols; i++)
                if (f->protocols[i] == protocol)
                        return true;
        return false;
}

static bool any_interface(const struct filter *f, const char *interface)
{
        for (size_t i = 0; i < f->n_interfaces; i++)
                if (fnmatch(f->interfaces[i], interface, 0) == 0)
                        return true;
        return false;
}

/* All that it says must be so. What it says of ports is so of no packet in which there are none. */
static bool fits(const struct filter *f, const char *interface, const struct seen *s)
{
        if (f->n_interfaces > 0 && !any_interface(f, interface))
                return false;
        if ((f->n_sources > 0 || f->nobody) && !any_prefix(f->sources, f->n_sources, s->family, s->from))
                return false;
        if (f->n_destinations > 0 && !any_prefix(f->destinations, f->n_destinations, s->family, s->to))
                return false;
        if (f->n_protocols > 0 && !any_protocol(f, s->protocol))
                return false;
        if (f->n_source_ports > 0 && !(s->has_ports && any_range(f->source_ports, f->n_source_ports, s->source_port)))
                return false;
        if (f->n_destination_ports > 0 && !(s->has_ports && any_range(f->destination_ports, f->n_destination_ports, s->port)))
                return false;
        if (f->flags != 0 && !(s->has_flags && (s->flags & f->flags) == f->flags_set))
                return false;
        return !f->fragments || s->piece;
}

uint64_t oracle_source(const struct seen *s)
{
        uint64_t source = 0;

        for (int i = 0; i < (s->family == 4 ? 4 : 8); i++)
                source = source << 8 | s->from[i];
        return s->family == 6 && source < 1ull << 32 ? source + (1ull << 63) : source;
}

static bool is_banned(const struct oracle *o, const struct seen *s)
{
        for (size_t i = 0; i < o->n_bans; i++)
                if (o->bans[i] == oracle_source(s))
                        return true;
        return false;
}

enum answer oracle_ask(const struct oracle *o, const uint8_t *packet, size_t n, int *ret_filter)
{
        struct seen s = {};

        *ret_filter = -1;
        if (!oracle_read(packet, n, &s))
                return ANSWER_MALFORMED;
        if (s.family == 0 || s.neighbour)
                return ANSWER_PASS;

        for (int allow = 1; allow >= 0; allow--)
                for (size_t i = 0; i < o->filters->n; i++)
                        if (o->filters->filter[i].allow == allow && fits(&o->filters->filter[i], o->interface, &s)) {
                                *ret_filter = (int) i;
                                return allow ? ANSWER_PASS : ANSWER_FILTER;
                        }
        return is_banned(o, &s) ? ANSWER_BAN : ANSWER_PASS;
}
