/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody else sets a value while an order waits for what takes seconds: what was read before does not count. */
#include "cmocka-all.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "decide/value.h"
#include "fake-manager.h"
#include "plain-files.h"
#include "util/clock.h"
#include "util/str.h"

#define MIB (1024 * 1024)

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint at_gate;

static void at(void *userdata, const char *point)
{
        if (!streq(point, "before-slow-write"))
                return;

        atomic_fetch_add(&at_gate, 1);
        (void) pthread_mutex_lock(&gate);
        (void) pthread_mutex_unlock(&gate);
}

/* --- for memory to be reclaimed --- */

static struct fake f;

static int setup_fake(void **state)
{
        fake_make(&f);
        (void) fake_add_unit(&f, "a.service", "/a.service");
        f.config.at = at;
        f.config.deadline_ns = 60 * NSEC_PER_SEC;
        fake_open(&f);
        fake_write(&f, "209715200", "cgroup/a.service/memory.current");
        fake_write(&f, "", "cgroup/a.service/memory.reclaim");
        atomic_store(&at_gate, 0);
        return 0;
}

static int teardown_fake(void **state)
{
        fake_remove(&f);
        return 0;
}

/* An administrator by `systemctl set-property --runtime`, in the middle of the drain. */
static void set_while_theirs_comes(double number, uint64_t theirs)
{
        unsigned gone = atomic_load(&at_gate);

        (void) pthread_mutex_lock(&gate);
        fake_want(&f, &fake_memory_high, "/a.service", number, false);
        while (atomic_load(&at_gate) == gone)
                assert_true(sd_event_run(f.event, 1000) >= 0);
        fake_set_property(&f, "a.service", "MemoryHigh", theirs);
        (void) pthread_mutex_unlock(&gate);
        fake_run(&f);
        assert_string_not_equal(fake_read(&f, "cgroup/a.service/memory.reclaim"), "");
}

static void the_first_value_has_theirs_for_its_original(void **state)
{
        set_while_theirs_comes(100 * MIB, 300 * MIB);
        assert_int_equal(f.last.outcome, OUTCOME_DONE);
        assert_true(f.last.have_before && f.last.before.number == 300 * MIB);
        assert_string_equal(fake_read(&f, "cgroup/a.service/memory.high"), "209715200");
        assert_non_null(strstr(f.detail, "could not be reclaimed"));

        fake_restore_all(&f);
        assert_string_equal(fake_read(&f, "cgroup/a.service/memory.high"), "314572800");
        assert_string_equal(fake_read(&f, "systemd/system.control/a.service.d/50-MemoryHigh.conf"),
                            "[Service]\nMemoryHigh=314572800");
}

static void a_value_of_ours_gives_way_to_theirs(void **state)
{
        assert_int_equal(fake_set(&f, &fake_memory_high, "/a.service", 400 * MIB), OUTCOME_DONE);
        set_while_theirs_comes(100 * MIB, 300 * MIB);
        assert_int_equal(f.last.outcome, OUTCOME_FOREIGN);
        fake_restore_all(&f);
        assert_string_equal(fake_read(&f, "cgroup/a.service/memory.high"), "314572800");
        assert_true(fake_exists(&f, "systemd/system.control/a.service.d/50-MemoryHigh.conf"));
}

static void what_was_drained_is_not_drained_again(void **state)
{
        fake_write(&f, "314572800", "cgroup/a.service/memory.high");
        assert_int_equal(fake_set(&f, &fake_memory_high, "/a.service", 100 * MIB), OUTCOME_DONE);
        assert_int_equal(atomic_load(&at_gate), 1);
        assert_string_equal(fake_read(&f, "cgroup/a.service/memory.reclaim"), "104857600");
}

/* --- for the worker --- */

/* As many as may be stuck, and one that waits. */
enum { THREADS = 4 };

static struct plain p;
static struct knob slow;

static int setup_plain(void **state)
{
        plain_make(&p);
        p.config.at = at;
        p.config.deadline_ns = 60 * NSEC_PER_SEC;
        plain_open(&p);
        slow = plain_knob;
        slow.flags |= TRIMTAB_KNOB_SLOW;
        for (unsigned i = 0; i <= THREADS; i++)
                plain_write(&p, i, "100");
        atomic_store(&at_gate, 0);
        return 0;
}

static int teardown_plain(void **state)
{
        plain_remove(&p);
        return 0;
}

static void wish_last(double number, bool contest)
{
        const struct wish wish = {
                .value = value_number(number),
                .rule = "rule",
                .decision = 1,
                .contest = contest,
        };

        assert_int_equal(actor_set(p.actor, &slow, plain_object(&p, THREADS), &wish, monotonic_ns()), 0);
}

/* Ordered while all threads are stuck; in force before it has its turn: theirs. */
static void run_while_theirs_comes(void (*order)(void), const char *theirs)
{
        char name[8];

        (void) pthread_mutex_lock(&gate);
        atomic_store(&at_gate, 0);
        for (unsigned i = 0; i < THREADS; i++) {
                (void) snprintf(name, sizeof(name), "o%u", i);
                plain_wish(&p, &slow, name, 150, NULL);
        }
        while (atomic_load(&at_gate) < THREADS)
                assert_true(sd_event_run(p.event, 1000) >= 0);
        order();
        while (sd_event_run(p.event, 0) > 0)
                ;
        assert_int_equal(atomic_load(&at_gate), THREADS);
        plain_write(&p, THREADS, theirs);
        (void) pthread_mutex_unlock(&gate);
        plain_run(&p);
}

static void want(void)
{
        wish_last(160, false);
}

static void contest(void)
{
        wish_last(160, true);
}

static void give_back(void)
{
        assert_int_equal(actor_restore(p.actor, &slow, plain_object(&p, THREADS)->id, "rule", 2), 0);
}

static void in_force(double number)
{
        wish_last(number, false);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
}

static void the_first_slow_value_has_theirs_for_its_original(void **state)
{
        run_while_theirs_comes(want, "777");
        assert_int_equal(p.last.outcome, OUTCOME_DONE);
        assert_string_equal(plain_read(&p, THREADS), "160");

        give_back();
        plain_run(&p);
        assert_string_equal(plain_read(&p, THREADS), "777");
}

static void a_slow_value_of_ours_gives_way_to_theirs(void **state)
{
        in_force(120);
        run_while_theirs_comes(want, "777");
        assert_int_equal(p.n_of[OUTCOME_FOREIGN], 1);
        assert_string_equal(plain_read(&p, THREADS), "777");
        assert_int_equal(actor_left(p.actor, true), THREADS);
}

static void putting_back_gives_way_to_theirs(void **state)
{
        in_force(120);
        run_while_theirs_comes(give_back, "777");
        assert_int_equal(p.n_of[OUTCOME_FOREIGN], 1);
        assert_string_equal(plain_read(&p, THREADS), "777");
        assert_int_equal(actor_left(p.actor, true), THREADS);
}

static void what_is_contested_is_written(void **state)
{
        in_force(120);
        run_while_theirs_comes(contest, "777");
        assert_int_equal(p.n_of[OUTCOME_FOREIGN], 0);
        assert_string_equal(plain_read(&p, THREADS), "160");
}

#define FAKE(f)  cmocka_unit_test_setup_teardown(f, setup_fake, teardown_fake)
#define PLAIN(f) cmocka_unit_test_setup_teardown(f, setup_plain, teardown_plain)

int main(void)
{
        const struct CMUnitTest tests[] = {
                FAKE(the_first_value_has_theirs_for_its_original),
                FAKE(a_value_of_ours_gives_way_to_theirs),
                FAKE(what_was_drained_is_not_drained_again),
                PLAIN(the_first_slow_value_has_theirs_for_its_original),
                PLAIN(a_slow_value_of_ours_gives_way_to_theirs),
                PLAIN(putting_back_gives_way_to_theirs),
                PLAIN(what_is_contested_is_written),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
