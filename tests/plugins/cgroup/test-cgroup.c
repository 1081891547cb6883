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
        tree_write(tree, "cgroup.controllers", "cpuset cpu io memory\n");
        tree_write(tree, "web/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\n"
                                             "full avg10=0.00 avg60=0.00 avg300=0.00 total=500\n");
        tree_write(tree, "web/cpu.stat", "usage_usec 2000000\nuser_usec 1\nthrottled_usec 30\n");
        tree_write(tree, "web/memory.current", "4096\n");
        tree_write(tree, "web/memory.stat",
                   "anon 1024\nworkingset_refault_anon 4\nworkingset_refault_file 5\n");
        tree_write(tree, "web/memory.events", "low 0\noom 1\noom_kill 1\n");
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
        assert_int_equal(testhost_collect(th), 0);
        assert_sample(th, "cgroup.memory_anon", DB, 77);

        testhost_remove_object(th, "cgroup", DB);
        (void) snprintf(path, sizeof(path), "%s/db/memory.current", (char *) *state);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(testhost_watch(th, "cgroup.memory_current", three, 3), 0);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal(n_samples(th, "cgroup.memory_current", WEB), 3);
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

/* Limits the rules rely on; the files are the core's to write. */
static void test_knobs(void **state)
{
        static const struct {
                const char *name, *file, *property;
                uint32_t type, form, flags;
                double min, max;
        } expected[] = {
                { "cpu.weight", "{path}/cpu.weight", "CPUWeight", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN,
                  TRIMTAB_KNOB_WEIGHT, 1, 10000 },
                { "cpu.max", "{path}/cpu.max", "CPUQuotaPerSecUSec", TRIMTAB_NUMBER, TRIMTAB_FORM_QUOTA,
                  TRIMTAB_KNOB_MAX, 1, 1000000 },
                { "cpuset.cpus", "{path}/cpuset.cpus", "AllowedCPUs", TRIMTAB_CPULIST, TRIMTAB_FORM_PLAIN, 0, 0, 0 },
                { "memory.high", "{path}/memory.high", "MemoryHigh", TRIMTAB_NUMBER, TRIMTAB_FORM_PLAIN,
                  TRIMTAB_KNOB_MAX | TRIMTAB_KNOB_SLOW, 1 << 20, 0x1p50 },
                { "io.weight", "{path}/io.weight", "IOWeight", TRIMTAB_NUMBER, TRIMTAB_FORM_KEYED,
                  TRIMTAB_KNOB_WEIGHT, 1, 10000 },
        };
        struct testhost *th = testhost_new(PLUGIN);
        const struct trimtab_plugin *p = testhost_plugin(th);

        assert_int_equal(p->n_knobs, sizeof(expected) / sizeof(expected[0]));
        for (uint32_t i = 0; i < p->n_knobs; i++) {
                assert_string_equal(p->knobs[i].name, expected[i].name);
                assert_string_equal(p->knobs[i].file, expected[i].file);
                assert_string_equal(p->knobs[i].unit_property, expected[i].property);
                assert_string_equal(p->knobs[i].scope, "cgroup");
                assert_int_equal(p->knobs[i].type, expected[i].type);
                assert_int_equal(p->knobs[i].form, expected[i].form);
                assert_int_equal(p->knobs[i].flags, expected[i].flags);
                assert_true(p->knobs[i].min == expected[i].min && p->knobs[i].max == expected[i].max);
        }
        testhost_free(th);
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
                TEST(test_no_hierarchy),
                TEST(test_knobs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
