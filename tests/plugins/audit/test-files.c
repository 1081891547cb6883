/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Watched paths on the running kernel: what is seen of each way to get at a file, and of whose.
 *
 *     test-files PLUGIN.so
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trimtab/bpf/histogram.h>

#include "calls.h"
#include "section.h"
#include "techniques.h"
#include "testhost.h"

static const char *plugin_file;
static struct place place;

static const char *const metrics[] = { "audit.file_reads", "audit.file_writes", "audit.file_syncs", "audit.file_opens",
                                       "audit.file_maps", "audit.file_execs", "audit.file_read_bytes", "audit.file_written_bytes" };

#define N_METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* The watches with the keys from `first` on: they are counted up from 1 as they come. */
static void watch(struct testhost *th, uint64_t first, uint32_t n)
{
        const uint64_t keys[] = { first, first + 1, first + 2 };

        for (uint32_t i = 0; i < N_METRICS; i++)
                assert_int_equal(testhost_watch(th, metrics[i], keys, n), 0);
}

static struct seen look(struct testhost *th, uint64_t key)
{
        uint32_t values[N_METRICS];
        struct seen seen;

        assert_int_equal(testhost_collect(th), 0);
        for (uint32_t i = 0; i < N_METRICS; i++) {
                const struct testhost_sample *s = testhost_sample(th, metrics[i], key);

                assert_non_null(s);
                values[i] = (uint32_t) s->value;
        }
        memcpy(&seen, values, sizeof(seen));
        return seen;
}

static struct seen since(struct testhost *th, uint64_t key, const struct seen *before)
{
        struct seen now = look(th, key);
        uint32_t *a = (uint32_t *) &now;
        const uint32_t *b = (const uint32_t *) before;

        for (uint32_t i = 0; i < N_METRICS; i++)
                a[i] -= b[i];
        return now;
}

static struct testhost *open_plugin(const struct load *l, const char *cgroup)
{
        struct testhost *th = testhost_new(plugin_file);
        char path[512];
        struct section section = { .name = "place", .path = path, .cgroup = cgroup };

        (void) snprintf(path, sizeof(path), "%s %s", place.file, place.tree);
        assert_non_null(th);
        assert_int_equal(testhost_open(th), 0);
        testhost_add_object(th, "cgroup", l->id, "/audited", l->path);
        assert_int_equal(sections_configure(th, &section, 1), 0);
        return th;
}

static const struct technique *current;

static void work_technique(uint32_t unused)
{
        _exit(current->run(&place));
}

static int run_technique(struct load *l, const struct technique *t)
{
        pid_t pid;
        int status;

        current = t;
        pid = load_start(l, work_technique, 0);
        assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
        l->n--;
        return WEXITSTATUS(status);
}

static void test_techniques(void **state)
{
        uint32_t wrong = 0;
        struct testhost *th;
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        th = open_plugin(&l, "cgroup:/audit*");
        watch(th, 1, 1);
        for (uint32_t i = 0; i < n_techniques; i++) {
                struct seen before = look(th, 1), seen;
                int r = run_technique(&l, &techniques[i]);

                seen = since(th, 1, &before);
                if (r == TECHNIQUE_SKIP) {
                        print_message("  %-36s skipped: not on this machine\n", techniques[i].name);
                        continue;
                }
                print_message("  %-36s reads %u (%u B) writes %u (%u B) syncs %u opens %u maps %u execs %u%s%s\n", techniques[i].name,
                              seen.reads, seen.read_bytes, seen.writes, seen.written_bytes, seen.syncs, seen.opens, seen.maps, seen.execs,
                              r ? ": failed: " : "", r ? strerror(r) : "");
                if (techniques[i].seen.execs) /* the loader and the shell read and map it as they like */
                        wrong += r != 0 || seen.execs != techniques[i].seen.execs;
                else
                        wrong += r != 0 || memcmp(&seen, &techniques[i].seen, sizeof(seen)) != 0;
        }
        assert_int_equal(wrong, 0);
        testhost_free(th);
        load_done(&l);
}

static const char *reading; /* what work_read() reads, 100 bytes `argument` times */

static void work_read(uint32_t n)
{
        char buffer[100];
        int fd = open(reading, O_RDONLY | O_CLOEXEC);

        for (uint32_t i = 0; i < n; i++)
                if (pread(fd, buffer, sizeof(buffer), 0) != sizeof(buffer))
                        _exit(1);
}

static void assert_reads(struct testhost *th, uint64_t key, uint32_t expected)
{
        assert_int_equal(look(th, key).reads, expected);
}

/* Whose reads count: of the cgroups in `for` and all below them, also of those that come later; without `for` everybody's. */
static void test_cgroups(void **state)
{
        struct load l, other, below;
        const struct section sections[] = {
                { .name = "one", .path = place.file, .cgroup = "cgroup:/one" },
                { .name = "all", .path = place.file },
                { .name = "both", .path = place.file, .cgroup = "/one /two/*" },
        };
        struct testhost *th = testhost_new(plugin_file);

        assert_int_equal(load_init(&l, "trimtab-test-one", NULL), 0);
        assert_int_equal(load_init(&other, "trimtab-test-two", NULL), 0);
        assert_int_equal(testhost_open(th), 0);
        testhost_add_object(th, "cgroup", l.id, "/one", l.path);
        assert_int_equal(sections_configure(th, sections, 3), 0);
        watch(th, 1, 3);
        reading = place.file;

        calls_run(&l, work_read, 10);
        calls_run(&other, work_read, 100);
        assert_reads(th, 1, 10);
        assert_reads(th, 2, 110);
        assert_reads(th, 3, 10);

        /* One that comes below, and one that comes and matches. */
        assert_int_equal(load_init(&below, "below", &l), 0);
        testhost_add_object(th, "cgroup", below.id, "/one/below", below.path);
        testhost_add_object(th, "cgroup", other.id, "/two/any", other.path);
        calls_run(&below, work_read, 5);
        calls_run(&other, work_read, 7);
        assert_reads(th, 1, 15);
        assert_reads(th, 2, 122);
        assert_reads(th, 3, 22);

        /* A cgroup with metrics of its own below stays in the watch of what is above. */
        assert_int_equal(testhost_watch(th, "audit.syscalls", &below.id, 1), 0);
        calls_run(&below, work_read, 5);
        assert_reads(th, 1, 20);
        assert_int_equal(testhost_watch(th, "audit.syscalls", NULL, 0), 0);
        calls_run(&below, work_read, 5);
        assert_reads(th, 1, 25);

        testhost_free(th);
        load_done(&below);
        load_done(&l);
        load_done(&other);
}

/* The root is the sum of all, whoever else is watched; and its counters never fall. */
static void test_root(void **state)
{
        struct testhost *th = testhost_new(plugin_file);
        uint64_t root = 1;
        double first, second;
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-one", NULL), 0);
        assert_int_equal(testhost_open(th), 0);
        testhost_add_object(th, "cgroup", root, "/", NULL);
        testhost_add_object(th, "cgroup", l.id, "/one", l.path);
        assert_int_equal(testhost_watch(th, "audit.read_calls", &root, 1), 0);
        assert_int_equal(testhost_watch(th, "audit.read_latency", &l.id, 1), 0);
        reading = place.file;
        calls_run(&l, work_read, 1000);
        assert_int_equal(testhost_collect(th), 0);
        first = testhost_sample(th, "audit.read_calls", root)->value;
        assert_true(first >= 1000);
        assert_int_equal(testhost_watch(th, "audit.read_latency", NULL, 0), 0);
        assert_int_equal(testhost_collect(th), 0);
        second = testhost_sample(th, "audit.read_calls", root)->value;
        assert_true(second >= first);
        testhost_free(th);
        load_done(&l);
}

static void write_file(const char *path)
{
        char text[100] = "";
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0 && write(fd, text, sizeof(text)) == sizeof(text));
        (void) close(fd);
}

/* A log that is rotated: the new file counts from the next tick on, and the old one goes on. A file of a glob that comes later, too. */
static void test_rotation(void **state)
{
        char log[192], old[192], glob[192], late[192];
        const struct section sections[] = { { .name = "log", .path = log }, { .name = "glob", .path = glob } };
        struct testhost *th = testhost_new(plugin_file);
        struct load l;

        (void) snprintf(log, sizeof(log), "%s/log", place.top);
        (void) snprintf(old, sizeof(old), "%s/log.1", place.top);
        (void) snprintf(glob, sizeof(glob), "%s/late-*", place.top);
        (void) snprintf(late, sizeof(late), "%s/late-1", place.top);
        assert_int_equal(load_init(&l, "trimtab-test-one", NULL), 0);
        assert_int_equal(testhost_open(th), 0);
        assert_int_equal(sections_configure(th, sections, 2), 0);
        watch(th, 1, 2);
        assert_int_equal(testhost_logged(th, 5), 1); /* that there is no log yet */

        write_file(log);
        write_file(late);
        assert_int_equal(testhost_collect(th), 0);
        reading = log;
        calls_run(&l, work_read, 1);
        assert_reads(th, 1, 1);
        reading = late;
        calls_run(&l, work_read, 3);
        assert_reads(th, 2, 3);

        assert_int_equal(rename(log, old), 0);
        write_file(log);
        assert_int_equal(testhost_collect(th), 0);
        reading = log;
        calls_run(&l, work_read, 10);
        reading = old;
        calls_run(&l, work_read, 100);
        assert_reads(th, 1, 111);

        /* The next one may well get the inode number of one that was removed. */
        assert_int_equal(unlink(late), 0);
        assert_int_equal(testhost_collect(th), 0);
        (void) snprintf(late, sizeof(late), "%s/other", place.top);
        write_file(late);
        reading = late;
        calls_run(&l, work_read, 50);
        assert_reads(th, 2, 3);

        testhost_free(th);
        load_done(&l);
}

/* A reload: what keeps its name keeps its counts, what is new begins at 0, what is gone is gone. */
static void test_reload(void **state)
{
        const struct section first[] = { { .name = "a", .path = place.file }, { .name = "b", .path = place.file } };
        const struct section second[] = { { .name = "c", .path = place.file }, { .name = "b", .path = place.outside } };
        struct section many[33];
        struct testhost *th = testhost_new(plugin_file);
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-one", NULL), 0);
        assert_int_equal(testhost_open(th), 0);
        assert_int_equal(sections_configure(th, first, 2), 0);
        watch(th, 2, 1);
        reading = place.file;
        calls_run(&l, work_read, 4);
        assert_reads(th, 2, 4);

        assert_int_equal(sections_configure(th, second, 2), 0);
        calls_run(&l, work_read, 4);
        assert_reads(th, 2, 4);
        reading = place.outside;
        calls_run(&l, work_read, 2);
        assert_reads(th, 2, 6);
        watch(th, 3, 1);
        assert_reads(th, 3, 0);

        for (uint32_t i = 0; i < 33; i++)
                many[i] = (struct section){ .name = "many", .path = place.file };
        assert_int_equal(sections_configure(th, many, 33), -E2BIG);
        assert_reads(th, 3, 0); /* the old set is in force */
        testhost_free(th);
        load_done(&l);
}

static void work_detail(uint32_t n)
{
        for (uint32_t i = 0; i < n; i++) {
                int fd = open(place.file, O_RDONLY | O_CLOEXEC);

                if (fd < 0 || close(fd) < 0)
                        _exit(1);
        }
}

static void work_odd_name(uint32_t unused)
{
        char path[192];

        (void) snprintf(path, sizeof(path), "%s/%%s\n\x1b[31m\"x", place.tree);
        (void) prctl(PR_SET_NAME, "%n\n%s");
        write_file(path);
}

/* Opens one by one: told with foreign text escaped, no more than is allowed, and what is left out is counted. */
static void test_details(void **state)
{
        const struct section sections[] = { { .name = "a", .path = place.file, .detail = "yes" },
                                            { .name = "b", .path = place.tree, .detail = "yes" } };
        struct testhost *th = testhost_new(plugin_file);
        uint64_t host = TRIMTAB_HOST_OBJECT;
        struct load l;

        testhost_set_option(th, "details", "5");
        assert_int_equal(load_init(&l, "trimtab-test-one", NULL), 0);
        assert_int_equal(testhost_open(th), 0);
        testhost_add_object(th, "cgroup", l.id, "/one", l.path);
        assert_int_equal(testhost_watch(th, "audit.details_dropped", &host, 1), 0);
        assert_int_equal(sections_configure(th, sections, 2), 0);
        calls_run(&l, work_odd_name, 0);
        assert_int_equal(testhost_collect(th), 0);
        print_message("  %s", testhost_events(th));
        assert_non_null(strstr(testhost_events(th), "watch b: \"%n\\x0a%s\" ("));
        assert_non_null(strstr(testhost_events(th), "in /one opened \"%s\\x0a\\x1b[31m\\x22x\"\n"));

        calls_run(&l, work_detail, 12);
        assert_int_equal(testhost_collect(th), 0);
        assert_int_equal((int) testhost_sample(th, "audit.details_dropped", host)->value, 7);
        testhost_free(th);
        load_done(&l);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_techniques),
                cmocka_unit_test(test_cgroups),
                cmocka_unit_test(test_root),
                cmocka_unit_test(test_rotation),
                cmocka_unit_test(test_reload),
                cmocka_unit_test(test_details),
        };
        int r;

        if (argc != 2)
                return 2;
        plugin_file = argv[1];
        place_make(&place);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        place_remove(&place);
        return r;
}
