/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/watchset.h"

static void gather(struct watchset *w, const uint64_t *keys, size_t n)
{
        watchset_begin(w);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(watchset_add(w, keys[i]), 0);
}

static void test_order_and_doubles_make_no_difference(void **state)
{
        const uint64_t a[] = { 9, 3, 7 }, b[] = { 7, 7, 3, 9, 3 };
        struct watchset w = {};

        gather(&w, a, 3);
        assert_true(watchset_differs(&w));
        watchset_commit(&w);
        assert_int_equal(w.n, 3);
        assert_int_equal(w.keys[0], 3);
        assert_int_equal(w.keys[2], 9);

        gather(&w, b, 5);
        assert_false(watchset_differs(&w));
        watchset_clear(&w);
}

static void test_one_more_one_less_and_another(void **state)
{
        const uint64_t a[] = { 1, 2 }, more[] = { 1, 2, 3 }, less[] = { 1 }, other[] = { 1, 3 };
        struct watchset w = {};

        gather(&w, a, 2);
        assert_true(watchset_differs(&w));
        watchset_commit(&w);

        gather(&w, more, 3);
        assert_true(watchset_differs(&w));
        gather(&w, less, 1);
        assert_true(watchset_differs(&w));
        gather(&w, other, 2);
        assert_true(watchset_differs(&w));
        gather(&w, NULL, 0);
        assert_true(watchset_differs(&w));
        watchset_commit(&w);
        assert_false(watchset_has(&w, 1));

        gather(&w, NULL, 0);
        assert_false(watchset_differs(&w));
        watchset_clear(&w);
}

static void test_what_is_not_committed_is_not_in_force(void **state)
{
        const uint64_t a[] = { 5 }, b[] = { 6 };
        struct watchset w = {};

        gather(&w, a, 1);
        assert_true(watchset_differs(&w));
        watchset_commit(&w);

        /* A watch() that failed: the same wish differs again next time. */
        gather(&w, b, 1);
        assert_true(watchset_differs(&w));
        gather(&w, b, 1);
        assert_true(watchset_differs(&w));
        assert_true(watchset_has(&w, 5));
        assert_false(watchset_has(&w, 6));
        watchset_clear(&w);
}

static void test_many(void **state)
{
        struct watchset w = {};

        watchset_begin(&w);
        for (uint64_t i = 0; i < 10000; i++)
                assert_int_equal(watchset_add(&w, (i * 7919) % 10000), 0);
        assert_true(watchset_differs(&w));
        watchset_commit(&w);
        assert_int_equal(w.n, 10000);
        for (uint64_t i = 0; i < 10000; i++)
                assert_true(watchset_has(&w, i));
        assert_false(watchset_has(&w, 10000));
        watchset_clear(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order_and_doubles_make_no_difference),
                cmocka_unit_test(test_one_more_one_less_and_another),
                cmocka_unit_test(test_what_is_not_committed_is_not_in_force),
                cmocka_unit_test(test_many),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
