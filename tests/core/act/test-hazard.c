/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <math.h>

#include "act/hazard.h"
#include "decide/value.h"
#include "util/cleanup.h"

static struct trimtab_value cpus(const char *text)
{
        struct trimtab_value v;

        assert_int_equal(value_text(TRIMTAB_CPULIST, text, &v), 0);
        return v;
}

static void tells_up_from_down(void **state)
{
        static const struct {
                const char *before, *want;
                enum direction direction;
        } sets[] = {
                { "0-1", "0-3", DIRECTION_UP },   { "0-3", "2", DIRECTION_DOWN }, { "0-1", "0-1", DIRECTION_NONE },
                { "0-1", "1-2", DIRECTION_NONE }, { "", "0-3", DIRECTION_DOWN },  { "3", "", DIRECTION_UP },
                { "", "", DIRECTION_NONE },       { "0,2", "0-2", DIRECTION_UP },
        };
        struct trimtab_value a = value_number(10), b = value_number(20), max = value_number(INFINITY);

        assert_int_equal(hazard_direction(&a, &b), DIRECTION_UP);
        assert_int_equal(hazard_direction(&max, &b), DIRECTION_DOWN);
        assert_int_equal(hazard_direction(&b, &b), DIRECTION_NONE);
        for (size_t i = 0; i < ELEMENTSOF(sets); i++) {
                a = cpus(sets[i].before), b = cpus(sets[i].want);
                assert_int_equal(hazard_direction(&a, &b), sets[i].direction);
        }
}

static void sideways_goes_by_the_union(void **state)
{
        struct trimtab_value a = cpus("0-1"), b = cpus("1-3"), c = cpus("0-3"), both;

        assert_true(hazard_sideways(&a, &b, &both));
        assert_string_equal(both.text, "0-3");
        assert_false(hazard_sideways(&a, &c, &both));
        assert_false(hazard_sideways(&c, &a, &both));
        assert_false(hazard_sideways(&a, &a, &both));
        b = value_number(3);
        assert_false(hazard_sideways(&b, &b, &both));
}

static bool is_before(const char *a, enum direction x, const char *b, enum direction y)
{
        struct limit first = limit_at(a), second = limit_at(b);

        return hazard_is_before(&first, x, &second, y);
}

static void the_outer_one_is_raised_first_and_lowered_last(void **state)
{
        static const struct {
                const char *outer, *inner;
        } pairs[] = {
                { "/a/cpu.max", "/a/b/cpu.max" },
                { "/a/cpu.max", "/a/b/c/cpu.max" },
                { "/a/cpu.max", "/a/cpu.max.burst" },
                { "/a/memory.high", "/a/memory.low" },
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
                const char *outer = pairs[i].outer, *inner = pairs[i].inner;

                assert_true(is_before(outer, DIRECTION_UP, inner, DIRECTION_UP));
                assert_true(is_before(inner, DIRECTION_DOWN, outer, DIRECTION_DOWN));
                assert_false(is_before(inner, DIRECTION_UP, outer, DIRECTION_UP));
                assert_false(is_before(outer, DIRECTION_DOWN, inner, DIRECTION_DOWN));
                assert_false(is_before(outer, DIRECTION_NONE, inner, DIRECTION_UP));
        }
}

static void others_do_not_matter_to_each_other(void **state)
{
        static const char *const others[] = { "/ab/cpu.max", "/a/b/cpu.weight", "/cpu.weight", "/b/cpu.max", "/a/io.max" };

        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                assert_false(is_before("/a/cpu.max", DIRECTION_UP, others[i], DIRECTION_UP));
                assert_false(is_before(others[i], DIRECTION_DOWN, "/a/cpu.max", DIRECTION_DOWN));
        }
}

static bool conflict(const char *a, const char *b)
{
        struct limit first = limit_at(a), second = limit_at(b);

        return hazard_conflicts(&first, &second);
}

static void conflicts_are_of_one_object_or_one_limit(void **state)
{
        assert_true(conflict("/a/cpu.max", "/a/cpu.max"));
        assert_true(conflict("/a/cpu.max", "/a/memory.high"));
        assert_true(conflict("/a/b/cpu.max", "/a/cpu.max"));
        assert_true(conflict("/a/cpu.max", "/a/b/cpu.max"));
        assert_true(conflict("test.knob@4", "test.knob@4"));
        assert_false(conflict("/a/b/cpu.max", "/a/memory.high"));
        assert_false(conflict("/a/cpu.max", "/ab/cpu.max"));
        assert_false(conflict("test.knob@4", "test.knob@5"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tells_up_from_down),
                cmocka_unit_test(sideways_goes_by_the_union),
                cmocka_unit_test(the_outer_one_is_raised_first_and_lowered_last),
                cmocka_unit_test(others_do_not_matter_to_each_other),
                cmocka_unit_test(conflicts_are_of_one_object_or_one_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
