/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/rule.h"
#include "decide/value.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

static void move_clear(struct move *m)
{
        free(m->rule);
        free(m->object);
        free(m->knob);
        free(m->from);
        free(m->to);
        free(m->reason);
        free(m->outcome);
}

void history_clear(struct history *h)
{
        for (size_t i = 0; i < h->n; i++)
                move_clear(&h->moves[i]);
        free(h->moves);
        *h = (struct history){ 0 };
}

static void add(struct history *h, struct move *m)
{
        m->serial = h->n;
        if (m->rule && m->object && m->knob && m->reason && array_reserve(&h->moves, h->n, sizeof(*h->moves)) >= 0) {
                h->moves[h->n++] = *m;
                return;
        }
        move_clear(m);
        h->error = -ENOMEM;
}

/* "max", "200"; NULL: not known. */
static char *value_of(const struct knob *k, const struct trimtab_value *v)
{
        return v ? value_format(k, v) : NULL;
}

void history_add_simulated(struct history *h, const struct replay *p, uint64_t time_ns, const struct decision *d,
                           const struct trimtab_value *from, const struct trimtab_value *to)
{
        const struct knob *k = catalogue_knob_at(replay_catalogue(p), d->knob);
        struct move m = {
                .time_ns = time_ns,
                .by = SIMULATED,
                .verb = d->verb,
                .advise = d->advise,
                .rule = strdup(d->rule),
                .object = objects_full_name(replay_objects(p), d->object),
                .knob = strdup(k->name),
                .from = value_of(k, from),
                .to = value_of(k, to),
                .reason = strdup(d->reason),
        };

        add(h, &m);
}

/* What became of a decision: the newest of that number. */
static void add_outcome(struct history *h, const struct knob *k, const struct item *item)
{
        for (size_t i = h->n; i-- > 0;) {
                struct move *m = &h->moves[i];

                if (!(m->by & RECORDED) || m->id != item->outcome.decision)
                        continue;
                free(m->outcome);
                m->outcome = strdup(item->outcome.outcome);
                if (!m->from && item->outcome.have_before)
                        m->from = value_of(k, &item->outcome.before);
                if (!m->to && item->outcome.have_after)
                        m->to = value_of(k, &item->outcome.after);
                return;
        }
}

void history_add_recorded(struct history *h, const struct replay *p, uint64_t time_ns, const struct item *item)
{
        const struct knob *k = catalogue_knob_at(
                replay_catalogue(p), item->kind == ITEM_DECISION ? item->decision.knob : item->outcome.knob);
        struct move m = { .time_ns = time_ns, .by = RECORDED };

        if (item->kind == ITEM_OUTCOME) {
                add_outcome(h, k, item);
                return;
        }

        m.verb = item->decision.verb;
        m.advise = item->decision.advise;
        m.id = item->decision.id;
        m.rule = strdup(item->decision.rule);
        m.object = objects_full_name(replay_objects(p), item->decision.object);
        m.knob = strdup(k->name);
        m.to = item->decision.verb == VERB_SET ? value_of(k, &item->decision.value) : NULL;
        m.reason = strdup(item->decision.reason);
        add(h, &m);
}

/* Whether a simulated and a recorded decision come to the same. Where a knob goes back to is not recorded
 * with a decision. */
static bool is_same(const struct move *a, const struct move *b)
{
        if (a->verb != b->verb || !streq(a->rule, b->rule) || !streq(a->object, b->object) || !streq(a->knob, b->knob))
                return false;
        return a->verb != VERB_SET || (a->to && b->to && streq(a->to, b->to));
}

static int compare(const void *a, const void *b)
{
        const struct move *x = a, *y = b;

        if (x->time_ns != y->time_ns)
                return x->time_ns < y->time_ns ? -1 : 1;
        return (x->serial > y->serial) - (x->serial < y->serial);
}

/* The recorded decision that is the same as moves[i], within reach before or behind it. */
static struct move *find_same(struct history *h, size_t i, uint64_t within_ns)
{
        const struct move *wanted = &h->moves[i];
        size_t first = i;

        while (first > 0 && h->moves[first - 1].time_ns + within_ns >= wanted->time_ns)
                first--;
        for (size_t k = first; k < h->n && h->moves[k].time_ns <= wanted->time_ns + within_ns; k++)
                if (h->moves[k].by == RECORDED && is_same(wanted, &h->moves[k]))
                        return &h->moves[k];
        return NULL;
}

void history_match(struct history *h, uint64_t within_ns)
{
        size_t n = 0;

        if (h->n > 0)
                qsort(h->moves, h->n, sizeof(*h->moves), compare);

        for (size_t i = 0; i < h->n; i++) {
                struct move *m = &h->moves[i], *same;

                if (m->by != SIMULATED)
                        continue;
                same = find_same(h, i, within_ns);
                if (!same)
                        continue;
                m->by |= RECORDED;
                m->id = same->id;
                m->outcome = TAKE(same->outcome);
                same->by = 0; /* told by the other */
        }

        for (size_t i = 0; i < h->n; i++) {
                if (h->moves[i].by == 0)
                        move_clear(&h->moves[i]);
                else
                        h->moves[n++] = h->moves[i];
        }
        h->n = n;
}

void tallies_clear(struct tallies *t)
{
        for (size_t i = 0; i < t->n; i++)
                free(t->items[i].held);
        free(t->items);
        *t = (struct tallies){ 0 };
}

/* NULL: out of memory. */
static struct tally *tally_of(struct tallies *t, const char *rule)
{
        for (size_t i = 0; i < t->n; i++)
                if (streq(t->items[i].rule, rule))
                        return &t->items[i];
        if (array_reserve(&t->items, t->n, sizeof(*t->items)) < 0)
                return NULL;
        t->items[t->n] = (struct tally){ .rule = rule };
        return &t->items[t->n++];
}

/* Whoever holds what this decision is about lets go of it. */
static void let_go(struct tallies *t, const struct move *m)
{
        for (size_t i = 0; i < t->n; i++) {
                struct tally *tally = &t->items[i];

                for (size_t k = 0; k < tally->n_held; k++) {
                        if (!streq(tally->held[k]->object, m->object) || !streq(tally->held[k]->knob, m->knob) ||
                            tally->held[k]->advise != m->advise)
                                continue;
                        tally->held[k] = tally->held[--tally->n_held];
                        if (tally->n_held == 0)
                                tally->active_ns += m->time_ns - tally->since_ns;
                        return;
                }
        }
}

static int take_hold(struct tally *tally, struct move *m)
{
        int r = array_reserve(&tally->held, tally->n_held, sizeof(*tally->held));

        if (r < 0)
                return r;
        if (tally->n_held == 0)
                tally->since_ns = m->time_ns;
        tally->held[tally->n_held++] = m;
        return 0;
}

static int count(struct tallies *t, struct move *m)
{
        struct tally *tally = tally_of(t, m->rule);

        if (!tally)
                return -ENOMEM;
        if (m->verb == VERB_SET) {
                tally->n_fired += !!(m->by & SIMULATED);
                tally->n_recorded += !!(m->by & RECORDED);
        }
        if (!(m->by & SIMULATED))
                return 0;
        let_go(t, m);
        return m->verb == VERB_SET ? take_hold(tally, m) : 0;
}

int tallies_make(const struct history *h, const struct ruleset *rules, uint64_t end_ns, struct tallies *ret)
{
        int r = 0;

        for (size_t i = 0; i < ruleset_n(rules); i++)
                if (!tally_of(ret, ruleset_at(rules, i)->name))
                        return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < h->n; i++)
                r = count(ret, &h->moves[i]);
        for (size_t i = 0; i < ret->n; i++)
                if (ret->items[i].n_held > 0)
                        ret->items[i].active_ns += end_ns - ret->items[i].since_ns;
        return r;
}
