/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab report and do: what plugins tell and do of their own, whatever these are. */
#include "report.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "format.h"
#include "json.h"
#include "prose.h"
#include "show.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

int report_ask(sd_bus *bus, const char *plugin, const char *report, struct rows *ret)
{
        return connection_call_rows(bus, false, ret, "Report", "ss", plugin, report);
}

/* --- rows whose fields we do not know --- */

/* "TIME" of time_usec, "LAST SEEN" of last_seen. New string. */
static char *heading_of(const char *field)
{
        static const char *const units[] = { "_usec", "_us", "_s", "_bytes" };
        char *heading = strdup(field);

        for (size_t i = 0; heading && i < ELEMENTSOF(units); i++)
                if (endswith(heading, units[i]))
                        heading[strlen(heading) - strlen(units[i])] = '\0';
        for (char *c = heading; c && *c; c++)
                *c = *c == '_' ? ' ' : (char) toupper((unsigned char) *c);
        return heading;
}

static bool is_number(const struct field *f)
{
        return f->type == FIELD_UINT || f->type == FIELD_NUMBER;
}

/* By the ending of its name, as trimtab(1) promises of all fields. */
static char *format_by_name(const struct row *row, const struct field *f)
{
        if (f->type == FIELD_UINT && endswith(f->name, "_usec"))
                return f->uint > 0 ? format_time(row, f) : NULL;
        if (is_number(f) && endswith(f->name, "_us"))
                return format_microseconds(row, f);
        if (is_number(f) && endswith(f->name, "_s"))
                return format_seconds(row, f);
        if (is_number(f) && endswith(f->name, "_bytes"))
                return format_bytes(row, f);
        return format_plain(row, f);
}

static bool has_numbers(const struct rows *rows, const char *name)
{
        for (size_t i = 0; i < rows->n; i++) {
                const struct field *f = row_find(&rows->items[i], name);

                if (f)
                        return is_number(f) && !endswith(name, "_usec");
        }
        return false;
}

int report_print_table(const struct rows *rows, char *const *fields)
{
        _cleanup_free_ struct column *columns = NULL;
        size_t n = 0;
        int r = 0;

        while (fields[n])
                n++;
        columns = calloc(n + 1, sizeof(*columns));
        if (!columns)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                columns[i] = (struct column){ heading_of(fields[i]), fields[i], format_by_name,
                                              has_numbers(rows, fields[i]) ? COLUMN_RIGHT : 0 };
                if (!columns[i].heading)
                        r = -ENOMEM;
        }
        if (r >= 0 && rows->n > 0)
                r = table_print(rows, columns, n, NULL);
        for (size_t i = 0; i < n; i++)
                free((char *) columns[i].heading);
        return r;
}

/* A value a line. */
static void print_values(const struct rows *rows)
{
        for (size_t i = 0; i < rows->n; i++) {
                const struct row *row = &rows->items[i];
                int width = 0;

                if (i > 0)
                        putchar('\n');
                for (size_t j = 0; j < row->n; j++)
                        if ((int) strlen(row->fields[j].name) > width)
                                width = (int) strlen(row->fields[j].name);
                for (size_t j = 0; j < row->n; j++) {
                        _cleanup_free_ char *text = format_by_name(row, &row->fields[j]);

                        printf("%*s: %s\n", width, row->fields[j].name, text ?: "");
                }
        }
}

/* --- what there is --- */

static const char *const kinds[] = { "reports", "deeds" };

static void add_offers(const struct row *plugin, size_t kind, struct rows *ret)
{
        const struct rows *offers = row_rows(plugin, kinds[kind]);

        for (size_t i = 0; i < offers->n; i++) {
                rows_begin(ret);
                rows_string(ret, "plugin", row_text(plugin, "name"));
                rows_string(ret, "kind", kind == 0 ? "report" : "deed");
                rows_string(ret, "name", row_text(&offers->items[i], "name"));
                rows_string(ret, "help", row_text(&offers->items[i], "help"));
        }
}

static const struct row *find_plugin(const struct rows *plugins, const char *name)
{
        _cleanup_free_ const char **names = calloc(plugins->n + 1, sizeof(*names));
        const char *nearest;

        for (size_t i = 0; names && i < plugins->n; i++) {
                names[i] = row_text(&plugins->items[i], "name");
                if (names[i] && streq(names[i], name))
                        return &plugins->items[i];
        }
        nearest = names ? str_nearest(name, names, plugins->n) : NULL;
        complain("no plugin is named '%s'%s%s%s", name, nearest ? ", did you mean '" : ", 'trimtab plugins' lists them", nearest ?: "",
                 nearest ? "'?" : "");
        return NULL;
}

/* Of all plugins; of one, when that is not NULL. */
static int show_offers(const struct invocation *in, const struct rows *plugins, const struct row *one)
{
        static const struct column columns[] = { { "PLUGIN", "plugin" }, { "KIND", "kind" }, { "NAME", "name" }, { "HELP", "help", NULL, COLUMN_CUT } };
        static const struct look look = { columns, ELEMENTSOF(columns), NULL, "no plugin here reports or does anything of its own" };
        const struct invocation all = { .json = in->json };
        _cleanup_(rows_clear) struct rows rows = { 0 };

        for (size_t i = 0; i < plugins->n; i++)
                for (size_t kind = 0; kind < ELEMENTSOF(kinds); kind++)
                        if (!one || one == &plugins->items[i])
                                add_offers(&plugins->items[i], kind, &rows);
        return rows.error < 0 ? show_done(rows.error) : show_list(&all, &rows, &look);
}

static const struct row *find_report(const struct row *plugin, const char *name)
{
        const struct rows *reports = row_rows(plugin, "reports");

        for (size_t i = 0; i < reports->n; i++)
                if (streq(row_text(&reports->items[i], "name") ?: "", name))
                        return &reports->items[i];
        return NULL;
}

int run_report(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows plugins = { 0 }, rows = { 0 };
        const struct row *plugin, *report;
        const struct field *columns;

        if (connection_open(in, &bus) < 0 || connection_call_rows(bus, false, &plugins, "ListPlugins", NULL) < 0)
                return EXIT_FAILED;
        plugin = in->n_arguments > 0 ? find_plugin(&plugins, in->arguments[0]) : NULL;
        if (in->n_arguments > 0 && !plugin)
                return EXIT_FAILED;
        if (in->n_arguments < 2)
                return show_offers(in, &plugins, plugin);

        if (report_ask(bus, in->arguments[0], in->arguments[1], &rows) < 0)
                return EXIT_FAILED;
        if (in->json)
                return show_done(json_print(&rows, false));
        report = find_report(plugin, in->arguments[1]);
        columns = report ? row_find(report, "columns") : NULL;
        if (rows.n == 0)
                complain("nothing to report");
        if (columns && columns->type == FIELD_STRINGS)
                return show_done(report_print_table(&rows, columns->strings));
        print_values(&rows);
        return show_done(0);
}

int report_show_answer(const struct invocation *in, const struct rows *answer)
{
        if (in->json)
                return show_done(json_print(answer, true));
        for (size_t i = 0; i < answer->n; i++) {
                const char *message = row_text(&answer->items[i], "message");

                if (message)
                        printf("%s\n", message);
        }
        return show_done(0);
}

int run_do(const struct invocation *in)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 };

        if (connection_open(in, &bus) < 0 ||
            connection_call_rows(bus, false, &rows, "Do", "sss", in->arguments[0], in->arguments[1],
                                 in->n_arguments > 2 ? in->arguments[2] : "") < 0)
                return EXIT_FAILED;
        return report_show_answer(in, &rows);
}
