/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which watched cgroup is above which, in whatever order they come and go. The kernel side is played here. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup-table.h"
#include "watched.h"

/* What the kernel side would look up, and what the plugin is told. */
struct played {
        uint32_t slots[8192]; /* by id; CGROUP_SLOT_NONE + 1: none */
        uint32_t n_begun, n_ended;
};

static int point(void *userdata, uint64_t id, uint32_t slot)
{
        struct played *p = userdata;

        p->slots[id] = slot == CGROUP_SLOT_NONE ? 0 : slot + 1;
        return 0;
}

static void begin(void *userdata, struct watched *w)
{
        ((struct played *) userdata)->n_begun++;
}

static void end(void *userdata, struct watched *w)
{
        ((struct played *) userdata)->n_ended++;
}

static const struct watched_ops ops = { sizeof(struct watched), point, begin, end };

/* Nothing of that name is there: no folder is walked. */
#define TOP "/no-such-cgroupfs"

static const char *const paths[] = {
        TOP "/a",      TOP "/a/b", TOP "/a/b/c", TOP "/a/b/c/d", TOP "/a/bb",
        TOP "/a/bb/c", TOP "/aa",  TOP "/aa/b",  TOP "/e",       TOP "/e/f/g",
};
enum { N_PATHS = sizeof(paths) / sizeof(paths[0]) };

/* The longest watched path above that of number i, sought the plain way; its id, 0: none. */
static uint64_t nearest_above(const struct watched_set *g, uint32_t i)
{
        uint64_t best = 0;
        size_t longest = 0;

        for (uint32_t j = 0; j < N_PATHS; j++) {
                size_t n = strlen(paths[j]);

                if (watched_find(g, 100 + j) && strncmp(paths[i], paths[j], n) == 0 &&
                    paths[i][n] == '/' && n > longest) {
                        longest = n;
                        best = 100 + j;
                }
        }
        return best;
}

static void assert_parents(const struct watched_set *g)
{
        for (uint32_t i = 0; i < N_PATHS; i++) {
                const struct watched *group = watched_find(g, 100 + i);

                if (group)
                        assert_int_equal(group->parent ? group->parent->id : 0, nearest_above(g, i));
        }
}

/* Each has a slot of its own, a multiple of the stride, and the kernel knows it. */
static void assert_slots(const struct watched_set *g, const struct played *played)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < N_PATHS; i++) {
                const struct watched *w = watched_find(g, 100 + i);

                if (!w)
                        continue;
                n++;
                assert_int_equal(played->slots[100 + i], w->slot + 1);
                assert_int_equal(w->slot % 2, 0);
                for (uint32_t j = 0; j < i; j++)
                        assert_true(!watched_find(g, 100 + j) || watched_find(g, 100 + j)->slot != w->slot);
        }
        assert_int_equal(played->n_begun - played->n_ended, n);
}

static void test_parents(void **state)
{
        static struct played played;
        struct watched_set g;

        assert_int_equal(watched_init(&g, N_PATHS, 2, &ops, &played), 0);
        srand(1);
        for (uint32_t round = 0; round < 5000; round++) {
                uint32_t i = (uint32_t) rand() % N_PATHS;
                struct watched *group = watched_find(&g, 100 + i);

                if (group)
                        watched_remove(&g, group);
                else
                        assert_int_equal(watched_add(&g, 100 + i, paths[i], &group), 0);
                assert_parents(&g);
                assert_slots(&g, &played);
        }
        watched_done(&g);
}

/* As many as max-cgroups can be set to. It is over at once, or the test's time is: the daemon's loop waits
 * meanwhile. */
static void test_many(void **state)
{
        static struct played played;
        struct watched_set g;

        assert_int_equal(watched_init(&g, 4096, 1, &ops, &played), 0);
        for (uint32_t i = 0; i < 4096; i++) {
                struct watched *group;
                char path[64];

                (void) snprintf(path, sizeof(path), TOP "/system.slice/some-service-%04u.service", i);
                assert_int_equal(watched_add(&g, 100 + i, path, &group), 0);
                assert_null(group->parent);
        }
        while (g.by_id)
                watched_remove(&g, g.by_id);
        watched_done(&g);
}

/* What comes below a watched one counts for it, goes with it to the next one above, and for none at last. */
static void test_below(void **state)
{
        static struct played played;
        struct watched *a, *ab, *full;
        struct watched_set g;

        assert_int_equal(watched_init(&g, 2, 1, &ops, &played), 0);
        assert_int_equal(watched_add(&g, 20, paths[0], &a), 0);
        assert_int_equal(watched_add(&g, 21, paths[1], &ab), 0);
        assert_int_equal(watched_add(&g, 21, paths[1], &full), -EEXIST);
        assert_int_equal(watched_add(&g, 22, paths[8], &full), -ENOSPC);

        assert_int_equal(watched_came(&g, 10, paths[2]), 0);
        assert_int_equal(watched_came(&g, 11, paths[4]), 0);
        assert_int_equal(watched_came(&g, 12, paths[8]), 0);
        assert_int_equal(played.slots[10], ab->slot + 1);
        assert_int_equal(played.slots[11], a->slot + 1);
        assert_int_equal(played.slots[12], 0);

        watched_remove(&g, ab);
        assert_int_equal(played.slots[10], a->slot + 1);
        watched_went(&g, 10);
        assert_int_equal(played.slots[10], 0);
        watched_remove(&g, a);
        assert_int_equal(played.slots[11], 0);
        assert_int_equal(g.n_free, 2);
        watched_done(&g);
}

static struct cgroup_bucket buckets[1 << CGROUP_BUCKET_BITS];

/* As the programs look: in the home bucket, and in the next one if that has ever been full. */
static uint32_t look_up(uint64_t id)
{
        uint32_t at = hash_64(id, CGROUP_BUCKET_BITS), n = buckets[at].overflowed ? 2 : 1;

        for (uint32_t step = 0; step < n; step++) {
                const struct cgroup_bucket *b = &buckets[(at + step) & ((1u << CGROUP_BUCKET_BITS) - 1)];

                for (uint32_t i = 0; i < CGROUP_BUCKET_WAYS; i++)
                        if (b->ids[i] == id)
                                return b->slots[i];
        }
        return CGROUP_SLOT_NONE;
}

/* What the table has taken the programs find, and nothing else; it says so when it is full, and has room again when some go. */
static void test_table(void **state)
{
        struct cgroup_table table = { .buckets = buckets };
        uint64_t id = 2;
        int r;

        while ((r = cgroup_table_point(&table, id, (uint32_t) id)) == 0)
                id++;
        assert_int_equal(r, -ENOSPC);
        assert_true(id > 4000); /* of 10240 ways; two cgroups in a row seldom share a bucket */
        assert_int_equal(look_up(id), CGROUP_SLOT_NONE);
        for (uint64_t i = 2; i < id; i++)
                assert_int_equal(look_up(i), i);

        for (uint64_t i = 2; i < id; i += 2)
                assert_int_equal(cgroup_table_point(&table, i, CGROUP_SLOT_NONE), 0);
        for (uint64_t i = 2; i < id; i++)
                assert_int_equal(look_up(i), i % 2 ? i : CGROUP_SLOT_NONE);
        assert_int_equal(cgroup_table_point(&table, 3, 7), 0);
        assert_int_equal(look_up(3), 7);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parents),
                cmocka_unit_test(test_below),
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_many),
        };

        return cmocka_run_group_tests_name("watched cgroups", tests, NULL, NULL);
}
