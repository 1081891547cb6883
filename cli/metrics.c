/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `trimtab metrics`: the daemon measures what is asked for, so that the first answer may come too early. */
#include <string.h>
#include <time.h>

#include "connection.h"
#include "format.h"
#include "show.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Differences take two samples, and the first of them comes with the next tick. */
enum { TICKS_TO_WAIT = 3 };

/* However slow the tick: a person waits no longer than that. */
#define WAIT_MAX_NS (10 * NSEC_PER_SEC)
#define POLL_NS (200 * NSEC_PER_MSEC)

static bool is_measured(const struct row *row)
{
        const struct field *f = row_find(row, "measured");

        return f && f->type == FIELD_BOOL && f->boolean;
}

static bool kind_is(const struct row *row, const char *kind)
{
        const struct field *f = row_find(row, "kind");

        return f && f->type == FIELD_STRING && streq(f->string, kind);
}

/* Nothing stands against it being measured, and yet there is no value. */
static bool is_pending(const struct row *row)
{
        if (row_find(row, "reason"))
                return false;
        if (!is_measured(row))
                return true;
        return (kind_is(row, "counter") && !row_find(row, "rate")) ||
               (kind_is(row, "histogram") && !row_find(row, "count"));
}

static char *format_note(const struct row *row, const struct field *measured)
{
        const struct field *reason = row_find(row, "reason");

        if (reason && reason->type == FIELD_STRING)
                return strdup(reason->string);
        return is_pending(row) ? strdup("not measured now") : NULL;
}

static const struct column columns[] = {
        { "NAME", "name" },
        { "OBJECT", "object", NULL, COLUMN_CUT },
        { "VALUE", "value", format_quantity, COLUMN_RIGHT },
        { "RATE", "rate", format_rate, COLUMN_RIGHT },
        { "COUNT", "count", NULL, COLUMN_RIGHT },
        { "MEAN", "mean", format_quantity, COLUMN_RIGHT },
        { "P50", "p50", format_quantity, COLUMN_RIGHT },
        { "P90", "p90", format_quantity, COLUMN_RIGHT },
        { "P99", "p99", format_quantity, COLUMN_RIGHT },
        { "MAX", "max", format_quantity, COLUMN_RIGHT },
        { "NOTE", "measured", format_note, COLUMN_CUT },
};

static const char *colour(const struct row *row)
{
        return is_measured(row) ? NULL : "darkgray";
}

static const struct look look = { columns, ELEMENTSOF(columns), colour, "no plugin offers a metric" };

static bool any_pending(const struct rows *rows)
{
        for (size_t i = 0; i < rows->n; i++)
                if (is_pending(&rows->items[i]))
                        return true;
        return false;
}

/* Until when to ask again. */
static int find_deadline(sd_bus *bus, uint64_t *ret_ns)
{
        _cleanup_(rows_clear) struct rows status = { 0 };
        const struct field *tick;
        uint64_t wait_ns = WAIT_MAX_NS;
        int r;

        r = connection_call_rows(bus, true, &status, "GetStatus", NULL);
        if (r < 0)
                return r;

        tick = status.n > 0 ? row_find(&status.items[0], "tick_s") : NULL;
        if (tick && tick->type == FIELD_NUMBER &&
            tick->number * TICKS_TO_WAIT * (double) NSEC_PER_SEC < (double) wait_ns)
                wait_ns = (uint64_t) (tick->number * TICKS_TO_WAIT * (double) NSEC_PER_SEC);

        *ret_ns = monotonic_ns() + wait_ns;
        return 0;
}

static int ask(sd_bus *bus, const struct invocation *in, struct rows *ret)
{
        const char *name = in->n_arguments > 0 ? in->arguments[0] : "";
        const char *object = in->n_arguments > 1 ? in->arguments[1] : "";

        rows_clear(ret);
        return connection_call_rows(bus, false, ret, "ListMetrics", "ss", name, object);
}

static int ask_until_measured(sd_bus *bus, const struct invocation *in, struct rows *ret)
{
        const struct timespec pause = { .tv_nsec = (long) POLL_NS };
        uint64_t deadline_ns = 0;
        int r;

        for (;;) {
                r = ask(bus, in, ret);
                if (r < 0 || in->n_arguments == 0 || !any_pending(ret))
                        return r;

                if (deadline_ns == 0)
                        r = find_deadline(bus, &deadline_ns);
                if (r < 0 || monotonic_ns() >= deadline_ns)
                        return r;
                (void) nanosleep(&pause, NULL);
        }
}

int run_metrics(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0 || ask_until_measured(bus, in, &rows) < 0)
                return EXIT_FAILED;
        return show_list(in, &rows, &look);
}
