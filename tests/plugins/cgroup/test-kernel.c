/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../testhost.h"

/*
 * The plugin on the running kernel: what it emits of a cgroup of the test's own agrees with what was really done in it.
 * Needs root and cgroup v2. With --enable-controllers (in virtual machines only) it switches on cpu and memory
 * for the root's children; without, what is not on is skipped.
 */

static char mount_point[256]; /* of cgroup v2 */

struct group {
        char path[300];
        uint64_t id;
        struct testhost *th;
};

static int setup(void **state)
{
        struct group *g = calloc(1, sizeof(*g));
        struct stat st;

        if (!g)
                return -1;
        *state = g;
        (void) snprintf(g->path, sizeof(g->path), "%s/trimtab-test-%d", mount_point, getpid());
        if (mkdir(g->path, 0755) < 0 || stat(g->path, &st) < 0 || stat(mount_point, &st) < 0)
                return -1;

        g->th = testhost_new(PLUGIN);
        testhost_add_object(g->th, "cgroup", st.st_ino, "/", mount_point);
        if (stat(g->path, &st) < 0)
                return -1;
        g->id = st.st_ino;
        testhost_add_object(g->th, "cgroup", g->id, "/trimtab-test", g->path);
        return testhost_open(g->th);
}

static int teardown(void **state)
{
        struct group *g = *state;
        int r;

        testhost_free(g->th);
        /* A process that was just reaped may be on its way out of the cgroup still. */
        for (int i = 0; (r = rmdir(g->path)) < 0 && errno == EBUSY && i < 100; i++)
                (void) usleep(10000);
        r = r < 0 && errno != ENOENT ? -1 : 0;
        free(g);
        return r;
}

static bool has_file(const struct group *g, const char *file)
{
        char path[400];

        (void) snprintf(path, sizeof(path), "%s/%s", g->path, file);
        return access(path, F_OK) == 0;
}

static void write_file(const struct group *g, const char *file, const char *text)
{
        char path[400];
        int fd;

        (void) snprintf(path, sizeof(path), "%s/%s", g->path, file);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, text, strlen(text)) < 0)
                fail_msg("%s: %s", path, strerror(errno));
        (void) close(fd);
}

/* The number behind key in a file, read by stdio: a second opinion. */
static double read_number(const struct group *g, const char *file, const char *key)
{
        char path[400], line[256];
        double value = -1;
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/%s", g->path, file);
        f = fopen(path, "re");
        assert_non_null(f);
        while (value < 0 && fgets(line, sizeof(line), f))
                if (strncmp(line, key, strlen(key)) == 0) {
                        const char *total = strstr(line, "total=");

                        value = strtod(total ? total + 6 : line + strlen(key), NULL);
                }
        (void) fclose(f);
        return value;
}

static uint64_t now_ns(clockid_t clock)
{
        struct timespec t;

        (void) clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

/* A child that goes into the cgroup, pins itself to the first CPU it may use, and uses that much CPU time. */
static pid_t spin_in(const struct group *g, uint64_t cpu_ns)
{
        pid_t pid = fork();
        cpu_set_t cpus;
        char text[16];

        assert_true(pid >= 0);
        if (pid > 0)
                return pid;

        (void) snprintf(text, sizeof(text), "%d", getpid());
        write_file(g, "cgroup.procs", text);
        (void) sched_getaffinity(0, sizeof(cpus), &cpus);
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
                if (CPU_ISSET(cpu, &cpus)) {
                        CPU_ZERO(&cpus);
                        CPU_SET(cpu, &cpus);
                        break;
                }
        (void) sched_setaffinity(0, sizeof(cpus), &cpus);
        while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < cpu_ns)
                ;
        _exit(0);
}

static void reap(pid_t pid, struct rusage *ret)
{
        int status;

        assert_int_equal(wait4(pid, &status, 0, ret), pid);
        assert_true(WIFEXITED(status));
}

static void watch(const struct group *g, const char *metric)
{
        assert_int_equal(testhost_watch(g->th, metric, &g->id, 1), 0);
}

static double sample(const struct group *g, const char *metric)
{
        const struct testhost_sample *s = testhost_sample(g->th, metric, g->id);

        if (!s)
                fail_msg("no sample of %s", metric);
        return s->value;
}

static void test_cpu_usage(void **state)
{
        struct group *g = *state;
        struct rusage usage;
        double used_ns, before;

        watch(g, "cgroup.cpu_usage");
        assert_int_equal(testhost_collect(g->th), 0);
        before = sample(g, "cgroup.cpu_usage");
        reap(spin_in(g, 300000000), &usage);
        assert_int_equal(testhost_collect(g->th), 0);

        used_ns = 1e9 * (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                  1e3 * (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
        print_message("cpu_usage %.1f ms, getrusage %.1f ms\n", (sample(g, "cgroup.cpu_usage") - before) / 1e6,
                      used_ns / 1e6);
        assert_true(sample(g, "cgroup.cpu_usage") - before > used_ns * 0.9);
        assert_true(sample(g, "cgroup.cpu_usage") - before < used_ns * 1.1);
}

/* Two that want the same CPU: one of them waits at any time. The metric is the growth of the kernel's total. */
static void test_cpu_pressure(void **state)
{
        struct group *g = *state;
        double total[4], percent;
        uint64_t at[4];
        pid_t pids[2];
        struct rusage usage;

        if (!has_file(g, "cpu.pressure") || testhost_unavailable(g->th, "cgroup.cpu_some")) {
                print_message("no cpu.pressure here\n");
                skip();
        }
        pids[0] = spin_in(g, 500000000);
        pids[1] = spin_in(g, 500000000);
        (void) usleep(100000);

        watch(g, "cgroup.cpu_some");
        at[0] = now_ns(CLOCK_MONOTONIC);
        total[0] = read_number(g, "cpu.pressure", "some");
        assert_int_equal(testhost_collect(g->th), 0);
        total[1] = read_number(g, "cpu.pressure", "some");
        at[1] = now_ns(CLOCK_MONOTONIC);
        (void) usleep(300000);
        at[2] = now_ns(CLOCK_MONOTONIC);
        total[2] = read_number(g, "cpu.pressure", "some");
        assert_int_equal(testhost_collect(g->th), 0);
        total[3] = read_number(g, "cpu.pressure", "some");
        at[3] = now_ns(CLOCK_MONOTONIC);

        percent = sample(g, "cgroup.cpu_some");
        print_message("cpu_some %.1f %%, by hand %.1f %%\n", percent,
                      (total[2] - total[1]) * 1e5 / (double) (at[2] - at[1]));
        assert_true(percent >= (total[2] - total[1]) * 1e5 / (double) (at[3] - at[0]) - 0.1);
        assert_true(percent <= (total[3] - total[0]) * 1e5 / (double) (at[2] - at[1]) + 0.1);
        assert_true(percent > 20);
        for (int i = 0; i < 2; i++)
                reap(pids[i], &usage);
}

static void test_throttled(void **state)
{
        struct group *g = *state;
        struct rusage usage;
        double before;

        if (!has_file(g, "cpu.max")) {
                print_message("the cpu controller is not on here\n");
                skip();
        }
        write_file(g, "cpu.max", "20000 100000");
        watch(g, "cgroup.throttled");
        assert_int_equal(testhost_collect(g->th), 0);
        before = sample(g, "cgroup.throttled");
        reap(spin_in(g, 100000000), &usage);
        assert_int_equal(testhost_collect(g->th), 0);
        print_message("throttled %.0f ms\n", (sample(g, "cgroup.throttled") - before) / 1e6);
        assert_true(sample(g, "cgroup.throttled") - before > 50e6);
        assert_true(sample(g, "cgroup.throttled") == read_number(g, "cpu.stat", "throttled_usec") * 1000);
}

/* A child in the cgroup with that much memory of its own; it waits to be killed. */
static pid_t eat_in(const struct group *g, size_t size, int *ret_ready)
{
        int ready[2];
        pid_t pid;

        assert_int_equal(pipe(ready), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                char text[16], *memory;

                (void) snprintf(text, sizeof(text), "%d", getpid());
                write_file(g, "cgroup.procs", text);
                memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                if (memory == MAP_FAILED)
                        _exit(1);
                memset(memory, 1, size);
                (void) close(ready[0]);
                if (write(ready[1], "r", 1) != 1)
                        _exit(1);
                (void) pause();
                _exit(1);
        }
        (void) close(ready[1]);
        *ret_ready = ready[0];
        return pid;
}

static void test_memory(void **state)
{
        const size_t size = 64 << 20;
        struct group *g = *state;
        int ready, status;
        char byte;
        pid_t pid;

        if (!has_file(g, "memory.current")) {
                print_message("the memory controller is not on here\n");
                skip();
        }
        watch(g, "cgroup.memory_current");
        watch(g, "cgroup.memory_anon");
        watch(g, "cgroup.refaults");
        pid = eat_in(g, size, &ready);
        assert_int_equal(read(ready, &byte, 1), 1);
        assert_int_equal(testhost_collect(g->th), 0);
        print_message("memory_current %.0f, memory_anon %.0f\n", sample(g, "cgroup.memory_current"),
                      sample(g, "cgroup.memory_anon"));
        assert_true(sample(g, "cgroup.memory_anon") >= (double) size * 0.98);
        assert_true(sample(g, "cgroup.memory_anon") <= (double) size * 1.1);
        assert_true(sample(g, "cgroup.memory_current") >= sample(g, "cgroup.memory_anon"));
        assert_true(sample(g, "cgroup.refaults") >= 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        (void) close(ready);
}

static void test_oom_kill(void **state)
{
        struct group *g = *state;
        int ready, status;
        pid_t pid;

        if (!has_file(g, "memory.max")) {
                print_message("the memory controller is not on here\n");
                skip();
        }
        write_file(g, "memory.max", "16777216");
        if (has_file(g, "memory.swap.max"))
                write_file(g, "memory.swap.max", "0");
        watch(g, "cgroup.oom_kills");
        assert_int_equal(testhost_collect(g->th), 0);
        assert_true(sample(g, "cgroup.oom_kills") == 0);
        pid = eat_in(g, 64 << 20, &ready);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_int_equal(testhost_collect(g->th), 0);
        assert_true(sample(g, "cgroup.oom_kills") == 1);
        (void) close(ready);
}

/* Pressure that was there before nobody looks at: that which comes is told, long before a tick would see it. */
static void test_a_trigger(void **state)
{
        struct group *g = *state;
        struct rusage usage;
        pid_t pids[2];
        uint64_t start;

        if (!has_file(g, "cpu.pressure") || testhost_unavailable(g->th, "cgroup.cpu_some")) {
                print_message("no cpu.pressure here\n");
                skip();
        }
        watch(g, "cgroup.cpu_some");
        assert_int_equal(testhost_collect(g->th), 0);
        assert_int_equal(testhost_collect(g->th), 0);
        if (testhost_logged(g->th, TRIMTAB_LOG_NOTICE) > 0)
                print_message("the kernel takes not just any trigger here, see above\n");
        assert_int_equal(testhost_poll(g->th, 0), 0);

        start = now_ns(CLOCK_MONOTONIC);
        pids[0] = spin_in(g, 3000000000);
        pids[1] = spin_in(g, 3000000000);
        for (int i = 0; i < 100 && testhost_wakes(g->th) == 0; i++)
                (void) testhost_poll(g->th, 100);
        print_message("woken after %.0f ms\n", (double) (now_ns(CLOCK_MONOTONIC) - start) / 1e6);
        assert_true(testhost_wakes(g->th) > 0);

        for (int i = 0; i < 2; i++) {
                (void) kill(pids[i], SIGKILL);
                assert_int_equal(wait4(pids[i], NULL, 0, &usage), pids[i]);
        }

        /* It dies with its trigger: nothing is told over and over, and nothing is left. */
        for (int i = 0; rmdir(g->path) < 0 && i < 100; i++)
                (void) usleep(10000);
        for (int i = 0; i < 10; i++)
                (void) testhost_poll(g->th, 10);
        assert_true(testhost_poll(g->th, 300) == 0);
        testhost_remove_object(g->th, "cgroup", g->id);
        assert_int_equal(testhost_collect(g->th), 0);
}

/* It dies between two ticks, watched and with its files open. */
static void test_a_cgroup_that_dies(void **state)
{
        struct group *g = *state;

        watch(g, "cgroup.cpu_usage");
        watch(g, "cgroup.cpu_some");
        assert_int_equal(testhost_collect(g->th), 0);
        assert_int_equal(rmdir(g->path), 0);
        assert_int_equal(testhost_collect(g->th), 0);
        assert_int_equal(testhost_sample(g->th, "cgroup.cpu_usage", g->id)->n, 1);

        /* Another one takes its place: it is not taken for the first. */
        assert_int_equal(mkdir(g->path, 0755), 0);
        assert_int_equal(testhost_collect(g->th), 0);
        assert_int_equal(testhost_sample(g->th, "cgroup.cpu_usage", g->id)->n, 1);
        assert_int_equal(testhost_logged(g->th, TRIMTAB_LOG_WARNING), 0);
}

static bool find_mount(void)
{
        char line[512], path[256], type[32];
        FILE *f = fopen("/proc/self/mounts", "re");

        while (f && !mount_point[0] && fgets(line, sizeof(line), f))
                if (sscanf(line, "%*s %255s %31s", path, type) == 2 && strcmp(type, "cgroup2") == 0)
                        (void) snprintf(mount_point, sizeof(mount_point), "%s", path);
        if (f)
                (void) fclose(f);
        return mount_point[0];
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                TEST(test_cpu_usage), TEST(test_cpu_pressure), TEST(test_throttled),
                TEST(test_memory),    TEST(test_oom_kill),     TEST(test_a_trigger),
                TEST(test_a_cgroup_that_dies),
        };

        if (geteuid() != 0 || !find_mount()) {
                print_message("SKIP: needs root and a cgroup v2 mount\n");
                return 77;
        }
        if (argc > 1 && strcmp(argv[1], "--enable-controllers") == 0) {
                struct group root = {};

                (void) snprintf(root.path, sizeof(root.path), "%s", mount_point);
                write_file(&root, "cgroup.subtree_control", "+cpu +memory");
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
