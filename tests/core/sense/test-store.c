/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sense/histogram.h"
#include "sense/store.h"
#include "util/clock.h"

#define SEC NSEC_PER_SEC

enum { GAUGE, COUNTER, HISTOGRAM };

struct fixture {
        struct catalogue *catalogue;
        struct store *store;
};

static const struct trimtab_metric metrics[] = {
        [GAUGE] = { .name = "t.gauge", .unit = "%", .kind = TRIMTAB_GAUGE },
        [COUNTER] = { .name = "t.counter", .unit = "ns", .kind = TRIMTAB_COUNTER },
        [HISTOGRAM] = { .name = "t.histogram", .unit = "ns", .kind = TRIMTAB_HISTOGRAM },
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        *state = f;
        if (!f || catalogue_new(&f->catalogue) < 0 || store_new(f->catalogue, &f->store) < 0)
                return -1;
        for (size_t i = 0; i < 3; i++)
                if (catalogue_add_metric(f->catalogue, "t", &metrics[i], SCOPE_CGROUP, NULL) < 0)
                        return -1;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        store_free(f->store);
        catalogue_free(f->catalogue);
        free(f);
        return 0;
}

static double stat_of(struct fixture *f, uint32_t metric, enum statistic s, uint64_t window_s, uint64_t now_s)
{
        double v = NAN;

        assert_int_equal(store_stat(f->store, metric, 1, s, window_s * SEC, now_s * SEC, &v), 0);
        return v;
}

static void no_stat(struct fixture *f, uint32_t metric, enum statistic s, uint64_t window_s, uint64_t now_s, int error)
{
        double v;

        assert_int_equal(store_stat(f->store, metric, 1, s, window_s * SEC, now_s * SEC, &v), error);
}

static void gauges_in_a_window(void **state)
{
        struct fixture *f = *state;

        for (uint64_t t = 1; t <= 20; t++)
                assert_int_equal(store_put(f->store, GAUGE, 1, t * SEC, (double) t), 0);

        assert_float_equal(stat_of(f, GAUGE, STAT_LAST, 5, 20), 20, 0);
        assert_float_equal(stat_of(f, GAUGE, STAT_MIN, 5, 20), 16, 0);
        assert_float_equal(stat_of(f, GAUGE, STAT_MAX, 5, 20), 20, 0);
        assert_float_equal(stat_of(f, GAUGE, STAT_AVG, 5, 20), 18, 1e-9);
        no_stat(f, GAUGE, STAT_P99, 5, 20, -EINVAL);
        no_stat(f, GAUGE, STAT_RATE, 5, 20, -EINVAL);
        /* Old news are no news. */
        no_stat(f, GAUGE, STAT_LAST, 5, 26, -ENODATA);
}

static void rates_start_at_or_before_the_window(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(store_put(f->store, COUNTER, 1, 1 * SEC, 1e9), 0);
        no_stat(f, COUNTER, STAT_RATE, 10, 1, -ENODATA);
        for (uint64_t t = 2; t <= 20; t++)
                assert_int_equal(store_put(f->store, COUNTER, 1, t * SEC, 1e9 + (double) (t - 1) * 5e8), 0);
        assert_float_equal(stat_of(f, COUNTER, STAT_RATE, 5, 20), 5e8, 1);
        assert_float_equal(stat_of(f, COUNTER, STAT_RATE, 1, 20), 5e8, 1);
        assert_float_equal(stat_of(f, COUNTER, STAT_LAST, 1, 20), 1e9 + 19 * 5e8, 1);
}

static void a_counter_that_starts_anew(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(store_put(f->store, COUNTER, 1, 1 * SEC, 1000), 0);
        assert_int_equal(store_put(f->store, COUNTER, 1, 2 * SEC, 1100), 0);
        assert_int_equal(store_put(f->store, COUNTER, 1, 3 * SEC, 50), 0);
        assert_float_equal(stat_of(f, COUNTER, STAT_RATE, 10, 3), 75, 1e-9);
}

static void put_slots(struct fixture *f, uint64_t t, uint64_t at_1000, uint64_t at_64000, double sum)
{
        uint64_t slots[TRIMTAB_HIST_SLOTS] = {};

        slots[trimtab_hist_slot(1000)] = at_1000;
        slots[trimtab_hist_slot(64000)] = at_64000;
        assert_int_equal(store_put_histogram(f->store, HISTOGRAM, 1, t * SEC, slots, TRIMTAB_HIST_SLOTS, sum), 0);
}

static void histograms_by_difference(void **state)
{
        struct fixture *f = *state;

        /* What was there before we looked does not count. */
        put_slots(f, 1, 1000000, 1000000, 1e15);
        no_stat(f, HISTOGRAM, STAT_P50, 10, 1, -ENODATA);
        put_slots(f, 2, 1000090, 1000010, 1e15 + 90 * 1000 + 10 * 64000);

        assert_float_equal(stat_of(f, HISTOGRAM, STAT_COUNT, 10, 2), 100, 0);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_MEAN, 10, 2), 7300, 1);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_P50, 10, 2), 1000, 70);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_P99, 10, 2), 64000, 4500);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_MAX, 10, 2), 65000, 8000);

        /* A quiet second has a count, and no percentile. */
        put_slots(f, 3, 1000090, 1000010, 1e15 + 90 * 1000 + 10 * 64000);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_COUNT, 1, 3), 0, 0);
        no_stat(f, HISTOGRAM, STAT_P99, 1, 3, -ENODATA);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_COUNT, 2, 3), 100, 0);
}

static void sums_are_estimated_when_not_kept(void **state)
{
        struct fixture *f = *state;

        put_slots(f, 1, 0, 0, NAN);
        put_slots(f, 2, 90, 10, NAN);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_MEAN, 10, 2), 7300, 7300 * 0.0625);
}

/* Nobody looked for a minute: the difference belongs to no window. */
static void a_gap_starts_anew(void **state)
{
        struct fixture *f = *state;

        put_slots(f, 1, 0, 0, 0);
        put_slots(f, 2, 10, 0, 0);
        put_slots(f, 62, 1000000, 0, 0);
        no_stat(f, HISTOGRAM, STAT_COUNT, 10, 62, -ENODATA);
        put_slots(f, 63, 1000001, 0, 0);
        assert_float_equal(stat_of(f, HISTOGRAM, STAT_COUNT, 10, 63), 1, 0);
}

static void long_windows_are_kept_when_asked_for(void **state)
{
        struct fixture *f = *state;

        store_keep(f->store, GAUGE, 60 * SEC);
        for (uint64_t t = 1; t <= 200; t++)
                assert_int_equal(store_put(f->store, GAUGE, 1, t * SEC, (double) t), 0);
        assert_float_equal(stat_of(f, GAUGE, STAT_MIN, 60, 200), 141, 0);
}

static void what_is_kept_is_bounded(void **state)
{
        struct fixture *f = *state;
        size_t size;

        for (uint64_t t = 1; t <= 100; t++)
                put_slots(f, t, t * 3, t, (double) t);
        size = store_size(f->store);
        for (uint64_t t = 101; t <= 5000; t++)
                put_slots(f, t, t * 3, t, (double) t);
        assert_int_equal(store_size(f->store), size);
}

static void forgotten_with_the_object(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(store_put(f->store, GAUGE, 1, SEC, 1), 0);
        store_forget(f->store, (struct oid) { SCOPE_CPU, 1 });
        assert_float_equal(stat_of(f, GAUGE, STAT_LAST, 10, 1), 1, 0);
        store_forget(f->store, (struct oid) { SCOPE_CGROUP, 1 });
        no_stat(f, GAUGE, STAT_LAST, 10, 1, -ENODATA);
}

/* A hint outlives its series: what has become of that is never taken for it. */
static void hinted(void **state)
{
        struct fixture *f = *state;
        struct store_hint hint = {};
        double v = NAN;

        store_expect(&hint);
        assert_int_equal(store_stat_hinted(f->store, &hint, GAUGE, 1, STAT_LAST, 10 * SEC, SEC, &v), -ENODATA);

        assert_int_equal(store_put(f->store, GAUGE, 1, SEC, 5), 0);
        assert_int_equal(store_stat_hinted(f->store, &hint, GAUGE, 1, STAT_LAST, 10 * SEC, SEC, &v), 0);
        assert_float_equal(v, 5, 0);

        store_forget(f->store, (struct oid) { SCOPE_CGROUP, 1 });
        assert_int_equal(store_put(f->store, GAUGE, 2, SEC, 7), 0);
        store_expect(&hint);
        assert_int_equal(store_stat_hinted(f->store, &hint, GAUGE, 1, STAT_LAST, 10 * SEC, SEC, &v), -ENODATA);
        assert_int_equal(store_stat_hinted(f->store, &hint, GAUGE, 2, STAT_LAST, 10 * SEC, SEC, &v), 0);
        assert_float_equal(v, 7, 0);
}

static void dimensions(void **state)
{
        struct fixture *f = *state;
        enum dimension d;
        double factor;

        statistic_dimension(STAT_RATE, catalogue_metric_at(f->catalogue, COUNTER), &d, &factor);
        assert_int_equal(d, DIMENSION_RATIO);
        assert_float_equal(5e8 * factor, 0.5, 1e-9);
        statistic_dimension(STAT_COUNT, catalogue_metric_at(f->catalogue, HISTOGRAM), &d, &factor);
        assert_int_equal(d, DIMENSION_NONE);
        statistic_dimension(STAT_AVG, catalogue_metric_at(f->catalogue, GAUGE), &d, &factor);
        assert_int_equal(d, DIMENSION_RATIO);
        assert_float_equal(factor, 0.01, 1e-9);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(gauges_in_a_window),
                TEST(rates_start_at_or_before_the_window),
                TEST(a_counter_that_starts_anew),
                TEST(histograms_by_difference),
                TEST(sums_are_estimated_when_not_kept),
                TEST(a_gap_starts_anew),
                TEST(long_windows_are_kept_when_asked_for),
                TEST(what_is_kept_is_bounded),
                TEST(forgotten_with_the_object),
                TEST(hinted),
                TEST(dimensions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
