/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"
#include "util/str.h"

/*
 * What another build of inih does not carry is told, not lost. This one, in the real one's place, is built
 * without multi-line values and cuts lines early.
 */
enum { LOSSY_LINE_MAX = 64 };

int ini_parse_stream(ini_reader reader, void *stream, ini_handler handler, void *userdata)
{
        char line[200], section[50] = "";

        while (reader(line, sizeof(line), stream)) {
                char *newline = strchr(line, '\n'), *equals = strchr(line, '=');

                if (newline)
                        *newline = '\0';
                line[LOSSY_LINE_MAX] = '\0';

                if (line[0] == '[') {
                        (void) snprintf(section, sizeof(section), "%.*s", (int) strlen(line) - 2, line + 1);
                } else if (line[0] != ' ' && equals) {
                        *equals = '\0';
                        (void) handler(userdata, section, line, equals + 1);
                }
        }
        return 0;
}

static const struct ini_section *load(struct ini *ini, const char *text, struct diag *diag)
{
        assert_int_equal(ini_load_text(ini, "f", text, strlen(text), diag), 0);
        return ini->sections;
}

static void what_comes_back_is_taken(void **state)
{
        struct diag diag = {};
        struct ini ini = {};
        const struct ini_section *s = load(&ini, "[s]\nk = a\n", &diag);

        assert_int_equal(diag.n, 0);
        assert_string_equal(ini_get(s, "k")->lines[0].text, "a");
        ini_clear(&ini);
}

static void a_line_that_does_not_come_back_is_told(void **state)
{
        struct diag diag = {};
        struct ini ini = {};
        const struct ini_section *s = load(&ini, "[s]\nk = a\n  b\n  c\nl = d\n[t]\nk = e\n", &diag);

        /* Said once for the section, which is marked, and the next one is read. */
        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(diag.items[0].line, 3);
        assert_int_equal(diag.items[0].column, 3);
        assert_true(s[0].broken);
        assert_null(ini_get(&s[0], "l"));
        assert_false(s[1].broken);
        assert_string_equal(ini_get(&s[1], "k")->lines[0].text, "e");
        diag_clear(&diag);
        ini_clear(&ini);
}

static void a_line_that_comes_back_cut_is_told(void **state)
{
        struct diag diag = {};
        struct ini ini = {};
        const struct ini_section *s =
                load(&ini,
                     "[s]\n"
                     "k = 0123456789012345678901234567890123456789012345678901234567890123\n",
                     &diag);

        assert_int_equal(diag.n_errors, 1);
        assert_int_equal(diag.items[0].line, 2);
        assert_true(s[0].broken);
        assert_null(ini_get(&s[0], "k"));
        diag_clear(&diag);
        ini_clear(&ini);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_comes_back_is_taken),
                cmocka_unit_test(a_line_that_does_not_come_back_is_told),
                cmocka_unit_test(a_line_that_comes_back_cut_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
