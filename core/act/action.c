/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/action.h"

#include <errno.h>
#include <math.h>

#include "act/beside.h"

#define MIB (1024.0 * 1024.0)

static double in_use(const struct order *o)
{
        double use;

        if (o->target.kind == TARGET_CALL)
                return NAN;
        return beside_number(o->target.path, "memory.current", &use) >= 0 ? use : NAN;
}

/* Of what came of it only this can be seen from outside; what the tasks took meanwhile is in it. */
static void say_freed(struct order *o)
{
        double freed = o->in_use - in_use(o);

        if (file_is(o->target.path, "memory.reclaim") && !isnan(freed))
                order_say(o, "%.0f MiB asked, %.0f MiB less in use than before", o->value.number / MIB,
                          freed / MIB);
}

static void acted(struct order *o, int r)
{
        if (r == -ETIMEDOUT || r == -EALREADY) {
                order_say(o, r == -ETIMEDOUT ? "the kernel is still at it"
                                             : "other writes are stuck in the kernel");
                order_finish(o, OUTCOME_FAILED, r);
                return;
        }

        /* Less than was asked. */
        if (r >= 0 || r == -EAGAIN) {
                say_freed(o);
                order_finish(o, OUTCOME_DONE, 0);
        } else {
                order_finish(o, order_object_lives(o) ? OUTCOME_REFUSED : OUTCOME_GONE, r);
        }
}

void action_begin(struct order *o)
{
        int r;

        r = sysfile_encode(&o->target.form, &o->value, NULL, &o->want);
        if (r < 0) {
                order_say(o, "no value that could be written here");
                order_finish(o, OUTCOME_REFUSED, r);
                return;
        }

        o->in_use = in_use(o);
        order_at(o, "before-action");
        order_write(o, o->want, acted);
}
