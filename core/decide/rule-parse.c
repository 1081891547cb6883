/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/action-parse.h"
#include "decide/expr-parse.h"
#include "decide/match-parse.h"
#include "decide/rule-keys.h"
#include "util/array.h"
#include "util/ownership.h"
#include "util/str.h"

DEFINE_CLEANUP(struct rule *, rule_free);

static int parse_for(struct draft *d, const struct ini_entry *entry)
{
        int r;

        r = match_parse(&d->reading, entry, &d->rule->match);
        if (r < 0)
                d->reading.scope = SCOPE_WAITING; /* one mistake, one message: nothing is held against it */
        return r;
}

static int parse_when(struct draft *d, const struct ini_entry *entry)
{
        return expr_parse(&d->reading, entry->lines, entry->n_lines, &d->rule->when);
}

static int parse_until(struct draft *d, const struct ini_entry *entry)
{
        return expr_parse(&d->reading, entry->lines, entry->n_lines, &d->rule->until);
}

static int parse_guard(struct draft *d, const struct ini_entry *entry)
{
        return expr_parse(&d->reading, entry->lines, entry->n_lines, &d->rule->guard);
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

/* The bounds of a single entry. A bad line does not hide the next one. */
static int merge_bounds(struct draft *d, const struct ini_entry *e)
{
        int r, result = 0;

        for (size_t i = 0; i < e->n_lines; i++) {
                r = merge_bound(d, &e->lines[i]);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        result = r;
        }
        return result;
}

static void drop_bounds(struct rule *rule)
{
        for (size_t i = 0; i < rule->n_bounds; i++)
                bound_clear(&rule->bounds[i]);
        rule->n_bounds = 0;
}

/* Not only the entry in force: each file may change single bounds of those before it, and an empty one drops
 * them all. */
static int parse_within(struct draft *d, const struct ini_entry *in_force)
{
        int r, result = 0;

        for (const struct ini_entry *e = d->section->entries; e <= in_force; e++) {
                if (!streq(e->key, in_force->key))
                        continue;
                if (e->n_lines == 0)
                        drop_bounds(d->rule);
                r = merge_bounds(d, e);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        result = r;
        }

        d->bounds_bad = result < 0;
        return result;
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
static const struct {
        const char *name;
        key_parser parse;
        bool required;
} keys[] = {
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

/* Every key must be known, also one that a later file overrides. */
static void check_keys(struct draft *d)
{
        const struct ini_section *s = d->section;
        const char *names[ELEMENTSOF(keys)];

        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                names[i] = keys[i].name;

        for (size_t i = 0; i < s->n_entries; i++) {
                const struct ini_entry *e = &s->entries[i];
                struct place place = e->place;
                size_t k = 0;

                place.width = (unsigned) strlen(e->key);
                while (k < ELEMENTSOF(names) && !streq(names[k], e->key))
                        k++;
                if (k == ELEMENTSOF(names)) {
                        d->bad = true;
                        (void) refuse_unknown(d->reading.diag, &place, "key", e->key, names,
                                              ELEMENTSOF(names));
                }
        }
}

static int parse_keys(struct draft *d)
{
        int r;

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                const struct ini_entry *e = ini_get(d->section, keys[i].name);

                if (e && e->n_lines > 0) {
                        r = keys[i].parse(d, e);
                        if (r == -ENOMEM)
                                return r;
                        if (r < 0)
                                d->bad = true;
                } else if (keys[i].required) {
                        d->bad = true;
                        diag_add(d->reading.diag, SEVERITY_ERROR, e ? &e->place : &d->section->place,
                                 "rule '%s' has no '%s'", d->section->name, keys[i].name);
                }
        }
        return 0;
}

/* What is in force of the section, in one text. */
static char *text_in_force(const struct ini_section *s)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        for (size_t i = 0; i < s->n_entries; i++) {
                const struct ini_entry *e = &s->entries[i];

                if (!streq(e->key, "within") && e != ini_get(s, e->key))
                        continue;
                fprintf(f, "%s\n", e->key);
                for (size_t j = 0; j < e->n_lines; j++)
                        fprintf(f, "\t%s\n", e->lines[j].text);
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

static int make_draft(const struct ini_section *section, size_t section_index, struct rule **ret)
{
        _cleanup_(rule_freep) struct rule *rule = calloc(1, sizeof(*rule));

        if (!rule)
                return -ENOMEM;
        *rule = (struct rule){
                .name = strdup(section->name),
                .text = text_in_force(section),
                .path = strdup(section->place.path),
                .line = section->place.line,
                .file_index = section->file_index,
                .section_index = section_index,
                .priority = 50,
                .match.scope = SCOPE_HOST,
                .hold_ns = 10 * SECOND_NS,
                .clear_hold_ns = 30 * SECOND_NS,
                .cooldown_ns = 15 * SECOND_NS,
                .window_ns = 10 * SECOND_NS,
                .on_clear = ON_CLEAR_RESTORE,
                .mode = MODE_ENFORCE,
                .keep = -1,
        };
        if (!rule->name || !rule->text || !rule->path)
                return -ENOMEM;
        *ret = TAKE(rule);
        return 0;
}

/* What follows from the other keys where a rule does not say. */
static int fill_in(struct draft *d)
{
        struct rule *rule = d->rule;

        if (rule->every_ns < rule->cooldown_ns)
                rule->every_ns = rule->cooldown_ns;

        if (rule->match.n == 0 && !d->reading.waits_for && matcher_add(&rule->match, "", 0, false) < 0)
                return -ENOMEM;

        rule->waits_for = TAKE(d->reading.waits_for);
        if (rule->waits_for || rule->until.root)
                return 0;
        rule->until = expr_default_until(&rule->when);
        return rule->until.root ? 0 : -ENOMEM;
}

int rule_parse(const struct ini_section *section, size_t section_index, const struct catalogue *catalogue,
               const struct objects *objects, struct diag *diag, struct rule **ret)
{
        _cleanup_(rule_freep) struct rule *rule = NULL;
        struct draft d = {
                .reading = { .catalogue = catalogue,
                             .objects = objects,
                             .diag = diag,
                             .diag_from = diag->n,
                             .scope = SCOPE_HOST },
                .section = section,
        };
        int r;

        r = make_draft(section, section_index, &rule);
        if (r < 0)
                return r;

        d.rule = rule;
        d.reading.window_ns = rule->window_ns;
        check_keys(&d);
        r = parse_keys(&d);
        if (r >= 0 && !d.bad)
                r = fill_in(&d);
        free(d.reading.waits_for);
        if (r < 0)
                return r;

        *ret = d.bad ? NULL : TAKE(rule);
        return 0;
}
