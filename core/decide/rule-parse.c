/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "decide/action-parse.h"
#include "decide/expr-parse.h"
#include "decide/rule-section.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

static int parse_when(struct draft *d, const struct ini_entry *entry)
{
        return expr_parse(&d->reading, entry->lines, entry->n_lines, &d->rule->when);
}

static int parse_until(struct draft *d, const struct ini_entry *entry)
{
        return expr_parse(&d->reading, entry->lines, entry->n_lines, &d->rule->until);
}

static struct bound *find_bound(struct rule *rule, const struct bound *like)
{
        for (size_t i = 0; i < rule->n_bounds; i++)
                if (rule->bounds[i].knob == like->knob &&
                    selector_equal(&rule->bounds[i].selector, &like->selector))
                        return &rule->bounds[i];
        return NULL;
}

/* Adds a bound, or puts it in the place of an earlier one. */
static int merge_bound(struct draft *d, const struct ini_line *line)
{
        struct rule *rule = d->rule;
        struct bound b, *earlier;
        int r;

        r = bound_parse(&d->reading, line, &b);
        if (r != 0)
                return r < 0 ? r : 0;

        earlier = find_bound(rule, &b);
        if (earlier) {
                bound_clear(earlier);
                *earlier = b;
                return 0;
        }
        if (array_reserve(&rule->bounds, rule->n_bounds, sizeof(*rule->bounds)) < 0) {
                bound_clear(&b);
                return -ENOMEM;
        }
        rule->bounds[rule->n_bounds++] = b;
        return 0;
}

static void drop_bounds(struct rule *rule)
{
        for (size_t i = 0; i < rule->n_bounds; i++)
                bound_clear(&rule->bounds[i]);
        rule->n_bounds = 0;
}

static int parse_within(struct draft *d, const struct ini_entry *in_force)
{
        int r = parse_merged(d, in_force, merge_bound, drop_bounds);

        d->bounds_bad = r < 0;
        return r;
}

static int add_action(struct draft *d, const struct ini_line *line)
{
        struct rule *rule = d->rule;
        _cleanup_(action_clear) struct action a = { 0 };
        int r;

        r = action_parse(&d->reading, line, &a);
        if (r != 0)
                return r < 0 ? r : 0;
        if (!d->bounds_bad) {
                r = action_bind(&d->reading, line, rule->bounds, rule->n_bounds, &a);
                if (r < 0)
                        return r;
        }
        if (array_reserve(&rule->actions, rule->n_actions, sizeof(*rule->actions)) < 0)
                return -ENOMEM;
        rule->actions[rule->n_actions++] = a;
        a = (struct action){ 0 };
        return 0;
}

static int parse_then(struct draft *d, const struct ini_entry *entry)
{
        int r, result = 0;

        for (size_t i = 0; i < entry->n_lines; i++) {
                r = add_action(d, &entry->lines[i]);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        result = r;
        }
        return result;
}

/* In the order in which they are read: conditions need the window and what the rule is for, actions their
 * bounds. */
static const struct section_key keys[] = {
        { "description", parse_description, false },
        { "hold", parse_hold, false },
        { "clear-hold", parse_clear_hold, false },
        { "cooldown", parse_cooldown, false },
        { "every", parse_every, false },
        { "window", parse_rule_window, false },
        { "priority", parse_priority, false },
        { "mode", parse_mode, false },
        { "on-clear", parse_on_clear, false },
        { "on-exit", parse_on_exit, false },
        { "contest", parse_contest, false },
        { "delegated", parse_delegated, false },
        { "for", parse_for, false },
        { "when", parse_when, true },
        { "until", parse_until, false },
        { "guard", parse_guard, false },
        { "within", parse_within, false },
        { "then", parse_then, true },
};

/* What follows from the other keys where a rule does not say. */
static int fill_in(struct draft *d)
{
        struct rule *rule = d->rule;

        rule->repeats = rule->every_ns > 0;
        if (rule->every_ns < rule->cooldown_ns)
                rule->every_ns = rule->cooldown_ns;
        if (rule->waits_for || rule->until.root)
                return 0;
        rule->until = expr_default_until(&rule->when);
        return rule->until.root ? 0 : -ENOMEM;
}

int rule_parse(const struct ini_section *section, size_t section_index, const struct catalogue *catalogue,
               const struct objects *objects, struct diag *diag, struct rule **ret)
{
        return section_read(section, section_index, keys, ELEMENTSOF(keys), fill_in, catalogue, objects, diag, ret);
}
