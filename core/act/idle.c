/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/idle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/beside.h"
#include "act/moved.h"
#include "util/str.h"

#define WEIGHT_DEFAULT "100"

static const struct sysfile_form form = { .form = TRIMTAB_FORM_PLAIN, .type = TRIMTAB_NUMBER };

static bool is_plain(const struct order *o, const char *name)
{
        return o->target.kind == TARGET_FILE && file_is(o->target.path, name);
}

static bool refuse(struct order *o, const char *why)
{
        order_say(o, "%s", why);
        order_finish(o, OUTCOME_REFUSED, -EBUSY);
        return false;
}

/* What it will hold is the kernel's doing, and comes later: it is never confirmed. Before that nobody can set
 * it. */
static int note_weight(struct order *o, struct target *t)
{
        char *later = (char *) WEIGHT_DEFAULT;
        _cleanup_free_ char *was = NULL;
        int r;

        /* The default comes back by itself. */
        if (sysfile_read(t->path, &form, &was) < 0 || streq(was, WEIGHT_DEFAULT))
                return 0;

        order_at(o, "before-idle-weight");
        r = moved_note(o, t, "cpu.weight", was, later);
        if (r < 0)
                order_say(o, "the ledger could not be written, so nothing else was: %s", strerror(-r));
        else
                order_at(o, "after-idle-weight");
        return r;
}

static bool make_way(struct order *o)
{
        struct target t = { .kind = TARGET_FILE, .form = form };
        const struct ledger_entry *known;
        int r = 0;

        t.path = beside(o->target.path, "cpu.weight");
        if (!t.path) {
                order_finish(o, OUTCOME_FAILED, -ENOMEM);
                return false;
        }

        known = ledger_find_file(o->actor->config.ledger, t.path, "");
        if (!known)
                r = note_weight(o, &t);
        target_clear(&t);
        if (known && !known->moved_for)
                return refuse(o,
                              "cpu.weight is held here, and the kernel keeps no weight beside cpu.idle = 1");
        if (r < 0)
                order_finish(o, OUTCOME_FAILED, r);
        return r >= 0;
}

static bool is_held(const struct order *o)
{
        double idle;

        return is_plain(o, "cpu.weight") && beside_number(o->target.path, "cpu.idle", &idle) >= 0 && idle > 0;
}

bool idle_lets_be(struct order *o)
{
        return !is_held(o) || refuse(o, "cpu.idle is 1 here, and the kernel keeps no weight beside it");
}

bool idle_defers(struct order *o)
{
        if (!o->entry->moved_for || !is_held(o))
                return false;

        o->quiet = true;
        order_finish(o, OUTCOME_DONE, 0);
        return true;
}

bool idle_make_way(struct order *o)
{
        return !is_plain(o, "cpu.idle") || o->value.number == 0 || make_way(o);
}

void idle_is_set(struct order *o)
{
        if (is_plain(o, "cpu.idle") && o->value.number == 0)
                moved_give_back(o);
}
