/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/brakes.h"

#define NOW_USEC 1700000000000000ull
#define SECOND_USEC 1000000ull

struct fixture {
        char dir[32];
        struct brakes brakes;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        *state = f;
        if (!f)
                return -1;
        (void) snprintf(f->dir, sizeof(f->dir), "/tmp/trimtab-test-XXXXXX");
        return mkdtemp(f->dir) && brakes_init(&f->brakes, f->dir, 30) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        (void) unlink(f->brakes.path);
        brakes_clear(&f->brakes);
        (void) rmdir(f->dir);
        free(f);
        return 0;
}

/* What the next daemon finds. */
static struct pause found(struct fixture *f)
{
        struct brakes next;
        struct pause p;

        assert_int_equal(brakes_init(&next, f->dir, 30), 0);
        p = next.pause;
        brakes_clear(&next);
        return p;
}

static void a_pause_ends_by_itself(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(brakes_pause(&f->brakes, NOW_USEC, 5 * SECOND_USEC, false), 0);
        assert_true(found(f).on);
        assert_int_equal(found(f).until_usec, NOW_USEC + 5 * SECOND_USEC);
        assert_false(brakes_expire(&f->brakes, NOW_USEC + 5 * SECOND_USEC - 1));
        assert_true(brakes_expire(&f->brakes, NOW_USEC + 5 * SECOND_USEC));
        assert_false(f->brakes.pause.on);
        assert_false(found(f).on);
}

static void a_pause_longer_than_time_has_no_end(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(brakes_pause(&f->brakes, NOW_USEC, UINT64_MAX, false), 0);
        assert_int_equal(f->brakes.pause.until_usec, 0);
        assert_false(brakes_expire(&f->brakes, UINT64_MAX));
        assert_true(found(f).on);
}

static void who_resumes_after_the_fuse_is_a_person(void **state)
{
        struct fixture *f = *state;

        assert_int_equal(brakes_pause(&f->brakes, NOW_USEC, 0, true), 0);
        assert_int_equal(brakes_pause(&f->brakes, NOW_USEC, SECOND_USEC, false), 0);
        assert_false(brakes_expire(&f->brakes, NOW_USEC + SECOND_USEC));
        assert_true(found(f).by_fuse);
        assert_int_equal(brakes_resume(&f->brakes), 0);
        assert_false(found(f).on);
}

static void what_is_let_through_is_that_alone(void **state)
{
        struct fixture *f = *state;
        const struct oid a = { SCOPE_CGROUP, 1 }, b = { SCOPE_CGROUP, 2 };

        assert_int_equal(brakes_pause(&f->brakes, NOW_USEC, 0, false), 0);
        assert_int_equal(brakes_let_through(&f->brakes, 3, a), 0);
        assert_false(brakes_hold(&f->brakes, 3, a));
        assert_true(brakes_hold(&f->brakes, 3, b));
        assert_true(brakes_hold(&f->brakes, 4, a));
        brakes_let_done(&f->brakes, 3, a);
        assert_true(brakes_hold(&f->brakes, 3, a));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(a_pause_ends_by_itself),
                TEST(a_pause_longer_than_time_has_no_end),
                TEST(who_resumes_after_the_fuse_is_a_person),
                TEST(what_is_let_through_is_that_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
