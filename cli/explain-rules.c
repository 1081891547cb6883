/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "prose.h"
#include "util/cleanup.h"
#include "util/str.h"

/* A rule on an object: where it stands, what it sees, and what keeps it from acting. */

static const struct {
        const char *name, *words;
} phases[] = {
        { "idle", "does nothing" },
        { "holding", "waits: its condition is true, but not for long enough" },
        { "active", "acts" },
        { "clearing", "is about to let go: its end condition is true, but not for long enough" },
        { "easing", "goes back step by step" },
        { "resting", "rests" },
};

/* What keeps it from acting, by the name on the wire. %s: the text that came along. */
static const struct {
        const char *name, *words;
        bool has_text;
} obstacles[] = {
        { "plugin", "it waits for ", true },
        { "off", "its mode is off", false },
        { "observe", "mode observe lets it decide nothing: it is the mode of the ", true },
        { "advise", "mode advise lets it only say what it would do: it is the mode of the ", true },
        { "no-object", "no object matches its 'for' now", false },
        { "no-data", "something in its condition is not measured, so it is neither true nor false", false },
        { "condition", "its condition is not true", false },
        { "hold", "its condition must be true for longer", false },
        { "guard", "its guard is not true", false },
        { "cooldown", "it acted a moment ago", false },
        { "settle", "its last step has not had the time to show", false },
        { "stuck", "it rests before it tries again", false },
        { "rest", "it rests, having been reverted by hand or undone by its guard", false },
        { "protected", "its object is protected: no rule may touch it", false },
        { "attempt", "its last attempt came to nothing: ", true },
        { "paused", "the daemon is paused", false },
        { "fuse", "the write fuse has blown", false },
};

const struct row *explain_find_rule(const struct row *answer, const char *rule, const char *object)
{
        const struct rows *rules = row_rows(answer, "rules");

        for (size_t i = 0; i < rules->n; i++) {
                const char *name = row_text(&rules->items[i], "name"),
                           *on = row_text(&rules->items[i], "object");

                if (name && on && rule && object && streq(name, rule) && streq(on, object))
                        return &rules->items[i];
        }
        return NULL;
}

/* "p99(sched.runq_latency) is 7.2ms (> 5ms: true)" */
static char *comparison_text(const struct row *c)
{
        const char *metric = row_text(c, "metric"), *value = row_text(c, "value"),
                   *text = row_text(c, "text");
        const char *holds = row_text(c, "holds");

        if (metric && value)
                return str_printf("%s is %s; %s is %s", metric, value, text, holds);
        if (metric)
                return str_printf("%s has no data; %s is %s", metric, text, holds);
        return str_printf("%s is %s", text, holds);
}

char *explain_comparisons(const struct row *rule, const char *condition)
{
        const struct rows *list = row_rows(rule, "comparisons");
        char *all = NULL;

        for (size_t i = 0; i < list->n; i++) {
                const char *of = row_text(&list->items[i], "condition");
                _cleanup_free_ char *one = NULL, *before = all;

                if (!of || !streq(of, condition)) {
                        before = NULL;
                        continue;
                }
                one = comparison_text(&list->items[i]);
                all = one ? str_printf("%s%s%s", before ?: "", before ? "; " : "", one) : NULL;
        }
        return all;
}

static void print_condition(const struct row *rule, const char *condition)
{
        _cleanup_free_ char *now = explain_comparisons(rule, condition);

        if (!row_text(rule, condition))
                return;
        prose_item(condition, "%s", row_text(rule, condition));
        if (now)
                prose_item("", "%s", now);
}

static void print_phase(const struct row *rule)
{
        const char *phase = row_text(rule, "phase"), *words = phase;
        _cleanup_free_ char *since = NULL, *done = NULL, *hold = NULL;

        if (!phase)
                return;
        for (size_t i = 0; i < ELEMENTSOF(phases); i++)
                if (streq(phases[i].name, phase))
                        words = phases[i].words;

        since = span_text(row_number(rule, "since_s"));
        prose_item("now", "%s%s%s; %" PRIu64 " actions since the start", words,
                   row_find(rule, "since_s") ? ", for " : "", row_find(rule, "since_s") ? since : "",
                   row_uint(rule, "actions"));
        if (streq(phase, "holding")) {
                done = span_text(row_number(rule, "hold_done_s"));
                hold = span_text(row_number(rule, "hold_s"));
                prose_item("hold", "%s of %s", done, hold);
        }
}

static void print_obstacle(const struct row *o, const char *label)
{
        const char *what = row_text(o, "what"), *text = row_text(o, "text");
        _cleanup_free_ char *left = NULL;

        if (row_number(o, "left_s") > 0)
                left = span_text(row_number(o, "left_s"));
        for (size_t i = 0; what && i < ELEMENTSOF(obstacles); i++)
                if (streq(obstacles[i].name, what)) {
                        prose_item(label, "%s%s%s%s%s", obstacles[i].words,
                                   obstacles[i].has_text ? text ?: "?" : "", left ? " (" : "", left ?: "",
                                   left ? " more)" : "");
                        return;
                }
        /* Of a newer daemon. */
        prose_item(label, "%s", what ?: "?");
}

static void print_rule(const struct row *rule)
{
        const struct rows *list = row_rows(rule, "obstacles");
        const char *object = row_text(rule, "object");

        prose_heading("%s %s%s%s", row_text(rule, "kind") ?: "rule", row_text(rule, "name"), object ? " on " : "",
                      object ?: "");
        if (row_text(rule, "description"))
                prose_item("is for", "%s", row_text(rule, "description"));
        prose_item("stands in", "%s:%" PRIu64, row_text(rule, "file"), row_uint(rule, "line"));
        if (!explain_goal(rule)) {
                print_phase(rule);
                print_condition(rule, "when");
                print_condition(rule, "until");
        }
        print_condition(rule, "guard");
        for (size_t i = 0; i < list->n; i++)
                print_obstacle(&list->items[i], i == 0 ? "held up by" : "");
        putchar('\n');
}

void explain_rules_of(const struct row *answer)
{
        const struct rows *rules = row_rows(answer, "rules");

        for (size_t i = 0; i < rules->n; i++)
                print_rule(&rules->items[i]);
}
