/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decide/expr-parse.h"
#include "decide/lever-parse.h"
#include "decide/rule-section.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

/* What a goal looks at when it does not say: what came since the last step has shown itself. */
#define SETTLE_NS (6 * SECOND_NS)
#define EASE_AFTER_NS (30 * SECOND_NS)
/* How far from the bound the goal is met with margin. */
#define MARGIN 0.25

static struct goal *goal_of(struct draft *d)
{
        struct goal *g = d->rule->goal;

        if (g)
                return g;
        g = d->rule->goal = calloc(1, sizeof(*g));
        if (g) {
                g->settle_ns = SETTLE_NS;
                g->ease_after_ns = EASE_AFTER_NS;
                d->rule->window_ns = d->reading.window_ns = SETTLE_NS;
        }
        return g;
}

static int refuse_keep(struct draft *d, const struct ini_entry *entry, const char *why)
{
        struct place place = entry->lines[0].place;

        place.width = (unsigned) strlen(entry->lines[0].text);
        diag_add(d->reading.diag, SEVERITY_ERROR, &place, "%s", why);
        return -EINVAL;
}

static int parse_keep(struct draft *d, const struct ini_entry *entry)
{
        struct goal *g = goal_of(d);
        const struct node *root, *constant;
        int r;

        if (!g)
                return -ENOMEM;
        r = expr_parse(&d->reading, entry->lines, entry->n_lines, &g->keep);
        if (r < 0 || !g->keep.root)
                return r;

        root = g->keep.root;
        if (!node_is_comparison(root) || root->kind == NODE_EQUAL || root->kind == NODE_NOT_EQUAL ||
            (root->left->kind == NODE_NUMBER) == (root->right->kind == NODE_NUMBER))
                return refuse_keep(d, entry,
                                   "a goal keeps one measured number below or above a constant, such as "
                                   "p99(sched.runq_latency) < 5ms");

        constant = root->right->kind == NODE_NUMBER ? root->right : root->left;
        g->measure = constant == root->right ? root->left : root->right;
        g->bound = constant->number;
        g->above = (root->kind == NODE_GREATER || root->kind == NODE_GREATER_EQUAL) == (constant == root->right);
        if (g->bound == 0 || !isfinite(g->bound))
                return refuse_keep(d, entry, "the bound of a goal must not be 0: there is no margin to it");
        return 0;
}

static int parse_settle(struct draft *d, const struct ini_entry *entry)
{
        struct goal *g = goal_of(d);

        int r;

        if (!g)
                return -ENOMEM;
        r = parse_time(d, entry, SECOND_NS, 3600 * SECOND_NS, &g->settle_ns);
        if (r >= 0)
                d->rule->window_ns = d->reading.window_ns = g->settle_ns;
        return r;
}

/* Behind `settle`: that is also the window of a goal that names none. */
static int parse_window(struct draft *d, const struct ini_entry *entry)
{
        return goal_of(d) ? parse_rule_window(d, entry) : -ENOMEM;
}

static int parse_ease_after(struct draft *d, const struct ini_entry *entry)
{
        struct goal *g = goal_of(d);

        return g ? parse_time(d, entry, SECOND_NS, 24 * 3600 * SECOND_NS, &g->ease_after_ns) : -ENOMEM;
}

/* --- levers --- */

static bool same_lever(const struct action *a, const struct action *b)
{
        return a->knob == b->knob && selector_equal(&a->selector, &b->selector);
}

/* In the place of an earlier one of the same knob and object, else behind the others. Takes over text and a. */
static int put_lever(struct rule *rule, bool takes, char *text, struct action *a)
{
        struct goal *g = rule->goal;
        size_t i = 0;

        while (i < g->n_levers && !(g->levers[i].takes == takes && same_lever(&rule->actions[i], a)))
                i++;
        if (i < g->n_levers) {
                free(g->levers[i].text);
                action_clear(&rule->actions[i]);
        } else {
                if (array_reserve(&g->levers, g->n_levers, sizeof(*g->levers)) < 0 ||
                    array_reserve(&rule->actions, rule->n_actions, sizeof(*rule->actions)) < 0)
                        return -ENOMEM;
                g->n_levers++;
                rule->n_actions++;
        }
        g->levers[i] = (struct lever){ .takes = takes, .text = text };
        rule->actions[i] = *a;
        *a = (struct action){ 0 };
        return 0;
}

static int add_lever(struct draft *d, const struct ini_line *line, bool takes)
{
        _cleanup_(action_clear) struct action a = { 0 };
        _cleanup_free_ char *text = strdup(line->text);
        int r;

        if (!text || !goal_of(d))
                return -ENOMEM;
        r = lever_parse(&d->reading, line, takes, &a);
        if (r != 0)
                return r < 0 ? r : 0;
        r = put_lever(d->rule, takes, text, &a);
        if (r >= 0)
                text = NULL;
        return r;
}

static void drop_levers(struct rule *rule, bool takes)
{
        struct goal *g = rule->goal;
        size_t n = 0;

        for (size_t i = 0; g && i < g->n_levers; i++) {
                if (g->levers[i].takes == takes) {
                        free(g->levers[i].text);
                        action_clear(&rule->actions[i]);
                        continue;
                }
                g->levers[n] = g->levers[i];
                rule->actions[n++] = rule->actions[i];
        }
        if (g)
                g->n_levers = rule->n_actions = n;
}

static int add_by(struct draft *d, const struct ini_line *line)
{
        return add_lever(d, line, false);
}

static void drop_by(struct rule *rule)
{
        drop_levers(rule, false);
}

static int add_take(struct draft *d, const struct ini_line *line)
{
        return add_lever(d, line, true);
}

static void drop_take(struct rule *rule)
{
        drop_levers(rule, true);
}

static int parse_by(struct draft *d, const struct ini_entry *entry)
{
        return parse_merged(d, entry, add_by, drop_by);
}

static int parse_take(struct draft *d, const struct ini_entry *entry)
{
        return parse_merged(d, entry, add_take, drop_take);
}

/* `take` is read before `by`: levers that take come first. */
static const struct section_key keys[] = {
        { "description", parse_description, false },
        { "settle", parse_settle, false },
        { "ease-after", parse_ease_after, false },
        { "window", parse_window, false },
        { "priority", parse_priority, false },
        { "mode", parse_mode, false },
        { "on-exit", parse_on_exit, false },
        { "contest", parse_contest, false },
        { "delegated", parse_delegated, false },
        { "for", parse_for, false },
        { "keep", parse_keep, true },
        { "guard", parse_guard, false },
        { "take", parse_take, false },
        { "by", parse_by, false },
};

/* --- what follows --- */

/* The comparison of `keep`, turned round and moved: the number is beyond bound on the bad side (violated), or on the good
 * one. */
static int compare_with(const struct goal *g, bool violated, double bound, struct expr *ret)
{
        _cleanup_(node_freep) struct node *root = node_copy(g->keep.root);
        bool on_right;

        if (!root)
                return -ENOMEM;
        on_right = root->right->kind == NODE_NUMBER;
        root->kind = (g->above == violated) == on_right ? NODE_LESS : NODE_GREATER;
        (on_right ? root->right : root->left)->number = bound;
        *ret = expr_make(TAKE(root));
        return 0;
}

static int finish(struct draft *d)
{
        struct rule *rule = d->rule;
        struct goal *g = goal_of(d);
        double margin;
        int r;

        if (!g)
                return -ENOMEM;
        if (rule->waits_for)
                return 0;
        if (g->n_levers == 0) {
                diag_add(d->reading.diag, SEVERITY_ERROR, &d->section->place,
                         "goal '%s' has no lever: add 'by = KNOB LOW..HIGH'", d->section->name);
                return -EINVAL;
        }

        /* A window that reaches back beyond the last step would show what was before it. */
        if (g->settle_ns < rule->window_ns)
                g->settle_ns = rule->window_ns;
        rule->on_clear = ON_CLEAR_EASE;

        margin = (g->above ? MARGIN : -MARGIN) * fabs(g->bound);
        r = compare_with(g, true, g->bound, &rule->when);
        if (r >= 0)
                r = compare_with(g, false, g->bound + margin, &rule->until);
        return r;
}

int goal_parse(const struct ini_section *section, size_t section_index, const struct catalogue *catalogue,
               const struct objects *objects, struct diag *diag, struct rule **ret)
{
        return section_read(section, section_index, keys, ELEMENTSOF(keys), finish, catalogue, objects, diag, ret);
}
