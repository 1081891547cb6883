/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which watched cgroup is above which, in whatever order they come and go. The kernel side is played here. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/sched/groups.h"

int sched_view_point(struct sched_view *v, uint64_t cgroup, uint32_t slot)
{
        return 0;
}

void sched_view_renew(struct sched_view *v)
{
}

void sched_view_group(const struct sched_view *v, uint32_t slot, struct sched_stats *ret)
{
        memset(ret, 0, sizeof(*ret));
}

uint64_t sched_view_running(const struct sched_view *v, uint32_t cpu, uint64_t now, uint32_t *ret_slot)
{
        *ret_slot = SCHED_SLOT_IDLE;
        return 0;
}

/* Nothing of that name is there: no folder is walked. */
#define TOP "/no-such-cgroupfs"

static const char *const paths[] = {
        TOP "/a",      TOP "/a/b", TOP "/a/b/c", TOP "/a/b/c/d", TOP "/a/bb",
        TOP "/a/bb/c", TOP "/aa",  TOP "/aa/b",  TOP "/e",       TOP "/e/f/g",
};
enum { N_PATHS = sizeof(paths) / sizeof(paths[0]) };

static void set_up(struct sched_groups *g, struct sched_view *v, uint32_t n)
{
        *v = (struct sched_view){ .sizes = { .n_cpus = 1, .n_groups = n, .n_shards = 1 } };
        assert_int_equal(sched_groups_init(g, v), 0);
}

/* The longest watched path above that of number i, sought the plain way; its id, 0: none. */
static uint64_t nearest_above(const struct sched_groups *g, uint32_t i)
{
        uint64_t best = 0;
        size_t longest = 0;

        for (uint32_t j = 0; j < N_PATHS; j++) {
                size_t n = strlen(paths[j]);

                if (sched_groups_find(g, 100 + j) && strncmp(paths[i], paths[j], n) == 0 &&
                    paths[i][n] == '/' && n > longest) {
                        longest = n;
                        best = 100 + j;
                }
        }
        return best;
}

static void assert_parents(const struct sched_groups *g)
{
        for (uint32_t i = 0; i < N_PATHS; i++) {
                const struct sched_group *group = sched_groups_find(g, 100 + i);

                if (group)
                        assert_int_equal(group->parent ? group->parent->id : 0, nearest_above(g, i));
        }
}

static void test_parents(void **state)
{
        struct sched_groups g;
        struct sched_view v;

        set_up(&g, &v, N_PATHS);
        srand(1);
        for (uint32_t round = 0; round < 5000; round++) {
                uint32_t i = (uint32_t) rand() % N_PATHS;
                struct sched_group *group = sched_groups_find(&g, 100 + i);

                if (group)
                        sched_groups_remove(&g, group);
                else
                        assert_int_equal(sched_groups_add(&g, 100 + i, paths[i], &group), 0);
                assert_parents(&g);
        }
        sched_groups_done(&g);
}

/* As many as max-cgroups can be set to. It is over at once, or the test's time is: the daemon's loop waits
 * meanwhile. */
static void test_many(void **state)
{
        struct sched_groups g;
        struct sched_view v;

        set_up(&g, &v, 4096);
        for (uint32_t i = 0; i < 4096; i++) {
                struct sched_group *group;
                char path[64];

                (void) snprintf(path, sizeof(path), TOP "/system.slice/some-service-%04u.service", i);
                assert_int_equal(sched_groups_add(&g, 100 + i, path, &group), 0);
                assert_null(group->parent);
        }
        while (g.by_id)
                sched_groups_remove(&g, g.by_id);
        sched_groups_done(&g);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parents),
                cmocka_unit_test(test_many),
        };

        return cmocka_run_group_tests_name("sched groups", tests, NULL, NULL);
}
