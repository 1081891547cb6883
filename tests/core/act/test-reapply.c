/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd undoes by reading its files again is set once more; what a person undoes is not. */
#include "cmocka-all.h"

#include <string.h>
#include <unistd.h>

#include "fake-manager.h"

static struct fake f;

static int setup(void **state)
{
        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        fake_add_cgroup(&f, "/hand-made");
        fake_open(&f);
        assert_int_equal(fake_set(&f, &fake_uclamp_min, "/a.service", 20), OUTCOME_DONE);
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        return 0;
}

static int teardown(void **state)
{
        fake_remove(&f);
        return 0;
}

/* Until everything that a reload brings about has been looked at, twice. */
static void let_settle(void)
{
        fake_run(&f);
        while (sd_event_run(f.event, 4000000) > 0)
                ;
}

static void test_it_asks_to_be_told(void **state)
{
        assert_int_equal(f.n_subscribe, 1);
}

static void test_what_was_reset_is_set_again(void **state)
{
        f.resets_clamps = true;
        f.n_reports = 0;
        fake_reload(&f);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.uclamp.min"), "0");
        fake_run_to_report(&f);
        assert_int_equal(f.last.outcome, OUTCOME_DONE);
        assert_string_equal(f.detail, "again, after systemd had undone it");
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.uclamp.min"), "20");

        /* The property was kept by its drop-in: nothing to do, nothing to say. */
        let_settle();
        assert_int_equal(f.n_reports, 1);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "500");

        fake_restore_all(&f);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.uclamp.min"), "0");
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
}

static void test_a_property_that_was_lost_is_set_again(void **state)
{
        fake_reload(&f);
        fake_write(&f, "100", "cgroup/a.service/cpu.weight");
        fake_run_to_report(&f);
        assert_int_equal(f.last.outcome, OUTCOME_DONE);
        assert_string_equal(f.detail, "again, after systemd had undone it");
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "500");
}

static void test_another_value_is_somebody_elses(void **state)
{
        fake_reload(&f);
        fake_write(&f, "33", "cgroup/a.service/cpu.uclamp.min");
        fake_run_to_report(&f);
        assert_int_equal(f.last.outcome, OUTCOME_FOREIGN);
        assert_non_null(strstr(f.detail, "somebody else has set it to \"33\""));
        let_settle();
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.uclamp.min"), "33");
}

/* Who removes our drop-in and reloads wants the value gone. */
static void test_a_drop_in_taken_away_stays_away(void **state)
{
        char path[160];

        (void) snprintf(path, sizeof(path), "%s/systemd/system.control/a.service.d/50-CPUWeight.conf", f.root);
        assert_int_equal(unlink(path), 0);
        fake_reload(&f);
        fake_run_to_report(&f);
        assert_int_equal(f.last.outcome, OUTCOME_FOREIGN);
        let_settle();
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
}

/* What is wanted in the middle of a reload waits: the value of the moment would look like somebody else's. */
static void test_new_wishes_wait_for_the_reload(void **state)
{
        f.resets_clamps = true;
        f.n_reports = 0;
        fake_reload(&f);
        while (!actor_is_unsettled(f.actor))
                assert_true(sd_event_run(f.event, UINT64_MAX) >= 0);
        fake_want(&f, &fake_uclamp_min, "/a.service", 30, false);
        fake_run(&f);
        let_settle();
        assert_int_equal(f.n_of[OUTCOME_FOREIGN], 0);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.uclamp.min"), "30");
        fake_restore_all(&f);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.uclamp.min"), "0");
}

/* Where systemd has no say, a value that went back is a person's. */
static void test_other_cgroups_are_not_looked_at(void **state)
{
        assert_int_equal(fake_set(&f, &fake_uclamp_min, "/hand-made", 20), OUTCOME_DONE);
        f.n_reports = 0;
        fake_write(&f, "0", "cgroup/hand-made/cpu.uclamp.min");
        fake_reload(&f);
        let_settle();
        assert_int_equal(f.n_reports, 0);
        assert_string_equal(fake_read(&f, "cgroup/hand-made/cpu.uclamp.min"), "0");
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_it_asks_to_be_told),
                TEST(test_what_was_reset_is_set_again),
                TEST(test_a_property_that_was_lost_is_set_again),
                TEST(test_another_value_is_somebody_elses),
                TEST(test_a_drop_in_taken_away_stays_away),
                TEST(test_new_wishes_wait_for_the_reload),
                TEST(test_other_cgroups_are_not_looked_at),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
