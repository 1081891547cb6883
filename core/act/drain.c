/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/drain.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/beside.h"
#include "decide/value.h"
#include "util/str.h"

static const struct sysfile_form bytes = { .form = TRIMTAB_FORM_PLAIN, .type = TRIMTAB_NUMBER };

/* NAN: not known. */
static double in_use(const struct order *o)
{
        double use;

        return beside_number(o->target.path, "memory.current", &use) >= 0 ? use : NAN;
}

/* Whatever became of it - less than asked (EAGAIN), no such file (before 5.19), too slow - what counts is
 * what is in use. */
static void reclaimed(struct order *o, int r)
{
        o->is_drained = true;
        o->drained(o);
}

static void raise_to(struct order *o, double use)
{
        double page = (double) sysconf(_SC_PAGESIZE);

        order_say(o, "raised to what is in use and could not be reclaimed");
        o->value = value_number(ceil(use / page) * page);
}

bool drain_begin(struct order *o, void (*drained)(struct order *o))
{
        _cleanup_free_ char *path = NULL, *amount = NULL;
        double use;

        if (o->target.kind != TARGET_UNIT || !streq(o->target.property, "MemoryHigh"))
                return false;

        use = in_use(o);
        if (!(use > o->value.number))
                return false;

        path = o->is_drained ? NULL : beside(o->target.path, "memory.reclaim");
        amount = str_printf("%.0f", use - o->value.number);
        if (!path || !amount) {
                raise_to(o, use);
                return false;
        }

        o->drained = drained;
        order_write_slowly(o, path, &bytes, amount, reclaimed);
        return true;
}
