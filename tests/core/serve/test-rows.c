/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves: what goes into rows comes out of a D-Bus message as it was, and nothing in it can harm a terminal.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "serve/rows-message.h"
#include "util/cleanup.h"

/* A message that can be read as if it had come: sealed and rewound. It must belong to a started bus. */
struct envelope {
        int far_end;
        sd_bus *bus;
        sd_bus_message *m;
};

static void envelope_open(struct envelope *e)
{
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        e->far_end = fds[1];
        assert_int_equal(sd_bus_new(&e->bus), 0);
        assert_true(sd_bus_set_fd(e->bus, fds[0], fds[0]) >= 0);
        assert_true(sd_bus_start(e->bus) >= 0);
        assert_int_equal(sd_bus_message_new(e->bus, &e->m, SD_BUS_MESSAGE_METHOD_CALL), 0);
}

static void envelope_seal(struct envelope *e)
{
        assert_true(sd_bus_message_seal(e->m, 1, 0) >= 0);
        assert_true(sd_bus_message_rewind(e->m, 1) >= 0);
}

static void envelope_close(struct envelope *e)
{
        sd_bus_message_unref(e->m);
        sd_bus_close_unref(e->bus);
        close(e->far_end);
}

static void fill(struct rows *rows)
{
        static const char *const words[] = { "one", "t\033wo", NULL };

        rows_begin(rows);
        rows_string(rows, "text", "plain");
        rows_string(rows, "foreign", "a\nb\033[31m\xff");
        rows_string(rows, "absent", NULL);
        rows_number(rows, "number", 2.5);
        rows_number(rows, "unlimited", INFINITY);
        rows_number(rows, "unknown", NAN);
        rows_begin(rows);
        rows_uint(rows, "large", UINT64_MAX);
        rows_bool(rows, "yes", true);
        rows_bool(rows, "no", false);
        rows_strings(rows, "words", words);
        rows_strings(rows, "none", NULL);
        assert_int_equal(rows->error, 0);
}

static void check_first(const struct row *row)
{
        assert_string_equal(row_find(row, "text")->string, "plain");
        assert_string_equal(row_find(row, "foreign")->string, "a\\x0ab\\x1b[31m\\xff");
        assert_null(row_find(row, "absent"));
        assert_true(row_find(row, "number")->type == FIELD_NUMBER && row_find(row, "number")->number == 2.5);
        assert_true(isinf(row_find(row, "unlimited")->number));
        assert_null(row_find(row, "unknown"));
}

static void check_second(const struct row *row)
{
        assert_true(row_find(row, "large")->uint == UINT64_MAX);
        assert_true(row_find(row, "yes")->boolean);
        assert_false(row_find(row, "no")->boolean);
        assert_string_equal(row_find(row, "words")->strings[0], "one");
        assert_string_equal(row_find(row, "words")->strings[1], "t\\x1bwo");
        assert_null(row_find(row, "words")->strings[2]);
        assert_null(row_find(row, "none")->strings[0]);
}

static void test_round_trip(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 }, back = { 0 };
        _cleanup_(envelope_close) struct envelope e = { 0 };

        envelope_open(&e);
        fill(&rows);
        check_first(&rows.items[0]);
        check_second(&rows.items[1]);

        assert_true(rows_append(e.m, &rows, false) >= 0);
        envelope_seal(&e);
        assert_string_equal(sd_bus_message_get_signature(e.m, 1), "aa{sv}");
        assert_int_equal(rows_read(e.m, false, &back), 0);

        assert_int_equal(back.n, 2);
        check_first(&back.items[0]);
        check_second(&back.items[1]);
}

static void test_single(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 }, back = { 0 };
        _cleanup_(envelope_close) struct envelope e = { 0 };

        envelope_open(&e);
        fill(&rows);
        assert_true(rows_append(e.m, &rows, true) >= 0);
        envelope_seal(&e);
        assert_string_equal(sd_bus_message_get_signature(e.m, 1), "a{sv}");
        assert_int_equal(rows_read(e.m, true, &back), 0);

        assert_int_equal(back.n, 1);
        check_first(&back.items[0]);
}

static void test_empty(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { 0 }, back = { 0 };
        _cleanup_(envelope_close) struct envelope e = { 0 };

        envelope_open(&e);
        assert_true(rows_append(e.m, &rows, false) >= 0);
        envelope_seal(&e);
        assert_int_equal(rows_read(e.m, false, &back), 0);
        assert_int_equal(back.n, 0);
}

/* A newer daemon may tell more than this command knows: the rest must still be read. */
static void test_unknown_types_are_skipped(void **state)
{
        _cleanup_(envelope_close) struct envelope e = { 0 };
        _cleanup_(rows_clear) struct rows back = { 0 };

        envelope_open(&e);
        assert_true(sd_bus_message_append(e.m, "a{sv}", 3, "new", "(sxad)", "a", INT64_C(1), 1, 0.5, "byte",
                                          "y", 7, "known", "s", "here") >= 0);
        envelope_seal(&e);
        assert_int_equal(rows_read(e.m, true, &back), 0);

        assert_null(row_find(&back.items[0], "new"));
        assert_null(row_find(&back.items[0], "byte"));
        assert_string_equal(row_find(&back.items[0], "known")->string, "here");
}

static void test_other_signature_is_refused(void **state)
{
        _cleanup_(envelope_close) struct envelope e = { 0 };
        _cleanup_(rows_clear) struct rows back = { 0 };

        envelope_open(&e);
        assert_true(sd_bus_message_append(e.m, "s", "what?") >= 0);
        envelope_seal(&e);
        assert_true(rows_read(e.m, false, &back) < 0);
}

static void test_error_is_kept(void **state)
{
        _cleanup_(rows_clear) struct rows rows = { .error = -ENOMEM };
        _cleanup_(envelope_close) struct envelope e = { 0 };

        envelope_open(&e);
        rows_begin(&rows);
        rows_uint(&rows, "lost", 1);
        assert_int_equal(rows.n, 0);
        assert_int_equal(rows_append(e.m, &rows, false), -ENOMEM);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_single),
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_unknown_types_are_skipped),
                cmocka_unit_test(test_other_signature_is_refused),
                cmocka_unit_test(test_error_is_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
