/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "decide/lever.h"
#include "world.h"

/* What moves the levers of a goal, without a controller: the goal of /a/web, and the claims on the knobs that
 * it names. */

static const char text[] = "[goal web]\n"
                           "for = cgroup:/a/web\n"
                           "keep = avg(psi.cpu) < 20%\n"
                           "take = mem.high 64Mi..max\n"
                           "by = cpu.weight 100..2000\n"
                           "     cpu.max @siblings 20%..max\n"
                           "     cpu.weight @cgroup:/a/db 10..100 step -30\n";

enum { TAKE, WEIGHT, SIBLINGS, MINUS };

#define MiB (1024.0 * 1024)

struct hand {
        struct world world;
        struct ruleset *set;
        struct arbiter *arbiter;
        struct instance *instance;
};

static int setup(void **state)
{
        struct hand *h = calloc(1, sizeof(*h));

        if (!h)
                return -1;
        world_init(&h->world);
        assert_int_equal(world_parse(&h->world, text, &h->set), 0);
        assert_int_equal(arbiter_new(&h->arbiter), 0);
        assert_int_equal(instance_new(ruleset_at(h->set, 0), cgroup(WEB), &h->instance), 0);
        *state = h;
        return 0;
}

static int teardown(void **state)
{
        struct hand *h = *state;

        instance_free(h->instance, h->arbiter, "the end");
        arbiter_free(h->arbiter);
        ruleset_free(h->set);
        world_clear(&h->world);
        free(h);
        return 0;
}

static struct moving moving(struct hand *h, size_t lever)
{
        return (struct moving){ .instance = h->instance,
                                .view = &h->world.view,
                                .arbiter = h->arbiter,
                                .lever = lever,
                                .reason = { .text = "a test" } };
}

/* What the knobs hold from now on. */
static void heed(struct hand *h)
{
        struct decisions *d = &h->world.decisions;

        assert_int_equal(arbiter_decide(h->arbiter, &h->world.view, d), 0);
        for (size_t i = 0; i < d->n; i++) {
                const char *knob = catalogue_knob_at(h->world.catalogue, d->items[i].knob)->name;
                struct knob_state *k = knob_state(&h->world, knob, d->items[i].object);

                k->touched = d->items[i].verb == VERB_SET;
                k->now = k->touched ? d->items[i].value : k->original;
                arbiter_outcome(h->arbiter, d->items[i].knob, d->items[i].object, 0, &k->now);
        }
}

static int step(struct hand *h, size_t lever, unsigned steps)
{
        struct moving m = moving(h, lever);
        int r = lever_step(&m, steps);

        heed(h);
        return r;
}

static int take(struct hand *h, double load)
{
        struct moving m = moving(h, TAKE);
        int r = lever_take(&m, load);

        heed(h);
        return r;
}

static int back(struct hand *h, size_t lever)
{
        struct moving m = moving(h, lever);
        int r = lever_back(&m);

        heed(h);
        return r;
}

static int give(struct hand *h)
{
        struct moving m = moving(h, TAKE);
        int r = lever_give(&m);

        heed(h);
        return r;
}

static int ease(struct hand *h, size_t lever, double part)
{
        struct moving m = moving(h, lever);
        int r = lever_ease(&m, part);

        heed(h);
        return r;
}

static double now(struct hand *h, const char *knob, uint64_t object)
{
        return value_of(&h->world, knob, object);
}

static void assert_near(double is, double right)
{
        if (fabs(is - right) > 1e-6 * right)
                fail_msg("%.9g instead of %.9g", is, right);
}

static void test_steps(void **state)
{
        struct hand *h = *state;

        assert_false(lever_is_held(h->instance, WEIGHT));
        assert_true(step(h, WEIGHT, 1) > 0);
        assert_true(lever_is_held(h->instance, WEIGHT));
        assert_false(lever_is_held(h->instance, SIBLINGS));
        assert_near(now(h, "cpu.weight", WEB), 150);
        assert_true(step(h, WEIGHT, 2) > 0);
        assert_near(now(h, "cpu.weight", WEB), 150 * 1.5 * 1.5);
        assert_string_equal(h->world.decisions.items[0].reason, "a test");
}

/* Three of thirty, not thirty to the power of three. */
static void test_several_steps_that_add(void **state)
{
        struct hand *h = *state;

        assert_true(step(h, MINUS, 2) > 0);
        assert_near(now(h, "cpu.weight", DB), 40);
}

static void test_stops_at_the_bound(void **state)
{
        struct hand *h = *state;

        assert_true(step(h, WEIGHT, 8) > 0);
        assert_near(now(h, "cpu.weight", WEB), 2000);
        assert_int_equal(step(h, WEIGHT, 1), 0);
        assert_true(step(h, MINUS, 4) > 0);
        assert_near(now(h, "cpu.weight", DB), 10);
        assert_int_equal(step(h, MINUS, 1), 0);
}

static void test_moves_every_object_that_it_names(void **state)
{
        static const uint64_t siblings[] = { DB, BATCH, LOG };
        struct hand *h = *state;

        for (int t = 0; t < 5; t++) {
                h->world.view.now_ns += SEC;
                for (size_t i = 0; i < 3; i++)
                        put(&h->world, "sched.runtime", siblings[i], (double) h->world.view.now_ns * 0.5);
        }
        assert_int_equal(step(h, SIBLINGS, 1), 3);
        for (size_t i = 0; i < 3; i++)
                assert_near(now(h, "cpu.max", siblings[i]), 40);
        assert_true(isinf(now(h, "cpu.max", WEB)));
        assert_true(back(h, SIBLINGS) > 0);
        for (size_t i = 0; i < 3; i++)
                assert_true(isinf(now(h, "cpu.max", siblings[i])));
}

/* It is not known from where to start. */
static void test_a_limit_without_use_waits(void **state)
{
        struct hand *h = *state;

        assert_int_equal(step(h, SIBLINGS, 1), -EAGAIN);
        assert_false(lever_is_held(h->instance, SIBLINGS));
}

static void test_a_busy_knob_is_waited_for(void **state)
{
        struct hand *h = *state;

        knob_state(&h->world, "cpu.weight", cgroup(WEB))->busy = true;
        assert_int_equal(step(h, WEIGHT, 1), -EAGAIN);
        assert_near(now(h, "cpu.weight", WEB), 100);
}

static void test_back_to_the_mark_else_to_the_original(void **state)
{
        struct hand *h = *state;

        (void) step(h, WEIGHT, 1);
        lever_mark(h->instance, WEIGHT);
        (void) step(h, WEIGHT, 2);
        assert_true(back(h, WEIGHT) > 0);
        assert_near(now(h, "cpu.weight", WEB), 150);
        assert_int_equal(back(h, WEIGHT), 0);
        assert_true(lever_is_held(h->instance, WEIGHT));

        (void) step(h, MINUS, 1);
        assert_true(back(h, MINUS) > 0);
        assert_near(now(h, "cpu.weight", DB), 100);
        assert_false(lever_is_held(h->instance, MINUS));
}

/* Only its own: another lever of the same goal stays. */
static void test_one_lever_at_a_time(void **state)
{
        struct hand *h = *state;

        (void) step(h, WEIGHT, 1);
        (void) step(h, MINUS, 1);
        (void) back(h, WEIGHT);
        assert_near(now(h, "cpu.weight", DB), 70);
        assert_true(lever_is_held(h->instance, MINUS));
}

static void test_eases_a_part_of_the_way_and_then_all(void **state)
{
        struct hand *h = *state;
        unsigned n = 0;

        (void) step(h, WEIGHT, 4);
        assert_true(ease(h, WEIGHT, 0.25) > 0);
        assert_near(now(h, "cpu.weight", WEB), 100 * 1.5 * 1.5 * 1.5);
        assert_true(ease(h, WEIGHT, 0.5) > 0);
        assert_near(now(h, "cpu.weight", WEB), 100 * pow(1.5, 1.5));
        while (lever_is_held(h->instance, WEIGHT) && n++ < 32)
                assert_true(ease(h, WEIGHT, 0.5) > 0);
        assert_in_range(n, 3, 5);
        assert_true(now(h, "cpu.weight", WEB) == 100);
}

static void test_takes_less_the_nearer_the_bound(void **state)
{
        struct hand *h = *state;

        put(&h->world, "mem.used", WEB, 1000 * MiB);
        assert_true(take(h, 0) > 0);
        assert_near(now(h, "mem.high", WEB), 950 * MiB);
        put(&h->world, "mem.used", WEB, 950 * MiB);
        assert_true(take(h, 0.5) > 0);
        assert_near(now(h, "mem.high", WEB), 950 * 0.975 * MiB);
        put(&h->world, "mem.used", WEB, 950 * 0.975 * MiB);
        assert_int_equal(take(h, 1), 0);
}

static void test_gives_two_steps_back_or_all(void **state)
{
        struct hand *h = *state;

        put(&h->world, "mem.used", WEB, 1000 * MiB);
        for (int i = 0; i < 5; i++)
                assert_true(take(h, 0) > 0);
        assert_near(now(h, "mem.high", WEB), 1000 * pow(0.95, 5) * MiB);
        assert_true(give(h) > 0);
        assert_near(now(h, "mem.high", WEB), 1000 * pow(0.95, 3) * MiB);
        assert_true(give(h) > 0);
        assert_true(give(h) > 0);
        assert_true(isinf(now(h, "mem.high", WEB)));
        assert_false(lever_is_held(h->instance, TAKE));
        assert_int_equal(give(h), 0);
}

/* The kernel could not reclaim: the knob stands where it stood. Not asked again in each look. */
static void test_what_did_not_follow_is_not_asked_at_once(void **state)
{
        struct hand *h = *state;
        struct trimtab_value stays = value_number(950 * MiB);
        struct knob_state *k = knob_state(&h->world, "mem.high", cgroup(WEB));

        put(&h->world, "mem.used", WEB, 1000 * MiB);
        assert_true(take(h, 0) > 0);
        assert_true(take(h, 0) > 0);
        k->now = stays;
        arbiter_outcome(h->arbiter, knob_number(&h->world, "mem.high"), cgroup(WEB), 0, &stays);
        h->world.view.now_ns += 10 * SEC;
        assert_int_equal(take(h, 0), 0);
        h->world.view.now_ns += 300 * SEC;
        put(&h->world, "mem.used", WEB, 950 * MiB);
        assert_true(take(h, 0) > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_steps),
                TEST(test_several_steps_that_add),
                TEST(test_stops_at_the_bound),
                TEST(test_moves_every_object_that_it_names),
                TEST(test_a_limit_without_use_waits),
                TEST(test_a_busy_knob_is_waited_for),
                TEST(test_back_to_the_mark_else_to_the_original),
                TEST(test_one_lever_at_a_time),
                TEST(test_eases_a_part_of_the_way_and_then_all),
                TEST(test_takes_less_the_nearer_the_bound),
                TEST(test_gives_two_steps_back_or_all),
                TEST(test_what_did_not_follow_is_not_asked_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
