/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "plugin/breadcrumb.h"
#include "scratch.h"
#include "util/cleanup.h"

#define MINUTE 60000000ull

/* A daemon that dies in this callback, at this time by the clock. */
static void die_in(void *const *state, uint64_t now_usec, const char *plugin, const char *function)
{
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
                struct breadcrumb *b;

                if (breadcrumb_open(*state, now_usec, &b, NULL) < 0)
                        _exit(1);
                breadcrumb_set(b, "other", "collect");
                breadcrumb_set(b, NULL, NULL);
                breadcrumb_set(b, plugin, function);
                (void) raise(SIGKILL);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
}

static struct breadcrumb *start(void *const *state, uint64_t now_usec, struct crash *ret)
{
        struct breadcrumb *b;

        assert_int_equal(breadcrumb_open(*state, now_usec, &b, ret), 0);
        return b;
}

/* A daemon that is killed outside of callbacks finds what there is, and leaves it. */
static bool is_quarantined(void *const *state, uint64_t now_usec, const char *plugin)
{
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
                const char *function;
                struct breadcrumb *b;

                if (breadcrumb_open(*state, now_usec, &b, NULL) < 0)
                        _exit(2);
                _exit(breadcrumb_quarantined(b, plugin, &function));
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        return WEXITSTATUS(status);
}

static void test_the_culprit_is_named(void **state)
{
        struct crash found;
        struct breadcrumb *b;

        die_in(state, MINUTE, "bad", "collect");
        b = start(state, 2 * MINUTE, &found);
        assert_string_equal(found.plugin, "bad");
        assert_string_equal(found.function, "collect");
        breadcrumb_free(b);
}

static void test_no_culprit_between_callbacks(void **state)
{
        struct crash found;
        struct breadcrumb *b;

        assert_false(is_quarantined(state, MINUTE, "bad"));
        b = start(state, 2 * MINUTE, &found);
        assert_string_equal(found.plugin, "");
        breadcrumb_free(b);
}

static void test_two_crashes_in_ten_minutes(void **state)
{
        die_in(state, 10 * MINUTE, "bad", "open");
        assert_false(is_quarantined(state, 11 * MINUTE, "bad"));
        die_in(state, 12 * MINUTE, "bad", "collect");
        assert_true(is_quarantined(state, 13 * MINUTE, "bad"));
        assert_false(is_quarantined(state, 13 * MINUTE, "other"));

        /* It lasts over restarts that are no clean stop, until the first crash is ten minutes old. */
        assert_true(is_quarantined(state, 20 * MINUTE, "bad"));
        assert_false(is_quarantined(state, 22 * MINUTE, "bad"));
}

static void test_two_plugins_one_crash_each(void **state)
{
        die_in(state, MINUTE, "bad", "collect");
        die_in(state, 2 * MINUTE, "worse", "collect");
        assert_false(is_quarantined(state, 3 * MINUTE, "bad"));
        assert_false(is_quarantined(state, 3 * MINUTE, "worse"));
}

static void test_the_last_function_is_told(void **state)
{
        const char *function = NULL;
        struct breadcrumb *b;

        die_in(state, MINUTE, "bad", "open");
        die_in(state, 2 * MINUTE, "bad", "watch");
        b = start(state, 3 * MINUTE, NULL);
        assert_true(breadcrumb_quarantined(b, "bad", &function));
        assert_string_equal(function, "watch");
        breadcrumb_free(b);
}

static void test_a_clean_stop_forgets(void **state)
{
        _cleanup_free_ char *note = scratch_path(state, "callback"), *crashes = scratch_path(state, "crashes");

        die_in(state, MINUTE, "bad", "open");
        die_in(state, 2 * MINUTE, "bad", "open");
        breadcrumb_free(start(state, 3 * MINUTE, NULL));
        assert_int_equal(access(note, F_OK), -1);
        assert_int_equal(access(crashes, F_OK), -1);
        assert_false(is_quarantined(state, 3 * MINUTE, "bad"));
}

static void test_garbage_is_nobody(void **state)
{
        _cleanup_free_ char *note = scratch_path(state, "callback"), *crashes = scratch_path(state, "crashes");
        static const char lines[] = "x\n60000000 bad\n60000000 Bad; open\n\n60000000 bad ../../etc\n-1 bad open\n"
                                    "99999999999999999999999 bad open\n90000000000000 bad open\n60000000 bad open";
        char bytes[68];
        struct crash found;
        struct breadcrumb *b;

        memset(bytes, 1, sizeof(bytes));
        scratch_write(note, bytes, sizeof(bytes));
        scratch_write(crashes, lines, strlen(lines));
        b = start(state, 2 * MINUTE, &found);
        assert_string_equal(found.plugin, "");
        breadcrumb_free(b);
        scratch_write(crashes, lines, strlen(lines));
        assert_false(is_quarantined(state, 2 * MINUTE, "bad"));
}

static void test_a_folder_that_cannot_be_had(void **state)
{
        struct breadcrumb *b;

        assert_int_equal(breadcrumb_open("/nonexistent", MINUTE, &b, NULL), -ENOENT);
        breadcrumb_set(NULL, "any", "open");
        assert_false(breadcrumb_quarantined(NULL, "any", NULL));
        assert_null(breadcrumb_free(NULL));
}

static void test_long_names_are_cut(void **state)
{
        struct crash found;
        struct breadcrumb *b;

        die_in(state, MINUTE, "a-name-of-more-than-thirty-one-letters", "collect");
        b = start(state, 2 * MINUTE, &found);
        assert_string_equal(found.plugin, "a-name-of-more-than-thirty-one-");
        breadcrumb_free(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_the_culprit_is_named),
                TEST(test_no_culprit_between_callbacks),
                TEST(test_two_crashes_in_ten_minutes),
                TEST(test_two_plugins_one_crash_each),
                TEST(test_the_last_function_is_told),
                TEST(test_a_clean_stop_forgets),
                TEST(test_garbage_is_nobody),
                TEST(test_a_folder_that_cannot_be_had),
                TEST(test_long_names_are_cut),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
