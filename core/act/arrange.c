/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/arrange.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "util/str.h"

static bool value_before(const struct order *o, struct trimtab_value *ret)
{
        _cleanup_free_ char *raw = NULL;

        return order_read(o, &raw) >= 0 && sysfile_decode(&o->target.form, raw, ret) >= 0;
}

/* What the order will bring about; for a restore the ledger knows. */
static bool value_after(const struct order *o, struct trimtab_value *ret)
{
        const struct ledger_entry *e;

        if (o->verb == ORDER_SET) {
                *ret = o->value;
                return true;
        }

        e = o->verb == ORDER_RESTORE ? ledger_find(o->actor->config.ledger, &o->target) : NULL;
        return e && e->original && sysfile_decode(&o->target.form, e->original, ret) >= 0;
}

static enum direction direction_of(const struct order *o)
{
        struct trimtab_value before, after;

        if (!target_is_in_file(&o->target) || !value_after(o, &after) || !value_before(o, &before))
                return DIRECTION_NONE;

        return hazard_direction(&before, &after);
}

static struct limit limit_of(const struct order *o)
{
        return limit_at(o->target.path);
}

static bool is_same_knob(const struct order *o, const struct limit *limit, const struct order *x,
                         const struct limit *other)
{
        return limit->dir_length == other->dir_length && streq(limit->path, other->path) &&
               streq(o->target.form.key, x->target.form.key);
}

/* Orders for one knob keep their sequence whatever they say. */
static void place(struct order **queue, struct order *o)
{
        struct limit limit = limit_of(o);
        struct order *before = NULL, *x;

        LL_FOREACH(*queue, x)
        {
                struct limit other = limit_of(x);

                if (is_same_knob(o, &limit, x, &other))
                        before = NULL;
                else if (!before && hazard_is_before(&limit, o->direction, &other, x->direction))
                        before = x;
        }

        if (before)
                LL_PREPEND_ELEM(*queue, before, o);
        else
                LL_APPEND(*queue, o);
}

/* --- sets of CPUs --- */

/* The first half of an order. NULL: it has no halves. */
static struct order *half_of(const struct order *o)
{
        _cleanup_(order_freep) struct order *half = NULL;
        struct trimtab_value before, both;

        if (o->verb != ORDER_SET || o->quiet || !value_before(o, &before) ||
            !hazard_sideways(&before, &o->value, &both))
                return NULL;

        if (order_new(o->actor, ORDER_SET, o->rule, o->decision, &half) < 0 ||
            target_copy(&o->target, &half->target) < 0)
                return NULL;
        half->cgroup = o->cgroup ? strdup(o->cgroup) : NULL;
        if (o->cgroup && !half->cgroup)
                return NULL;

        half->handle = o->handle;
        half->contest = o->contest;
        half->delegated = o->delegated;
        half->keep = o->keep;
        half->value = both;
        half->quiet = true;
        half->direction = DIRECTION_UP;
        return TAKE(half);
}

static bool encloses(const struct order *outer, const struct order *inner)
{
        struct limit a = limit_of(outer), b = limit_of(inner);

        return hazard_encloses(&a, &b);
}

static void cut_in_two(struct order **queue, struct order *o)
{
        struct order *half = o->direction == DIRECTION_NONE ? half_of(o) : NULL;

        if (!half)
                return;

        /* The half must come before the whole, which is_same_knob() would keep it from. */
        LL_DELETE(*queue, o);
        o->direction = DIRECTION_DOWN;
        half->handle->orders++;
        place(queue, half);
        place(queue, o);
}

void arrange(struct order **queue, struct order *o)
{
        struct order *x, *next;

        o->direction = direction_of(o);
        place(queue, o);
        if (o->target.form.type != TRIMTAB_CPULIST)
                return;

        LL_FOREACH_SAFE(*queue, x, next)
        if (encloses(x, o))
                cut_in_two(queue, x);
        LL_FOREACH(*queue, x)
        if (encloses(o, x))
                break;
        if (x)
                cut_in_two(queue, o);
}
