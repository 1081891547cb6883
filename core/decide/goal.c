/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/goal.h"

#include <math.h>
#include <stdlib.h>

struct goal *goal_free(struct goal *g)
{
        if (!g)
                return NULL;
        for (size_t i = 0; i < g->n_levers; i++)
                free(g->levers[i].text);
        free(g->levers);
        expr_clear(&g->keep);
        free(g);
        return NULL;
}

double goal_load(const struct goal *g, double value)
{
        double beyond = g->above ? g->bound - value : value - g->bound;

        /* As conditions see it: what a division leaves behind is no difference. */
        if (fabs(beyond) <= 1e-9 * fabs(g->bound))
                return 1;
        return 1 + beyond / fabs(g->bound);
}

double goal_value(const struct goal *g, double load)
{
        double beyond = (load - 1) * fabs(g->bound);

        return g->above ? g->bound - beyond : g->bound + beyond;
}
