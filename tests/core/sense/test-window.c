/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Windows that are kept up as they slide say the same as adding up all samples anew, whatever comes, goes missing or is
 * asked for; and a hint never tells of another series.
 */

#include "cmocka-all.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sense/histogram.h"
#include "sense/series.h"
#include "util/clock.h"

#define SEC NSEC_PER_SEC
/* Longer than any window below by as much as one looks from before. */
#define KEEP_NS (61 * SEC)

enum { N_STEPS = 4000, N_SEEDS = 20, SLOTS = 40 };

/* Every sample there ever was, and no cleverness. */
struct naive {
        uint64_t time_ns[N_STEPS];
        double value[N_STEPS]; /* counter: the sum of what came since the first */
        uint32_t counts[N_STEPS][SLOTS];
        size_t n, first; /* first: of those since the last long gap */
};

struct fixture {
        uint64_t random;
        struct naive naive;
        struct series series;
        uint64_t totals[SLOTS];
        double total;
};

static unsigned pick(struct fixture *f, unsigned n)
{
        f->random ^= f->random << 13;
        f->random ^= f->random >> 7;
        f->random ^= f->random << 17;
        return (unsigned) (f->random >> 33) % n;
}

/* From small to huge: rounding must leave nothing behind. */
static double any_value(struct fixture *f)
{
        return (double) pick(f, 1000) * (pick(f, 50) ? 1 : 1e14);
}

static void put(struct fixture *f, uint32_t kind, uint64_t now_ns)
{
        struct naive *n = &f->naive;
        double value = any_value(f);

        if (kind != TRIMTAB_GAUGE && n->n > 0 && n->time_ns[n->n - 1] + KEEP_NS < now_ns)
                n->first = n->n;
        n->time_ns[n->n] = now_ns;
        memset(n->counts[n->n], 0, sizeof(n->counts[0]));
        if (kind == TRIMTAB_GAUGE) {
                n->value[n->n] = value;
                assert_int_equal(series_put_gauge(&f->series, KEEP_NS, now_ns, value), 0);
        } else if (kind == TRIMTAB_COUNTER) {
                value = pick(f, 1000);
                n->value[n->n] = (n->n > n->first ? n->value[n->n - 1] : 0) + (n->n > n->first ? value : 0);
                f->total += value;
                assert_int_equal(series_put_counter(&f->series, KEEP_NS, now_ns, f->total), 0);
        } else {
                for (unsigned i = pick(f, 6); i > 0; i--) {
                        unsigned slot = pick(f, SLOTS), count = pick(f, 100);

                        f->totals[slot] += count;
                        if (n->n > n->first)
                                n->counts[n->n][slot] += count;
                }
                assert_int_equal(series_put_histogram(&f->series, KEEP_NS, now_ns, f->totals, SLOTS, NAN), 0);
        }
        n->n++;
}

static size_t window_begin(const struct naive *n, uint64_t window_ns, uint64_t now_ns)
{
        size_t i = n->n;

        while (i > n->first && n->time_ns[i - 1] + window_ns > now_ns)
                i--;
        return i;
}

static int naive_gauge(const struct naive *n, size_t begin, enum statistic stat, double *ret)
{
        double sum = 0, low = INFINITY, high = -INFINITY;

        for (size_t i = begin; i < n->n; i++) {
                sum += n->value[i];
                low = fmin(low, n->value[i]);
                high = fmax(high, n->value[i]);
        }
        *ret = stat == STAT_AVG ? sum / (double) (n->n - begin) : stat == STAT_MIN ? low : high;
        return 0;
}

static int naive_rate(const struct naive *n, size_t begin, double *ret)
{
        size_t from = begin > n->first ? begin - 1 : begin, to = n->n - 1;

        if (n->time_ns[from] >= n->time_ns[to])
                return -ENODATA;
        *ret = (n->value[to] - n->value[from]) * 1e9 / (double) (n->time_ns[to] - n->time_ns[from]);
        return 0;
}

static int naive_histogram(const struct naive *n, size_t begin, enum statistic stat, double *ret)
{
        struct histogram h = { 0 };
        double sum = 0;

        if (n->n - n->first == 1)
                return -ENODATA;
        for (size_t i = begin; i < n->n; i++)
                for (uint32_t s = 0; s < SLOTS; s++) {
                        histogram_add(&h, s, n->counts[i][s]);
                        sum += histogram_middle(s) * n->counts[i][s];
                }
        *ret = (double) h.count;
        if (stat == STAT_COUNT)
                return 0;
        if (h.count == 0)
                return -ENODATA;
        *ret = sum / (double) h.count;
        return stat == STAT_MEAN ? 0 : histogram_quantile(&h, stat == STAT_P50 ? 0.5 : 0.99, ret);
}

static void compare(struct fixture *f, uint32_t kind, uint64_t now_ns)
{
        static const uint64_t windows_s[] = { 1, 3, 10, 30, 60, 7, 20, 45 };
        static const enum statistic statistics[][4] = {
                [TRIMTAB_GAUGE] = { STAT_AVG, STAT_MIN, STAT_MAX, STAT_AVG },
                [TRIMTAB_COUNTER] = { STAT_RATE, STAT_RATE, STAT_RATE, STAT_RATE },
                [TRIMTAB_HISTOGRAM] = { STAT_P50, STAT_P99, STAT_MEAN, STAT_COUNT },
        };
        uint64_t window_ns = windows_s[pick(f, 8)] * SEC;
        enum statistic stat = statistics[kind][pick(f, 4)];
        size_t begin = window_begin(&f->naive, window_ns, now_ns);
        double expected, value;
        int r = -ENODATA;

        if (begin < f->naive.n)
                r = kind == TRIMTAB_GAUGE     ? naive_gauge(&f->naive, begin, stat, &expected)
                    : kind == TRIMTAB_COUNTER ? naive_rate(&f->naive, begin, &expected)
                                              : naive_histogram(&f->naive, begin, stat, &expected);
        assert_int_equal(series_stat(&f->series, kind, stat, window_ns, now_ns, &value), r);
        if (r == 0 && fabs(value - expected) > 1e-9 * fabs(expected))
                fail_msg("%s over %llu s: %.17g, expected %.17g", statistic_name(stat),
                         (unsigned long long) (window_ns / SEC), value, expected);
}

static void slides(uint32_t kind)
{
        static struct fixture f;

        for (unsigned seed = 1; seed <= N_SEEDS; seed++) {
                uint64_t now_ns = 1000 * SEC;

                f = (struct fixture){ .random = seed * 0x9e3779b97f4a7c15ull };
                for (unsigned i = 0; i < N_STEPS; i++) {
                        now_ns += pick(&f, 200) ? SEC / (1 + pick(&f, 3)) : (20 + pick(&f, 80)) * SEC;
                        if (pick(&f, 10) > 0)
                                put(&f, kind, now_ns);
                        for (unsigned asks = pick(&f, 4); asks > 0; asks--)
                                compare(&f, kind, now_ns);
                        /* Somebody looks from a little before. */
                        if (pick(&f, 20) == 0)
                                compare(&f, kind, now_ns - SEC / 2);
                }
                series_clear(&f.series);
        }
}

static void gauges_slide(void **state)
{
        slides(TRIMTAB_GAUGE);
}

static void counters_slide(void **state)
{
        slides(TRIMTAB_COUNTER);
}

static void histograms_slide(void **state)
{
        slides(TRIMTAB_HISTOGRAM);
}

/* Values that die away from huge to nothing, slowly enough that each is no more than a part of the sum. */
static void no_rounding_error_stays(void **state)
{
        struct series s = { 0 };
        double value = 1e15, average;

        for (uint64_t i = 1; i < 40000; i++, value *= 0.999) {
                assert_int_equal(series_put_gauge(&s, KEEP_NS, i * SEC, value), 0);
                assert_int_equal(series_stat(&s, TRIMTAB_GAUGE, STAT_AVG, 2 * SEC, i * SEC, &average), 0);
                /* Half of the way to the one before, which is in the window from the second on. */
                if (i > 1 && fabs(average - value * (1 + 1 / 0.999) / 2) > 1e-9 * value)
                        fail_msg("at %g the average is %.17g", value, average);
        }
        series_clear(&s);
}

static double last_of(const struct store *s, struct store_hint *hint, uint64_t object)
{
        double value;

        return store_stat_hinted(s, hint, 0, object, STAT_LAST, SEC, SEC, &value) < 0 ? -1 : value;
}

/* Also when what it was about is gone, and another series has its place. */
static void hints_are_safe(void **state)
{
        static const struct trimtab_metric gauge = { .name = "t.gauge", .unit = "", .kind = TRIMTAB_GAUGE };
        struct store_hint one = { 0 }, other = { 0 };
        struct catalogue *catalogue;
        struct store *s;

        assert_int_equal(catalogue_new(&catalogue), 0);
        assert_int_equal(catalogue_add_metric(catalogue, "t", &gauge, SCOPE_CGROUP, NULL), 0);
        assert_int_equal(store_new(catalogue, &s), 0);

        assert_true(last_of(s, &one, 1) == -1);
        assert_int_equal(store_put(s, 0, 1, SEC, 11), 0);
        assert_true(last_of(s, &one, 1) == 11);

        store_forget(s, (struct oid){ SCOPE_CGROUP, 1 });
        assert_true(last_of(s, &one, 1) == -1);
        assert_int_equal(store_put(s, 0, 2, SEC, 22), 0);
        assert_true(last_of(s, &one, 1) == -1);
        assert_true(last_of(s, &other, 2) == 22);

        assert_int_equal(store_put(s, 0, 1, SEC, 33), 0);
        assert_true(last_of(s, &one, 1) == 33);
        assert_true(last_of(s, &one, 2) == 22);

        store_free(s);
        catalogue_free(catalogue);
}

/* Objects that come and go for long leave nothing behind but what is used again. */
static void places_are_used_again(void **state)
{
        static const struct trimtab_metric gauge = { .name = "t.gauge", .unit = "", .kind = TRIMTAB_GAUGE };
        struct catalogue *catalogue;
        size_t before = 0;
        struct store *s;

        assert_int_equal(catalogue_new(&catalogue), 0);
        assert_int_equal(catalogue_add_metric(catalogue, "t", &gauge, SCOPE_CGROUP, NULL), 0);
        assert_int_equal(store_new(catalogue, &s), 0);
        for (uint64_t key = 1; key < 1000; key++) {
                assert_int_equal(store_put(s, 0, key, key * SEC, 1), 0);
                if (key > 10)
                        store_forget(s, (struct oid){ SCOPE_CGROUP, key - 10 });
                if (key == 100)
                        before = store_size(s);
        }
        assert_int_equal(store_size(s), before);
        store_free(s);
        catalogue_free(catalogue);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(gauges_slide),   cmocka_unit_test(counters_slide),
                cmocka_unit_test(histograms_slide), cmocka_unit_test(no_rounding_error_stays), cmocka_unit_test(hints_are_safe),
                cmocka_unit_test(places_are_used_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
