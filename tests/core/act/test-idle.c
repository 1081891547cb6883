/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cpu.idle takes cpu.weight along, and brings it back: on plain files, with what the kernel does to the one
 * played here. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "plain-files.h"
#include "util/str.h"

static struct plain p;
static struct knob idle, weight;
static bool is_idle;

/* The kernel: no weight while idle, the default after it. */
static void kernel(void *userdata, const char *point)
{
        bool now;

        if (!streq(point, "after-write") && !streq(point, "after-restore-write"))
                return;
        now = streq(plain_get(&p, "a/cpu.idle"), "1");
        if (now != is_idle)
                plain_put(&p, "a/cpu.weight", now ? "0" : "100");
        is_idle = now;
}

static int setup(void **state)
{
        plain_make(&p);
        p.config.at = kernel;
        plain_open(&p);
        idle = weight = plain_knob;
        idle.name = (char *) "cpu.idle";
        idle.file = (char *) "{path}/cpu.idle";
        weight.name = (char *) "cpu.weight";
        weight.file = (char *) "{path}/cpu.weight";
        plain_put(&p, "a/cpu.idle", "0");
        plain_put(&p, "a/cpu.weight", "250");
        is_idle = false;
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static void wish(const struct knob *knob, double number)
{
        plain_wish(&p, knob, "a", number, NULL);
        plain_run(&p);
}

static void expect(const char *cpu_idle, const char *cpu_weight)
{
        assert_string_equal(plain_get(&p, "a/cpu.idle"), cpu_idle);
        assert_string_equal(plain_get(&p, "a/cpu.weight"), cpu_weight);
}

static size_t n_held(void)
{
        size_t n;

        (void) ledger_entries(p.ledger, &n);
        return n;
}

static void the_weight_comes_back(void **state)
{
        wish(&idle, 1);
        expect("1", "0");
        assert_int_equal(n_held(), 2);
        plain_unwish(&p, &idle, "a");
        plain_run(&p);
        expect("0", "250");
        assert_int_equal(n_held(), 0);
}

static void it_comes_back_by_a_rules_own_value(void **state)
{
        wish(&idle, 1);
        wish(&idle, 0);
        expect("0", "250");
        wish(&idle, 1);
        expect("1", "0");
        plain_unwish(&p, &idle, "a");
        plain_run(&p);
        expect("0", "250");
}

static void it_comes_back_from_the_ledger_alone(void **state)
{
        wish(&idle, 1);
        plain_close(&p);
        plain_open(&p);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        expect("0", "250");
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 2);
}

/* The weight was noted after cpu.idle, and must go back after it all the same. */
static void it_comes_back_noted_last(void **state)
{
        wish(&idle, 1);
        wish(&idle, 0);
        wish(&idle, 1);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        expect("0", "250");
        assert_int_equal(n_held(), 0);
}

static void the_default_needs_no_note(void **state)
{
        plain_put(&p, "a/cpu.weight", "100");
        wish(&idle, 1);
        assert_int_equal(n_held(), 1);
        plain_unwish(&p, &idle, "a");
        plain_run(&p);
        expect("0", "100");
}

static void a_weight_of_somebody_elses_stays(void **state)
{
        wish(&idle, 1);
        plain_put(&p, "a/cpu.idle", "0");
        plain_put(&p, "a/cpu.weight", "77");
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
        expect("0", "77");
        assert_int_equal(n_held(), 0);
}

static void they_exclude_each_other(void **state)
{
        wish(&idle, 1);
        wish(&weight, 300);
        assert_int_equal(p.last.outcome, OUTCOME_REFUSED);
        expect("1", "0");
        plain_unwish(&p, &idle, "a");
        plain_run(&p);
        expect("0", "250");

        wish(&weight, 300);
        wish(&idle, 1);
        assert_int_equal(p.last.outcome, OUTCOME_REFUSED);
        assert_non_null(strstr(p.detail, "cpu.weight is held"));
        expect("0", "300");
        plain_unwish(&p, &weight, "a");
        plain_run(&p);
        expect("0", "250");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(the_weight_comes_back),
                TEST(it_comes_back_by_a_rules_own_value),
                TEST(it_comes_back_from_the_ledger_alone),
                TEST(it_comes_back_noted_last),
                TEST(the_default_needs_no_note),
                TEST(a_weight_of_somebody_elses_stays),
                TEST(they_exclude_each_other),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
