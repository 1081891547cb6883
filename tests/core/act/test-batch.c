/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call for all orders of a unit: what it costs, and what becomes of each when it goes wrong. */
#include "cmocka-all.h"

#include <errno.h>
#include <string.h>

#include "fake-manager.h"
#include "util/clock.h"

static struct fake f;

static int setup(void **state)
{
        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        (void) fake_add_unit(&f, "b.service", "/b.service");
        fake_open(&f);
        return 0;
}

static int teardown(void **state)
{
        fake_remove(&f);
        return 0;
}

static void want_three(double weight, double high, double tasks)
{
        fake_want(&f, &fake_cpu_weight, "/a.service", weight, false);
        fake_want(&f, &fake_memory_high, "/a.service", high, false);
        fake_want(&f, &fake_pids_max, "/a.service", tasks, false);
}

static void expect_three(const char *weight, const char *high, const char *tasks)
{
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), weight);
        assert_string_equal(fake_read(&f, "cgroup/a.service/memory.high"), high);
        assert_string_equal(fake_read(&f, "cgroup/a.service/pids.max"), tasks);
}

static size_t entries(void)
{
        size_t n;

        (void) ledger_entries(f.ledger, &n);
        return n;
}

static void test_three_knobs_one_call(void **state)
{
        want_three(500, 1048576, 50);
        fake_run(&f);
        expect_three("500", "1048576", "50");
        assert_int_equal(f.n_reports, 3);
        assert_int_equal(f.n_of[OUTCOME_DONE], 3);
        assert_int_equal(f.n_get_unit, 1);
        assert_int_equal(f.n_get_all, 1);
        assert_int_equal(f.n_set, 1);

        /* Whose cgroup it is, is known from now on. */
        want_three(600, 2097152, 60);
        fake_run(&f);
        expect_three("600", "2097152", "60");
        assert_int_equal(f.n_get_unit, 1);
        assert_int_equal(f.n_get_all, 1);
        assert_int_equal(f.n_set, 2);

        /* Back: asked once more, for the property may be somebody else's by now. */
        fake_restore_all(&f);
        expect_three("100", "max", "max");
        assert_int_equal(f.n_get_unit, 1);
        assert_int_equal(f.n_get_all, 2);
        assert_int_equal(f.n_set, 3);
        assert_int_equal(f.n_reload, 1);
        assert_int_equal(entries(), 0);
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
}

static void test_each_unit_has_its_own(void **state)
{
        want_three(500, 1048576, 50);
        fake_want(&f, &fake_cpu_weight, "/b.service", 700, false);
        fake_run(&f);
        assert_int_equal(f.n_of[OUTCOME_DONE], 4);
        assert_int_equal(f.n_set, 2);
        expect_three("500", "1048576", "50");
        assert_string_equal(fake_read(&f, "cgroup/b.service/cpu.weight"), "700");
}

/* Twice the same knob is two changes, and the last one counts. */
static void test_the_same_knob_twice(void **state)
{
        fake_want(&f, &fake_cpu_weight, "/a.service", 500, false);
        fake_want(&f, &fake_memory_high, "/a.service", 1048576, false);
        fake_want(&f, &fake_cpu_weight, "/a.service", 600, false);
        fake_run(&f);
        assert_int_equal(f.n_of[OUTCOME_DONE], 3);
        expect_three("600", "1048576", "max");
        assert_int_equal(f.n_set, 2);
}

static void test_only_the_guilty_is_refused(void **state)
{
        f.refuses = "MemoryHigh";
        want_three(500, 1048576, 50);
        fake_run(&f);
        expect_three("500", "max", "50");
        assert_int_equal(f.n_of[OUTCOME_DONE], 2);
        assert_int_equal(f.n_of[OUTCOME_REFUSED], 1);
        assert_int_equal(f.n_set, 4);
        assert_int_equal(entries(), 2);

        fake_restore_all(&f);
        expect_three("100", "max", "max");
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
}

static void test_what_needs_no_change_does_not_ask(void **state)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        f.n_set = f.n_reports = 0;
        want_three(500, 1048576, 50);
        fake_run(&f);
        assert_int_equal(f.n_reports, 3);
        assert_int_equal(f.n_set, 1);
        expect_three("500", "1048576", "50");
}

static void test_a_foreign_value_leaves_the_others_alone(void **state)
{
        want_three(500, 1048576, 50);
        fake_run(&f);
        fake_set_property(&f, "a.service", "TasksMax", 77);
        want_three(600, 2097152, 60);
        fake_run(&f);
        assert_int_equal(f.n_of[OUTCOME_FOREIGN], 1);
        expect_three("600", "2097152", "77");

        fake_restore_all(&f);
        expect_three("100", "max", "77");
        assert_string_equal(fake_read(&f, "systemd/system.control/a.service.d/50-TasksMax.conf"), "[Service]\nTasksMax=77");
}

/* Done, and the answer lost: only the files can tell. */
static void test_no_answer_is_not_a_no(void **state)
{
        f.is_deaf = true;
        want_three(500, 1048576, 50);
        fake_run(&f);
        expect_three("500", "1048576", "50");
        assert_int_equal(f.n_of[OUTCOME_DONE], 3);

        f.is_deaf = false;
        fake_restore_all(&f);
        expect_three("100", "max", "max");
        assert_int_equal(entries(), 0);
}

/* The bus goes while the question or the call is out. Nothing hangs, nothing is lost, and the rest is put back later. */
static void test_the_bus_goes_in_the_middle(void **state)
{
        for (unsigned steps = 1; steps < 12; steps++) {
                f.n_reports = 0;
                want_three(500, 1048576, 50);
                for (unsigned i = 0; i < steps; i++)
                        (void) sd_event_run(f.event, 0);
                assert_int_equal(actor_set_bus(f.actor, NULL), 0);
                fake_run(&f);
                assert_int_equal(f.n_reports, 3);

                assert_int_equal(actor_set_bus(f.actor, f.client), 0);
                fake_restore_all(&f);
                expect_three("100", "max", "max");
                assert_int_equal(entries(), 0);
                assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
        }
}

/* Done, not answered, and the bus went: nobody waits out the deadline of a call whose answer cannot come. */
static void test_what_a_lost_bus_owes_is_not_waited_for(void **state)
{
        fake_close(&f);
        f.config.deadline_ns = 24 * 3600 * NSEC_PER_SEC;
        fake_open(&f);
        f.n_set = 0;

        f.is_deaf = true;
        want_three(500, 1048576, 50);
        while (f.n_set == 0)
                assert_true(sd_event_run(f.event, UINT64_MAX) >= 0);
        assert_int_equal(actor_set_bus(f.actor, NULL), 0);
        fake_run(&f);
        assert_int_equal(f.n_of[OUTCOME_DONE], 3);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_three_knobs_one_call),
                TEST(test_each_unit_has_its_own),
                TEST(test_the_same_knob_twice),
                TEST(test_only_the_guilty_is_refused),
                TEST(test_what_needs_no_change_does_not_ask),
                TEST(test_a_foreign_value_leaves_the_others_alone),
                TEST(test_no_answer_is_not_a_no),
                TEST(test_the_bus_goes_in_the_middle),
                TEST(test_what_a_lost_bus_owes_is_not_waited_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
