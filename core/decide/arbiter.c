/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/arbiter.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decide/slot.h"
#include "util/array.h"
#include "util/str.h"

struct arbiter {
        struct slots slots;
        uint64_t sequence, last_id;
        struct decision *decisions;
        size_t n_decisions;
        char **names; /* of every rule that ever decided: a decision may outlive its rule */
        size_t n_names;
};

int arbiter_new(struct arbiter **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

struct arbiter *arbiter_free(struct arbiter *a)
{
        if (!a)
                return NULL;
        while (a->slots.n > 0)
                slots_remove(&a->slots, a->slots.items[0]);
        free(a->slots.items);
        for (size_t i = 0; i < a->n_names; i++)
                free(a->names[i]);
        free(a->names);
        free(a->decisions);
        free(a);
        return NULL;
}

static const char *lasting_name(struct arbiter *a, const char *name)
{
        for (size_t i = 0; i < a->n_names; i++)
                if (streq(a->names[i], name))
                        return a->names[i];

        if (array_reserve(&a->names, a->n_names, sizeof(*a->names)) < 0)
                return NULL;
        a->names[a->n_names] = strdup(name);
        return a->names[a->n_names] ? a->names[a->n_names++] : NULL;
}

struct claim *arbiter_find(struct arbiter *a, const struct holder *h, uint32_t knob, struct oid object,
                           bool advise)
{
        struct slot *s = slots_find(&a->slots, &(struct slot_key){ knob, object, advise });

        for (struct claim *c = s ? s->claims : NULL; c; c = c->next_of_slot)
                if (c->holder == h)
                        return c;
        return NULL;
}

int arbiter_claim(struct arbiter *a, struct holder *h, uint32_t knob, struct oid object, bool advise,
                  const struct trimtab_value *value, struct claim **ret)
{
        struct claim *c = arbiter_find(a, h, knob, object, advise), **end = &h->claims;
        const char *name = lasting_name(a, h->rule->name);
        struct slot *s;

        if (!name)
                return -ENOMEM;

        if (!c) {
                s = slots_get(&a->slots, &(struct slot_key){ knob, object, advise });
                if (!s)
                        return -ENOMEM;
                c = calloc(1, sizeof(*c));
                if (!c) {
                        if (!s->claims && !s->written)
                                slots_remove(&a->slots, s);
                        return -ENOMEM;
                }
                *c = (struct claim){
                        .holder = h,
                        .slot = s,
                        .knob = knob,
                        .object = object,
                        .first = ++a->sequence,
                        .use = NAN,
                        .gap = NAN,
                        .next_of_slot = s->claims,
                };
                s->claims = c;
                while (*end)
                        end = &(*end)->next_of_holder;
                *end = c;
        }

        c->value = *value;
        c->changed = ++a->sequence;
        *ret = c;
        return 0;
}

void arbiter_drop(struct arbiter *a, struct claim *c, bool keep, const char *reason)
{
        struct slot *s = c->slot;

        if (s->owner == c) {
                s->keep = keep;
                s->let_go_by = lasting_name(a, c->holder->rule->name);
                s->let_go_at = ++a->sequence;
                snprintf(s->let_go_reason, sizeof(s->let_go_reason), "%s", reason);
                s->let_go_cause = c->cause;
        }
        slot_unlink(s, c);
        if (!s->claims && !s->written)
                slots_remove(&a->slots, s);
}

const struct claim *arbiter_in_force(const struct arbiter *a, uint32_t knob, struct oid object, bool advise,
                                     struct trimtab_value *ret_value)
{
        const struct slot *s = slots_find(&a->slots, &(struct slot_key){ knob, object, advise });
        const struct claim *c = s ? s->owner ?: slot_best(s) : NULL;

        if (!c)
                return NULL;
        /* What the knob made of it, unless it does not know of it yet. */
        *ret_value =
                s->owner == c && s->written && value_equal(&c->value, &s->wanted) ? s->effective : c->value;
        return c;
}

int arbiter_foreach_claim(const struct arbiter *a, uint32_t knob, struct oid object, bool advise,
                          int (*cb)(void *userdata, const struct claim *c, bool owner), void *userdata)
{
        const struct slot *s = slots_find(&a->slots, &(struct slot_key){ knob, object, advise });
        int r = 0;

        for (const struct claim *c = s ? s->claims : NULL; r == 0 && c; c = c->next_of_slot)
                r = cb(userdata, c, c == s->owner);
        return r;
}

void arbiter_forget_gone(struct arbiter *a, const struct objects *objects)
{
        for (size_t i = a->slots.n; i > 0; i--)
                if (!objects_get(objects, a->slots.items[i - 1]->key.object))
                        slots_remove(&a->slots, a->slots.items[i - 1]);
}

static int add_decision(struct arbiter *a, const struct slot *s, const struct decision *from)
{
        struct decision *d;

        if (array_reserve(&a->decisions, a->n_decisions, sizeof(*a->decisions)) < 0)
                return -ENOMEM;
        d = &a->decisions[a->n_decisions++];
        *d = *from;
        d->knob = s->key.knob;
        d->object = s->key.object;
        d->advise = s->key.advise;
        return 0;
}

static int let_go(struct arbiter *a, struct slot *s)
{
        struct decision d = {
                .id = s->let_go_at,
                .verb = s->keep ? VERB_KEEP : VERB_RESTORE,
                .value = value_number(0),
                .rule = s->let_go_by,
        };
        int r;

        memcpy(d.reason, s->let_go_reason, sizeof(d.reason));
        d.cause = s->let_go_cause;
        r = add_decision(a, s, &d);
        if (r >= 0)
                slots_remove(&a->slots, s);
        return r;
}

static int set(struct arbiter *a, struct slot *s)
{
        const struct rule *rule = s->owner->holder->rule;
        struct decision d = {
                .id = s->owner->changed,
                .verb = VERB_SET,
                .value = s->owner->value,
                .contest = rule->contest,
                .delegated = rule->delegated,
                .keep = rule->keep,
                .rule = lasting_name(a, rule->name),
        };
        int r;

        if (!d.rule)
                return -ENOMEM;
        memcpy(d.reason, s->owner->reason, sizeof(d.reason));
        d.cause = s->owner->cause;
        r = add_decision(a, s, &d);
        if (r < 0)
                return r;
        s->wanted = s->effective = s->owner->value;
        s->owner->again = false;
        s->written = true;
        return 0;
}

/* Settles one slot; it may be gone afterwards. */
static int settle(struct arbiter *a, const struct view *view, struct slot *s)
{
        const struct knob *k = catalogue_knob_at(view->catalogue, s->key.knob);

        s->owner = slot_best(s);
        if (s->owner && s->written && !s->owner->again && value_equal(&s->owner->value, &s->wanted))
                return 0;
        /* Busy: the difference stays, and is looked at again next time. */
        if (!s->key.advise && view->busy(view->userdata, k, s->key.object))
                return 0;
        return s->owner ? set(a, s) : let_go(a, s);
}

static int compare_decisions(const void *x, const void *y)
{
        const struct decision *a = x, *b = y;

        if ((a->verb == VERB_SET) != (b->verb == VERB_SET))
                return a->verb == VERB_SET ? 1 : -1;
        return (a->id > b->id) - (a->id < b->id);
}

int arbiter_decide(struct arbiter *a, const struct view *view, struct decisions *ret)
{
        int r;

        a->n_decisions = 0;
        for (size_t i = a->slots.n; i > 0; i--) {
                r = settle(a, view, a->slots.items[i - 1]);
                if (r < 0)
                        return r;
        }

        /* Until here the id is the place in the order of what happened. */
        if (a->n_decisions > 0)
                qsort(a->decisions, a->n_decisions, sizeof(*a->decisions), compare_decisions);
        for (size_t i = 0; i < a->n_decisions; i++)
                a->decisions[i].id = ++a->last_id;

        *ret = (struct decisions){ .items = a->decisions, .n = a->n_decisions };
        return 0;
}

void arbiter_outcome(struct arbiter *a, uint32_t knob, struct oid object, int error,
                     const struct trimtab_value *effective)
{
        struct slot *s = slots_find(&a->slots, &(struct slot_key){ knob, object, false });

        if (!s)
                return;
        if (error >= 0) {
                if (effective)
                        s->effective = *effective;
                s->confirmed = true;
                s->taken = s->effective;
                return;
        }

        /* Somebody else's now, or never was ours. After any other refusal the last value that was taken is
         * still there. */
        if (error == -EBUSY || !s->confirmed)
                s->written = false;
        else
                s->wanted = s->effective = s->taken;
        if (s->owner) {
                s->owner->holder->refused = true;
                s->owner->cause = (struct cause){ 0 };
                arbiter_drop(a, s->owner, false, "the knob refused the last value");
        }
}

int arbiter_owner(const struct arbiter *a, uint32_t knob, struct oid object, const char **ret_rule,
                  const char **ret_shadowed)
{
        const struct slot *s = slots_find(&a->slots, &(struct slot_key){ knob, object, false });
        const struct claim *next;

        if (!s || !s->owner)
                s = slots_find(&a->slots, &(struct slot_key){ knob, object, true });
        if (!s || !s->owner)
                return -ENOENT;

        next = slot_second(s);
        *ret_rule = s->owner->holder->rule->name;
        *ret_shadowed = next ? next->holder->rule->name : NULL;
        return 0;
}
