/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"
#include "tree.h"

static void look(const char *tree, struct machine *ret)
{
        char root[300], proc[300], sys[300];

        (void) snprintf(root, sizeof(root), "%s/cgroup", tree);
        (void) snprintf(proc, sizeof(proc), "%s/proc", tree);
        (void) snprintf(sys, sizeof(sys), "%s/sys", tree);
        machine_look(root, proc, sys, ret);
}

static void assert_lacks(const struct machine *m, enum metric metric, const char *expected)
{
        char reason[256] = "";

        assert_true(machine_lacks_metric(m, metric, reason, sizeof(reason)));
        assert_string_equal(reason, expected);
}

static void assert_has(const struct machine *m, enum metric metric)
{
        char reason[256];

        assert_false(machine_lacks_metric(m, metric, reason, sizeof(reason)));
}

static void test_all_there(void **state)
{
        struct machine m;

        tree_write(*state, "cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n");
        tree_write(*state, "proc/pressure/cpu", "some avg10=0.00 total=1\nfull avg10=0.00 total=0\n");
        tree_write(*state, "proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n");
        look(*state, &m);
        for (enum metric i = 0; i < N_METRICS; i++)
                assert_has(&m, i);
        assert_false(m.weighs_io);
}

static void test_hybrid(void **state)
{
        char reason[256];
        struct machine m;

        tree_write(*state, "cgroup/cgroup.controllers", "hugetlb\n");
        tree_write(*state, "proc/pressure/cpu", "some avg10=0.00 total=1\nfull avg10=0.00 total=0\n");
        tree_write(*state, "proc/self/mounts",
                   "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
                   "cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0\n"
                   "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n"
                   "cgroup /sys/fs/cgroup/blkio cgroup rw,relatime,blkio 0 0\n"
                   "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
        look(*state, &m);
        assert_has(&m, CPU_SOME);
        assert_has(&m, CPU_USAGE);
        assert_lacks(&m, THROTTLED,
                     "the cpu controller sits on a cgroup v1 mount, /sys/fs/cgroup/cpu,cpuacct (boot with "
                     "systemd.unified_cgroup_hierarchy=1)");
        assert_lacks(&m, MEMORY_CURRENT, "the kernel offers no memory controller on cgroup v2");
        assert_true(machine_lacks_controller(&m, "cpuset", reason, sizeof(reason)));
        assert_non_null(strstr(reason, "/sys/fs/cgroup/cpuset "));
        assert_true(machine_lacks_controller(&m, "io", reason, sizeof(reason)));
        assert_non_null(strstr(reason, "/sys/fs/cgroup/blkio "));
}

static void test_no_pressure(void **state)
{
        struct machine m;

        tree_write(*state, "cgroup/cgroup.controllers", "cpu memory\n");
        look(*state, &m);
        assert_lacks(&m, MEMORY_SOME, "the kernel keeps no pressure stall information (boot with psi=1)");
        assert_lacks(&m, CPU_FULL, "the kernel keeps no pressure stall information (boot with psi=1)");
        assert_has(&m, OOM_KILLS);

        tree_write(*state, "proc/pressure/cpu", "some avg10=0.00 total=1\n");
        look(*state, &m);
        assert_has(&m, CPU_SOME);
        assert_lacks(&m, CPU_FULL, "the kernel keeps it from Linux 5.13 on");
}

static void test_io_weight(void **state)
{
        struct machine m;

        tree_write(*state, "sys/block/sda/queue/scheduler", "none [mq-deadline] bfq\n");
        look(*state, &m);
        assert_false(m.weighs_io);
        tree_write(*state, "sys/block/sdb/queue/scheduler", "none mq-deadline [bfq]\n");
        look(*state, &m);
        assert_true(m.weighs_io);

        tree_write(*state, "sys/block/sdb/queue/scheduler", "[none]\n");
        tree_write(*state, "cgroup/io.cost.qos", "8:0 enable=0 ctrl=auto\n8:16 enable=1 ctrl=user\n");
        look(*state, &m);
        assert_true(m.weighs_io);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_all_there),
                TEST(test_hybrid),
                TEST(test_no_pressure),
                TEST(test_io_weight),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
