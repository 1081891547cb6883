/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/slot.h"

#include <stdlib.h>
#include <string.h>

#include "decide/goal.h"
#include "decide/step.h"
#include "util/array.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_keys(const struct slot_key *a, const struct slot_key *b)
{
        if (a->object.key != b->object.key)
                return COMPARE(a->object.key, b->object.key);
        if (a->object.scope != b->object.scope)
                return COMPARE(a->object.scope, b->object.scope);
        if (a->knob != b->knob)
                return COMPARE(a->knob, b->knob);
        return COMPARE(a->advise, b->advise);
}

/* Where it is, or belongs. */
static size_t lower_bound(const struct slots *s, const struct slot_key *key)
{
        size_t low = 0, high = s->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (compare_keys(&s->items[middle]->key, key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

struct slot *slots_find(const struct slots *s, const struct slot_key *key)
{
        size_t i = lower_bound(s, key);

        return i < s->n && compare_keys(&s->items[i]->key, key) == 0 ? s->items[i] : NULL;
}

struct slot *slots_get(struct slots *s, const struct slot_key *key)
{
        struct slot *slot = slots_find(s, key);
        size_t i;

        if (slot)
                return slot;
        if (array_reserve(&s->items, s->n, sizeof(*s->items)) < 0)
                return NULL;
        slot = calloc(1, sizeof(*slot));
        if (!slot)
                return NULL;

        slot->key = *key;
        i = lower_bound(s, key);
        memmove(&s->items[i + 1], &s->items[i], (s->n - i) * sizeof(*s->items));
        s->items[i] = slot;
        s->n++;
        return slot;
}

void slots_remove(struct slots *s, struct slot *slot)
{
        size_t i = lower_bound(s, &slot->key);

        while (slot->claims)
                slot_unlink(slot, slot->claims);
        memmove(&s->items[i], &s->items[i + 1], (s->n - i - 1) * sizeof(*s->items));
        s->n--;
        free(slot);
}

void slot_unlink(struct slot *s, struct claim *c)
{
        struct claim **of_slot = &s->claims, **of_holder = &c->holder->claims;

        while (*of_slot != c)
                of_slot = &(*of_slot)->next_of_slot;
        *of_slot = c->next_of_slot;
        while (*of_holder != c)
                of_holder = &(*of_holder)->next_of_holder;
        *of_holder = c->next_of_holder;

        if (s->owner == c)
                s->owner = NULL;
        free(c);
}

/* Which way a goal moves the knob for its own sake: 1 up, -1 down; 0: it is no such goal's. */
static int demand(const struct claim *c)
{
        const struct rule *rule = c->holder->rule;
        const struct action *a = rule->goal && c->lever < rule->n_actions ? &rule->actions[c->lever] : NULL;

        if (!a || !action_is_relative(a) || c->value.type != TRIMTAB_NUMBER ||
            rule->goal->levers[c->lever].takes)
                return 0;
        return step_raises(a) ? 1 : -1;
}

static bool outranks(const struct claim *a, const struct claim *b)
{
        const struct rule *x = a->holder->rule, *y = b->holder->rule;
        int way = demand(a);

        if (x->priority != y->priority)
                return x->priority > y->priority;
        /* Of goals that want the same, the one that needs more: the other has enough of that too. */
        if (way != 0 && way == demand(b) && a->value.number != b->value.number)
                return way > 0 ? a->value.number > b->value.number : a->value.number < b->value.number;
        if (x->file_index != y->file_index)
                return x->file_index > y->file_index;
        if (x->section_index != y->section_index)
                return x->section_index > y->section_index;
        return a->first < b->first;
}

struct claim *slot_best(const struct slot *s)
{
        struct claim *best = s->claims;

        for (struct claim *c = best; c; c = c->next_of_slot)
                if (outranks(c, best))
                        best = c;
        return best;
}

const struct claim *slot_second(const struct slot *s)
{
        const struct claim *second = NULL;

        for (const struct claim *c = s->claims; c; c = c->next_of_slot)
                if (c->holder->rule != s->owner->holder->rule && (!second || outranks(c, second)))
                        second = c;
        return second;
}
