/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "decide/lex.h"

/* A value of two lines, the first one beginning at column 8 of line 3. */
static size_t make_lines(struct ini_line *lines, const char *first, const char *second)
{
        lines[0] = (struct ini_line){ (char *) first,
                                      { .path = "x.conf", .source = first, .line = 3, .column = 8 } };
        lines[1] = (struct ini_line){ (char *) second,
                                      { .path = "x.conf", .source = second, .line = 4, .column = 5 } };
        return second ? 2 : 1;
}

static void assert_token(struct lexer *l, enum token_type type, const char *text, unsigned line,
                         unsigned column)
{
        assert_int_equal(l->token.type, type);
        assert_int_equal(l->token.length, strlen(text));
        assert_memory_equal(l->token.text, text, strlen(text));
        assert_int_equal(l->token.place.line, line);
        assert_int_equal(l->token.place.column, column);
        if (type != TOKEN_END) {
                assert_int_equal(l->token.place.width, strlen(text));
                assert_int_equal(lexer_next(l), 0);
        }
}

static void test_tokens(void **state)
{
        struct diag diag = { 0 };
        struct ini_line lines[2];
        struct lexer l;
        size_t n = make_lines(lines, "p99(sched.runq_latency @cgroup:/a*/b.service, 30s)>=5.5ms",
                              "  and x_1!=20%..max");

        assert_int_equal(lexer_init(&l, lines, n, &diag), 0);
        assert_token(&l, TOKEN_NAME, "p99", 3, 8);
        assert_token(&l, TOKEN_OPEN, "(", 3, 11);
        assert_token(&l, TOKEN_NAME, "sched.runq_latency", 3, 12);
        assert_token(&l, TOKEN_SELECTOR, "@cgroup:/a*/b.service", 3, 31);
        assert_token(&l, TOKEN_COMMA, ",", 3, 52);
        assert_true(l.token.number == 30e9 && l.token.dimension == DIMENSION_TIME);
        assert_token(&l, TOKEN_NUMBER, "30s", 3, 54);
        assert_token(&l, TOKEN_CLOSE, ")", 3, 57);
        assert_token(&l, TOKEN_GREATER_EQUAL, ">=", 3, 58);
        assert_true(l.token.number == 5.5e6);
        assert_token(&l, TOKEN_NUMBER, "5.5ms", 3, 60);
        assert_token(&l, TOKEN_NAME, "and", 4, 7);
        assert_token(&l, TOKEN_NAME, "x_1", 4, 11);
        assert_token(&l, TOKEN_NOT_EQUAL, "!=", 4, 14);
        assert_true(l.token.number == 0.2 && l.token.dimension == DIMENSION_RATIO);
        assert_token(&l, TOKEN_NUMBER, "20%", 4, 16);
        assert_token(&l, TOKEN_RANGE, "..", 4, 19);
        assert_token(&l, TOKEN_NAME, "max", 4, 21);
        assert_token(&l, TOKEN_END, "", 4, 24);
        assert_int_equal(lexer_next(&l), 0);
        assert_token(&l, TOKEN_END, "", 4, 24);
        assert_int_equal(diag.n, 0);
}

/* A knob's device belongs to its name; a bracket elsewhere does not. */
static void test_devices(void **state)
{
        struct diag diag = { 0 };
        struct ini_line lines[2];
        struct lexer l;
        size_t n = make_lines(lines, "io.max.wbps[nvme0n1] @siblings *= 0.8", NULL);

        assert_int_equal(lexer_init(&l, lines, n, &diag), 0);
        assert_token(&l, TOKEN_NAME, "io.max.wbps[nvme0n1]", 3, 8);
        assert_token(&l, TOKEN_SELECTOR, "@siblings", 3, 29);
        n = make_lines(lines, "x[dm-0]/2", NULL);
        assert_int_equal(lexer_init(&l, lines, n, &diag), 0);
        assert_token(&l, TOKEN_NAME, "x[dm-0]", 3, 8);
        assert_token(&l, TOKEN_OVER, "/", 3, 15);
        assert_int_equal(diag.n, 0);

        for (size_t i = 0; i < 4; i++) {
                static const char *const bad[] = { "x[]", "x[a b]", "x [a]", "x[a[b]" };

                n = make_lines(lines, bad[i], NULL);
                assert_int_equal(lexer_init(&l, lines, n, &diag), 0);
                assert_int_equal(l.token.length, 1);
                assert_true(lexer_next(&l) < 0);
        }
        diag_clear(&diag);
}

static void test_operators(void **state)
{
        static const enum token_type expected[] = {
                TOKEN_SET,        TOKEN_PLUS_SET, TOKEN_MINUS_SET, TOKEN_TIMES_SET, TOKEN_OVER_SET,
                TOKEN_PLUS,       TOKEN_MINUS,    TOKEN_TIMES,     TOKEN_OVER,      TOKEN_LESS,
                TOKEN_LESS_EQUAL, TOKEN_GREATER,  TOKEN_EQUAL,     TOKEN_END,
        };
        struct diag diag = { 0 };
        struct ini_line lines[2];
        struct lexer l;
        size_t n = make_lines(lines, "= += -= *= /= + - * / < <= > ==", NULL);

        assert_int_equal(lexer_init(&l, lines, n, &diag), 0);
        for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
                assert_int_equal(l.token.type, expected[i]);
                assert_int_equal(lexer_next(&l), 0);
        }
}

static void test_errors(void **state)
{
        static const struct {
                const char *text, *message;
                unsigned column, width;
        } cases[] = {
                { "5sec", "unknown unit 'sec', did you mean 's'?", 9, 3 },
                { "a && b", "unexpected '&&', write 'and'", 10, 2 },
                { "a || b", "unexpected '||', write 'or'", 10, 2 },
                { "!a", "unexpected '!', write 'not', or '!='", 8, 1 },
                { "a $", "unexpected '$'", 10, 1 },
                { "a \001", "unexpected byte 0x01", 10, 1 },
                { "a # why", "a comment behind a value: comments stand on lines of their own", 10, 5 },
                { "a ; why", "a comment behind a value: comments stand on lines of their own", 10, 5 },
                { "a @ b", "unexpected '@'", 10, 1 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct diag diag = { 0 };
                struct ini_line lines[2];
                struct lexer l;
                size_t n = make_lines(lines, cases[i].text, NULL);
                int r = lexer_init(&l, lines, n, &diag);

                while (r == 0 && l.token.type != TOKEN_END)
                        r = lexer_next(&l);
                assert_int_equal(r, -EINVAL);
                assert_int_equal(diag.n, 1);
                assert_string_equal(diag.items[0].message, cases[i].message);
                assert_int_equal(diag.items[0].line, 3);
                assert_int_equal(diag.items[0].column, cases[i].column);
                assert_int_equal(diag.items[0].width, cases[i].width);
                diag_clear(&diag);
        }
}

static void test_rest(void **state)
{
        struct diag diag = { 0 };
        struct ini_line lines[2];
        struct lexer l;
        struct token t;

        make_lines(lines, "x = 0-3,8", NULL);
        assert_int_equal(lexer_init(&l, lines, 1, &diag), 0);
        assert_int_equal(lexer_next(&l), 0);
        assert_int_equal(lexer_next(&l), 0);
        assert_int_equal(lexer_rest(&l, &t), 0);
        assert_int_equal(t.length, 5);
        assert_memory_equal(t.text, "0-3,8", 5);
        assert_int_equal(t.place.column, 12);
        assert_int_equal(l.token.type, TOKEN_END);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tokens),
                cmocka_unit_test(test_devices),
                cmocka_unit_test(test_operators),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_rest),
        };

        return cmocka_run_group_tests_name("decide/lex", tests, NULL, NULL);
}
