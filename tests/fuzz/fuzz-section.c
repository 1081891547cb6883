/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any text as sections of a plugin, and, behind a line "----", any bytes as the file of a list that they may name as LIST below: an entry
 * comes out of it exactly if nothing was said to be wrong; all that is in it is what the keys allow, and no item is lost; every message
 * points into the text or the list.
 */

#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../core/plugin/filter.h"
#include "plugin/section.h"
#include "util/file.h"
#include "util/str.h"

/* A file in memory under a number that the texts can know. */
#define LIST_FD 100
#define LIST "/proc/self/fd/100"

static const char SEPARATOR[] = "\n----\n";

static bool is_space(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r');
}

static void check_message(const struct diag_item *item)
{
        CHECK(item->line >= 1 && item->message && item->path);
        if (!item->source)
                return;
        CHECK(item->column >= 1 && item->column - 1 <= strlen(item->source));
        /* A NUL byte stands where the source ends. */
        CHECK(item->column - 1 + item->width <= strlen(item->source) || item->column - 1 == strlen(item->source));
}

static void check_item(const struct trimtab_key *key, const struct trimtab_items *items, uint32_t i)
{
        const char *text = items->texts[i];
        size_t n = strlen(text), c = 0;

        CHECK(n > 0 && !is_space(text[0]) && !is_space(text[n - 1]));
        CHECK(!key->check || key->check(text, (char[256]) {}, 256) == 0);
        CHECK(!(key->flags & TRIMTAB_KEY_FILE) || text[0] == '/');
        if (key->type == TRIMTAB_KEY_NUMBER && key->max > 0)
                CHECK(items->numbers[i] >= key->min && items->numbers[i] <= key->max);
        while (key->choices && key->choices[c] && !streq(key->choices[c], text))
                c++;
        CHECK(!key->choices || key->choices[c]);
}

/* Parts between commas that are not blank. */
static size_t count_parts(const char *text)
{
        bool blank = true;
        size_t n = 0;

        for (; *text; text++)
                if (*text == ',') {
                        n += !blank;
                        blank = true;
                } else if (!is_space(*text)) {
                        blank = false;
                }
        return n + !blank;
}

static size_t count_lines(const char *list, size_t size)
{
        const char *end = list + size;
        size_t n = 0;

        if (size >= 3 && memcmp(list, "\xef\xbb\xbf", 3) == 0)
                list += 3;
        while (list < end) {
                const char *newline = memchr(list, '\n', (size_t) (end - list));

                while (list < (newline ?: end) && is_space(*list))
                        list++;
                n += list < (newline ?: end) && *list != '#' && *list != ';';
                list = newline ? newline + 1 : end;
        }
        return n;
}

static void check_entry(const struct trimtab_entry *e, const struct ini_section *from, size_t list_lines)
{
        const struct ini_entry *source = ini_get(from, "source");
        size_t n = 0;
        bool only_list = true;

        CHECK(e->name[0] && streq(e->name, from->name) && e->n_items == FILTER_N);
        for (uint32_t k = 0; k < FILTER_N; k++) {
                const struct trimtab_items *items = &e->items[k];

                CHECK((items->n > 0) == !!items->texts);
                CHECK(!!items->numbers == (items->n > 0 && filter_keys[k].type == TRIMTAB_KEY_NUMBER));
                CHECK(items->n <= 1 || filter_keys[k].flags & TRIMTAB_KEY_LIST);
                for (uint32_t i = 0; i < items->n; i++)
                        check_item(&filter_keys[k], items, i);
        }
        CHECK(e->items[FILTER_SOURCE].n > 0 || e->items[FILTER_SOURCE_FILE].n > 0);
        CHECK(e->items[FILTER_RATE].n == 0 || e->items[FILTER_PORT].n > 0);

        for (size_t i = 0; source && i < source->n_lines; i++)
                n += count_parts(source->lines[i].text);
        for (uint32_t i = 0; i < e->items[FILTER_SOURCE_FILE].n; i++) {
                n += list_lines;
                only_list = only_list && streq(e->items[FILTER_SOURCE_FILE].texts[i], LIST);
        }
        CHECK(!only_list || e->items[FILTER_SOURCE].n == n);
}

static void put_list(const uint8_t *data, size_t size)
{
        static bool made;

        if (!made) {
                int fd = memfd_create("list", 0);

                CHECK(fd >= 0 && dup2(fd, LIST_FD) == LIST_FD);
                made = true;
        }
        CHECK(ftruncate(LIST_FD, 0) == 0 && lseek(LIST_FD, 0, SEEK_SET) == 0);
        CHECK(fd_write_all(LIST_FD, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const uint8_t *at = memmem(data, size, SEPARATOR, strlen(SEPARATOR));
        size_t text_size = at ? (size_t) (at - data) + 1 : size, list_size = at ? size - text_size - strlen(SEPARATOR) + 1 : 0;
        const uint8_t *list = data + size - list_size;
        struct lists lists = {};
        struct diag diag = {};
        struct ini ini = {};

        put_list(list, list_size);
        CHECK(ini_load_text(&ini, "text", (const char *) data, text_size, &diag) == 0);

        for (size_t i = 0; i < ini.n_sections; i++) {
                const struct section_reading reading = { .section = &filter_section, .lists = &lists, .diag = &diag };
                unsigned before = diag.n_errors;
                struct section_entry *e;

                CHECK(section_parse(&reading, &ini.sections[i], &e) == 0);
                CHECK(!e == (diag.n_errors > before || ini.sections[i].broken));
                if (e)
                        check_entry(&e->entry, &ini.sections[i], count_lines((const char *) list, list_size));
                section_entry_free(e);
        }
        for (size_t i = 0; i < diag.n; i++)
                check_message(&diag.items[i]);

        lists_clear(&lists);
        diag_clear(&diag);
        ini_clear(&ini);
        return 0;
}
