/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/withdraw.h"

#include <errno.h>
#include <utlist.h>

/* One that is being undone, or waits for the reload after it, sets nothing. */
static bool sets(const struct order *o)
{
        return o->verb == ORDER_SET && !o->undoing;
}

static void take_out(struct actor *a, const struct handle *h)
{
        struct order *o, *next;

        LL_FOREACH_SAFE(a->queue, o, next)
        {
                if (!sets(o) || (h && o->handle != h))
                        continue;

                LL_DELETE(a->queue, o);
                o->handle->orders--;
                order_free(o);
        }
}

void withdraw_waiting(struct actor *a, struct handle *h)
{
        take_out(a, h);
}

void withdraw_all(struct actor *a, struct handle *h)
{
        struct order *o;

        take_out(a, h);
        LL_FOREACH(a->running, o)
        if (sets(o) && (!h || o->handle == h))
                o->withdrawn = true;
}

bool withdraw_ends(struct order *o)
{
        if (!o->withdrawn)
                return false;

        o->quiet = true;
        order_finish(o, OUTCOME_FAILED, -ECANCELED);
        return true;
}
