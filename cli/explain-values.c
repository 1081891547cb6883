/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "prose.h"
#include "util/cleanup.h"
#include "util/str.h"

/* A value: what it is, who made it so and why, who would have it otherwise, and what it takes to undo it. */

static const struct row *owner_of(const struct row *value)
{
        const struct rows *claims = row_rows(value, "claims");

        for (size_t i = 0; i < claims->n; i++)
                if (row_is(&claims->items[i], "in_force") && !row_is(&claims->items[i], "advised"))
                        return &claims->items[i];
        return NULL;
}

static void print_now(const struct row *value)
{
        _cleanup_free_ char *now = row_quantity(value, "value"), *original = row_quantity(value, "original");
        const char *reason = row_text(value, "reason");

        if (row_is(value, "deed"))
                prose_item("now", "nothing that could be read: it is a deed, and over when it is done");
        else if (!row_find(value, "value"))
                prose_item("now", "not known: %s", reason ?: "it cannot be read");
        else if (row_is(value, "changed"))
                prose_item("now", "%s, was %s", now, original);
        else
                prose_item("now", "%s, not changed by trimtab", now);
}

/* Nobody holds it: what was done to it last, or would be. */
static void print_last(const struct row *value)
{
        const struct rows *list = row_rows(value, "last");
        const struct row *last = list->n > 0 ? &list->items[0] : NULL;
        _cleanup_free_ char *when = last ? moment_text(row_uint(last, "time_usec")) : NULL;
        const char *kind = last ? row_text(last, "kind") : NULL, *detail, *reason;

        if (!kind)
                return;
        detail = row_text(last, "detail");
        reason = row_text(last, "reason");

        if (row_text(last, "apply"))
                prose_item("decision", "%" PRIu64 " at %s: rule %s would set it to %s: %s",
                           row_uint(last, "decision"), when ?: "?", row_text(last, "rule"),
                           row_text(last, "after"), reason);
        else if (row_uint(last, "decision") > 0)
                prose_item("decision", "%" PRIu64 " at %s: %s", row_uint(last, "decision"), when ?: "?",
                           row_text(last, "message"));
        else
                prose_item("last", "%s: %s", when ?: "?", row_text(last, "message"));
        if (detail && reason && !streq(detail, reason))
                prose_item("", "%s", detail);
        if (row_text(last, "apply"))
                prose_item("by hand", "%s", row_text(last, "apply"));
}

static void print_owner(const struct row *value, const struct row *owner)
{
        const struct rows *list = row_rows(value, "last");
        const struct row *last = list->n > 0 ? &list->items[0] : NULL;
        _cleanup_free_ char *wants = row_quantity(owner, "wants"),
                            *when = last ? moment_text(row_uint(last, "time_usec")) : NULL;
        const char *before = last ? row_text(last, "before") : NULL,
                   *after = last ? row_text(last, "after") : NULL;

        prose_item("set by", "rule %s (%s:%" PRIu64 "), running for %s", row_text(owner, "rule"),
                   row_text(owner, "file"), row_uint(owner, "line"), row_text(owner, "object"));
        if (last && before && after && row_uint(last, "decision") > 0)
                prose_item("", "from %s to %s at %s, decision %" PRIu64, before, after, when ?: "?",
                           row_uint(last, "decision"));
        else
                prose_item("", "it wants %s", wants);
        prose_item("because", "%s", row_text(owner, "reason"));
        if (row_text(value, "via"))
                prose_item("through", "%s", row_text(value, "via"));
}

static void print_shadowed(const struct row *value)
{
        const struct rows *claims = row_rows(value, "claims");

        for (size_t i = 0; i < claims->n; i++) {
                const struct row *c = &claims->items[i];
                _cleanup_free_ char *wants = row_quantity(c, "wants");

                if (row_is(c, "in_force") && !row_is(c, "advised"))
                        continue;
                prose_item(row_is(c, "advised") ? "advised" : "shadowed",
                           "rule %s (%s:%" PRIu64 ", priority %.0f) would set %s: %s", row_text(c, "rule"),
                           row_text(c, "file"), row_uint(c, "line"), row_number(c, "priority"), wants,
                           row_text(c, "reason"));
        }
}

static const char *way_back(bool deed, const char *on_clear)
{
        if (deed)
                return "what was done stays done";
        if (on_clear && streq(on_clear, "keep"))
                return "then it stays as it is until the daemon stops";
        if (on_clear && streq(on_clear, "ease"))
                return "then it goes back in steps of half the way";
        return "then it goes back at once";
}

static void print_undo(const struct row *rule, bool deed)
{
        _cleanup_free_ char *now = explain_comparisons(rule, "until"),
                            *hold = span_text(row_number(rule, "clear_hold_s"));
        _cleanup_free_ char *left = NULL, *next = NULL;
        const char *phase = row_text(rule, "phase");

        prose_item(deed ? "over when" : "undone when", "%s for %s; %s", row_text(rule, "until") ?: "the rule ends", hold,
                   way_back(deed, row_text(rule, "on_clear")));
        if (now)
                prose_item("", "%s", now);
        if (phase && streq(phase, "clearing")) {
                left = span_text(row_number(rule, "clear_hold_s") - row_number(rule, "clear_done_s"));
                prose_item("", "true now: %s more", left);
        }
        if (row_number(rule, "next_s") > 0) {
                next = span_text(row_number(rule, "next_s"));
                prose_item("next change", "not before %s from now", next);
        }
}

static void print_value(const struct row *answer, const struct row *value)
{
        const struct row *owner = owner_of(value), *rule = NULL;
        const char *at_exit = row_text(value, "at_exit");
        _cleanup_free_ char *rests = NULL;

        prose_heading("%s of %s", row_text(value, "knob"), row_text(value, "object"));
        print_now(value);
        if (row_is(value, "protected"))
                prose_item("protected", "no rule may touch this object; see 'protect' in trimtab.conf(5)");
        if (owner)
                print_owner(value, owner);
        else
                print_last(value);
        print_shadowed(value);

        if (owner)
                rule = explain_find_rule(answer, row_text(owner, "rule"), row_text(owner, "object"));
        if (rule)
                print_undo(rule, row_is(value, "deed"));
        if (at_exit)
                prose_item("at exit", "%s", streq(at_exit, "keep") ? "it stays" : "it goes back");
        if (row_number(value, "rests_s") > 0) {
                rests = span_text(row_number(value, "rests_s"));
                prose_item("left alone", "for %s more: somebody else set it, or it refused", rests);
        }
        putchar('\n');
}

void explain_values(const struct row *answer)
{
        const struct rows *values = row_rows(answer, "values");

        for (size_t i = 0; i < values->n; i++)
                print_value(answer, &values->items[i]);
}
