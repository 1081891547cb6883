/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>

#include "sense/catalogue.h"

static int setup(void **state)
{
        return catalogue_new((struct catalogue **) state);
}

static int teardown(void **state)
{
        catalogue_free(*state);
        return 0;
}

static const struct trimtab_metric latency = {
        .name = "sched.runq_latency", .unit = "us", .scope = "cgroup", .kind = TRIMTAB_HISTOGRAM
};
static const struct trimtab_knob weight = {
        .name = "cpu.weight", .scope = "cgroup", .type = TRIMTAB_NUMBER, .min = 1, .max = 10000, .file = "{path}/cpu.weight"
};

static void copies_and_units(void **state)
{
        struct metric *m;

        assert_int_equal(catalogue_add_metric(*state, "sched", &latency, 2, &m), 0);
        assert_string_equal(m->name, "sched.runq_latency");
        assert_ptr_not_equal(m->name, latency.name);
        assert_int_equal(m->dimension, DIMENSION_TIME);
        assert_float_equal(m->factor, 1000, 0);
        assert_ptr_equal(catalogue_metric(*state, "sched.runq_latency", 18), m);
        assert_null(catalogue_metric(*state, "sched.runq_latenc", 17));
}

static void a_name_has_one_plugin(void **state)
{
        struct knob *first, *again;

        assert_int_equal(catalogue_add_knob(*state, "cgroup", &weight, 2, &first), 0);
        assert_int_equal(catalogue_add_knob(*state, "other", &weight, 2, NULL), -EEXIST);
        assert_int_equal(catalogue_add_knob(*state, "cgroup", &weight, 2, &again), 0);
        assert_ptr_equal(first, again);
        assert_int_equal(catalogue_n_knobs(*state), 1);
}

/* Decisions hold numbers: they must mean the same knob for as long as the daemon lives. */
static void numbers_outlive_the_plugin(void **state)
{
        struct knob *k;
        uint32_t number;

        assert_int_equal(catalogue_add_knob(*state, "cgroup", &weight, 2, &k), 0);
        number = k->number;
        catalogue_drop_plugin(*state, "cgroup");
        assert_null(catalogue_knob(*state, "cpu.weight", 10));
        assert_string_equal(catalogue_knob_at(*state, number)->name, "cpu.weight");
        assert_int_equal(catalogue_add_knob(*state, "other", &weight, 2, &k), 0);
        assert_int_equal(k->number, number);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(copies_and_units), TEST(a_name_has_one_plugin), TEST(numbers_outlive_the_plugin),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
