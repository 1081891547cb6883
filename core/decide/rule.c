/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/rule.h"

#include <stdlib.h>

static const char *const on_clear_names[] = {
        [ON_CLEAR_RESTORE] = "restore",
        [ON_CLEAR_EASE] = "ease",
        [ON_CLEAR_KEEP] = "keep",
};

const char *on_clear_name(enum on_clear o)
{
        return on_clear_names[o];
}

struct rule *rule_free(struct rule *r)
{
        if (!r)
                return NULL;

        for (size_t i = 0; i < r->n_actions; i++)
                action_clear(&r->actions[i]);
        for (size_t i = 0; i < r->n_bounds; i++)
                bound_clear(&r->bounds[i]);
        free(r->actions);
        free(r->bounds);
        goal_free(r->goal);
        expr_clear(&r->when);
        expr_clear(&r->until);
        expr_clear(&r->guard);
        matcher_clear(&r->match);
        free(r->waits_for);
        free(r->path);
        free(r->text);
        free(r->description);
        free(r->name);
        free(r);
        return NULL;
}
