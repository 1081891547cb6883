/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/imagined.h"

#include "samples.h"

DEFINE_CLEANUP(struct imagined *, imagined_free);

static const struct oid web = { SCOPE_CGROUP, 11 }, db = { SCOPE_CGROUP, 12 };

static double current(const struct imagined *i, struct oid object)
{
        struct trimtab_value v;

        assert_int_equal(imagined_current(i, 0, object, &v), 0);
        return v.number;
}

static void test_held_and_let_go(void **state)
{
        _cleanup_(imagined_freep) struct imagined *i = NULL;
        struct trimtab_value v = value_number(100);

        assert_int_equal(imagined_new(&i), 0);
        assert_int_equal(imagined_base(i, 0, web, 0, &v), 0);
        assert_true(current(i, web) == 100);

        v = value_number(200);
        assert_int_equal(imagined_hold(i, 0, web, &v), 0);
        assert_true(current(i, web) == 200);
        assert_int_equal(imagined_original(i, 0, web, &v), 0);
        assert_true(v.number == 100);

        /* Somebody changed it meanwhile: that is where it goes back to. */
        v = value_number(50);
        assert_int_equal(imagined_base(i, 0, web, 0, &v), 0);
        assert_true(current(i, web) == 200);
        assert_int_equal(imagined_hold(i, 0, web, NULL), 0);
        assert_true(current(i, web) == 50);
}

static void test_what_is_not_known(void **state)
{
        _cleanup_(imagined_freep) struct imagined *i = NULL;
        struct trimtab_value v = value_number(3);

        assert_int_equal(imagined_new(&i), 0);
        assert_int_equal(imagined_current(i, 0, web, &v), -EAGAIN);

        /* Set it can be all the same, and what comes before it can be told later. */
        assert_int_equal(imagined_hold(i, 0, web, &v), 0);
        assert_true(current(i, web) == 3);
        assert_int_equal(imagined_original(i, 0, web, &v), -EAGAIN);
        assert_int_equal(imagined_hold(i, 0, web, NULL), 0);
        assert_int_equal(imagined_current(i, 0, web, &v), -EAGAIN);

        /* What could not be read cannot be set. */
        assert_int_equal(imagined_base(i, 0, db, -EOPNOTSUPP, NULL), 0);
        assert_int_equal(imagined_current(i, 0, db, &v), -EOPNOTSUPP);
        assert_int_equal(imagined_hold(i, 0, db, &v), -EOPNOTSUPP);
}

static void test_forgotten_with_its_object(void **state)
{
        _cleanup_(imagined_freep) struct imagined *i = NULL;
        struct trimtab_value v = value_number(100), text;

        assert_int_equal(imagined_new(&i), 0);
        assert_int_equal(imagined_base(i, 0, web, 0, &v), 0);
        assert_int_equal(imagined_base(i, 0, db, 0, &v), 0);
        assert_int_equal(value_text(TRIMTAB_CPULIST, "0-3", &text), 0);
        assert_int_equal(imagined_base(i, 1, web, 0, &text), 0);
        assert_int_equal(imagined_current(i, 1, web, &v), 0);
        assert_string_equal(v.text, "0-3");

        imagined_forget(i, 2, web);
        assert_int_equal(imagined_current(i, 0, web, &v), -EAGAIN);
        assert_int_equal(imagined_current(i, 1, web, &v), -EAGAIN);
        assert_true(current(i, db) == 100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_held_and_let_go),
                cmocka_unit_test(test_what_is_not_known),
                cmocka_unit_test(test_forgotten_with_its_object),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
