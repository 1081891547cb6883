/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups.h"

static int point(void *userdata, uint64_t id, uint32_t slot)
{
        struct mem_groups *g = userdata;

        return mem_load_point(g->load, id, slot);
}

static void begin(void *userdata, struct watched *w)
{
        struct mem_groups *g = userdata;

        mem_load_read(g->load, w->slot, &mem_group_of(w)->own.last);
}

static void advance(struct mem_groups *g, struct mem_group *group)
{
        struct mem_reading now;

        mem_load_read(g->load, group->watched.slot, &now);
        mem_account_advance(&group->own, &now);
}

static void end(void *userdata, struct watched *w)
{
        struct mem_group *group = mem_group_of(w);

        advance(userdata, group);
        if (w->parent)
                mem_totals_add(&mem_group_of(w->parent)->own.totals, &group->own.totals);
}

static const struct watched_ops ops = {
        .size = sizeof(struct mem_group),
        .point = point,
        .begin = begin,
        .end = end,
};

int mem_groups_init(struct mem_groups *g, struct mem_load *load)
{
        g->load = load;
        return watched_init(&g->set, load->sizes.n_groups, 1, &ops, g);
}

void mem_groups_done(struct mem_groups *g)
{
        watched_done(&g->set);
}

static void read_root(struct mem_groups *g)
{
        struct watched *w = watched_find(&g->set, ROOT_CGROUP);
        struct mem_reading now;

        if (!w)
                return;
        mem_load_read_all(g->load, &now);
        mem_account_advance(&mem_group_of(w)->own, &now);
        mem_group_of(w)->sum = mem_group_of(w)->own.totals;
}

void mem_groups_read(struct mem_groups *g)
{
        struct watched **order = g->set.order;

        if (g->load->changed)
                mem_load_renew(g->load);

        for (uint32_t i = 0; i < g->set.n_order; i++) {
                struct mem_group *group = mem_group_of(order[i]);

                advance(g, group);
                group->sum = group->own.totals;
        }
        for (uint32_t i = 0; i < g->set.n_order; i++)
                if (order[i]->parent)
                        mem_totals_add(&mem_group_of(order[i]->parent)->sum, &mem_group_of(order[i])->sum);
        read_root(g);
}
