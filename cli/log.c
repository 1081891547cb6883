/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab log: what happened. */
#include <stdio.h>
#include <time.h>

#include "connection.h"
#include "format.h"
#include "json.h"
#include "prose.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

/* As often as a daemon ticks: nothing happens in between. */
static const struct timespec follow_every = { .tv_sec = 1 };

/* Between two looks nothing is lost that the daemon still has. */
enum { FOLLOW_MAX = 1000 };

static const struct column log_columns[] = {
        { "TIME", "time_usec", format_time },
        { "ID", "decision", NULL, COLUMN_RIGHT },
        { "KIND", "kind" },
        { "MESSAGE", "message" },
};

static const char *log_colour(const struct row *row)
{
        const char *kind = row_text(row, "kind");

        if (kind && streq(kind, "problem"))
                return "red";
        return kind && streq(kind, "given-up") ? "yellow" : NULL;
}

static const struct look log_look = { log_columns, ELEMENTSOF(log_columns), log_colour,
                                      "nothing of the kind has happened yet" };

static int ask(sd_bus *bus, const struct invocation *in, uint64_t after_serial, uint32_t n, struct rows *ret)
{
        return connection_call_rows(bus, false, ret, "ListEvents", "ssttu", in->rule ?: "", in->object ?: "",
                                    in->since_usec, after_serial, n);
}

/* Lines as they come: a table cannot know its widths before. */
static void print_line(const struct row *row)
{
        _cleanup_free_ char *time = format_time(row, row_find(row, "time_usec"));
        uint64_t decision = row_uint(row, "decision");
        char id[24] = "-";

        if (decision > 0)
                snprintf(id, sizeof(id), "%llu", (unsigned long long) decision);
        printf("%s %5s %-9s %s\n", time ?: "?", id, row_text(row, "kind") ?: "?",
               row_text(row, "message") ?: "");
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
        uint64_t serial = 0;
        uint32_t n = in->lines;

        for (;;) {
                _cleanup_(rows_clear) struct rows rows = { 0 };
                int r;

                if (ask(bus, in, serial, n, &rows) < 0)
                        return EXIT_FAILED;
                r = print_lines(in, &rows);
                if (r != EXIT_OK)
                        return r;
                if (rows.n > 0)
                        serial = row_uint(&rows.items[rows.n - 1], "serial");
                n = FOLLOW_MAX;
                (void) nanosleep(&follow_every, NULL);
        }
}

int run_log(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0)
                return EXIT_FAILED;
        if (in->follow)
                return follow(bus, in);
        if (ask(bus, in, 0, in->lines, &rows) < 0)
                return EXIT_FAILED;
        return show_list(in, &rows, &log_look);
}
