/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "world.h"

/* Levers that others want too, or that cannot be moved just now. */

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        world_init(w);
        *state = w;
        return 0;
}

static int teardown(void **state)
{
        world_clear(*state);
        free(*state);
        return 0;
}

static const char *decided_by(struct world *w, const char *knob, uint64_t object)
{
        const char *rule = "nobody", *shadowed;

        (void) engine_owner(w->engine, knob_number(w, knob), cgroup(object), &rule, &shadowed);
        return rule;
}

/* Both want the neighbour slower: whoever needs more of that has it, and gives it back to the other one. */
static void test_two_goals_on_one_lever(void **state)
{
        struct world *w = *state;
        double least = 100;

        world_rules(w, "[goal more]\nfor = cgroup:/a/web\nkeep = avg(psi.cpu) < 20%\nby = cpu.weight "
                       "@cgroup:/a/db 10..100\n"
                       "settle = 5s\n"
                       "[goal less]\nfor = cgroup:/a/batch\nkeep = avg(psi.cpu) < 20%\nby = cpu.weight "
                       "@cgroup:/a/db 10..100\n"
                       "settle = 5s\n");
        for (int i = 0; i < 600; i++) {
                double share = value_of(w, "cpu.weight", DB) / 100;

                put(w, "psi.cpu", WEB, i < 300 ? 60 * share : 0);
                put(w, "psi.cpu", BATCH, 35 * share);
                tick(w);
                if (i == 250)
                        assert_true(60 * share < 20);
                if (i == 250)
                        assert_string_equal(decided_by(w, "cpu.weight", DB), "more");
                least = fmin(least, share);
        }
        assert_true(least < 1 / 3.0);
        assert_string_equal(decided_by(w, "cpu.weight", DB), "less");
        assert_true(35 * value_of(w, "cpu.weight", DB) / 100 < 20);
        assert_true(value_of(w, "cpu.weight", DB) > 100 / 3.0);
}

/* The pressure of /a/web falls as its weight rises. */
static void live(struct world *w, int seconds, double load)
{
        for (int i = 0; i < seconds; i++) {
                put(w, "psi.cpu", WEB, 80 * load * 100 / value_of(w, "cpu.weight", WEB));
                tick(w);
        }
}

/* With the last lever all would be given back: it is worth a minute of waiting. */
static void test_the_last_lever_is_waited_for(void **state)
{
        struct world *w = *state;

        world_rules(w, "[goal web]\n"
                       "for = cgroup:/a/web\n"
                       "keep = avg(psi.cpu) < 20%\n"
                       "by = cpu.weight 100..2000\n"
                       "settle = 5s\n");
        knob_state(w, "cpu.weight", cgroup(WEB))->busy = true;
        live(w, 50, 1);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_ACTIVE);
        knob_state(w, "cpu.weight", cgroup(WEB))->busy = false;
        live(w, 30, 1);
        assert_true(value_of(w, "cpu.weight", WEB) > 400);

        knob_state(w, "cpu.weight", cgroup(WEB))->busy = true;
        live(w, 100, 10);
        assert_int_equal(info_of(w, "web", WEB).phase, PHASE_RESTING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_two_goals_on_one_lever),
                TEST(test_the_last_lever_is_waited_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
