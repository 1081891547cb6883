/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What could not be put back is put back later, with nobody asking for it. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "fake-manager.h"
#include "util/clock.h"
#include "util/str.h"

static struct fake f;

static int setup(void **state)
{
        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        fake_open(&f);
        return 0;
}

static int teardown(void **state)
{
        fake_remove(&f);
        return 0;
}

static double weight(void)
{
        return strtod(fake_read(&f, "cgroup/a.service/cpu.weight"), NULL);
}

/* As the daemon does once a tick, so many seconds from now. */
static void look_in(double seconds)
{
        actor_look(f.actor, monotonic_ns() + (uint64_t) (seconds * NSEC_PER_SEC));
        fake_run(&f);
}

static void set_and_fail_to_restore(void)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        f.refuses = "CPUWeight";
        assert_int_equal(actor_restore(f.actor, &fake_cpu_weight, fake_oid("/a.service"), "r", 1), 0);
        fake_run(&f);
        assert_int_equal(f.n_of[OUTCOME_REFUSED] + f.n_of[OUTCOME_FAILED], 1);
        assert_true(weight() == 500);
}

static void tried_again_until_it_is_back(void **state)
{
        unsigned n_set, n_reports;

        set_and_fail_to_restore();
        n_set = f.n_set;
        n_reports = f.n_reports;
        look_in(1);
        assert_int_equal(f.n_set, n_set); /* not at once */

        look_in(31);
        assert_int_equal(f.n_set, n_set + 1);
        look_in(31);
        assert_int_equal(f.n_set, n_set + 1); /* the pause is longer now */
        look_in(61);
        assert_int_equal(f.n_set, n_set + 2);
        assert_int_equal(f.n_reports, n_reports); /* in vain is told once */
        assert_true(weight() == 500);

        f.refuses = NULL;
        look_in(601);
        assert_true(weight() == 100);
        assert_int_equal(f.n_of[OUTCOME_RESTORED], 1);
        assert_int_equal(actor_left(f.actor, true), 0);

        n_set = f.n_set;
        look_in(3600);
        assert_int_equal(f.n_set, n_set);
}

/* Some rule wants it by now: nothing is owed any more. */
static void not_what_is_wanted_again(void **state)
{
        set_and_fail_to_restore();
        f.refuses = NULL;
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 700), OUTCOME_DONE);
        look_in(3600);
        assert_true(weight() == 700);
        fake_restore_all(&f);
        assert_true(weight() == 100);
}

/* What could not be set changes nothing of what is owed. */
static void a_failed_set_leaves_it_owed(void **state)
{
        set_and_fail_to_restore();
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 700), OUTCOME_REFUSED);
        f.refuses = NULL;
        look_in(3600);
        assert_true(weight() == 100);
}

/* The answer did not come in time: it is asked again. */
static void systemd_that_did_not_answer(void **state)
{
        fake_close(&f);
        f.config.deadline_ns = 100 * NSEC_PER_MSEC;
        fake_open(&f);
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        f.is_deaf = true;
        assert_int_equal(actor_restore(f.actor, &fake_cpu_weight, fake_oid("/a.service"), "r", 1), 0);
        fake_run(&f);
        f.is_deaf = false;
        look_in(601);
        assert_true(weight() == 100);
        assert_int_equal(actor_left(f.actor, true), 0);
}

/* Of an earlier run, whose knob nobody knows any more. */
static void of_an_earlier_run(void **state)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        fake_close(&f);
        fake_open(&f);
        f.refuses = "CPUWeight";
        fake_restore_all(&f);
        assert_true(weight() == 500);
        f.refuses = NULL;
        look_in(31);
        assert_true(weight() == 100);
        assert_int_equal(actor_left(f.actor, true), 0);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(tried_again_until_it_is_back, setup, teardown),
                cmocka_unit_test_setup_teardown(not_what_is_wanted_again, setup, teardown),
                cmocka_unit_test_setup_teardown(a_failed_set_leaves_it_owed, setup, teardown),
                cmocka_unit_test_setup_teardown(systemd_that_did_not_answer, setup, teardown),
                cmocka_unit_test_setup_teardown(of_an_earlier_run, setup, teardown),
        };

        return cmocka_run_group_tests_name("act/owed", tests, NULL, NULL);
}
