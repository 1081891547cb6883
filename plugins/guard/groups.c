/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups.h"

static void read_slot(const struct groups *g, uint32_t slot, struct guard_counts *ret)
{
        *ret = (struct guard_counts){};
        for (uint32_t i = 0; i < g->program->sizes.n_shards; i++)
                for (uint32_t j = 0; j < _GUARD_COUNT_MAX; j++)
                        ret->n[j] += __atomic_load_n(&g->program->counts[slot + i].n[j], __ATOMIC_RELAXED);
}

static void advance(const struct groups *g, uint32_t slot, struct guard_counts *last, struct guard_counts *own)
{
        struct guard_counts now;

        read_slot(g, slot, &now);
        for (uint32_t j = 0; j < _GUARD_COUNT_MAX; j++)
                own->n[j] += now.n[j] - last->n[j];
        *last = now;
}

static void add(struct guard_counts *sum, const struct guard_counts *part)
{
        for (uint32_t j = 0; j < _GUARD_COUNT_MAX; j++)
                sum->n[j] += part->n[j];
}

static int point(void *userdata, uint64_t id, uint32_t slot)
{
        struct groups *g = userdata;

        return cgroup_table_point(&g->table, id, slot);
}

static void begin(void *userdata, struct watched *w)
{
        read_slot(userdata, w->slot, &group_of(w)->last);
}

static void end(void *userdata, struct watched *w)
{
        struct groups *g = userdata;
        struct group *group = group_of(w);

        advance(g, w->slot, &group->last, &group->own);
        add(w->parent ? &group_of(w->parent)->own : &g->elsewhere, &group->own);
}

static const struct watched_ops ops = { .size = sizeof(struct group), .point = point, .begin = begin, .end = end };

static uint32_t elsewhere_of(const struct groups *g)
{
        return g->program->sizes.n_groups * g->program->sizes.n_shards;
}

int groups_init(struct groups *g, const struct program *program)
{
        int r;

        g->program = program;
        r = cgroup_table_open(&g->table, programs_map(&program->programs, "slots"));
        return r < 0 ? r : watched_init(&g->set, program->sizes.n_groups, program->sizes.n_shards, &ops, g);
}

void groups_done(struct groups *g)
{
        watched_done(&g->set);
        cgroup_table_close(&g->table);
        g->program = NULL;
}

void groups_read(struct groups *g)
{
        struct watched *root = watched_find(&g->set, ROOT_CGROUP);
        struct watched **order = g->set.order;
        uint32_t n = g->set.n_order;

        if (!g->program)
                return;
        for (uint32_t i = 0; i < n; i++) {
                struct group *group = group_of(order[i]);

                advance(g, order[i]->slot, &group->last, &group->own);
                group->sum = group->own;
        }
        advance(g, elsewhere_of(g), &g->last, &g->elsewhere);
        if (root)
                group_of(root)->sum = g->elsewhere;
        /* The deepest come first, so that a sum is whole when it is added to the next. */
        for (uint32_t i = 0; i < n; i++) {
                struct watched *above = order[i]->parent ? order[i]->parent : root;

                if (above)
                        add(&group_of(above)->sum, &group_of(order[i])->sum);
        }
}
