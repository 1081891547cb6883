/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"
#include "util/cleanup.h"
#include "util/str.h"

/* That a value's bytes and places survive the way through inih. */

/* The lines of key `k` in the only section of text, read without complaint. */
static const struct ini_entry *read_k(struct ini *ini, const char *text, size_t size)
{
        const struct ini_entry *entry;
        struct diag diag = {};

        assert_int_equal(ini_load_text(ini, "f", text, size, &diag), 0);
        if (diag.n > 0)
                diag_print(&diag, stderr, false);
        assert_int_equal(diag.n, 0);
        assert_int_equal(ini->n_sections, 1);
        entry = ini_get(&ini->sections[0], "k");
        assert_non_null(entry);

        /* A place points at the very bytes, whatever the line. */
        for (size_t i = 0; i < entry->n_lines; i++) {
                const struct place *p = &entry->lines[i].place;

                assert_int_equal(p->width, strlen(entry->lines[i].text));
                assert_memory_equal(p->source + p->column - 1, entry->lines[i].text, p->width);
                assert_ptr_equal(p->source, ini->files[0]->lines[p->line - 1]);
                assert_ptr_equal(p->path, ini->files[0]->path);
                assert_null(strpbrk(p->source, "\n"));
                assert_false(endswith(p->source, "\r"));
        }
        return entry;
}

static void assert_lines(const char *text, const char *const *lines, size_t n)
{
        struct ini ini = {};
        const struct ini_entry *entry = read_k(&ini, text, strlen(text));

        assert_int_equal(entry->n_lines, n);
        for (size_t i = 0; i < n; i++)
                assert_string_equal(entry->lines[i].text, lines[i]);
        ini_clear(&ini);
}

#define ASSERT_LINES(text, ...)                                                                              \
        assert_lines(text, (const char *const[]){ __VA_ARGS__ },                                             \
                     ELEMENTSOF(((const char *const[]){ __VA_ARGS__ })))

static void a_line_that_begins_with_white_space_continues(void **state)
{
        ASSERT_LINES("[s]\nk = a\n", "a");
        ASSERT_LINES("[s]\nk=a\n  b  \n\tc\n", "a", "b", "c");
        ASSERT_LINES("[s]\nk =\n  b\n  c", "b", "c");
        ASSERT_LINES("[s]\nk = a\n\n  b\n", "a", "b");
        ASSERT_LINES("[s]\nk = a = b\n  c = d\n  [e]\n", "a = b", "c = d", "[e]");
}

static void comments_are_whole_lines(void **state)
{
        ASSERT_LINES("# one\n; two\n[s]\n# three\nk = a\n  # four\n  b\n; five\n  c\n", "a", "b", "c");
}

static void hash_and_semicolon_stay_in_a_value(void **state)
{
        ASSERT_LINES("[s]\nk = a ; b\n  c ; d\n", "a ; b", "c ; d");
        ASSERT_LINES("[s]\nk = a # b\n  c # d\n", "a # b", "c # d");
        ASSERT_LINES("[s]\nk = ; b\n", "; b");
        ASSERT_LINES("[s]\nk = # b\n", "# b");
        ASSERT_LINES("[s]\nk = a;b ;; c\t;d  ;\n", "a;b ;; c\t;d  ;");
}

static void quotes_and_brackets_stay_in_a_value(void **state)
{
        ASSERT_LINES("[s]\nk = \"a\"\n  \"\n  \"\"\n", "\"a\"", "\"", "\"\"");
        ASSERT_LINES("[s]\nk = [a]:b\n", "[a]:b");
        ASSERT_LINES("[s]\nk = \x01\x7f\xff\n", "\x01\x7f\xff");
}

static void line_ends_of_other_systems_are_taken(void **state)
{
        ASSERT_LINES("[s]\r\nk = a\r\n  b\r\n\r\n", "a", "b");
        ASSERT_LINES("\xef\xbb\xbf[s]\nk = a", "a");
        ASSERT_LINES("\xef\xbb\xbf# note\r\n[s]\r\nk = a", "a");
        /* A line end is only what ends a line. */
        ASSERT_LINES("[s]\nk = a\rb\r\n", "a\rb");
}

static void a_byte_order_mark_is_not_counted(void **state)
{
        struct diag diag = {};
        struct ini ini = {};
        static const char text[] = "\xef\xbb\xbfx\n";

        assert_int_equal(ini_load_text(&ini, "f", text, strlen(text), &diag), 0);
        assert_int_equal(diag.n, 1);
        assert_int_equal(diag.items[0].column, 1);
        assert_string_equal(diag.items[0].source, "x");
        diag_clear(&diag);
        ini_clear(&ini);
}

/* Every length around those at which inih and this reader cut, and white space and comment signs at every
 * place. */
static void no_byte_of_a_long_line_is_lost(void **state)
{
        static const char *const fillers[] = { "x", " ;", "; ", "ab #", "          ", "\"", "]", "\xc3\xa4" };
        enum { LONGEST = 620 };

        for (size_t f = 0; f < ELEMENTSOF(fillers); f++)
                for (size_t length = 1; length <= LONGEST; length++) {
                        char value[LONGEST + 1], text[3 * LONGEST];
                        const struct ini_entry *entry;
                        struct ini ini = {};
                        int n;

                        for (size_t i = 0; i < length; i++)
                                value[i] = fillers[f][i % strlen(fillers[f])];
                        value[0] = '<';
                        value[length - 1] = '>';
                        value[length] = '\0';

                        n = snprintf(text, sizeof(text), "[s]\nk = %s\n  %s\n", value, value);
                        entry = read_k(&ini, text, (size_t) n);
                        assert_int_equal(entry->n_lines, 2);
                        assert_string_equal(entry->lines[0].text, value);
                        assert_string_equal(entry->lines[1].text, value);
                        ini_clear(&ini);
                }
}

static void a_megabyte_is_a_line(void **state)
{
        enum { SIZE = 1 << 20 };
        _cleanup_free_ char *text = malloc(SIZE + 1);
        const struct ini_entry *entry;
        struct ini ini = {};

        assert_non_null(text);
        memset(text, 'v', SIZE);
        memcpy(text, "[s]\nk=", 6);
        text[SIZE] = '\0';
        entry = read_k(&ini, text, SIZE);
        assert_int_equal(entry->n_lines, 1);
        assert_string_equal(entry->lines[0].text, text + 6);
        ini_clear(&ini);
}

static void places_outlive_what_is_loaded_later(void **state)
{
        struct ini ini = {};
        struct diag diag = {};
        const struct ini_entry *entry = read_k(&ini, "[s]\nk = a\n", 10);
        struct place place = entry->lines[0].place;

        for (unsigned i = 0; i < 100; i++) {
                char text[64];
                int n = snprintf(text, sizeof(text), "[s %u]\nk = b\n", i);

                assert_int_equal(ini_load_text(&ini, "g", text, (size_t) n, &diag), 0);
        }
        assert_string_equal(place.path, "f");
        assert_string_equal(place.source, "k = a");
        assert_string_equal(ini_get(&ini.sections[0], "k")->lines[0].place.source, "k = a");
        ini_clear(&ini);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_that_begins_with_white_space_continues),
                cmocka_unit_test(comments_are_whole_lines),
                cmocka_unit_test(hash_and_semicolon_stay_in_a_value),
                cmocka_unit_test(quotes_and_brackets_stay_in_a_value),
                cmocka_unit_test(line_ends_of_other_systems_are_taken),
                cmocka_unit_test(a_byte_order_mark_is_not_counted),
                cmocka_unit_test(no_byte_of_a_long_line_is_lost),
                cmocka_unit_test(a_megabyte_is_a_line),
                cmocka_unit_test(places_outlive_what_is_loaded_later),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
