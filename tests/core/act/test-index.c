/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include "act/index.h"

#define N 1000

static struct index_node nodes[N];

static size_t count(const struct index *x, uint64_t hash)
{
        size_t n = 0;

        for (struct index_node *node = index_first(x, hash); node; node = index_next(node))
                n++;
        return n;
}

/* Ten nodes to a hash, all in one bucket of a small table. */
static void finds_all_of_a_hash(void **state)
{
        struct index x = {};

        assert_null(index_first(&x, 0));
        for (size_t i = 0; i < N; i++) {
                assert_int_equal(index_reserve(&x), 0);
                index_add(&x, &nodes[i], (i % 100) << 32);
        }
        for (uint64_t i = 0; i < 100; i++)
                assert_int_equal(count(&x, i << 32), 10);
        assert_null(index_first(&x, 1));

        for (size_t i = 0; i < N; i += 2)
                index_remove(&x, &nodes[i]);
        for (uint64_t i = 0; i < 100; i++)
                assert_int_equal(count(&x, i << 32), i % 2 == 0 ? 0 : 10);
        assert_int_equal(x.n, N / 2);
        index_clear(&x);
}

static void the_newest_comes_first_however_it_grows(void **state)
{
        struct index x = {};

        for (size_t i = 0; i < N; i++) {
                assert_int_equal(index_reserve(&x), 0);
                index_add(&x, &nodes[i], i < 2 ? 7 : 8 + i);
        }
        assert_ptr_equal(index_first(&x, 7), &nodes[1]);
        assert_ptr_equal(index_next(&nodes[1]), &nodes[0]);
        index_clear(&x);
}

static void strings_end_where_they_end(void **state)
{
        assert_true(hash_string(hash_string(0, "ab"), "c") != hash_string(hash_string(0, "a"), "bc"));
        assert_true(hash_string(0, "a") == hash_string(0, "a"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(finds_all_of_a_hash),
                cmocka_unit_test(the_newest_comes_first_however_it_grows),
                cmocka_unit_test(strings_end_where_they_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
