/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <sys/resource.h>
#include <time.h>

#include "../testhost.h"
#include "tree.h"

/* The plugin as built, on plain files: what it reads, when, and what it keeps. */

#define WEB 7u
#define DB  8u

static uint64_t now_ns(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static void add_object(struct testhost *th, const char *tree, uint64_t id, const char *name)
{
        char path[300];

        (void) snprintf(path, sizeof(path), "%s%s", tree, strcmp(name, "/") == 0 ? "" : name);
        testhost_add_object(th, "cgroup", id, name, path);
}

static struct testhost *open_plugin(const char *tree)
{
        struct testhost *th = testhost_new(PLUGIN);

        assert_non_null(th);
        /* A trigger is written into the file that is read: here that would be the end of what stands in it. */
        testhost_set_option(th, "psi-stall", "0");
        tree_write(tree, "cgroup.controllers", "cpuset cpu io memory pids\n");
        tree_write(tree, "web/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n"
                                             "full avg10=0.00 avg60=0.00 avg300=0.00 total=500\n");
        tree_write(tree, "web/cpu.stat", "usage_usec 2000000\nuser_usec 1\nthrottled_usec 30\n");
        tree_write(tree, "web/memory.current", "4096\n");
        tree_write(tree, "web/memory.stat",
                   "anon 1024\nworkingset_refault_anon 4\nworkingset_refault_file 5\n");
        tree_write(tree, "web/memory.events", "low 0\noom 1\noom_kill 1\n");
        tree_write(tree, "web/memory.swap.current", "512\n");
        tree_write(tree, "web/pids.current", "12\n");
        tree_write(tree, "web/io.stat", "8:16 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=5 dios=6\n"
                                        "8:0 rbytes=1000 wbytes=200 rios=30 wios=40 dbytes=50 dios=60\n");
        tree_write(tree, "db/memory.current", "8192\n");
        add_object(th, tree, 1, "/");
        add_object(th, tree, WEB, "/web");
        add_object(th, tree, DB, "/db");
        assert_int_equal(testhost_open(th), 0);
        return th;
}

static void watch(struct testhost *th, const char *metric, uint64_t object)
{
        assert_int_equal(testhost_watch(th, metric, &object, 1), 0);
}

static void assert_sample(struct testhost *th, const char *metric, uint64_t object, double value)
{
        const struct testhost_sample *s = testhost_sample(th, metric, object);

        if (!s)
                fail_msg("no sample of %s", metric);
        assert_true(s->value == value);
}

static unsigned n_samples(struct testhost *th, const char *metric, uint64_t object)
{
        const struct testhost_sample *s = testhost_sample(th, metric, object);

        return s ? s->n : 0;
}

static unsigned n_descriptors(void)
{
        DIR *d = opendir("/proc/self/fd");
        unsigned n = 0;

        assert_non_null(d);
        while (readdir(d))
                n++;
        assert_int_equal(closedir(d), 0);
        return n;
}

static void test_numbers(void **state)
{
        struct testhost *th = open_plugin(*state);

        watch(th, "cgroup.cpu_usage", WEB);
        watch(th, "cgroup.throttled", WEB);
        watch(th, "cgroup.memory_current", WEB);
        watch(th, "cgroup.memory_anon", WEB);
        watch(th, "cgroup.refaults", WEB);
        watch(th, "cgroup.oom_kills", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.cpu_usage", WEB, 2e9);
        assert_sample(th, "cgroup.throttled", WEB, 30e3);
        assert_sample(th, "cgroup.memory_current", WEB, 4096);
        assert_sample(th, "cgroup.memory_anon", WEB, 1024);
        assert_sample(th, "cgroup.refaults", WEB, 9);
        assert_sample(th, "cgroup.oom_kills", WEB, 1);
        watch(th, "cgroup.swap_current", WEB);
        watch(th, "cgroup.pids", WEB);
        watch(th, "cgroup.io_read_bytes", WEB);
        watch(th, "cgroup.io_write_bytes", WEB);
        watch(th, "cgroup.io_reads", WEB);
        watch(th, "cgroup.io_writes", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.swap_current", WEB, 512);
        assert_sample(th, "cgroup.pids", WEB, 12);
        assert_sample(th, "cgroup.io_read_bytes", WEB, 1100);
        assert_sample(th, "cgroup.io_write_bytes", WEB, 220);
        assert_sample(th, "cgroup.io_reads", WEB, 33);
        assert_sample(th, "cgroup.io_writes", WEB, 44);

        /* Each tick reads anew. */
        tree_write(*state, "web/memory.current", "12288\n");
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.memory_current", WEB, 12288);
        assert_null(testhost_sample(th, "cgroup.memory_current", DB));
        testhost_free(th);
}

/* The share of the time between two ticks, and nothing on the first. */
static void test_pressure(void **state)
{
        struct testhost *th = open_plugin(*state);
        uint64_t before[2], after[2];
        const struct testhost_sample *s;

        watch(th, "cgroup.cpu_some", WEB);
        watch(th, "cgroup.cpu_full", WEB);
        before[0] = now_ns();
        assert_int_equal(testhost_collect(th), 0);
        before[1] = now_ns();
        assert_null(testhost_sample(th, "cgroup.cpu_some", WEB));

        (void) usleep(50000);
        tree_write(*state, "web/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=11000\n"
                                               "full avg10=0.00 avg60=0.00 avg300=0.00 total=500\n");
        after[0] = now_ns();
        assert_int_equal(testhost_collect(th), 0);
        after[1] = now_ns();

        /* 10 ms of a time that lies between the two that we know. */
        s = testhost_sample(th, "cgroup.cpu_some", WEB);
        assert_non_null(s);
        assert_true(s->value >= 1e7 * 100 / (double) (after[1] - before[0]));
        assert_true(s->value <= 1e7 * 100 / (double) (after[0] - before[1]));
        assert_sample(th, "cgroup.cpu_full", WEB, 0);

        /* A stall of all the time and a bit is 100 %. */
        tree_write(*state, "web/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=99011000\n"
                                               "full avg10=0.00 avg60=0.00 avg300=0.00 total=500\n");
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.cpu_some", WEB, 100);
        testhost_free(th);
}

/* A gap is not a stall: after one the total starts anew. */
static void test_pressure_after_a_gap(void **state)
{
        struct testhost *th = open_plugin(*state);

        watch(th, "cgroup.memory_current", WEB); /* stays: the cgroup itself is never let go */
        watch(th, "cgroup.cpu_some", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(testhost_watch(th, "cgroup.cpu_some", NULL, 0), 0);
        tree_write(*state, "web/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=99000000\n");
        watch(th, "cgroup.cpu_some", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_null(testhost_sample(th, "cgroup.cpu_some", WEB));
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.cpu_some", WEB, 0);
        testhost_free(th);
}

static void test_only_what_is_watched(void **state)
{
        struct testhost *th = open_plugin(*state);
        const uint64_t both[] = { DB, WEB };
        unsigned open_before = n_descriptors();

        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_descriptors(), open_before);

        assert_int_equal(testhost_watch(th, "cgroup.memory_current", both, 2), 0);
        watch(th, "cgroup.memory_anon", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_samples(th, "cgroup.memory_current", WEB), 1);
        assert_int_equal(n_samples(th, "cgroup.memory_current", DB), 1);
        /* Two folders, three files: kept open from tick to tick. */
        assert_int_equal(n_descriptors(), open_before + 5);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_descriptors(), open_before + 5);

        watch(th, "cgroup.memory_current", DB);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_samples(th, "cgroup.memory_current", WEB), 2);
        assert_int_equal(n_samples(th, "cgroup.memory_current", DB), 3);
        assert_int_equal(n_descriptors(), open_before + 4);

        assert_int_equal(testhost_watch(th, "cgroup.memory_current", NULL, 0), 0);
        assert_int_equal(testhost_watch(th, "cgroup.memory_anon", NULL, 0), 0);
        assert_int_equal(n_descriptors(), open_before);
        testhost_free(th);
}

/* A cgroup that dies, one that is unknown, a file that is not there: no sample, no error, and the others go on. */
static void test_what_is_gone(void **state)
{
        struct testhost *th = open_plugin(*state);
        const uint64_t three[] = { WEB, 4711, DB };
        char path[300];

        assert_int_equal(testhost_watch(th, "cgroup.memory_current", three, 3), 0);
        assert_int_equal(testhost_watch(th, "cgroup.memory_anon", three, 3), 0);
        assert_int_equal(testhost_collect(th), 0);
        assert_null(testhost_sample(th, "cgroup.memory_anon", DB));
        assert_int_equal(n_samples(th, "cgroup.memory_current", DB), 1);

        /* The controller is switched on later. */
        tree_write(*state, "db/memory.stat", "anon 77\n");
        for (int i = 0; i < 10; i++) /* it is not looked for at each tick */
                assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.memory_anon", DB, 77);

        testhost_remove_object(th, "cgroup", DB);
        (void) snprintf(path, sizeof(path), "%s/db/memory.current", (char *) *state);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(testhost_watch(th, "cgroup.memory_current", three, 3), 0);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_samples(th, "cgroup.memory_current", WEB), 12);
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_WARNING), 0);
        testhost_free(th);
}

/* Garbage where a number should be is no sample. */
static void test_garbage(void **state)
{
        struct testhost *th = open_plugin(*state);
        char large[20000];

        memset(large, 'x', sizeof(large) - 1);
        large[sizeof(large) - 1] = 0;
        tree_write(*state, "web/memory.current", "max\n");
        tree_write(*state, "web/memory.stat", large);
        tree_write(*state, "web/memory.events", "");
        watch(th, "cgroup.memory_current", WEB);
        watch(th, "cgroup.memory_anon", WEB);
        watch(th, "cgroup.oom_kills", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_null(testhost_sample(th, "cgroup.memory_current", WEB));
        assert_null(testhost_sample(th, "cgroup.memory_anon", WEB));
        assert_null(testhost_sample(th, "cgroup.oom_kills", WEB));
        testhost_free(th);
}

/* With few descriptors allowed it measures as well, just not as cheaply. */
static void test_few_descriptors(void **state)
{
        struct testhost *th;
        unsigned open_before;
        struct rlimit before;
        uint64_t ids[160];

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 128, before.rlim_max }), 0);
        th = open_plugin(*state);
        for (unsigned i = 0; i < 160; i++) {
                char name[64];

                ids[i] = 100 + i;
                (void) snprintf(name, sizeof(name), "many%u/memory.current", i);
                tree_write(*state, name, "5\n");
                (void) snprintf(name, sizeof(name), "many%u/memory.stat", i);
                tree_write(*state, name, "anon 6\n");
                (void) snprintf(name, sizeof(name), "many%u/memory.events", i);
                tree_write(*state, name, "oom_kill 7\n");
                (void) snprintf(name, sizeof(name), "/many%u", i);
                add_object(th, *state, ids[i], name);
        }

        /* 30 folders, and of 90 files the 64 that may stay open. */
        open_before = n_descriptors();
        assert_int_equal(testhost_watch(th, "cgroup.memory_current", ids, 30), 0);
        assert_int_equal(testhost_watch(th, "cgroup.memory_anon", ids, 30), 0);
        assert_int_equal(testhost_watch(th, "cgroup.oom_kills", ids, 30), 0);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_descriptors(), open_before + 30 + 64);
        assert_int_equal(testhost_collect(th), 0);
        for (unsigned i = 0; i < 30; i++) {
                assert_sample(th, "cgroup.memory_current", ids[i], 5);
                assert_sample(th, "cgroup.memory_anon", ids[i], 6);
                assert_sample(th, "cgroup.oom_kills", ids[i], 7);
                assert_int_equal(n_samples(th, "cgroup.oom_kills", ids[i]), 2);
        }

        /* Not even a folder more: an error, and no harm done. */
        assert_int_equal(testhost_watch(th, "cgroup.memory_current", ids, 160), -EMFILE);
        assert_int_equal(testhost_watch(th, "cgroup.memory_current", NULL, 0), 0);
        assert_int_equal(testhost_watch(th, "cgroup.memory_anon", NULL, 0), 0);
        assert_int_equal(testhost_watch(th, "cgroup.oom_kills", NULL, 0), 0);
        assert_int_equal(n_descriptors(), open_before);
        testhost_free(th);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* No cgroup v2: it says so and does not fit. */
static void test_no_hierarchy(void **state)
{
        struct testhost *th = testhost_new(PLUGIN);

        assert_int_equal(testhost_open(th), -ENODEV);
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_NOTICE), 1);
        testhost_free(th);
}

/* One that comes again under the same id and name is another one: it is read, and its pressure starts anew. */
static void test_an_id_used_again(void **state)
{
        struct testhost *th = open_plugin(*state);
        char path[300], away[300];

        watch(th, "cgroup.memory_current", WEB);
        watch(th, "cgroup.cpu_some", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_samples(th, "cgroup.cpu_some", WEB), 1);

        (void) snprintf(path, sizeof(path), "%s/web", (char *) *state);
        (void) snprintf(away, sizeof(away), "%s/was-web", (char *) *state);
        testhost_remove_object(th, "cgroup", WEB);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_samples(th, "cgroup.memory_current", WEB), 2);

        assert_int_equal(rename(path, away), 0);
        tree_write(*state, "web/memory.current", "77\n");
        tree_write(*state, "web/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=99000000\n");
        add_object(th, *state, WEB, "/web");
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.memory_current", WEB, 77);
        assert_int_equal(n_samples(th, "cgroup.cpu_some", WEB), 1);
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.cpu_some", WEB, 0);
        testhost_free(th);
}

/* A pipe in the place of a pressure file keeps what is written to it. */
static int make_pipe(const char *tree, const char *name)
{
        char path[300];

        (void) snprintf(path, sizeof(path), "%s/%s", tree, name);
        assert_true(unlink(path) == 0 || errno == ENOENT);
        assert_int_equal(mkfifo(path, 0600), 0);
        return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void assert_written(int fd, const char *text)
{
        char got[64];
        ssize_t n = read(fd, got, sizeof(got));

        if (!text) {
                assert_true(n < 0 && errno == EAGAIN);
                return;
        }
        assert_int_equal(n, strlen(text) + 1);
        assert_string_equal(got, text);
}

/* What the kernel is asked for: one trigger a wanted pressure, some or full, up to the limit, and gone with the wish. */
static void test_triggers(void **state)
{
        struct testhost *th = testhost_new(PLUGIN);
        unsigned open_before;
        int cpu, memory, io;

        tree_write(*state, "web/memory.current", "1\n");
        cpu = make_pipe(*state, "web/cpu.pressure");
        memory = make_pipe(*state, "web/memory.pressure");
        io = make_pipe(*state, "web/io.pressure");
        testhost_set_option(th, "psi-stall", "150");
        testhost_set_option(th, "psi-window", "2000");
        testhost_set_option(th, "psi-triggers", "2");
        add_object(th, *state, 1, "/");
        add_object(th, *state, WEB, "/web");
        assert_int_equal(testhost_open(th), 0);
        open_before = n_descriptors();

        watch(th, "cgroup.memory_current", WEB);
        assert_int_equal(n_descriptors(), open_before + 1);
        watch(th, "cgroup.cpu_some", WEB);
        /* What is gone at the next tick gets none. */
        assert_int_equal(testhost_collect(th), 0);
        assert_written(cpu, NULL);
        assert_int_equal(testhost_collect(th), 0);
        assert_written(cpu, "some 150000 2000000");
        watch(th, "cgroup.memory_full", WEB);
        assert_written(memory, "full 150000 2000000");
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_NOTICE), 0);
        /* The folder, one file, two triggers, what polls them, and the test's own epoll. */
        assert_int_equal(n_descriptors(), open_before + 6);

        watch(th, "cgroup.io_some", WEB);
        assert_written(io, NULL);
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_NOTICE), 1);

        /* Asked once, not with every change of the set. */
        watch(th, "cgroup.cpu_some", WEB);
        assert_written(cpu, NULL);
        assert_int_equal(testhost_watch(th, "cgroup.cpu_some", NULL, 0), 0);
        watch(th, "cgroup.io_some", WEB);
        assert_written(io, "some 150000 2000000");

        testhost_remove_object(th, "cgroup", WEB);
        assert_int_equal(n_descriptors(), open_before + 2);
        testhost_free(th);
        (void) close(cpu);
        (void) close(memory);
        (void) close(io);
}

static void test_no_triggers_wanted(void **state)
{
        struct testhost *th = testhost_new(PLUGIN);
        int cpu;

        tree_write(*state, "web/memory.current", "1\n");
        cpu = make_pipe(*state, "web/cpu.pressure");
        testhost_set_option(th, "psi-stall", "0");
        add_object(th, *state, 1, "/");
        add_object(th, *state, WEB, "/web");
        assert_int_equal(testhost_open(th), 0);
        watch(th, "cgroup.cpu_some", WEB);
        for (int i = 0; i < 3; i++)
                assert_int_equal(testhost_collect(th), 0);
        assert_written(cpu, NULL);
        testhost_free(th);
        (void) close(cpu);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_numbers),
                TEST(test_pressure),
                TEST(test_pressure_after_a_gap),
                TEST(test_only_what_is_watched),
                TEST(test_what_is_gone),
                TEST(test_garbage),
                TEST(test_few_descriptors),
                TEST(test_an_id_used_again),
                TEST(test_triggers),
                TEST(test_no_triggers_wanted),
                TEST(test_no_hierarchy),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
