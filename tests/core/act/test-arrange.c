/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which sequence orders of one tick reach the kernel's files: seen by looking at the files whenever one was
 * written.
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "plain-files.h"
#include "util/str.h"

static struct plain p;
static struct knob quota, burst, cpus, memory_high, memory_low;

/* The files that are looked at, and what they held after each write: "100000 50000|50000 50000|". */
static const char *watched[3];
static char history[512];

static void look(void *userdata, const char *point)
{
        size_t n = strlen(history);

        if (!streq(point, "after-write") && !streq(point, "after-burst") && !streq(point, "after-restore-write"))
                return;

        for (size_t i = 0; i < 3 && watched[i]; i++)
                n += (size_t) snprintf(history + n, sizeof(history) - n, "%s%s", i > 0 ? " " : "",
                                       plain_get(&p, watched[i]));
        (void) snprintf(history + n, sizeof(history) - n, "|");
}

static void watch(const char *a, const char *b, const char *c)
{
        watched[0] = a, watched[1] = b, watched[2] = c;
        history[0] = '\0';
}

static void expect(const char *text)
{
        plain_run(&p);
        assert_string_equal(history, text);
        history[0] = '\0';
}

static struct knob knob_of(const char *name, const char *file, uint32_t type, uint32_t form)
{
        struct knob k = plain_knob;

        k.name = (char *) name;
        k.file = (char *) file;
        k.type = type;
        k.form = form;
        return k;
}

static int setup(void **state)
{
        plain_make(&p);
        p.config.at = look;
        plain_open(&p);
        quota = knob_of("cpu.max", "{path}/cpu.max", TRIMTAB_NUMBER, TRIMTAB_FORM_QUOTA);
        burst = knob_of("cpu.max.burst", "{path}/cpu.max.burst", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN);
        cpus = knob_of("cpuset.cpus", "{path}/cpuset.cpus", TRIMTAB_CPULIST, TRIMTAB_FORM_PLAIN);
        memory_high = knob_of("memory.high", "{path}/memory.high", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN);
        memory_low = knob_of("memory.low", "{path}/memory.low", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN);
        return 0;
}

static int teardown(void **state)
{
        plain_remove(&p);
        return 0;
}

static void parents_are_raised_first_and_lowered_last(void **state)
{
        plain_put(&p, "a/memory.low", "1");
        plain_put(&p, "a/b/memory.low", "1");
        plain_put(&p, "a/b/c/memory.low", "1");
        watch("a/memory.low", "a/b/memory.low", "a/b/c/memory.low");

        plain_wish(&p, &memory_low, "a/b/c", 5, NULL);
        plain_wish(&p, &memory_low, "a", 5, NULL);
        plain_wish(&p, &memory_low, "a/b", 5, NULL);
        expect("5 1 1|5 5 1|5 5 5|");

        plain_wish(&p, &memory_low, "a", 2, NULL);
        plain_wish(&p, &memory_low, "a/b/c", 2, NULL);
        plain_wish(&p, &memory_low, "a/b", 2, NULL);
        expect("5 5 2|5 2 2|2 2 2|");

        /* Putting back as well, whoever was changed first. */
        plain_unwish(&p, &memory_low, "a");
        plain_unwish(&p, &memory_low, "a/b");
        plain_unwish(&p, &memory_low, "a/b/c");
        expect("2 2 1|2 1 1|1 1 1|");
}

static void orders_for_one_knob_keep_their_sequence(void **state)
{
        plain_put(&p, "a/memory.low", "1");
        watch("a/memory.low", NULL, NULL);
        plain_wish(&p, &memory_low, "a", 9, NULL);
        plain_wish(&p, &memory_low, "a", 3, NULL);
        expect("9|3|");
}

static void low_stays_below_high(void **state)
{
        plain_put(&p, "a/memory.high", "100000000");
        plain_put(&p, "a/memory.low", "50000000");
        watch("a/memory.high", "a/memory.low", NULL);

        plain_wish(&p, &memory_low, "a", 300000000, NULL);
        plain_wish(&p, &memory_high, "a", 400000000, NULL);
        expect("400000000 50000000|400000000 300000000|");

        plain_wish(&p, &memory_high, "a", 200000000, NULL);
        plain_wish(&p, &memory_low, "a", 150000000, NULL);
        expect("400000000 150000000|200000000 150000000|");
}

/* Nobody inside loses all CPUs on the way, nor gets some that are not its own. */
static void sets_move_sideways_by_their_union(void **state)
{
        plain_put(&p, "a/cpuset.cpus", "0-1");
        plain_put(&p, "a/b/cpuset.cpus", "0");
        watch("a/cpuset.cpus", "a/b/cpuset.cpus", NULL);

        plain_wish(&p, &cpus, "a/b", 0, "2");
        plain_wish(&p, &cpus, "a", 0, "2-3");
        expect("0-3 0|0-3 2|2-3 2|");
        assert_int_equal(p.n_reports, 2);

        plain_wish(&p, &cpus, "a", 0, "0-1");
        plain_wish(&p, &cpus, "a/b", 0, "1");
        expect("0-3 2|0-3 1|0-1 1|");

        /* Alone it needs no step between. */
        plain_wish(&p, &cpus, "a", 0, "1-2");
        expect("1-2 1|");
}

static void burst_makes_way_and_comes_back(void **state)
{
        plain_put(&p, "a/cpu.max", "100000 100000");
        plain_put(&p, "a/cpu.max.burst", "60000");
        watch("a/cpu.max", "a/cpu.max.burst", NULL);

        plain_wish(&p, &quota, "a", 80, NULL);
        expect("80000 100000 60000|");
        plain_wish(&p, &quota, "a", 20, NULL);
        expect("80000 100000 20000|20000 100000 20000|");
        plain_wish(&p, &quota, "a", 10, NULL);
        expect("20000 100000 10000|10000 100000 10000|");

        plain_unwish(&p, &quota, "a");
        expect("100000 100000 10000|100000 100000 60000|");
}

static void burst_comes_back_from_the_ledger_alone(void **state)
{
        plain_put(&p, "a/cpu.max", "100000 100000");
        plain_put(&p, "a/cpu.max.burst", "60000");
        watch("a/cpu.max", "a/cpu.max.burst", NULL);
        plain_wish(&p, &quota, "a", 20, NULL);
        plain_run(&p);
        plain_close(&p);
        plain_open(&p);

        watch("a/cpu.max", "a/cpu.max.burst", NULL);
        assert_int_equal(actor_restore_all(p.actor, false), 0);
        expect("100000 100000 20000|100000 100000 60000|");
        assert_int_equal(p.n_of[OUTCOME_RESTORED], 2);
}

static void both_knobs_at_once(void **state)
{
        plain_put(&p, "a/cpu.max", "100000 100000");
        plain_put(&p, "a/cpu.max.burst", "60000");
        watch("a/cpu.max", "a/cpu.max.burst", NULL);

        plain_wish(&p, &quota, "a", 20, NULL);
        plain_wish(&p, &burst, "a", 5000, NULL);
        expect("100000 100000 5000|20000 100000 5000|");

        plain_unwish(&p, &burst, "a");
        plain_unwish(&p, &quota, "a");
        expect("100000 100000 5000|100000 100000 60000|");
}

static void a_burst_of_somebody_elses_stays(void **state)
{
        plain_put(&p, "a/cpu.max", "100000 100000");
        plain_put(&p, "a/cpu.max.burst", "60000");
        watch("a/cpu.max", "a/cpu.max.burst", NULL);
        plain_wish(&p, &quota, "a", 20, NULL);
        plain_run(&p);

        plain_put(&p, "a/cpu.max.burst", "15000");
        plain_wish(&p, &quota, "a", 10, NULL);
        plain_run(&p);
        assert_int_equal(p.last.outcome, OUTCOME_REFUSED);
        assert_string_equal(plain_get(&p, "a/cpu.max.burst"), "15000");
        assert_string_equal(plain_get(&p, "a/cpu.max"), "20000 100000");

        plain_unwish(&p, &quota, "a");
        plain_run(&p);
        assert_string_equal(plain_get(&p, "a/cpu.max"), "100000 100000");
        assert_string_equal(plain_get(&p, "a/cpu.max.burst"), "15000");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(parents_are_raised_first_and_lowered_last),
                TEST(orders_for_one_knob_keep_their_sequence),
                TEST(low_stays_below_high),
                TEST(sets_move_sideways_by_their_union),
                TEST(burst_makes_way_and_comes_back),
                TEST(burst_comes_back_from_the_ledger_alone),
                TEST(both_knobs_at_once),
                TEST(a_burst_of_somebody_elses_stays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
