/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <stdlib.h>

#include "util/array.h"

static void grows_and_keeps(void **state)
{
        int *a = NULL;

        for (int i = 0; i < 1000; i++) {
                assert_int_equal(array_reserve(&a, (size_t) i, sizeof(*a)), 0);
                a[i] = i;
        }
        for (int i = 0; i < 1000; i++)
                assert_int_equal(a[i], i);
        free(a);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(grows_and_keeps),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
