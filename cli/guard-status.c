/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab guard status */
#include <inttypes.h>
#include <stdio.h>

#include "connection.h"
#include "guard.h"
#include "json.h"
#include "prose.h"
#include "report.h"
#include "show.h"
#include "util/cleanup.h"
#include "util/str.h"

static const char *word(const struct row *row, const char *name)
{
        return row_text(row, name) ?: "?";
}

static const char *plural(uint64_t n)
{
        return n == 1 ? "" : "s";
}

static void print_mode(const struct row *s)
{
        const char *why = row_text(s, "why"), *lifeline = row_text(s, "lifeline");

        if (row_is(s, "as_asked"))
                prose_item("mode", "%s, as asked%s", word(s, "mode"), row_is(s, "by_rule") ? " by a rule" : "");
        else if (streq(word(s, "mode"), word(s, "mode_asked")))
                prose_item("mode", "%s, and yet less than asked", word(s, "mode"));
        else
                prose_item("mode", "%s, and not %s as asked", word(s, "mode"), word(s, "mode_asked"));
        if (why)
                prose_item("why", "%s", why);
        if (row_is(s, "by_rule"))
                prose_item("", "[egress] says %s", word(s, "mode_configured"));
        if (row_text(s, "cgroup"))
                prose_item("judges", "what is in %s", word(s, "cgroup"));
        prose_item("lifeline", "%s", lifeline && *lifeline ? lifeline : "none");
}

static void print_policy(const struct row *s)
{
        uint64_t rules = row_uint(s, "rules"), prefixes = row_uint(s, "prefixes"), names = row_uint(s, "names");
        uint64_t programs = row_uint(s, "programs"), there = row_uint(s, "programs_there");

        prose_item("policy", "%" PRIu64 " rule%s with %" PRIu64 " prefix%s and %" PRIu64 " name%s; what none speaks of: %s", rules, plural(rules),
                   prefixes, prefixes == 1 ? "" : "es", names, plural(names), word(s, "default"));
        if (there < programs)
                prose_item("", "of %" PRIu64 " program%s that rules name %" PRIu64 " %s not there: nobody is one of these", programs,
                           plural(programs), programs - there, programs - there == 1 ? "is" : "are");
        if (row_text(s, "pinned"))
                prose_item("at exit", "%s, pinned at %s", word(s, "on_exit"), word(s, "pinned"));
        else
                prose_item("at exit", "%s", word(s, "on_exit"));
        if (row_uint(s, "pinned_by_others") > 0)
                prose_item("", "the policy of an earlier daemon is in force as well, below %s", word(s, "pins"));
}

static void print_counts(const struct row *s)
{
        uint64_t lost = row_uint(s, "events_lost"), learnt = row_uint(s, "learnt"), unlearnt = row_uint(s, "learnt_lost");

        prose_item("refused", "%" PRIu64 "; in mode audit %" PRIu64 " more would have been", row_uint(s, "denied"), row_uint(s, "would_deny"));
        prose_item("told", "%" PRIu64 ", and %" PRIu64 " found no room", row_uint(s, "events"), lost);
        if (learnt > 0 || unlearnt > 0)
                prose_item("learnt", "%" PRIu64 " destination%s; %" PRIu64 " found no room", learnt, plural(learnt), unlearnt);
}

static int print_hooks(const struct row *s, const struct rows *hooks)
{
        char *columns[] = { (char *) "backend", (char *) "tried", (char *) "hook", (char *) "attached", (char *) "seen", (char *) "reason", NULL };

        printf("\n");
        prose_heading("Hooks, and whether each was seen to refuse (%s is required)", word(s, "require_coverage"));
        return report_print_table(hooks, columns);
}

static void print_hole(const struct row *row)
{
        const char *note = row_text(row, "note"), *best = row_text(row, "by_at_best");
        bool lsm = best && streq(best, "lsm");

        if (lsm)
                note = "hooks of the LSM would see it";
        printf("    %s%s%s%s\n", word(row, "technique"), note ? " (" : "", note ?: "", note ? ")" : "");
}

static void print_holes(const struct rows *coverage)
{
        printf("\n");
        prose_heading("What gets through unseen");
        for (size_t i = 0; i < coverage->n; i++)
                if (!row_is(&coverage->items[i], "covered"))
                        print_hole(&coverage->items[i]);
}

int guard_status(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows status = { 0 }, hooks = { 0 }, coverage = { 0 };
        bool as_asked;
        int r = 0;

        if (connection_try(in, &bus) < 0)
                return guard_offline_status(in);
        if (report_ask(bus, "guard", "status", &status) < 0 || status.n == 0 || report_ask(bus, "guard", "hooks", &hooks) < 0 ||
            report_ask(bus, "guard", "coverage", &coverage) < 0)
                return EXIT_FAILED;

        as_asked = row_is(&status.items[0], "as_asked");
        if (in->json) {
                rows_rows(&status, "hooks", &hooks);
                rows_rows(&status, "coverage", &coverage);
                r = status.error < 0 ? status.error : json_print(&status, true);
        } else {
                prose_heading("guard");
                print_mode(&status.items[0]);
                print_policy(&status.items[0]);
                print_counts(&status.items[0]);
                if (row_is(&status.items[0], "attached")) {
                        r = print_hooks(&status.items[0], &hooks);
                        print_holes(&coverage);
                } else
                        printf("\nNothing is attached: all gets through.\n");
        }
        return show_done(r) != EXIT_OK || !as_asked ? EXIT_FAILED : EXIT_OK;
}
