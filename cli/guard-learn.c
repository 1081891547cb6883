/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trimtab guard learn: what has been learnt, as rules; by the guard, or with none there by the file that it has left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "guard.h"
#include "json.h"
#include "prose.h"
#include "report.h"
#include "show.h"
#include "terminal.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Lines of an INI text: escaped, without their ends. */
struct text {
        char **lines;
        size_t n;
};

static void text_clear(struct text *t)
{
        for (size_t i = 0; i < t->n; i++)
                free(t->lines[i]);
        free(t->lines);
        *t = (struct text){};
}

/* Takes over line; NULL: out of memory. */
static int text_add(struct text *t, char *line)
{
        int r = line ? array_reserve(&t->lines, t->n, sizeof(*t->lines)) : -ENOMEM;

        if (r < 0) {
                free(line);
                return r;
        }
        t->lines[t->n++] = line;
        return 0;
}

static int read_rows(const struct rows *rows, struct text *ret)
{
        int r = 0;

        for (size_t i = 0; i < rows->n && r >= 0; i++)
                r = text_add(ret, strdup(row_text(&rows->items[i], "line") ?: ""));
        return r;
}

static int read_file(const char *path, struct text *ret)
{
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        _cleanup_free_ char *line = NULL;
        size_t size = 0;
        int r = 0;

        if (!f)
                return -errno;
        for (ssize_t n; r >= 0 && (n = getline(&line, &size, f)) >= 0;) {
                if (n > 0 && line[n - 1] == '\n')
                        line[n - 1] = '\0';
                r = text_add(ret, str_escape(line));
        }
        return r < 0 ? r : ferror(f) ? -EIO : 0;
}

/* Of the guard. *ret_file: where it writes, new string; NULL: there is no guard to say. */
static int ask(const struct invocation *in, struct text *ret, char **ret_file)
{
        _cleanup_(sd_bus_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(rows_clear) struct rows rows = { 0 }, status = { 0 };
        const char *file;

        *ret_file = NULL;
        if (connection_try(in, &bus) < 0)
                return 0;
        if (report_ask(bus, "guard", "learnt", &rows) < 0 || report_ask(bus, "guard", "status", &status) < 0)
                return 0; /* which was said; the file may be there all the same */
        file = status.n > 0 ? row_text(&status.items[0], "learnt_file") : NULL;
        *ret_file = file ? strdup(file) : NULL;
        return read_rows(&rows, ret);
}

static int read_text(const struct invocation *in, struct text *ret)
{
        _cleanup_(guard_files_clear) struct guard_files files = {};
        _cleanup_free_ char *file = NULL;
        int r = ask(in, ret, &file);

        if (r < 0 || ret->n > 0)
                return r;
        if (!file) {
                if (guard_files_find(in, &files) < 0)
                        return -ENOMEM;
                file = TAKE(files.learnt);
        }
        r = read_file(file, ret);
        if (r == -ENOENT)
                complain("nothing has been learnt yet: there is no %s; 'mode = learn' in [egress] begins", file);
        else if (r < 0)
                complain("%s: %s", file, strerror(-r));
        return r;
}

/* A section: from its header to the next one. */
struct section {
        char *const *lines;
        size_t n;
        const char *subject; /* "web.service"; NULL: it has none */
};

static size_t next_section(const struct text *t, size_t from, struct section *ret)
{
        size_t i = from;

        while (i < t->n && t->lines[i][0] != '[')
                i++;
        *ret = (struct section){ .lines = t->lines + i };
        for (size_t first = i; i < t->n && (i == first || t->lines[i][0] != '['); i++) {
                ret->subject = startswith(t->lines[i], "unit = ") ?: startswith(t->lines[i], "cgroup = ") ?: ret->subject;
                ret->n++;
        }
        while (ret->n > 0 && ret->lines[ret->n - 1][0] == '\0')
                ret->n--;
        return i;
}

static int add_json(const struct section *s, struct rows *ret)
{
        _cleanup_free_ const char **lines = calloc(s->n + 1, sizeof(*lines));

        if (!lines)
                return -ENOMEM;
        for (size_t i = 0; i < s->n; i++)
                lines[i] = s->lines[i];
        rows_begin(ret);
        rows_string(ret, "subject", s->subject);
        rows_strings(ret, "lines", lines);
        return ret->error;
}

static void print_section(const struct section *s)
{
        putchar('\n');
        for (size_t i = 0; i < s->n; i++)
                puts(s->lines[i]);
}

int guard_learn(const struct invocation *in)
{
        _cleanup_(text_clear) struct text text = {};
        _cleanup_(rows_clear) struct rows rows = { 0 };
        size_t at = 0, shown = 0;
        struct section s;
        int r = read_text(in, &text);

        if (r < 0)
                return EXIT_FAILED;
        for (; !in->json && at < text.n && text.lines[at][0] == '#'; at++)
                puts(text.lines[at]);
        while (r >= 0 && (at = next_section(&text, at, &s), s.n > 0)) {
                if (!guard_is_unit(in, s.subject))
                        continue;
                shown++;
                if (in->json)
                        r = add_json(&s, &rows);
                else
                        print_section(&s);
        }
        if (in->json && r >= 0)
                r = json_print(&rows, false);
        if (shown == 0)
                complain(in->unit ? "nothing was learnt of '%s'" : "nothing has been learnt yet", in->unit);
        return show_done(r) != EXIT_OK || (in->unit && shown == 0) ? EXIT_FAILED : EXIT_OK;
}
