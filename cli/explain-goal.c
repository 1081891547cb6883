/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "explain.h"
#include "prose.h"
#include "util/cleanup.h"
#include "util/str.h"

/* A goal on an object: what it does, what it expects of that, and what it will do next. */

static const struct {
        const char *name, *words;
} phases[] = {
        { "idle", "is met, and nothing is held for it" },
        { "acting", "is violated: moves a lever, and looks what that brings" },
        { "holding", "is met by what is held for it" },
        { "easing", "is met: gave some of it back, and looks whether it can do without" },
        { "stuck", "is stuck: no lever brought it within its bound, and everything is back" },
};

static void print_phase(const struct row *goal)
{
        const char *phase = row_text(goal, "goal_phase"), *words = phase;
        _cleanup_free_ char *since = span_text(row_number(goal, "since_s"));

        for (size_t i = 0; i < ELEMENTSOF(phases); i++)
                if (streq(phases[i].name, phase))
                        words = phases[i].words;
        if (!row_text(goal, "value"))
                words = "is not measured now: it holds still";
        prose_item("now", "%s, for %s; %" PRIu64 " steps since the start", words, since, row_uint(goal, "actions"));
        if (row_text(goal, "value"))
                prose_item("", "measured: %s, bound %s", row_text(goal, "value"), row_text(goal, "bound"));
}

static void print_lever(const struct row *lever, const char *label)
{
        _cleanup_free_ char *useless = span_text(row_number(lever, "useless_s"));
        const char *text = row_text(lever, "lever");

        if (row_find(lever, "useless_s"))
                prose_item(label, "%s: did not help, and is not tried for %s", text, useless);
        else if (row_is(lever, "held"))
                prose_item(label, "%s: held%s", text, row_is(lever, "at_hand") ? ", at hand" : "");
        else
                prose_item(label, "%s: at its original%s", text, row_is(lever, "at_hand") ? ", next" : "");
}

static void print_expectation(const struct row *goal)
{
        _cleanup_free_ char *wait = span_text(row_number(goal, "wait_s"));

        if (!row_text(goal, "needed"))
                return;
        prose_item("expects", "%s or better%s%s, after a step at %s: else the step did not help",
                   row_text(goal, "needed"), row_find(goal, "wait_s") ? " in " : "",
                   row_find(goal, "wait_s") ? wait : "", row_text(goal, "before"));
}

static void print_ease(const struct row *goal)
{
        _cleanup_free_ char *in = span_text(row_number(goal, "ease_s"));

        if (!row_find(goal, "ease_s"))
                return;
        prose_item("gives back", "in %s at the earliest, if it stays within %s%s", in, row_text(goal, "margin"),
                   row_is(goal, "burnt") ? "; the last attempt broke it, so this one waits longer" : "");
}

bool explain_goal(const struct row *rule)
{
        const struct rows *levers = row_rows(rule, "levers");

        if (!row_text(rule, "goal_phase"))
                return false;

        prose_item("keeps", "%s", row_text(rule, "keep"));
        print_phase(rule);
        for (size_t i = 0; i < levers->n; i++)
                print_lever(&levers->items[i], i == 0 ? "levers" : "");
        print_expectation(rule);
        print_ease(rule);
        return true;
}
