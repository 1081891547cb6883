/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compile.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define N_PORTS 65536

/* --- prefixes --- */

/* All of one kind: the filters that apply look at them. */
static int list_prefixes(const struct filters *filters, const char *interface, enum xdp_prefixes which, struct prefix_list *ret)
{
        bool destination = which >= XDP_DESTINATIONS_V4;
        unsigned family = which == XDP_SOURCES_V4 || which == XDP_DESTINATIONS_V4 ? 4 : 6;
        size_t n = 0;

        for (size_t i = 0; i < filters->n; i++)
                n += destination ? filters->filter[i].n_destinations : filters->filter[i].n_sources;
        ret->at = calloc(n + 1, sizeof(*ret->at));
        if (!ret->at)
                return -ENOMEM;
        for (size_t i = 0; i < filters->n; i++) {
                const struct filter *f = &filters->filter[i];
                const struct prefix *at = destination ? f->destinations : f->sources;

                if (!filter_applies(f, interface))
                        continue;
                for (size_t j = 0; j < (destination ? f->n_destinations : f->n_sources); j++)
                        if (at[j].family == family)
                                ret->at[ret->n++] = (struct prefix_bits){ at[j], 1ull << i };
        }
        return 0;
}

static int make_prefixes(const struct filters *filters, const char *interface, struct tables *t)
{
        int r = 0;

        for (int which = 0; which < _XDP_PREFIXES_MAX && r >= 0; which++) {
                struct prefix_list list = {};

                r = list_prefixes(filters, interface, which, &list);
                if (r >= 0)
                        r = prefixes_make(&list, &t->set.prefixes[which], &t->prefixes[which]);
                free(list.at);
        }
        return r;
}

/* --- hints --- */

static void add_bits(__u64 bloom[XDP_HINT_WORDS], uint64_t bits)
{
        uint64_t hash = XDP_HINT_HASH(bits);

        bloom[XDP_HINT_WORD(hash)] |= XDP_HINT_PATTERN(hash);
}

/* The first eight bytes. */
static uint64_t upper_half(const struct prefix *p)
{
        uint64_t n = 0;

        for (int i = 0; i < 8; i++)
                n = n << 8 | p->bytes[i];
        return n;
}

static void hint4(struct xdp_hint *hint, const struct prefix *p)
{
        uint64_t address = upper_half(p) >> 32;

        if (p->length <= 16)
                for (uint64_t i = address >> 16; i < (address >> 16) + (1u << (16 - p->length)); i++)
                        hint->short4[i / 64] |= 1ull << i % 64;
        else
                for (uint64_t i = 0; i < (p->length < 24 ? 1u << (24 - p->length) : 1); i++)
                        add_bits(hint->bloom4, (address >> 8) + i);
}

static void hint6(struct xdp_hint *hint, const struct prefix *p)
{
        if (p->length < 32)
                hint->short6 = 1;
        else
                add_bits(hint->bloom6, upper_half(p) >> (p->length < 48 ? 32 : 16));
}

static int make_hint(const struct filters *filters, const char *interface, struct xdp_hint **ret)
{
        struct xdp_hint *hint = calloc(1, sizeof(*hint));

        if (!hint)
                return -ENOMEM;
        for (size_t i = 0; i < filters->n; i++) {
                const struct filter *f = &filters->filter[i];

                for (size_t j = 0; j < f->n_sources && filter_applies(f, interface); j++)
                        if (f->sources[j].family == 4)
                                hint4(hint, &f->sources[j]);
                        else
                                hint6(hint, &f->sources[j]);
        }
        *ret = hint;
        return 0;
}

/* --- ports --- */

static int add_ports(const struct range *ranges, size_t n, uint64_t bit, uint64_t **table)
{
        if (n == 0)
                return 0;
        if (!*table)
                *table = calloc(N_PORTS, sizeof(**table));
        if (!*table)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                for (unsigned port = ranges[i].first; port <= ranges[i].last; port++)
                        (*table)[port] |= bit;
        return 0;
}

/* --- everything else --- */

static bool wants_protocol(const struct filter *f, unsigned protocol)
{
        for (size_t i = 0; i < f->n_protocols; i++)
                if (f->protocols[i] == protocol)
                        return true;
        if (f->n_protocols > 0)
                return false;
        /* Ports without a protocol: of all that have them. */
        return (f->n_source_ports == 0 && f->n_destination_ports == 0) || protocol_has_ports((uint8_t) protocol);
}

static bool has_family(const struct filter *f, unsigned family)
{
        bool source = f->n_sources == 0 && !f->nobody, destination = f->n_destinations == 0;

        for (size_t i = 0; i < f->n_sources; i++)
                source |= f->sources[i].family == family;
        for (size_t i = 0; i < f->n_destinations; i++)
                destination |= f->destinations[i].family == family;
        return source && destination;
}

/* What looks at ports or flags matches nothing that has none here: a later piece of a datagram too. */
static bool has_shape(const struct filter *f, unsigned shape)
{
        bool ports = f->n_source_ports > 0 || f->n_destination_ports > 0;

        return has_family(f, shape & XDP_SHAPE_V6 ? 6 : 4) && (!f->fragments || shape % 4 != XDP_WHOLE) &&
               (!ports || (shape & XDP_SHAPE_PORTS)) && (f->flags == 0 || (shape & XDP_SHAPE_FLAGS));
}

static void add_to_set(struct xdp_set *set, const struct filter *f, uint64_t bit)
{
        for (unsigned i = 0; i < 256; i++) {
                if (wants_protocol(f, i))
                        set->protocol[i] |= bit;
                if ((i & f->flags) == f->flags_set)
                        set->flags[i] |= bit;
        }
        for (unsigned i = 0; i < XDP_SHAPES; i++)
                if (has_shape(f, i))
                        set->shape[i] |= bit;

        set->by_source |= f->n_sources > 0 ? bit : 0;
        set->by_destination |= f->n_destinations > 0 ? bit : 0;
        set->by_source_port |= f->n_source_ports > 0 ? bit : 0;
        set->by_destination_port |= f->n_destination_ports > 0 ? bit : 0;
        set->by_any = set->by_source | set->by_destination | set->by_source_port | set->by_destination_port;
        set->allow |= f->allow ? bit : 0;
}

int tables_make(const struct filters *filters, const char *interface, struct tables *ret)
{
        struct tables t = {};
        int r;

        r = make_prefixes(filters, interface, &t);
        if (r >= 0)
                r = make_hint(filters, interface, &t.hint);
        for (size_t i = 0; i < filters->n && r >= 0; i++) {
                const struct filter *f = &filters->filter[i];

                if (!filter_applies(f, interface))
                        continue;
                add_to_set(&t.set, f, 1ull << i);
                r = add_ports(f->source_ports, f->n_source_ports, 1ull << i, &t.source_ports);
                if (r >= 0)
                        r = add_ports(f->destination_ports, f->n_destination_ports, 1ull << i, &t.destination_ports);
        }
        if (r < 0) {
                tables_clear(&t);
                return r;
        }
        *ret = t;
        return 0;
}

void tables_clear(struct tables *t)
{
        for (int which = 0; which < _XDP_PREFIXES_MAX; which++)
                free(t->prefixes[which].at);
        free(t->hint);
        free(t->source_ports);
        free(t->destination_ports);
        *t = (struct tables){};
}
