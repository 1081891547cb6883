/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/ini.h"
#include "util/cleanup.h"
#include "util/str.h"

/* What is refused, and how files become one: sections, keys, order. Lines and their bytes are test-ini-lines.
 */

static void load(struct ini *ini, const char *path, const char *text, struct diag *diag)
{
        assert_int_equal(ini_load_text(ini, path, text, strlen(text), diag), 0);
}

static const struct ini_section *section(const struct ini *ini, const char *kind, const char *name)
{
        for (size_t i = 0; i < ini->n_sections; i++)
                if (streq(ini->sections[i].kind, kind) && streq(ini->sections[i].name, name))
                        return &ini->sections[i];
        return NULL;
}

static const char *value(const struct ini *ini, const char *kind, const char *name, const char *key)
{
        const struct ini_section *s = section(ini, kind, name);
        const struct ini_entry *e = s ? ini_get(s, key) : NULL;

        return e && e->n_lines == 1 ? e->lines[0].text : NULL;
}

static void sections_have_kind_and_name(void **state)
{
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "f",
             "[daemon]\n"
             "tick = 1s\n"
             "[rule web-first]\n"
             "when = a > 1\n"
             "[ rule \t two words ]\n"
             "when = b > 1\n"
             "[rule empty]\n",
             &diag);
        assert_int_equal(diag.n, 0);
        assert_int_equal(ini.n_sections, 4);
        assert_string_equal(value(&ini, "daemon", "", "tick"), "1s");
        assert_string_equal(value(&ini, "rule", "web-first", "when"), "a > 1");
        assert_string_equal(value(&ini, "rule", "two words", "when"), "b > 1");
        assert_non_null(section(&ini, "rule", "empty"));
        assert_int_equal(section(&ini, "rule", "empty")->n_entries, 0);
        assert_int_equal(section(&ini, "rule", "two words")->place.line, 5);
        assert_int_equal(section(&ini, "rule", "two words")->place.column, 3);
        ini_clear(&ini);
        assert_int_equal(ini.n_files, 0);
}

static void later_files_add_to_a_section(void **state)
{
        const struct ini_section *web;
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "50", "[rule web]\nwhen = a\nhold = 1s\n[rule db]\nwhen = c\n", &diag);
        load(&ini, "60", "[rule web]\nwhen = b\n", &diag);
        assert_int_equal(diag.n, 0);
        assert_int_equal(ini.n_files, 2);
        assert_int_equal(ini.n_sections, 2);

        web = section(&ini, "rule", "web");
        assert_int_equal(web->n_entries, 3);
        assert_int_equal(web->file_index, 1);
        assert_string_equal(web->place.path, "50");
        assert_string_equal(value(&ini, "rule", "web", "when"), "b");
        assert_string_equal(value(&ini, "rule", "web", "hold"), "1s");
        assert_int_equal(ini_get(web, "when")->file_index, 1);
        assert_string_equal(ini_get(web, "when")->place.path, "60");
        assert_int_equal(web->entries[0].file_index, 0);
        assert_null(ini_get(web, "until"));
        assert_int_equal(section(&ini, "rule", "db")->file_index, 0);
        ini_clear(&ini);
}

static void an_empty_value_resets(void **state)
{
        const struct ini_entry *e;
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "50", "[rule web]\nguard = a\n", &diag);
        load(&ini, "60", "[rule web]\nguard =   \n", &diag);
        e = ini_get(section(&ini, "rule", "web"), "guard");
        assert_int_equal(e->n_lines, 0);
        assert_int_equal(e->place.column, 1);
        assert_int_equal(e->place.width, 5);
        assert_int_equal(diag.n, 0);
        ini_clear(&ini);
}

static void a_repeated_key_warns_and_the_last_wins(void **state)
{
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "f",
             "[rule web]\na = 1\nb = 1\nc = 1\nhold = 1s\nhold = 2s\n"
             "[rule other]\nhold = 3s\n"
             "[rule web]\nhold = 4s\n",
             &diag);
        assert_int_equal(diag.n, 2);
        assert_int_equal(diag.n_warnings, 2);
        assert_int_equal(diag.items[0].line, 6);
        assert_non_null(strstr(diag.items[0].message, "after line 5"));
        assert_int_equal(diag.items[1].line, 10);
        assert_non_null(strstr(diag.items[1].message, "after line 6"));
        assert_string_equal(value(&ini, "rule", "web", "hold"), "4s");
        assert_false(section(&ini, "rule", "web")->broken);
        diag_clear(&diag);
        ini_clear(&ini);
}

struct refusal {
        const char *text;
        size_t size; /* 0: of the string */
        unsigned line, column, width;
        const char *message;
        bool broken; /* [rule web] is marked */
};

#define BYTES(s) (s), sizeof(s) - 1
#define NAME_49 "kind abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"
#define KEY_49 "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKL"

static const struct refusal refusals[] = {
        { "[rule web\nhold = 1s\n", 0, 1, 1, 9, "expected ']'", false },
        { "[]\n", 0, 1, 1, 2, "without a name", false },
        { "[" NAME_49 "x]\n", 0, 1, 2, 50, "name of 50 bytes", false },
        { "[rule a[b]\n", 0, 1, 8, 1, "cannot hold '['", false },
        { "[rule a ;b]\n", 0, 1, 9, 1, "cannot hold ';'", false },
        { "[rule a] ; note\n", 0, 1, 10, 6, "nothing behind", false },
        { "hold = 1s\n", 0, 1, 1, 9, "before the first section", false },
        { "  hold = 1s\n", 0, 1, 3, 9, "before the first section", false },
        { "[rule web]\nhold 1s\n", 0, 2, 1, 7, "expected KEY = VALUE", true },
        { "[rule web]\nhold: 1s\n", 0, 2, 1, 8, "expected KEY = VALUE", true },
        { "[rule web]\n= 1s\n", 0, 2, 1, 1, "expected a key", true },
        { "[rule web]\na b = 1s\n", 0, 2, 1, 3, "not a key", true },
        { "[rule web]\na:b = 1s\n", 0, 2, 1, 3, "not a key", true },
        { "[rule web]\nthen = x = 1\ncpu.max @siblings *= 1\n", 0, 3, 1, 19, "continues a value begins with",
          true },
        { "[rule web]\n" KEY_49 "x = 1\n", 0, 2, 1, 50, "key of 50 bytes", true },
        { "[rule web]\n  more\n", 0, 2, 3, 4, "no key stands above", true },
        { BYTES("[rule web]\nhold = 1\0s\n"), 2, 9, 1, "NUL", true },
        { BYTES("[rule web]\nhold = 1s\n x\0y\n more\n"), 3, 3, 1, "NUL", true },
        { BYTES("[ru\0le web]\nhold = 1s\n"), 1, 4, 1, "NUL", false },
};

static void what_cannot_be_carried_is_refused_by_place(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(refusals); i++) {
                const struct refusal *c = &refusals[i];
                struct diag diag = {};
                struct ini ini = {};
                _cleanup_free_ char *text = NULL;
                size_t size = c->size ?: strlen(c->text);
                static const char after[] = "[rule after]\nhold = 5s\n";

                text = malloc(size + sizeof(after));
                assert_non_null(text);
                memcpy(text, c->text, size);
                memcpy(text + size, after, sizeof(after));
                assert_int_equal(ini_load_text(&ini, "f", text, size + strlen(after), &diag), 0);

                assert_int_equal(diag.n, 1);
                assert_int_equal(diag.n_errors, 1);
                assert_int_equal(diag.items[0].line, c->line);
                assert_int_equal(diag.items[0].column, c->column);
                assert_int_equal(diag.items[0].width, c->width);
                assert_non_null(diag.items[0].source);
                assert_non_null(strstr(diag.items[0].message, c->message));

                /* The rest is read on, and only the section that lost a line is marked. */
                assert_string_equal(value(&ini, "rule", "after", "hold"), "5s");
                assert_false(section(&ini, "rule", "after")->broken);
                if (section(&ini, "rule", "web"))
                        assert_int_equal(section(&ini, "rule", "web")->broken, c->broken);
                else
                        assert_false(c->broken);

                diag_clear(&diag);
                ini_clear(&ini);
        }
}

static void what_fits_exactly_is_taken(void **state)
{
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "f", "[" NAME_49 "]\n" KEY_49 " = 1\n", &diag);
        assert_int_equal(diag.n, 0);
        assert_string_equal(value(&ini, "kind", &NAME_49[strlen("kind ")], KEY_49), "1");
        ini_clear(&ini);
}

static void a_refused_header_takes_its_keys_with_it(void **state)
{
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "f", "[rule web]\nhold = 1s\n[rule two\nhold = 2s\n  x\nbad\n[rule web]\nwindow = 3s\n",
             &diag);
        assert_int_equal(ini.n_sections, 1);
        assert_int_equal(ini.sections[0].n_entries, 2);
        assert_string_equal(value(&ini, "rule", "web", "hold"), "1s");
        assert_string_equal(value(&ini, "rule", "web", "window"), "3s");
        assert_false(ini.sections[0].broken);
        assert_int_equal(diag.n_errors, 2);
        diag_clear(&diag);
        ini_clear(&ini);
}

static void a_refused_key_takes_its_lines_with_it(void **state)
{
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "f", "[rule web]\nhold = 1s\nto day = 2s\n  more\n  and more\nwindow = 3s\n", &diag);
        assert_int_equal(diag.n, 1);
        assert_string_equal(value(&ini, "rule", "web", "hold"), "1s");
        assert_string_equal(value(&ini, "rule", "web", "window"), "3s");
        diag_clear(&diag);
        ini_clear(&ini);
}

static void what_is_no_ini_file_is_said_once(void **state)
{
        struct diag diag = {};
        struct ini ini = {};

        load(&ini, "f", "#!/bin/sh\necho one\necho two\n\techo three\n", &diag);
        assert_int_equal(diag.n, 1);
        assert_int_equal(diag.items[0].line, 2);
        diag_clear(&diag);
        ini_clear(&ini);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
        char dir[] = "/tmp/trimtab-ini-XXXXXX";
        struct diag diag = {};
        struct ini ini = {};

        assert_non_null(mkdtemp(dir));
        assert_int_equal(ini_load_file(&ini, dir, &diag), -EISDIR);
        assert_int_equal(diag.n_errors, 1);
        assert_string_equal(diag.items[0].path, dir);
        diag_clear(&diag);
        assert_int_equal(rmdir(dir), 0);

        /* Vanished: no error of the file's, the caller knows whether it had to be there. */
        assert_int_equal(ini_load_file(&ini, dir, &diag), -ENOENT);
        assert_int_equal(diag.n, 0);
        assert_int_equal(ini.n_files, 0);
        ini_clear(&ini);
}

static void a_link_to_nowhere_is_told(void **state)
{
        char dir[] = "/tmp/trimtab-ini-XXXXXX";
        _cleanup_free_ char *path = NULL;
        struct diag diag = {};
        struct ini ini = {};

        assert_non_null(mkdtemp(dir));
        path = str_printf("%s/60-local.conf", dir);
        assert_int_equal(symlink("nowhere", path), 0);
        assert_int_equal(ini_load_file(&ini, path, &diag), -ENOLINK);
        assert_int_equal(diag.n_errors, 1);
        assert_string_equal(diag.items[0].path, path);
        assert_string_equal(diag.items[0].message,
                            "a link to a file that is not there: to switch a file off, link to /dev/null");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(dir), 0);
        diag_clear(&diag);
        ini_clear(&ini);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sections_have_kind_and_name),
                cmocka_unit_test(later_files_add_to_a_section),
                cmocka_unit_test(an_empty_value_resets),
                cmocka_unit_test(a_repeated_key_warns_and_the_last_wins),
                cmocka_unit_test(what_cannot_be_carried_is_refused_by_place),
                cmocka_unit_test(what_fits_exactly_is_taken),
                cmocka_unit_test(a_refused_header_takes_its_keys_with_it),
                cmocka_unit_test(a_refused_key_takes_its_lines_with_it),
                cmocka_unit_test(what_is_no_ini_file_is_said_once),
                cmocka_unit_test(a_file_that_cannot_be_read_is_told),
                cmocka_unit_test(a_link_to_nowhere_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
