/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which way a value goes: systemd's property, the file, or not at all. */
#include "cmocka-all.h"

#include <errno.h>
#include <string.h>

#include "fake-manager.h"
#include "decide/value.h"
#include "util/clock.h"
#include "util/str.h"

static struct fake f;

static int setup(void **state)
{
        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        fake_add_unit(&f, "box.scope", "/box.scope")->delegated = true;
        fake_add_cgroup(&f, "/a.service/inner");
        fake_add_cgroup(&f, "/box.scope/inner");
        fake_add_cgroup(&f, "/hand-made");
        f.config.foreign_backoff_ns = 0;
        fake_open(&f);
        return 0;
}

static int teardown(void **state)
{
        fake_remove(&f);
        return 0;
}

static int try_again(const char *cgroup, bool delegated)
{
        char path[128];
        struct object object = { .id = fake_oid(cgroup), .name = (char *) cgroup, .path = path };

        (void) snprintf(path, sizeof(path), "%s/cgroup%s", f.root, cgroup);
        return actor_set(f.actor, &fake_cpu_weight, &object,
                         &(struct wish){ .value = value_number(900), .rule = "rule", .delegated = delegated },
                         monotonic_ns());
}

static void test_nobodys_cgroup_is_a_file(void **state)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/hand-made", 500), OUTCOME_DONE);
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service/inner", 400), OUTCOME_DONE);
        assert_string_equal(fake_read(&f, "cgroup/hand-made/cpu.weight"), "500");
        assert_string_equal(fake_read(&f, "cgroup/a.service/inner/cpu.weight"), "400");
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
        assert_int_equal(f.n_set, 0);

        /* It is not asked for twice. */
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/hand-made", 600), OUTCOME_DONE);
        assert_int_equal(f.n_get_unit, 2);
}

static void test_the_boundary_goes_through_systemd(void **state)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/box.scope", 500), OUTCOME_DONE);
        assert_int_equal(f.n_set, 1);
        assert_string_equal(fake_read(&f, "cgroup/box.scope/cpu.weight"), "500");
}

/* With a property or without: told once, then at rest. */
static void test_below_the_boundary_is_refused(void **state)
{
        teardown(NULL);
        setup(NULL);
        f.config.foreign_backoff_ns = 3600 * NSEC_PER_SEC;
        fake_close(&f);
        fake_open(&f);

        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/box.scope/inner", 500), OUTCOME_REFUSED);
        assert_non_null(strstr(f.detail, "box.scope"));
        assert_non_null(strstr(f.detail, "delegated = yes"));
        assert_int_equal(try_again("/box.scope/inner", false), -EBUSY);
        assert_int_equal(fake_set(&f, &fake_uclamp_min, "/box.scope/inner", 5), OUTCOME_REFUSED);
        assert_string_equal(fake_read(&f, "cgroup/box.scope/inner/cpu.weight"), "100");
        assert_string_equal(fake_read(&f, "cgroup/box.scope/inner/cpu.uclamp.min"), "0");
}

static void test_below_the_boundary_by_file(void **state)
{
        fake_want(&f, &fake_cpu_weight, "/box.scope/inner", 500, true);
        fake_run(&f);
        assert_int_equal(f.last.outcome, OUTCOME_DONE);
        assert_string_equal(fake_read(&f, "cgroup/box.scope/inner/cpu.weight"), "500");
        assert_int_equal(f.n_set, 0);

        fake_restore_all(&f);
        assert_string_equal(fake_read(&f, "cgroup/box.scope/inner/cpu.weight"), "100");
}

static void test_after_two_foreign_writes_it_yields(void **state)
{
        for (unsigned i = 0; i < 2; i++) {
                fake_want(&f, &fake_cpu_weight, "/box.scope/inner", 500, true);
                fake_run(&f);
                assert_int_equal(f.last.outcome, OUTCOME_DONE);
                fake_write(&f, "250", "cgroup/box.scope/inner/cpu.weight");
                fake_want(&f, &fake_cpu_weight, "/box.scope/inner", 600, true);
                fake_run(&f);
                assert_int_equal(f.last.outcome, OUTCOME_FOREIGN);
        }
        assert_int_equal(try_again("/box.scope/inner", true), -EBUSY);
        assert_string_equal(fake_read(&f, "cgroup/box.scope/inner/cpu.weight"), "250");

        /* Another cgroup of the same name is another cgroup. */
        actor_object_gone(f.actor, fake_oid("/box.scope/inner"));
        fake_run(&f);
        assert_int_equal(try_again("/box.scope/inner", true), 0);
        fake_run(&f);
        assert_int_equal(f.last.outcome, OUTCOME_DONE);
}

static void test_pinned_before_us(void **state)
{
        fake_write(&f, "[Service]\nCPUWeight=250", "etc/system.control/a.service.d/50-CPUWeight.conf");
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_PINNED);
        assert_int_equal(f.n_set, 0);
        assert_int_equal(fake_set(&f, &fake_pids_max, "/a.service", 50), OUTCOME_DONE);
}

/* A pin that appears while we hold the knob, with the very value that we set: it is theirs from then on. */
static void test_pinned_while_we_hold_it(void **state)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        fake_write(&f, "[Service]\nCPUWeight=500", "etc/system.control/a.service.d/50-CPUWeight.conf");
        fake_restore_all(&f);
        assert_int_equal(f.last.outcome, OUTCOME_PINNED);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "500");
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));

        assert_int_equal(fake_set(&f, &fake_pids_max, "/a.service", 50), OUTCOME_DONE);
        fake_write(&f, "[Service]\nTasksMax=50", "etc/system.control/a.service.d/50-TasksMax.conf");
        assert_int_equal(fake_set(&f, &fake_pids_max, "/a.service", 60), OUTCOME_PINNED);
        assert_string_equal(fake_read(&f, "cgroup/a.service/pids.max"), "50");
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
}

static void test_without_the_bus_nothing_of_systemds_is_set(void **state)
{
        assert_int_equal(actor_set_bus(f.actor, NULL), 0);
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_FAILED);
        assert_int_equal(fake_set(&f, &fake_uclamp_min, "/a.service", 5), OUTCOME_FAILED);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
}

/* The unit runs anew, in a new cgroup, which systemd sets as our drop-in says: no rule wanted that. */
static void test_a_restarted_unit_is_put_back(void **state)
{
        assert_int_equal(fake_set(&f, &fake_cpu_weight, "/a.service", 500), OUTCOME_DONE);
        fake_reload(&f);
        actor_object_gone(f.actor, fake_oid("/a.service"));
        fake_run(&f);
        assert_int_equal(f.last.outcome, OUTCOME_RESTORED);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_nobodys_cgroup_is_a_file),
                TEST(test_the_boundary_goes_through_systemd),
                TEST(test_below_the_boundary_is_refused),
                TEST(test_below_the_boundary_by_file),
                TEST(test_after_two_foreign_writes_it_yields),
                TEST(test_pinned_before_us),
                TEST(test_pinned_while_we_hold_it),
                TEST(test_without_the_bus_nothing_of_systemds_is_set),
                TEST(test_a_restarted_unit_is_put_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
