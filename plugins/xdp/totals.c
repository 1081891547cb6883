/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ull
/* How long a source stays that no longer is among those that send most: rules that hold on to it must see it calm down. */
#define SOURCE_STAYS_NS (120 * SECOND_NS)
/* A packet now and then does not make anybody one who sends much. */
#define SOURCE_PACKETS_LEAST 10

/* --- filters --- */

static struct filter_total *find_total(struct xdp *x, const char *name)
{
        struct filter_total *t;
        uint64_t key = name_key(name);

        HASH_FIND(hh, x->totals, &key, sizeof(key), t);
        return t;
}

void totals_advance(struct xdp *x)
{
        struct interface *i, *next;

        HASH_ITER(hh, x->interfaces, i, next)
                for (uint32_t f = 0; i->program && x->filters && f < x->filters->n; f++) {
                        uint64_t hits = program_hits(i->program, f);
                        struct filter_total *t = find_total(x, x->filters->filter[f].name);

                        if (t)
                                t->packets += hits - i->hits_told[f];
                        i->hits_told[f] = hits;
                }
}

static int come(struct xdp *x, const char *name)
{
        struct filter_total *t = find_total(x, name);

        if (!t) {
                t = calloc(1, sizeof(*t));
                if (!t)
                        return -ENOMEM;
                t->key = name_key(name);
                t->name = strdup(name);
                if (!t->name) {
                        free(t);
                        return -ENOMEM;
                }
                HASH_ADD(hh, x->totals, key, sizeof(t->key), t);
        }
        if (!t->present)
                (void) x->host->object_add(x->host, "filter", t->key, name, NULL);
        t->present = true;
        return 0;
}

static bool is_filter(const struct filters *f, const char *name)
{
        for (size_t i = 0; f && i < f->n; i++)
                if (strcmp(f->filter[i].name, name) == 0)
                        return true;
        return false;
}

int totals_follow(struct xdp *x)
{
        struct filter_total *t, *next;
        int r = 0;

        HASH_ITER(hh, x->totals, t, next)
                if (t->present && !is_filter(x->filters, t->name)) {
                        (void) x->host->object_remove(x->host, "filter", t->key);
                        HASH_DEL(x->totals, t);
                        free(t->name);
                        free(t);
                }
        for (size_t i = 0; x->filters && i < x->filters->n && r >= 0; i++)
                r = come(x, x->filters->filter[i].name);
        return r;
}

void totals_free(struct xdp *x)
{
        struct filter_total *t, *next;

        HASH_ITER(hh, x->totals, t, next) {
                HASH_DEL(x->totals, t);
                free(t->name);
                free(t);
        }
}

/* --- sources --- */

static struct source *find_source(struct xdp *x, uint64_t key)
{
        struct source *s;

        HASH_FIND(hh, x->sources, &key, sizeof(key), s);
        return s;
}

static struct source *source_come(struct xdp *x, uint64_t key)
{
        struct source *s = calloc(1, sizeof(*s));
        char name[SOURCE_NAME_SIZE];

        if (!s)
                return NULL;
        source_name(key, name);
        if (x->host->object_add(x->host, "source", key, name, NULL) < 0) {
                free(s);
                return NULL;
        }
        s->key = key;
        HASH_ADD(hh, x->sources, key, sizeof(s->key), s);
        return s;
}

/* Of one interface: most first, so the first of them are those that send most. */
static void take_talkers(struct xdp *x, const struct talker *talkers, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                struct source *s = find_source(x, talkers[i].source);
                bool most = i < x->n_top && talkers[i].packets >= SOURCE_PACKETS_LEAST;

                if (!s && most)
                        s = source_come(x, talkers[i].source);
                if (!s)
                        continue;
                s->packets += talkers[i].packets;
                if (most)
                        s->seen_ns = x->now_ns;
        }
}

void sources_look(struct xdp *x)
{
        struct interface *i, *next_interface;
        struct source *s, *next;

        HASH_ITER(hh, x->interfaces, i, next_interface) {
                struct talker *talkers;
                const struct xdp_talker *places;
                size_t n;

                if (!i->program)
                        continue;
                places = program_talkers(i->program, &n);
                if (talkers_look(&i->talkers, places, n, &talkers, &n) < 0)
                        continue;
                take_talkers(x, talkers, n);
                free(talkers);
        }
        HASH_ITER(hh, x->sources, s, next)
                if (x->now_ns > s->seen_ns + SOURCE_STAYS_NS) {
                        (void) x->host->object_remove(x->host, "source", s->key);
                        HASH_DEL(x->sources, s);
                        free(s);
                }
}

void sources_free(struct xdp *x)
{
        struct source *s, *next;

        HASH_ITER(hh, x->sources, s, next) {
                HASH_DEL(x->sources, s);
                free(s);
        }
}
