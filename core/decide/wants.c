/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decide/wants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

struct adding {
        struct wants *wants;
        struct context context;
        uint32_t metric;
        uint64_t window_ns;
};

static int add(void *userdata, const struct object *object)
{
        struct adding *a = userdata;
        struct wants *w = a->wants;

        if (array_reserve(&w->items, w->n, sizeof(*w->items)) < 0)
                return -ENOMEM;
        w->items[w->n++] = (struct want){ a->metric, object->id.key, a->window_ns };
        return 0;
}

static int add_node(void *userdata, const struct node *n)
{
        struct adding *a = userdata;

        if (n->kind != NODE_STATISTIC)
                return 0;
        a->metric = n->series;
        a->window_ns = n->window_ns;
        return select_foreach(&n->selector, &a->context, n->scope, add, a);
}

/* For a limit that is `max`, what is in use of it. */
static int add_use(struct adding *a, const struct action *action)
{
        const struct knob *k = catalogue_knob_at(a->context.view->catalogue, action->knob);
        const struct metric *m = NULL;

        if (k->use_metric && action_is_relative(action))
                m = catalogue_metric(a->context.view->catalogue, k->use_metric, strlen(k->use_metric));
        if (!m)
                return 0;
        a->metric = m->number;
        a->window_ns = a->context.rule->window_ns;
        return select_foreach(&action->selector, &a->context, m->scope, add, a);
}

static int add_instance(struct adding *a)
{
        const struct rule *rule = a->context.rule;
        int r;

        r = node_foreach(rule->when.root, add_node, a);
        if (r >= 0)
                r = node_foreach(rule->until.root, add_node, a);
        if (r >= 0)
                r = node_foreach(rule->guard.root, add_node, a);
        for (size_t i = 0; r >= 0 && i < rule->n_actions; i++) {
                r = node_foreach(rule->actions[i].amount.root, add_node, a);
                if (r >= 0)
                        r = add_use(a, &rule->actions[i]);
        }
        return r;
}

static int looks_around(void *userdata, const struct node *n)
{
        const struct rule *rule = userdata;

        return n->kind == NODE_STATISTIC && (n->selector.kind != SELECT_SELF || n->scope != rule->match.scope);
}

bool wants_look_around(const struct rule *rule)
{
        void *userdata = (void *) rule;
        bool around = node_foreach(rule->when.root, looks_around, userdata) ||
                      node_foreach(rule->until.root, looks_around, userdata) ||
                      node_foreach(rule->guard.root, looks_around, userdata);

        /* @self of a rule for the host may be the root cgroup. */
        for (size_t i = 0; !around && i < rule->n_actions; i++)
                around = node_foreach(rule->actions[i].amount.root, looks_around, userdata) ||
                         (action_is_relative(&rule->actions[i]) &&
                          (rule->actions[i].selector.kind != SELECT_SELF || rule->match.scope == SCOPE_HOST));
        return around;
}

void wants_clear(struct wants *w)
{
        free(w->items);
        *w = (struct wants){ 0 };
}

int wants_add(struct wants *w, const struct runner *r, const struct view *view)
{
        struct adding a = { .wants = w, .context = { .view = view, .rule = r->rule } };
        int e;

        for (size_t i = 0; i < r->n; i++) {
                a.context.self = r->instances[i]->object;
                e = add_instance(&a);
                if (e < 0)
                        return e;
        }
        return 0;
}

static int compare(const void *x, const void *y)
{
        const struct want *a = x, *b = y;

        if (a->metric != b->metric)
                return a->metric < b->metric ? -1 : 1;
        if (a->object != b->object)
                return a->object < b->object ? -1 : 1;
        return (a->window_ns < b->window_ns) - (a->window_ns > b->window_ns);
}

void wants_merge(struct wants *w)
{
        size_t n = 0;

        if (w->n > 1)
                qsort(w->items, w->n, sizeof(*w->items), compare);
        for (size_t i = 0; i < w->n; i++)
                if (n == 0 || w->items[n - 1].metric != w->items[i].metric ||
                    w->items[n - 1].object != w->items[i].object)
                        w->items[n++] = w->items[i];
        w->n = n;
}
