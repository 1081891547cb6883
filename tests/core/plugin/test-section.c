/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"
#include "plugin/section.h"
#include "scratch.h"
#include "util/cleanup.h"

/* From the text of a section to what the plugin gets. */

struct parsed {
        struct ini ini;
        struct diag diag;
        struct lists lists;
        struct section_entry *entry;
};

static void parse(struct parsed *p, const char *const *texts, size_t n)
{
        static const char *const names[] = { "1.conf", "2.conf", "3.conf" };
        const struct section_reading reading = { .section = &filter_section, .index = 7, .lists = &p->lists, .diag = &p->diag };

        *p = (struct parsed) {};
        for (size_t i = 0; i < n; i++)
                assert_int_equal(ini_load_text(&p->ini, names[i], texts[i], strlen(texts[i]), &p->diag), 0);
        assert_int_equal(section_parse(&reading, &p->ini.sections[0], &p->entry), 0);
        /* It stands by itself: nothing of the text is needed any more. */
        ini_clear(&p->ini);
        lists_clear(&p->lists);
}

static void clear(struct parsed *p)
{
        section_entry_free(p->entry);
        diag_clear(&p->diag);
}

#define PARSE(p, ...)                                                                                        \
        parse(p, (const char *const[]) { __VA_ARGS__ },                                                      \
              sizeof((const char *const[]) { __VA_ARGS__ }) / sizeof(const char *))

static void assert_good(const struct parsed *p)
{
        if (!p->entry || p->diag.n > 0)
                diag_print(&p->diag, stderr, false);
        assert_int_equal(p->diag.n, 0);
        assert_non_null(p->entry);
}

static void assert_texts(const struct parsed *p, uint32_t key, const char *const *texts, uint32_t n)
{
        const struct trimtab_items *items = &p->entry->entry.items[key];

        assert_int_equal(items->n, n);
        for (uint32_t i = 0; i < n; i++)
                assert_string_equal(items->texts[i], texts[i]);
        if (n == 0)
                assert_null(items->texts);
}

#define ASSERT_TEXTS(p, key, ...)                                                                            \
        assert_texts(p, key, (const char *const[]) { __VA_ARGS__ },                                          \
                     sizeof((const char *const[]) { __VA_ARGS__ }) / sizeof(const char *))

static void test_all_that_it_says(void **state)
{
        struct parsed p;

        PARSE(&p, "\n[filter bogons]\nsource = 10.0.0.0/8, 127.0.0.0/8 ,\n  0.0.0.0/8\nport = 80, 1k\n  443\nrate = 500\nhold = 2s\n"
                  "action = drop\nnote = a, b # c\n");
        assert_good(&p);
        assert_int_equal(p.entry->entry.size, sizeof(struct trimtab_entry));
        assert_int_equal(p.entry->entry.section, 7);
        assert_string_equal(p.entry->entry.name, "bogons");
        assert_string_equal(p.entry->entry.path, "1.conf");
        assert_int_equal(p.entry->entry.line, 2);
        assert_int_equal(p.entry->entry.n_items, FILTER_N);
        ASSERT_TEXTS(&p, FILTER_SOURCE, "10.0.0.0/8", "127.0.0.0/8", "0.0.0.0/8");
        assert_null(p.entry->entry.items[FILTER_SOURCE].numbers);
        ASSERT_TEXTS(&p, FILTER_PORT, "80", "1k", "443");
        assert_true(p.entry->entry.items[FILTER_PORT].numbers[1] == 1000);
        assert_true(p.entry->entry.items[FILTER_PORT].numbers[2] == 443);
        assert_true(p.entry->entry.items[FILTER_RATE].numbers[0] == 500);
        assert_true(p.entry->entry.items[FILTER_HOLD].numbers[0] == 2000);
        ASSERT_TEXTS(&p, FILTER_ACTION, "drop");
        ASSERT_TEXTS(&p, FILTER_NOTE, "a, b # c");
        assert_texts(&p, FILTER_SOURCE_FILE, NULL, 0);
        clear(&p);
}

/* A later file overrides key by key, a list as a whole; an empty value takes it away. */
static void test_merged(void **state)
{
        struct parsed p;

        PARSE(&p, "[filter f]\nsource = 1, 2\nport = 1, 2\naction = drop\n", "[filter f]\nsource = 3\nport =\n",
              "[filter f]\naction = pass\n");
        assert_good(&p);
        ASSERT_TEXTS(&p, FILTER_SOURCE, "3");
        ASSERT_TEXTS(&p, FILTER_ACTION, "pass");
        assert_texts(&p, FILTER_PORT, NULL, 0);
        clear(&p);
}

/* A kind of which there is but one: it has no name, and none can be given. */
static void test_the_only_one(void **state)
{
        static const struct {
                const char *text, *message; /* message NULL: it is read */
        } cases[] = {
                { "[filter]\nsource = 1\n", NULL },
                { "[filter f]\nsource = 1\n", "there is but one filter, without a name: [filter]" },
        };
        struct trimtab_section section = filter_section;

        section.flags = TRIMTAB_SECTION_ONE;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct parsed p = {};
                const struct section_reading reading = { .section = &section, .lists = &p.lists, .diag = &p.diag };

                assert_int_equal(ini_load_text(&p.ini, "1.conf", cases[i].text, strlen(cases[i].text), &p.diag), 0);
                assert_int_equal(section_parse(&reading, &p.ini.sections[0], &p.entry), 0);
                if (cases[i].message) {
                        assert_null(p.entry);
                        assert_string_equal(p.diag.items[0].message, cases[i].message);
                } else {
                        assert_good(&p);
                        assert_string_equal(p.entry->entry.name, "");
                }
                ini_clear(&p.ini);
                lists_clear(&p.lists);
                clear(&p);
        }
}

struct bad {
        const char *text;
        unsigned line, column, width;
        const char *message;
};

/* In each one thing is wrong, and said once, with its place. */
static void test_mistakes(void **state)
{
        static const struct bad cases[] = {
                { "[filter]\nsource = 1\n", 1, 2, 6, "a filter needs a name: [filter NAME]" },
                { "[filter f]\naction = drop\n", 1, 2, 8, "filter 'f' has neither 'source' nor 'source-file'" },
                { "[filter f]\nsource =\n", 2, 1, 6, "filter 'f' has neither 'source' nor 'source-file'" },
                { "[filter f]\nsource = 1\nsuorce = 1\n", 3, 1, 6, "unknown key 'suorce', did you mean 'source'?" },
                { "[filter f]\nsource = 1\nx9 = 1\n", 3, 1, 2, "unknown key 'x9'" },
                { "[filter f]\nsource = 1, 2,\n  3 , x, 4\n", 3, 7, 1,
                  "source 'x': expected a network, not \\x1b[31mx" },
                { "[filter f]\nsource = 1,, 2\n", 2, 12, 0, "expected an item before ','" },
                { "[filter f]\nsource = ,1\n", 2, 10, 0, "expected an item before ','" },
                { "[filter f]\nsource = 1\naction = drop, count\n", 3, 10, 11,
                  "unknown action 'drop, count', expected drop, count or pass" },
                { "[filter f]\nsource = 1\naction = dorp\n", 3, 10, 4, "unknown action 'dorp', did you mean 'drop'?" },
                { "[filter f]\nsource = 1\naction = drop\n count\n", 4, 2, 5, "'action' takes one item" },
                { "[filter f]\nsource = 1\nport = 1, 65536\n", 3, 11, 5, "port '65536': expected 1 to 65535" },
                { "[filter f]\nsource = 1\nport = http\n", 3, 8, 4, "port 'http': expected a number" },
                { "[filter f]\nsource = 1\nport = 5ms\n", 3, 8, 3, "port '5ms': expected a number" },
                { "[filter f]\nsource = 1\nport = max\n", 3, 8, 3, "port 'max': expected a number" },
                { "[filter f]\nsource = 1\nport = 5 6\n", 3, 8, 3, "port '5 6': expected a number" },
                { "[filter f]\nsource = 1\nhold = 5B\n", 3, 8, 2, "hold '5B': expected a time, in ms where it says none" },
                { "[filter f]\nsource = 1\nhold = 5m\n", 3, 9, 1, "unknown unit 'm', did you mean 'min' or 'ms'?" },
                { "[filter f]\nsource = 1\nport = 1\nrate = 0.5pps\n", 4, 8, 6, "rate '0.5pps': expected 1pps to 10000pps" },
                { "[filter f]\nsource = 1\nrate = 5\n", 1, 2, 8, "filter 'f': a rate needs a port" },
                { "[filter f]\nsource-file = list\n", 2, 15, 4, "source-file 'list': expected an absolute path" },
                { "[filter f]\nsource-file =\n /nonexistent/list\n", 3, 2, 17,
                  "source-file '/nonexistent/list': No such file or directory" },
                { "[filter f]\nsource-file = /proc\n", 2, 15, 5, "source-file '/proc': not a plain file" },
                { "[filter f]\nsource = 1\naction drop\n", 3, 1, 11,
                  "expected KEY = VALUE (or white space in front, to continue a value)" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct diag_item *item;
                struct parsed p;

                PARSE(&p, cases[i].text);
                assert_null(p.entry);
                if (p.diag.n != 1)
                        diag_print(&p.diag, stderr, false);
                assert_int_equal(p.diag.n_errors, 1);
                item = &p.diag.items[0];
                assert_string_equal(item->message, cases[i].message);
                assert_int_equal(item->line, cases[i].line);
                assert_int_equal(item->column, cases[i].column);
                if (cases[i].width > 1)
                        assert_int_equal(item->width, cases[i].width);
                clear(&p);
        }
}

/* A unit that only the plugin knows. */
static void test_own_unit(void **state)
{
        struct parsed p;

        PARSE(&p, "[filter f]\nsource = 1\nport = 1\nrate = 2.5pps\n");
        assert_good(&p);
        assert_true(p.entry->entry.items[FILTER_RATE].numbers[0] == 2.5);
        clear(&p);
}

/* All that is wrong in one go, each at its place; of a list without an end only so much. */
static void test_many_mistakes(void **state)
{
        char text[8192] = "[filter f]\nsource = ";
        struct parsed p;

        for (size_t i = 0; i < 500; i++)
                strcat(text, i % 100 == 99 ? "x,\n  " : "x, ");
        strcat(text, "1\naction = x\n");
        PARSE(&p, text);
        assert_null(p.entry);
        assert_int_equal(p.diag.n, 22);
        assert_string_equal(p.diag.items[20].message, "and 480 more from here on");
        assert_int_equal(p.diag.items[20].line, 2);
        assert_null(p.diag.items[20].source);
        assert_int_equal(p.diag.items[21].line, 8);
        clear(&p);
}

/* What a file holds stands behind what stands in the section, and goes by the same check. */
static void test_files(void **state)
{
        static const char list[] = "\xef\xbb\xbf# of today\r\n\r\n  10.0.0.0/8\t\r\n;1\n2", other[] = "4\n", empty[] = "";
        _cleanup_free_ char *path = scratch_path(state, "list"), *path2 = scratch_path(state, "list2");
        _cleanup_free_ char *path0 = scratch_path(state, "list0"), *both = NULL, *none = NULL;
        struct parsed p;

        scratch_write(path, list, strlen(list));
        scratch_write(path2, other, strlen(other));
        scratch_write(path0, empty, strlen(empty));
        both = str_printf("[filter f]\nsource-file = %s\n  %s, %s\nsource = 3\n", path, path2, path0);
        none = str_printf("[filter f]\nsource-file = %s\n", path0);

        PARSE(&p, both);
        assert_good(&p);
        ASSERT_TEXTS(&p, FILTER_SOURCE, "3", "10.0.0.0/8", "2", "4");
        ASSERT_TEXTS(&p, FILTER_SOURCE_FILE, path, path2, path0);
        clear(&p);

        /* The list of today may be empty: it is given. */
        PARSE(&p, none);
        assert_good(&p);
        assert_texts(&p, FILTER_SOURCE, NULL, 0);
        clear(&p);
}

static void test_mistakes_in_a_file(void **state)
{
        static const char list[] = "1\n  x # no comment\n2\n3\0 4\n";
        _cleanup_free_ char *path = scratch_path(state, "list"), *text = NULL, *said = NULL, *printed = NULL;
        struct parsed p;
        size_t size;
        FILE *f;

        scratch_write(path, list, sizeof(list) - 1);
        text = str_printf("[filter f]\nsource-file = %s\n", path);
        PARSE(&p, text);
        assert_null(p.entry);
        f = open_memstream(&printed, &size);
        assert_non_null(f);
        diag_print(&p.diag, f, false);
        assert_int_equal(fclose(f), 0);
        said = str_printf("%s:2:3: error: source 'x # no comment': expected a network, not \\x1b[31mx # no comment\n"
                          "  2 |   x # no comment\n"
                          "    |   ^~~~~~~~~~~~~~\n"
                          "%s:4:2: error: a NUL byte, expected text\n"
                          "  4 | 3\n"
                          "    |  ^\n",
                          path, path);
        assert_string_equal(printed, said);
        clear(&p);
}

/* Long lists come from elsewhere and are not looked at by people; an earlier one is a part of the later here. */
static void test_long_files(void **state)
{
        enum { N = 200000 };
        _cleanup_free_ char *path = scratch_path(state, "list"), *text = str_printf("[filter f]\nsource-file = %s\n", path);
        FILE *f = fopen(path, "we");
        struct parsed p;

        assert_non_null(f);
        for (unsigned i = 0; i < N; i++)
                fprintf(f, "10.%u.%u.0/24\n", i / 256, i % 256);
        assert_int_equal(fclose(f), 0);
        PARSE(&p, text);
        assert_good(&p);
        assert_int_equal(p.entry->entry.items[FILTER_SOURCE].n, N);
        assert_string_equal(p.entry->entry.items[FILTER_SOURCE].texts[N - 1], "10.781.63.0/24");
        clear(&p);

        f = fopen(path, "we");
        assert_non_null(f);
        for (unsigned i = 0; i < N; i++)
                fprintf(f, "host-%u\n", i);
        assert_int_equal(fclose(f), 0);
        PARSE(&p, text);
        assert_null(p.entry);
        assert_int_equal(p.diag.n, 21);
        assert_string_equal(p.diag.items[20].message, "and 199980 more from here on");
        assert_string_equal(p.diag.items[20].path, path);
        assert_int_equal(p.diag.items[20].line, 21);
        clear(&p);
}

/* A file without an end, and one that nobody writes to: neither may hold up the daemon. */
static void test_files_without_an_end(void **state)
{
        _cleanup_free_ char *large = scratch_path(state, "large"), *fifo = scratch_path(state, "fifo"), *text = NULL;
        struct parsed p;

        scratch_write(large, "1\n", 2);
        assert_int_equal(truncate(large, (off_t) 1 << 40), 0);
        assert_int_equal(mkfifo(fifo, 0600), 0);
        text = str_printf("[filter f]\nsource-file = %s, %s\n", large, fifo);
        PARSE(&p, text);
        assert_null(p.entry);
        assert_int_equal(p.diag.n, 2);
        assert_non_null(strstr(p.diag.items[0].message, "larger than 32 MiB"));
        assert_non_null(strstr(p.diag.items[1].message, "not a plain file"));
        assert_int_equal(p.diag.items[1].column, 15 + strlen(large) + 2);
        clear(&p);
}

int main(void)
{
#define SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_that_it_says), cmocka_unit_test(test_merged),
                cmocka_unit_test(test_the_only_one),
                cmocka_unit_test(test_mistakes), cmocka_unit_test(test_own_unit),
                cmocka_unit_test(test_many_mistakes), SCRATCH(test_files), SCRATCH(test_mistakes_in_a_file),
                SCRATCH(test_long_files), SCRATCH(test_files_without_an_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
