/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "talkers.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_source(const void *a, const void *b)
{
        const struct talker *x = a, *y = b;

        return (x->source > y->source) - (x->source < y->source);
}

static int by_packets(const void *a, const void *b)
{
        const struct talker *x = a, *y = b;

        return (x->packets < y->packets) - (x->packets > y->packets);
}

/* A source has a place for each CPU that it came in by. */
static size_t merge(struct talker *t, size_t n)
{
        size_t out = 0;

        qsort(t, n, sizeof(*t), by_source);
        for (size_t i = 0; i < n; i++)
                if (out > 0 && t[out - 1].source == t[i].source)
                        t[out - 1].packets += t[i].packets;
                else
                        t[out++] = t[i];
        qsort(t, out, sizeof(*t), by_packets);
        return out;
}

/* The program writes to it meanwhile: the count first, and then whose it is. */
static struct xdp_talker look(const struct xdp_talker *place)
{
        struct xdp_talker t = { .source = __atomic_load_n(&place->source, __ATOMIC_ACQUIRE) };

        t.packets = __atomic_load_n(&place->packets, __ATOMIC_RELAXED);
        t.family = place->family;
        return t;
}

int talkers_look(struct talkers *t, const struct xdp_talker *places, size_t n, struct talker **ret, size_t *ret_n)
{
        struct talker *found;
        size_t n_found = 0;

        *ret = NULL;
        *ret_n = 0;
        if (n == 0)
                return 0;
        if (t->n != n) {
                talkers_clear(t);
                t->last = calloc(n, sizeof(*t->last));
                if (!t->last)
                        return -ENOMEM;
                t->n = n;
        }
        found = calloc(n, sizeof(*found));
        if (!found)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                struct xdp_talker now = look(&places[i]);
                const struct xdp_talker *last = &t->last[i];
                uint64_t before = last->source == now.source && last->packets <= now.packets ? last->packets : 0;

                if (now.family != 0 && now.packets > before)
                        found[n_found++] = (struct talker){ now.source, now.packets - before };
                t->last[i] = now;
        }
        *ret_n = merge(found, n_found);
        *ret = found;
        return 0;
}

void talkers_clear(struct talkers *t)
{
        free(t->last);
        *t = (struct talkers){};
}

void source_name(uint64_t source, char ret[SOURCE_NAME_SIZE])
{
        char text[INET6_ADDRSTRLEN];

        if (source >> 32 == 0) {
                struct in_addr address = { .s_addr = htonl((uint32_t) source) };

                (void) inet_ntop(AF_INET, &address, text, sizeof(text));
                (void) snprintf(ret, SOURCE_NAME_SIZE, "%s", text);
        } else {
                struct in6_addr address = {};
                uint64_t upper = source;

                /* Set where the upper half alone could be taken for IPv4; those addresses are nobody's. */
                if ((upper & ~XDP_SOURCE_V6) >> 32 == 0)
                        upper &= ~XDP_SOURCE_V6;
                upper = htobe64(upper);
                memcpy(address.s6_addr, &upper, sizeof(upper));
                (void) inet_ntop(AF_INET6, &address, text, sizeof(text));
                (void) snprintf(ret, SOURCE_NAME_SIZE, "%s/64", text);
        }
}
