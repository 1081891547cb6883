/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The INI reader against a reader of a few lines that knows nothing of inih: every value line of the input is
 * there whole, or stands in a part that an error is told about; and every place points at the very bytes it
 * is said of.
 */

#include "fuzz.h"

#include <string.h>

#include "config/ini.h"
#include "util/cleanup.h"
#include "util/str.h"

struct seen {
        const struct ini_line **values; /* line number -> the value's part on it, or NULL */
        bool *errors;                   /* line number -> an error is told about it */
        size_t n;                       /* lines; numbers count from 1 */
};

static bool is_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static void check_place(const struct ini_file *file, const struct place *p, const char *text)
{
        CHECK(p->path == file->path);
        CHECK(p->line >= 1 && p->line <= file->n_lines);
        CHECK(p->source == file->lines[p->line - 1]);
        CHECK(p->column >= 1 && p->width == strlen(text));
        CHECK(p->column - 1 + p->width <= strlen(p->source));
        CHECK(memcmp(p->source + p->column - 1, text, p->width) == 0);
}

static void see_entry(struct seen *seen, const struct ini *ini, const struct ini_entry *entry)
{
        const struct ini_file *file = ini->files[entry->file_index];

        check_place(file, &entry->place, entry->key);
        for (size_t i = 0; i < entry->n_lines; i++) {
                const struct ini_line *line = &entry->lines[i];

                check_place(file, &line->place, line->text);
                CHECK(line->text[0] != '\0');
                CHECK(!seen->values[line->place.line]);
                seen->values[line->place.line] = line;
        }
}

static void see_errors(struct seen *seen, const struct diag *diag)
{
        for (size_t i = 0; i < diag->n; i++) {
                const struct diag_item *item = &diag->items[i];

                CHECK(item->line >= 1 && item->line <= seen->n);
                CHECK(item->column >= 1 && item->column <= strlen(item->source) + 1);
                if (item->severity == SEVERITY_ERROR)
                        seen->errors[item->line] = true;
        }
}

/* What stands on one line: its value, or the rest of what the rules of the format say about it. */
struct reference {
        bool in_section, below_key; /* where values are taken */
        size_t n_values;
};

static void check_line(struct reference *ref, const struct seen *seen, size_t number, const char *line,
                       size_t length)
{
        const struct ini_line *value = seen->values[number];
        bool error = seen->errors[number], expected, continued;
        const char *at = line, *end = line + length, *equals;

        for (; at < end && is_space(*at); at++)
                ;
        for (; end > at && is_space(end[-1]); end--)
                ;
        if (at == end || *at == '#' || *at == ';') {
                CHECK(!value && !error);
                return;
        }

        continued = is_space(*line);
        if (!continued && *line == '[') {
                CHECK(!value);
                ref->in_section = !error;
                ref->below_key = false;
                return;
        }

        if (!continued) {
                equals = memchr(at, '=', (size_t) (end - at));
                ref->below_key = ref->in_section && equals && !error;
                for (at = equals ? equals + 1 : end; at < end && is_space(*at); at++)
                        ;
        } else if (error) {
                ref->below_key = false;
        }

        /* A line that is neither taken nor told of stands under a header or key that is. */
        expected = ref->below_key && at < end;
        CHECK(expected == !!value);
        if (!value)
                return;
        CHECK(strlen(value->text) == (size_t) (end - at));
        CHECK(memcmp(value->text, at, (size_t) (end - at)) == 0);
        ref->n_values++;
}

static void check_lines(const struct seen *seen, const char *text, size_t size)
{
        const char *at = text, *end = text + size;
        struct reference ref = {};
        size_t number = 0, n_values = 0;

        if (size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
                at += 3;

        while (at < end) {
                const char *newline = memchr(at, '\n', (size_t) (end - at)), *line_end = newline ?: end;

                check_line(&ref, seen, ++number, at, (size_t) (line_end - at));
                at = newline ? newline + 1 : end;
        }

        CHECK(number == seen->n);
        for (size_t i = 1; i <= seen->n; i++)
                n_values += !!seen->values[i];
        CHECK(n_values == ref.n_values);
}

/* The marks on sections tell of lines lost inside them: none without an error. */
static void check_sections(const struct ini *ini, const struct diag *diag)
{
        for (size_t i = 0; i < ini->n_sections; i++) {
                const struct ini_section *s = &ini->sections[i];

                CHECK(s->kind[0] != '\0' && strlen(s->kind) + strlen(s->name) <= 49);
                CHECK(!s->broken || diag->n_errors > 0);
                for (size_t k = 0; k < s->n_entries; k++)
                        CHECK(ini_get(s, s->entries[k].key) >= &s->entries[k]);
        }
}

static void check_print(const struct diag *diag)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        CHECK(f);
        diag_print(diag, f, false);
        CHECK(fclose(f) == 0);
        for (size_t i = 0; i < size; i++)
                CHECK((unsigned char) text[i] >= ' ' || text[i] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const char *text = (const char *) data;
        struct seen seen = {};
        struct diag diag = {};
        struct ini ini = {};
        size_t n_sections;
        unsigned n_errors;

        CHECK(ini_load_text(&ini, "first", text, size, &diag) == 0);
        CHECK(ini.n_files == 1);
        seen.n = ini.files[0]->n_lines;
        seen.values = calloc(seen.n + 1, sizeof(*seen.values));
        seen.errors = calloc(seen.n + 1, sizeof(*seen.errors));
        CHECK(seen.values && seen.errors);

        for (size_t i = 0; i < ini.n_sections; i++)
                for (size_t k = 0; k < ini.sections[i].n_entries; k++)
                        see_entry(&seen, &ini, &ini.sections[i].entries[k]);
        see_errors(&seen, &diag);
        check_lines(&seen, text, size);
        check_sections(&ini, &diag);
        check_print(&diag);

        /* The same once more: the same sections, all of it in force from the second. */
        n_sections = ini.n_sections;
        n_errors = diag.n_errors;
        CHECK(ini_load_text(&ini, "second", text, size, &diag) == 0);
        CHECK(ini.n_sections == n_sections && diag.n_errors == 2 * n_errors);
        for (size_t i = 0; i < n_sections; i++) {
                const struct ini_section *s = &ini.sections[i];

                CHECK(s->file_index == 1 && s->n_entries % 2 == 0);
                for (size_t k = 0; k < s->n_entries; k++)
                        CHECK(ini_get(s, s->entries[k].key)->file_index == 1);
        }

        free(seen.values);
        free(seen.errors);
        diag_clear(&diag);
        ini_clear(&ini);
        return 0;
}
