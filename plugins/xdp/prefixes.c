/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefixes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FACTOR 0x9e3779b97f4a7c15ull
#define LENGTHS 129
#define TRIES  32 /* with another factor and an eighth more room each time: what does not fit then is made not to */

_Static_assert(sizeof(union xdp_line) == 64, "a cache line");

/* --- in which order lengths are looked for --- */

/* The middle one first: no more steps than a binary search takes. The place of the first of those from there to there, 0: none. */
static uint8_t add_steps(struct xdp_search *s, const uint8_t *lengths, size_t from, size_t to, uint8_t *n)
{
        size_t middle = (from + to) / 2;
        uint8_t at = *n;

        if (from == to)
                return 0;
        (*n)++;
        s->step[at].length = lengths[middle];
        s->step[at].longer = add_steps(s, lengths, middle + 1, to, n);
        s->step[at].shorter = add_steps(s, lengths, from, middle, n);
        return at;
}

static void make_steps(const struct prefix_list *list, struct xdp_search *s)
{
        bool there[LENGTHS] = {};
        uint8_t lengths[LENGTHS], n = 0;
        size_t n_lengths = 0;

        for (size_t i = 0; i < list->n; i++)
                there[list->at[i].prefix.length] = true;
        for (unsigned length = 0; length < LENGTHS; length++)
                if (there[length])
                        lengths[n_lengths++] = (uint8_t) length;
        (void) add_steps(s, lengths, 0, n_lengths, &n);
}

/* --- markers --- */

static struct prefix cut(const struct prefix *p, uint8_t length)
{
        struct prefix r = { .family = p->family, .length = length };

        memcpy(r.bytes, p->bytes, (length + 7u) / 8);
        if (length % 8)
                r.bytes[length / 8] &= (uint8_t) (0xff << (8 - length % 8));
        return r;
}

/* Those that lead to a prefix; they stand for no filter of their own. NULL: only how many. */
static size_t mark(const struct xdp_search *s, const struct prefix *p, struct prefix_bits *ret)
{
        size_t n = 0;

        for (uint8_t at = 0; s->step[at].length != p->length;) {
                const struct xdp_step *step = &s->step[at];

                if (step->length < p->length) {
                        if (ret)
                                ret[n] = (struct prefix_bits){ cut(p, step->length), 0 };
                        n++;
                }
                at = step->length < p->length ? step->longer : step->shorter;
        }
        return n;
}

static int add_markers(struct prefix_list *list, const struct xdp_search *s)
{
        size_t n = list->n;
        struct prefix_bits *at;

        for (size_t i = 0; i < list->n; i++)
                n += mark(s, &list->at[i].prefix, NULL);
        at = reallocarray(list->at, n, sizeof(*at));
        if (!at)
                return -ENOMEM;
        list->at = at;
        n = list->n;
        for (size_t i = 0; i < list->n; i++)
                n += mark(s, &at[i].prefix, at + n);
        list->n = n;
        return 0;
}

/* --- what is around each --- */

static int compare(const void *a, const void *b)
{
        const struct prefix *x = &((const struct prefix_bits *) a)->prefix;
        const struct prefix *y = &((const struct prefix_bits *) b)->prefix;
        int r = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

        return r ? r : (x->length > y->length) - (x->length < y->length);
}

static bool covers(const struct prefix *outer, const struct prefix *inner)
{
        unsigned whole = outer->length / 8, rest = outer->length % 8;
        uint8_t mask = (uint8_t) (0xff << (8 - rest));

        if (outer->length > inner->length || memcmp(outer->bytes, inner->bytes, whole) != 0)
                return false;
        return rest == 0 || ((outer->bytes[whole] ^ inner->bytes[whole]) & mask) == 0;
}

/*
 * Sorted, a prefix comes before all that are in it: those around the one at hand are a stack. Each gets the bits of those around it.
 */
static void spread(struct prefix_list *t)
{
        size_t stack[LENGTHS], depth = 0, n = 0;

        qsort(t->at, t->n, sizeof(*t->at), compare);
        for (size_t i = 0; i < t->n; i++) {
                struct prefix_bits p = t->at[i];

                if (n > 0 && compare(&t->at[n - 1], &p) == 0) {
                        t->at[n - 1].bits |= p.bits;
                        continue;
                }
                while (depth > 0 && !covers(&t->at[stack[depth - 1]].prefix, &p.prefix))
                        depth--;
                if (depth > 0)
                        p.bits |= t->at[stack[depth - 1]].bits;
                stack[depth++] = n;
                t->at[n++] = p;
        }
        t->n = n;
}

/* --- the hash table --- */

static uint64_t number(const uint8_t bytes[8])
{
        uint64_t n = 0;

        for (int i = 0; i < 8; i++)
                n = n << 8 | bytes[i];
        return n;
}

/* Into the first room there is; whether there was any. */
static bool put(const struct xdp_search *s, union xdp_line *lines, const struct prefix_bits *p)
{
        uint64_t upper = number(p->prefix.bytes), lower = number(p->prefix.bytes + 8);
        uint32_t length = p->prefix.length + 1u, at = xdp_line_of(s, upper, lower, length);

        for (union xdp_line *l = lines + at; l < lines + at + XDP_LINES_MAX; l++) {
                for (int i = 0; i < 4 && p->prefix.family == 4; i++)
                        if (l->v4[i].key == 0) {
                                l->v4[i].key = upper | length;
                                l->v4[i].bits = p->bits;
                                return true;
                        }
                for (int i = 0; i < 2 && p->prefix.family == 6; i++)
                        if (l->v6[i].length == 0) {
                                l->v6[i].upper = upper;
                                l->v6[i].lower = lower;
                                l->v6[i].length = length;
                                l->v6[i].bits = p->bits;
                                return true;
                        }
        }
        return false;
}

static bool put_all(const struct xdp_search *s, union xdp_line *lines, const struct prefix_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                if (!put(s, lines, &list->at[i]))
                        return false;
        return true;
}

static int make_lines(const struct prefix_list *list, struct xdp_search *s, struct prefix_lines *ret)
{
        /* Two thirds full: most then stand in their first line. */
        size_t n = list->n * 3 / (list->at[0].prefix.family == 4 ? 8 : 4) + 1;

        s->factor = FACTOR;
        for (int i = 0; i < TRIES && n < UINT32_MAX - XDP_LINES_MAX; i++) {
                /* Behind the last that a hash gives is room for what does not fit into it. */
                union xdp_line *lines = calloc(n + XDP_LINES_MAX - 1, sizeof(*lines));

                if (!lines)
                        return -ENOMEM;
                s->n_lines = (uint32_t) n;
                if (put_all(s, lines, list)) {
                        *ret = (struct prefix_lines){ lines, (uint32_t) n + XDP_LINES_MAX - 1 };
                        return 0;
                }
                free(lines);
                s->factor *= FACTOR;
                n += n / 8 + 1;
        }
        return -E2BIG;
}

int prefixes_make(struct prefix_list *list, struct xdp_search *ret_search, struct prefix_lines *ret)
{
        struct xdp_search s = {};
        int r;

        if (list->n == 0)
                return 0;
        make_steps(list, &s);
        r = add_markers(list, &s);
        if (r < 0)
                return r;
        spread(list);
        r = make_lines(list, &s, ret);
        if (r >= 0)
                *ret_search = s;
        return r;
}
