/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/diag.h"
#include "util/cleanup.h"

/* What diag prints, in a new string; diag is cleared. */
static char *printed(struct diag *diag, bool coloured)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        diag_print(diag, f, coloured);
        assert_int_equal(fclose(f), 0);
        diag_clear(diag);
        return text;
}

static void assert_source(const char *source, unsigned column, unsigned width, const char *expected)
{
        struct diag diag = {};
        struct place place = { .path = "f", .source = source, .line = 3, .column = column, .width = width };
        _cleanup_free_ char *text = NULL;

        diag_add(&diag, SEVERITY_ERROR, &place, "x");
        text = printed(&diag, false);
        assert_string_equal(strchr(text, '\n') + 1, expected);
}

static void an_error_shows_its_place(void **state)
{
        struct diag diag = {};
        struct place place = {
                .path = "/etc/trimtab/rules.d/web.conf",
                .source = "when = p99(sched.runq_latncy) > 5ms",
                .line = 12,
                .column = 12,
                .width = 17,
        };
        _cleanup_free_ char *text = NULL;

        diag_add(&diag, SEVERITY_ERROR, &place, "unknown metric '%s'", "sched.runq_latncy");
        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(diag.n_warnings, 0);

        text = printed(&diag, false);
        assert_string_equal(text,
                            "/etc/trimtab/rules.d/web.conf:12:12: error: unknown metric 'sched.runq_latncy'\n"
                            "  12 | when = p99(sched.runq_latncy) > 5ms\n"
                            "     |            ^~~~~~~~~~~~~~~~~\n");
}

static void colours_only_when_asked(void **state)
{
        struct diag diag = {};
        struct place place = { .path = "f", .source = "abc", .line = 1, .column = 2, .width = 2 };
        _cleanup_free_ char *text = NULL;

        diag_add(&diag, SEVERITY_WARNING, &place, "x");
        text = printed(&diag, true);
        assert_string_equal(text, "\033[1mf:1:2: \033[0m\033[1;35mwarning:\033[0m x\n"
                                  "  1 | abc\n"
                                  "    |  \033[1;35m^~\033[0m\n");
}

static void the_caret_stays_under_its_text(void **state)
{
        assert_source("abc", 1, 0, "  3 | abc\n    | ^\n");
        assert_source("abc", 3, 1, "  3 | abc\n    |   ^\n");
        assert_source("a\tbc", 3, 2, "  3 | a       bc\n    |         ^~\n");
        assert_source("\xc3\xa4\xc3\xb6xy", 5, 2, "  3 | \xc3\xa4\xc3\xb6xy\n    |   ^~\n");
        assert_source("\xe6\x97\xa5x", 4, 1, "  3 | \xe6\x97\xa5x\n    |   ^\n");
        /* A combining accent takes no cell. */
        assert_source("e\xcc\x81x", 4, 1, "  3 | e\xcc\x81x\n    |  ^\n");
}

static void what_would_harm_a_terminal_is_escaped(void **state)
{
        struct diag diag = {};
        struct place place = { .path = "a\nb" };
        _cleanup_free_ char *text = NULL;

        assert_source("a\033[2Jb", 6, 1, "  3 | a\\x1b[2Jb\n    |         ^\n");
        assert_source("\xff!", 2, 1, "  3 | \\xff!\n    |     ^\n");
        /* C1 controls and changes of direction, though valid UTF-8. */
        assert_source("\xc2\x9b!", 3, 1, "  3 | \\xc2\\x9b!\n    |         ^\n");
        assert_source("\xe2\x80\xae!", 4, 1, "  3 | \\xe2\\x80\\xae!\n    |             ^\n");

        diag_add(&diag, SEVERITY_ERROR, &place, "name '%s'", "\033[31m");
        text = printed(&diag, false);
        assert_string_equal(text, "a\\x0ab: error: name '\\x1b[31m'\n");
}

static void carets_past_the_text_stay_beside_it(void **state)
{
        assert_source("abc", 4, 1, "  3 | abc\n    |    ^\n");
        assert_source("abc", 99, 50, "  3 | abc\n    |    ^\n");
        assert_source("abc", 2, 50, "  3 | abc\n    |  ^~\n");
        assert_source("", 1, 1, "  3 | \n    | ^\n");
        assert_source("abc", 0, 0, "  3 | abc\n");
}

static void order_is_file_line_column(void **state)
{
        struct diag diag = {};
        static const struct place places[] = {
                { .path = "b", .line = 1, .column = 1 },
                { .path = "a", .line = 10, .column = 1 },
                { .path = "a", .line = 2, .column = 9 },
                { .path = "a", .line = 2, .column = 3 },
                { .path = "a", .line = 2, .column = 9 },
                { .path = "a", .line = 4 },
                { .path = "a" },
        };
        _cleanup_free_ char *text = NULL;

        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                diag_add(&diag, i % 2 ? SEVERITY_WARNING : SEVERITY_ERROR, &places[i], "%zu", i);
        assert_int_equal(diag.n_errors, 4);
        assert_int_equal(diag.n_warnings, 3);

        text = printed(&diag, false);
        assert_string_equal(text, "a: error: 6\n"
                                  "a:2:3: warning: 3\n"
                                  "a:2:9: error: 2\n"
                                  "a:2:9: error: 4\n"
                                  "a:4: warning: 5\n"
                                  "a:10:1: warning: 1\n"
                                  "b:1:1: error: 0\n");
}

static void one_item_on_one_line(void **state)
{
        struct diag diag = {};
        struct place place = { .path = "f", .source = "abc", .line = 1, .column = 2 };
        _cleanup_free_ char *placed = NULL, *bare = NULL;

        diag_add(&diag, SEVERITY_ERROR, &place, "two\nlines");
        diag_add(&diag, SEVERITY_WARNING, NULL, "nowhere");
        placed = diag_item_text(&diag.items[0]);
        bare = diag_item_text(&diag.items[1]);
        assert_string_equal(placed, "f:1:2: error: two\\x0alines");
        assert_string_equal(bare, "warning: nowhere");

        diag_clear(&diag);
        assert_int_equal(diag.n, 0);
        assert_int_equal(diag.n_errors, 0);
}

static void what_is_said_is_not_said_again(void **state)
{
        struct place place = { .path = "f", .source = "x = y", .line = 3, .column = 1, .width = 1 };
        struct diag diag = {}, from = {};
        _cleanup_free_ char *text = NULL;

        diag_add(&from, SEVERITY_ERROR, &place, "a");
        diag_add(&from, SEVERITY_WARNING, &place, "a");
        place.line = 4;
        diag_add(&from, SEVERITY_ERROR, &place, "a");
        diag_add(&from, SEVERITY_ERROR, NULL, "nowhere");

        diag_add_new(&diag, &from);
        diag_add_new(&diag, &from);
        diag_clear(&from);
        assert_int_equal(diag.n, 4);
        assert_int_equal(diag.n_errors, 3);
        assert_int_equal(diag.n_warnings, 1);
        text = printed(&diag, false);
        assert_non_null(strstr(text, "f:4:1: error: a\n  4 | x = y\n"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_error_shows_its_place),
                cmocka_unit_test(what_is_said_is_not_said_again),
                cmocka_unit_test(colours_only_when_asked),
                cmocka_unit_test(the_caret_stays_under_its_text),
                cmocka_unit_test(what_would_harm_a_terminal_is_escaped),
                cmocka_unit_test(carets_past_the_text_stay_beside_it),
                cmocka_unit_test(order_is_file_line_column),
                cmocka_unit_test(one_item_on_one_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
