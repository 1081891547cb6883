/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/buffer.h"

static void grows_as_it_must(void **state)
{
        _cleanup_(buffer_clear) struct buffer t = {};
        _cleanup_free_ char *got = NULL;
        size_t size;

        for (unsigned i = 0; i < 1000; i++) {
                buffer_printf(&t, "%u", i % 10);
                buffer_put_char(&t, ',');
        }
        buffer_put(&t, "end", 2);
        assert_int_equal(buffer_take(&t, &got, &size), 0);
        assert_int_equal(size, 2002);
        assert_int_equal(strlen(got), size);
        assert_memory_equal(got, "0,1,2,3,", 8);
        assert_string_equal(got + 1996, "8,9,en");
}

static void nothing_is_the_empty_text(void **state)
{
        _cleanup_(buffer_clear) struct buffer t = {};
        _cleanup_free_ char *got = NULL;

        assert_int_equal(buffer_take(&t, &got, NULL), 0);
        assert_string_equal(got, "");
}

/* Of a text that misses something nothing is given out, whatever came behind the gap. */
static void a_gap_spoils_it(void **state)
{
        _cleanup_(buffer_clear) struct buffer t = {};
        char *got = NULL;

        buffer_put(&t, "a", 1);
        t.error = -ENOMEM;
        buffer_put(&t, "b", 1);
        buffer_printf(&t, "c");
        assert_int_equal(buffer_take(&t, &got, NULL), -ENOMEM);
        assert_null(got);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(grows_as_it_must),
                cmocka_unit_test(nothing_is_the_empty_text),
                cmocka_unit_test(a_gap_spoils_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
