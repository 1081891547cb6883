/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab guard events: who was refused what. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "connection.h"
#include "format.h"
#include "guard.h"
#include "json.h"
#include "prose.h"
#include "report.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

/* The guard reads what the kernel tells once a tick. */
static const struct timespec follow_every = { .tv_sec = 1 };

/* A person sees at once what is most. */
enum { TOGETHER_MAX = 10 };

static char *events_columns[] = { (char *) "time_usec", (char *) "verdict", (char *) "subject", (char *) "comm", (char *) "pid",
                                  (char *) "kind", (char *) "destination", (char *) "rule", NULL };
static char *refusals_columns[] = { (char *) "n", (char *) "verdict", (char *) "subject", (char *) "comm", (char *) "destination",
                                    (char *) "rule", (char *) "last_usec", NULL };

/* Leaves in *rows what is asked for: of these units, newer than that serial, and the last n. What goes is freed. */
static void select_rows(const struct invocation *in, struct rows *rows, uint64_t after_serial, size_t n)
{
        struct rows kept = { 0 }, gone = { 0 };

        kept.items = calloc(rows->n + 1, sizeof(*kept.items));
        gone.items = calloc(rows->n + 1, sizeof(*gone.items));
        if (kept.items && gone.items) {
                for (size_t i = 0; i < rows->n; i++) {
                        const struct row *row = &rows->items[rows->n - 1 - i];
                        const char *cgroup = row_text(row, "cgroup");
                        bool wanted = guard_is_unit(in, row_text(row, "subject")) || (cgroup && guard_is_unit(in, cgroup));

                        if (wanted && row_uint(row, "serial") >= after_serial && kept.n < n)
                                kept.items[kept.n++] = *row;
                        else
                                gone.items[gone.n++] = *row;
                }
                for (size_t i = 0; i < kept.n; i++)
                        rows->items[i] = kept.items[kept.n - 1 - i];
                rows->n = kept.n;
                rows_clear(&gone);
        }
        free(kept.items);
        free(gone.items);
}

static void print_line(const struct row *row)
{
        _cleanup_free_ char *time = format_time(row, row_find(row, "time_usec"));
        const char *rule = row_text(row, "rule");

        printf("%s %s %s (%s, pid %" PRIu64 ") %s %s%s%s\n", time ?: "?", row_text(row, "verdict") ?: "?", row_text(row, "subject") ?: "?",
               row_text(row, "comm") ?: "?", row_uint(row, "pid"), row_text(row, "kind") ?: "?", row_text(row, "destination") ?: "?",
               rule ? " by " : "", rule ?: "");
}

static int print_lines(const struct invocation *in, const struct rows *rows)
{
        int r = 0;

        if (in->json)
                r = json_print_lines(rows);
        else
                for (size_t i = 0; i < rows->n; i++)
                        print_line(&rows->items[i]);
        if (fflush(stdout) != 0 || ferror(stdout))
                return show_done(r); /* who reads has gone */
        return r < 0 ? show_done(r) : EXIT_OK;
}

/* Until somebody ends it, or the daemon goes. */
static int follow(sd_bus *bus, const struct invocation *in)
{
        uint64_t next = 0;
        size_t n = in->lines;

        for (;;) {
                _cleanup_(rows_clear) struct rows rows = { 0 };
                uint64_t last;
                int r;

                if (report_ask(bus, "guard", "events", &rows) < 0)
                        return EXIT_FAILED;
                last = rows.n > 0 ? row_uint(&rows.items[rows.n - 1], "serial") : 0;
                if (last + 1 < next)
                        next = 0; /* another guard, which counts anew */
                select_rows(in, &rows, next, n);
                r = print_lines(in, &rows);
                if (r != EXIT_OK)
                        return r;
                next = last + 1;
                n = SIZE_MAX;
                (void) nanosleep(&follow_every, NULL);
        }
}

static void print_counts(const struct row *s)
{
        uint64_t lost = row_uint(s, "events_lost");

        printf("\n%" PRIu64 " refused, %" PRIu64 " would have been, of which %" PRIu64 " were told: of alike ones the first, unless the rule says 'log = all'",
               row_uint(s, "denied"), row_uint(s, "would_deny"), row_uint(s, "events"));
        if (lost > 0)
                printf("; %" PRIu64 " found no room", lost);
        printf("\n");
}

static int print(const struct rows *events, const struct rows *refusals, const struct row *status)
{
        const struct rows most = { .items = refusals->items, .n = refusals->n < TOGETHER_MAX ? refusals->n : TOGETHER_MAX };
        int r;

        if (events->n == 0)
                printf("no refusal of the kind was told yet\n");
        r = report_print_table(events, events_columns);
        if (r >= 0 && most.n > 0 && row_uint(&most.items[0], "n") > 1) {
                printf("\n");
                prose_heading("Alike ones together, of the last that were told");
                r = report_print_table(&most, refusals_columns);
        }
        print_counts(status);
        return r;
}

int guard_events(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows events = { 0 }, refusals = { 0 }, status = { 0 };

        if (connection_open(in, &bus) < 0)
                return EXIT_FAILED;
        if (in->follow)
                return follow(bus, in);
        if (report_ask(bus, "guard", "events", &events) < 0 || report_ask(bus, "guard", "refusals", &refusals) < 0 ||
            report_ask(bus, "guard", "status", &status) < 0 || status.n == 0)
                return EXIT_FAILED;

        select_rows(in, &events, 0, in->lines);
        select_rows(in, &refusals, 0, SIZE_MAX);
        if (!in->json)
                return show_done(print(&events, &refusals, &status.items[0]));
        return show_done(json_print(&events, false));
}
