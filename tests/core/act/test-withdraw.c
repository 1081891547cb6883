/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything is to go back while orders still wait or are under way: wherever they are, none of them sets anything that then
 * stays.
 */
#include "cmocka-all.h"

#include <pthread.h>
#include <stdatomic.h>

#include "fake-manager.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/str.h"

static struct plain p;
static struct fake f;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_at_gate;

static void at(void *userdata, const char *point)
{
        if (!streq(point, "before-slow-write"))
                return;

        atomic_store(&is_at_gate, true);
        (void) pthread_mutex_lock(&gate);
        (void) pthread_mutex_unlock(&gate);
}

static int setup_plain(void **state)
{
        plain_make(&p);
        p.config.at = at;
        plain_open(&p);
        atomic_store(&is_at_gate, false);
        return 0;
}

static int teardown_plain(void **state)
{
        plain_remove(&p);
        return 0;
}

static int setup_fake(void **state)
{
        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        f.config.at = at;
        f.config.deadline_ns = 60 * NSEC_PER_SEC;
        fake_open(&f);
        atomic_store(&is_at_gate, false);
        return 0;
}

static int teardown_fake(void **state)
{
        fake_remove(&f);
        return 0;
}

static void put_all_back(void)
{
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        plain_run(&p);
}

static void expect_nothing_left(const struct actor *a)
{
        assert_int_equal(actor_left(a, false), 0);
        assert_int_equal(actor_left(a, true), 0);
}

static void those_in_the_queue(void **state)
{
        for (unsigned i = 0; i < 5; i++) {
                char name[8];

                plain_write(&p, i, "100");
                (void) snprintf(name, sizeof(name), "o%u", i);
                plain_wish(&p, &plain_knob, name, 150 + i, NULL);
        }
        put_all_back();
        expect_nothing_left(p.actor);
        assert_int_equal(p.n_reports, 0);
        for (unsigned i = 0; i < 5; i++)
                assert_string_equal(plain_read(&p, i), "100");
}

/* What is in force goes back, and what was to follow does not come. */
static void a_second_value(void **state)
{
        plain_write(&p, 0, "100");
        assert_int_equal(plain_set(&p, 0, 150), OUTCOME_DONE);
        plain_wish(&p, &plain_knob, "o0", 160, NULL);
        put_all_back();
        expect_nothing_left(p.actor);
        assert_string_equal(plain_read(&p, 0), "100");
}

static void both_halves(void **state)
{
        struct knob cpus = plain_knob;

        cpus.file = (char *) "{path}/cpuset.cpus";
        cpus.type = TRIMTAB_CPULIST;
        plain_put(&p, "a/cpuset.cpus", "0-1");
        plain_put(&p, "a/b/cpuset.cpus", "0");
        plain_wish(&p, &cpus, "a/b", 0, "2");
        plain_wish(&p, &cpus, "a", 0, "2-3");
        put_all_back();
        expect_nothing_left(p.actor);
        assert_string_equal(plain_get(&p, "a/cpuset.cpus"), "0-1");
        assert_string_equal(plain_get(&p, "a/b/cpuset.cpus"), "0");
}

/* The one that is stuck has its intent on file; the next one waits for it, and is not to come. */
static void behind_a_stuck_write(void **state)
{
        struct knob slow = plain_knob;

        plain_close(&p);
        p.config.deadline_ns = 300 * NSEC_PER_MSEC;
        plain_open(&p);
        slow.flags |= TRIMTAB_KNOB_SLOW;
        plain_put(&p, "a/value", "100");
        (void) pthread_mutex_lock(&gate);
        plain_wish(&p, &slow, "a", 150, NULL);
        plain_run(&p);
        plain_wish(&p, &slow, "a", 160, NULL);
        assert_true(sd_event_run(p.event, UINT64_MAX) >= 0);

        put_all_back();
        assert_int_equal(actor_left(p.actor, false), 1);
        (void) pthread_mutex_unlock(&gate);
        while (p.n_of[OUTCOME_RESTORED] < 1 || !actor_idle(p.actor))
                assert_true(sd_event_run(p.event, UINT64_MAX) >= 0);
        expect_nothing_left(p.actor);
        assert_string_equal(plain_get(&p, "a/value"), "100");
}

/* Another one of the name is there by the time the order would have its turn. */
static void those_of_an_object_that_is_gone(void **state)
{
        plain_write(&p, 0, "100");
        plain_write(&p, 1, "100");
        plain_wish(&p, &plain_knob, "o0", 150, NULL);
        plain_wish(&p, &plain_knob, "o1", 151, NULL);
        actor_object_gone(p.actor, plain_at(&p, "o0")->id);
        plain_run(&p);
        assert_string_equal(plain_read(&p, 0), "100");
        assert_string_equal(plain_read(&p, 1), "151");
        assert_int_equal(p.n_reports, 1);
        put_all_back();
        expect_nothing_left(p.actor);
}

static void what_is_kept_is_not_left(void **state)
{
        const struct wish wish = { .value = { .size = sizeof(wish.value), .type = TRIMTAB_NUMBER, .number = 150 }, .keep = true };

        plain_write(&p, 0, "100");
        assert_int_equal(actor_set(p.actor, &plain_knob, plain_object(&p, 0), &wish, 0), 0);
        plain_run(&p);
        put_all_back();
        assert_string_equal(plain_read(&p, 0), "150");
        assert_int_equal(actor_left(p.actor, false), 0);
        assert_int_equal(actor_left(p.actor, true), 1);
}

/* --- with systemd --- */

static void run_until(const unsigned *count, unsigned n)
{
        while (*count < n)
                assert_true(sd_event_run(f.event, UINT64_MAX) >= 0);
}

static void expect_untouched(void)
{
        expect_nothing_left(f.actor);
        assert_string_equal(fake_read(&f, "cgroup/a.service/cpu.weight"), "100");
        assert_string_equal(fake_read(&f, "cgroup/a.service/memory.high"), "max");
        assert_false(fake_exists(&f, "systemd/system.control/a.service.d"));
}

static void while_systemd_is_asked(void **state)
{
        fake_want(&f, &fake_cpu_weight, "/a.service", 500, false);
        fake_want(&f, &fake_memory_high, "/a.service", 1048576, false);
        run_until(&f.n_get_unit, 1);
        fake_restore_all(&f);
        assert_int_equal(f.n_set, 0);
        expect_untouched();
}

static void while_systemd_is_asked_and_the_unit_ends(void **state)
{
        fake_want(&f, &fake_cpu_weight, "/a.service", 500, false);
        run_until(&f.n_get_unit, 1);
        actor_object_gone(f.actor, fake_oid("/a.service"));
        while (!actor_idle(f.actor))
                assert_true(sd_event_run(f.event, UINT64_MAX) >= 0);
        assert_int_equal(f.n_set, 0);
        expect_untouched();
}

static void when_systemd_has_been_told(void **state)
{
        fake_want(&f, &fake_cpu_weight, "/a.service", 500, false);
        run_until(&f.n_set, 1);
        fake_restore_all(&f);
        assert_int_equal(f.n_of[OUTCOME_RESTORED], 1);
        expect_untouched();
}

static void in_a_drain(void **state)
{
        fake_write(&f, "104857600", "cgroup/a.service/memory.current");
        fake_write(&f, "", "cgroup/a.service/memory.reclaim");
        (void) pthread_mutex_lock(&gate);
        fake_want(&f, &fake_memory_high, "/a.service", 52428800, false);
        while (!atomic_load(&is_at_gate))
                assert_true(sd_event_run(f.event, 1000) >= 0);
        assert_int_equal(actor_restore_all(f.actor, true), 0);
        (void) pthread_mutex_unlock(&gate);
        fake_run(&f);
        assert_int_equal(f.n_set, 0);
        expect_untouched();
}

static void held_by_a_reload(void **state)
{
        fake_run(&f);
        fake_reload(&f);
        while (!actor_is_unsettled(f.actor))
                assert_true(sd_event_run(f.event, UINT64_MAX) >= 0);
        fake_want(&f, &fake_cpu_weight, "/a.service", 500, false);
        assert_true(sd_event_run(f.event, 0) >= 0);
        fake_restore_all(&f);
        expect_untouched();
}

#define PLAIN(f) cmocka_unit_test_setup_teardown(f, setup_plain, teardown_plain)
#define FAKE(f)  cmocka_unit_test_setup_teardown(f, setup_fake, teardown_fake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                PLAIN(those_in_the_queue),
                PLAIN(a_second_value),
                PLAIN(both_halves),
                PLAIN(behind_a_stuck_write),
                PLAIN(those_of_an_object_that_is_gone),
                PLAIN(what_is_kept_is_not_left),
                FAKE(while_systemd_is_asked),
                FAKE(while_systemd_is_asked_and_the_unit_ends),
                FAKE(when_systemd_has_been_told),
                FAKE(in_a_drain),
                FAKE(held_by_a_reload),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
