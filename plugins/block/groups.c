/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups.h"

static uint32_t slot_of(const struct block_groups *g, uint32_t slot)
{
        return slot == CGROUP_SLOT_NONE ? slot : block_first_group(&g->view->sizes) + slot;
}

static int point(void *userdata, uint64_t id, uint32_t slot)
{
        struct block_groups *g = userdata;

        int r = cgroup_table_point(&g->view->table, id, slot_of(g, slot));

        (void) __atomic_add_fetch(&g->view->control->generation, 1, __ATOMIC_RELEASE);
        return r;
}

static void begin(void *userdata, struct watched *w)
{
        struct block_groups *g = userdata;

        block_view_read(g->view, slot_of(g, w->slot), &block_group_of(w)->own.last);
}

static void advance(struct block_groups *g, struct watched *w)
{
        struct block_stats now;

        block_view_read(g->view, slot_of(g, w->slot), &now);
        block_account_advance(&block_group_of(w)->own, &now);
}

static void end(void *userdata, struct watched *w)
{
        struct block_groups *g = userdata;

        advance(g, w);
        if (w->parent)
                block_totals_add(&block_group_of(w->parent)->own.totals, &block_group_of(w)->own.totals);
}

static const struct watched_ops ops = {
        .size = sizeof(struct block_group),
        .point = point,
        .begin = begin,
        .end = end,
};

int block_groups_init(struct block_groups *g, struct block_view *view)
{
        g->view = view;
        return watched_init(&g->set, view->sizes.n_groups, view->sizes.n_shards, &ops, g);
}

void block_groups_done(struct block_groups *g)
{
        watched_done(&g->set);
}

void block_groups_read(struct block_groups *g)
{
        struct watched **order = g->set.order;
        uint32_t n = g->set.n_order;

        for (uint32_t i = 0; i < n; i++) {
                advance(g, order[i]);
                block_group_of(order[i])->sum = block_group_of(order[i])->own.totals;
        }
        for (uint32_t i = 0; i < n; i++)
                if (order[i]->parent)
                        block_totals_add(&block_group_of(order[i]->parent)->sum, &block_group_of(order[i])->sum);
}
