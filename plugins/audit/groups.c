/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups.h"

static int point(void *userdata, uint64_t id, uint32_t slot)
{
        struct audit_groups *g = userdata;

        return cgroup_table_point(&g->view->table, id, slot);
}

static void begin(void *userdata, struct watched *w)
{
        struct audit_groups *g = userdata;

        audit_view_group(g->view, w->slot, &audit_group_of(w)->own.last);
        g->view->interests[w->slot] = 0;
}

static void end(void *userdata, struct watched *w)
{
        struct audit_groups *g = userdata;
        struct audit_group *group = audit_group_of(w);
        struct audit_stats now;

        audit_view_group(g->view, w->slot, &now);
        audit_account_advance(&group->own, &now);
        audit_totals_add(w->parent ? &audit_group_of(w->parent)->own.totals : &g->elsewhere.totals, &group->own.totals);
        g->has_freed = true;
}

static const struct watched_ops ops = {
        .size = sizeof(struct audit_group),
        .point = point,
        .begin = begin,
        .end = end,
};

int audit_groups_init(struct audit_groups *g, struct audit_view *view)
{
        g->view = view;
        return watched_init(&g->set, view->sizes.n_groups, view->sizes.n_shards, &ops, g);
}

void audit_groups_done(struct audit_groups *g)
{
        watched_done(&g->set);
}

void audit_groups_read(struct audit_groups *g)
{
        struct watched *root = watched_find(&g->set, ROOT_CGROUP);
        struct watched **order = g->set.order;
        uint32_t n = g->set.n_order;
        struct audit_stats stats;

        for (uint32_t i = 0; i < n; i++) {
                struct audit_group *group = audit_group_of(order[i]);

                audit_view_group(g->view, order[i]->slot, &stats);
                audit_account_advance(&group->own, &stats);
                group->sum = group->own.totals;
        }
        audit_view_group(g->view, audit_elsewhere(&g->view->sizes), &stats);
        audit_account_advance(&g->elsewhere, &stats);
        if (root)
                audit_group_of(root)->sum = g->elsewhere.totals;

        /* The deepest come first, so that a sum is whole when it is added to the next. */
        for (uint32_t i = 0; i < n; i++) {
                struct watched *above = order[i]->parent ? order[i]->parent : root;

                if (above)
                        audit_totals_add(&audit_group_of(above)->sum, &audit_group_of(order[i])->sum);
        }
}
