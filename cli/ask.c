/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that ask the daemon one question: status, plugins, knobs, rules. */
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "format.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

static bool field_is(const struct row *row, const char *name, const char *value)
{
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_STRING && streq(f->string, value);
}

static bool field_is_true(const struct row *row, const char *name)
{
        const struct field *f = row_find(row, name);

        return f && f->type == FIELD_BOOL && f->boolean;
}

static const struct column status_columns[] = {
        { "version", "version" },
        { "pid", "pid" },
        { "mode", "mode" },
        { "paused", "paused" },
        { "paused by", "paused_by" },
        { "paused since", "paused_since_usec", format_time },
        { "paused until", "paused_until_usec", format_time },
        { "configuration", "config" },
        { "runtime directory", "runtime_dir" },
        { "running for", "uptime_s", format_seconds },
        { "tick", "tick_s", format_seconds },
        { "ticks", "ticks" },
        { "last tick ago", "last_tick_s", format_seconds },
        { "CPU time a tick", "tick_cpu_us", format_microseconds },
        { "plugins", "plugins" },
        { "rules", "rules" },
        { "objects", "objects" },
        { "sample memory", "store_bytes", format_bytes },
        { "BPF map memory", "map_bytes", format_bytes },
        { "systemd", "systemd" },
        { "writes", "writes" },
        { "changed now", "changed" },
        { "problems", "problems" },
};
static const struct look status_look = { status_columns, ELEMENTSOF(status_columns), NULL, NULL };

int run_status(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0 || connection_call_rows(bus, true, &rows, "GetStatus", NULL) < 0)
                return EXIT_FAILED;
        return show_row(in, &rows, &status_look);
}

static const struct column plugin_columns[] = {
        { "NAME", "name" },
        { "VERSION", "version" },
        { "STATE", "state" },
        { "METRICS", "metrics", NULL, COLUMN_RIGHT },
        { "KNOBS", "knobs", NULL, COLUMN_RIGHT },
        { "SECTIONS", "sections" },
        { "PROGRAMS", "programs", format_count_of, COLUMN_RIGHT },
        { "MAPS", "map_bytes", format_bytes, COLUMN_RIGHT },
        { "COLLECT", "collect_us", format_microseconds, COLUMN_RIGHT },
        { "ERRORS", "errors", NULL, COLUMN_RIGHT },
        { "PATH", "path", NULL, COLUMN_CUT },
        { "REASON", "reason" },
};

static const char *plugin_colour(const struct row *row)
{
        if (!field_is(row, "state", "open"))
                return "red";
        return row_find(row, "sections_reason") ? "yellow" : NULL;
}

static const struct look plugin_look = {
        plugin_columns,
        ELEMENTSOF(plugin_columns),
        plugin_colour,
        "no plugin is loaded: nothing is measured",
};

static void print_sections_reason(const struct row *row)
{
        const struct field *name = row_find(row, "name"), *reason = row_find(row, "sections_reason");

        if (name && reason && name->type == FIELD_STRING && reason->type == FIELD_STRING)
                printf("%s: none of its sections is in force: %s\n", name->string, reason->string);
}

/* Under the table: what of a plugin the kernel refused or the machine lacks, and sections that came to nothing. */
static void print_refused(const struct rows *rows)
{
        static const char *const lists[] = { "programs", "unavailable" };

        for (size_t i = 0; i < rows->n; i++) {
                print_sections_reason(&rows->items[i]);
                for (size_t j = 0; j < ELEMENTSOF(lists); j++) {
                        const struct field *f = row_find(&rows->items[i], lists[j]);

                        if (!f || f->type != FIELD_STRINGS)
                                continue;
                        for (char **s = f->strings; *s; s++)
                                if (strstr(*s, ": "))
                                        printf("%s\n", *s);
                }
        }
}

int run_plugins(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };
        int r;

        if (in->n_arguments > 0) {
                if (in->n_arguments == 2 && streq(in->arguments[0], "inspect"))
                        return run_inspect(in, in->arguments[1]);
                complain("usage: trimtab plugins [inspect FILE]");
                return EXIT_USAGE;
        }

        if (connection_open(in, &bus) < 0 || connection_call_rows(bus, false, &rows, "ListPlugins", NULL) < 0)
                return EXIT_FAILED;

        r = show_list(in, &rows, &plugin_look);
        if (r == EXIT_OK && !in->json)
                print_refused(&rows);
        return r;
}

static const struct column knob_columns[] = {
        { "NAME", "name" },
        { "OBJECT", "object", NULL, COLUMN_CUT },
        { "VALUE", "value", format_quantity, COLUMN_RIGHT },
        { "ORIGINAL", "original", format_quantity, COLUMN_RIGHT },
        { "RANGE", "type", format_range },
        { "OWNER", "owner" },
        { "SHADOWED", "shadowed" },
        { "VIA", "via", NULL, COLUMN_CUT },
        { "NOTE", "reason", NULL, COLUMN_CUT },
};

static const char *knob_colour(const struct row *row)
{
        return field_is_true(row, "changed") ? "green" : NULL;
}

static const struct look knob_look = {
        knob_columns,
        ELEMENTSOF(knob_columns),
        knob_colour,
        "no plugin offers a knob",
};

int run_knobs(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0 ||
            connection_call_rows(bus, false, &rows, "ListKnobs", "ss",
                                 in->n_arguments > 0 ? in->arguments[0] : "",
                                 in->n_arguments > 1 ? in->arguments[1] : "") < 0)
                return EXIT_FAILED;
        return show_list(in, &rows, &knob_look);
}

static const struct column rule_columns[] = {
        { "NAME", "name" },
        { "OBJECT", "object", NULL, COLUMN_CUT },
        { "MODE", "mode" },
        { "PHASE", "phase" },
        { "FOR", "since_s", format_seconds, COLUMN_RIGHT },
        { "ACTIONS", "actions", NULL, COLUMN_RIGHT },
        { "MEASURED", "measured", NULL, COLUMN_CUT },
        { "WHEN", "when", NULL, COLUMN_CUT },
        { "WAITS FOR", "waits_for" },
};

static const char *rule_colour(const struct row *row)
{
        if (row_find(row, "waits_for"))
                return "yellow";
        return !row_find(row, "phase") || field_is(row, "phase", "idle") ? NULL : "green";
}

static const struct look rule_look = { rule_columns, ELEMENTSOF(rule_columns), rule_colour,
                                       "no rule is loaded" };

int run_rules(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0 ||
            connection_call_rows(bus, false, &rows, "ListRules", "s",
                                 in->n_arguments > 0 ? in->arguments[0] : "") < 0)
                return EXIT_FAILED;
        return show_list(in, &rows, &rule_look);
}
