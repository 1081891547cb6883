/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups.h"

#include <errno.h>

static int point(void *userdata, uint64_t id, uint32_t slot)
{
        struct sched_groups *g = userdata;

        return sched_view_point(g->view, id, slot);
}

static void begin(void *userdata, struct watched *w)
{
        struct sched_groups *g = userdata;

        sched_view_group(g->view, w->slot, &sched_group_of(w)->own.last);
}

static void end(void *userdata, struct watched *w)
{
        struct sched_groups *g = userdata;
        struct sched_group *group = sched_group_of(w);
        struct sched_stats now;

        sched_view_group(g->view, w->slot, &now);
        sched_account_advance(&group->own, &now);
        if (w->parent)
                sched_totals_add(&sched_group_of(w->parent)->own.totals, &group->own.totals);
}

static const struct watched_ops ops = {
        .size = sizeof(struct sched_group),
        .point = point,
        .begin = begin,
        .end = end,
};

int sched_groups_init(struct sched_groups *g, struct sched_view *view)
{
        g->view = view;
        return watched_init(&g->set, view->sizes.n_groups, view->sizes.n_shards, &ops, g);
}

void sched_groups_done(struct sched_groups *g)
{
        watched_done(&g->set);
}

void sched_groups_read(struct sched_groups *g, uint64_t now)
{
        struct watched **order = g->set.order;
        uint32_t n = g->set.n_order;
        struct sched_stats stats;

        if (g->view->changed)
                sched_view_renew(g->view);

        for (uint32_t i = 0; i < n; i++) {
                struct sched_group *group = sched_group_of(order[i]);

                sched_view_group(g->view, order[i]->slot, &stats);
                sched_account_advance(&group->own, &stats);
                group->sum = group->own.totals;
        }

        for (uint32_t cpu = 0; cpu < g->view->sizes.n_cpus; cpu++) {
                uint32_t slot;
                uint64_t running = sched_view_running(g->view, cpu, now, &slot);

                for (uint32_t i = 0; running && i < n; i++)
                        if (order[i]->slot == slot)
                                sched_group_of(order[i])->sum.counts[SCHED_RUNTIME] += running;
        }

        for (uint32_t i = 0; i < n; i++)
                if (order[i]->parent)
                        sched_totals_add(&sched_group_of(order[i]->parent)->sum, &sched_group_of(order[i])->sum);
}
