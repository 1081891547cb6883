/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The mem plugin on the running kernel: its programs load, and its numbers are those that others find. Stalls here are made by running
 * the programs as the kernel would (BPF_PROG_TEST_RUN); those of real pressure are in test-pressure.c.
 *
 *     test-mem PLUGIN.so
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trimtab/bpf/histogram.h>

#include "../sched/load.h"
#include "near.h"
#include "reference.h"
#include "reference.bpf.skel.h"
#include "testhost.h"

#define ROOT 1ull

static const char *plugin_file;

/*
 * libbpf makes its system calls through this one, ours, so that a test can be the kernel that refuses programs: all with one of these
 * names, or all that are typed.
 */
static const char *refused;
static bool refuse_typed;

static bool is_refused(const union bpf_attr *attr)
{
        return (refused && strcmp(attr->prog_name, refused) == 0) ||
               (refuse_typed && attr->prog_type == BPF_PROG_TYPE_TRACING);
}

long syscall(long number, ...)
{
        static long (*real)(long number, ...);
        long a[6];
        va_list args;

        if (!real)
                real = (long (*)(long, ...)) dlsym(RTLD_NEXT, "syscall");

        va_start(args, number);
        for (int i = 0; i < 6; i++)
                a[i] = va_arg(args, long);
        va_end(args);

        if (number == SYS_bpf && a[0] == BPF_PROG_LOAD && is_refused((union bpf_attr *) a[1])) {
                errno = EACCES;
                return -1;
        }
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int teardown(void **state)
{
        refused = NULL;
        refuse_typed = false;
        return 0;
}

static struct testhost *open_plugin(const char *max_cgroups)
{
        struct testhost *th = testhost_new(plugin_file);

        assert_non_null(th);
        if (max_cgroups)
                testhost_set_option(th, "max-cgroups", max_cgroups);
        assert_int_equal(testhost_open(th), 0);
        testhost_add_object(th, "cgroup", ROOT, "/", NULL);
        testhost_add_object(th, "host", TRIMTAB_HOST_OBJECT, "host", NULL);
        return th;
}

static void know(struct testhost *th, const struct load *l)
{
        testhost_add_object(th, "cgroup", l->id, l->path, l->path);
}

static void watch(struct testhost *th, const char *metric, uint64_t object)
{
        assert_int_equal(testhost_watch(th, metric, &object, 1), 0);
}

static const struct testhost_sample *collect(struct testhost *th, const char *metric, uint64_t object)
{
        const struct testhost_sample *s;

        assert_int_equal(testhost_collect(th), 0);
        s = testhost_sample(th, metric, object);
        assert_non_null(s);
        return s;
}

static double value_of(struct testhost *th, const char *metric, uint64_t object)
{
        return collect(th, metric, object)->value;
}

static uint32_t count_links(void)
{
        uint32_t id = 0, n = 0;

        while (bpf_link_get_next_id(id, &id) == 0)
                n++;
        return n;
}

/* Every program loads; one is attached as long as, and only as long as, a metric needs it. */
static void test_programs(void **state)
{
        static const char *const names[] = { "page_alloc", "direct_begin", "direct_end",   "memcg_begin",
                                             "memcg_end",  "compact_begin", "compact_end" };
        static const struct {
                const char *metric;
                uint32_t links;
        } needs[] = {
                { "mem.allocated_pages", 1 },    { "mem.reclaim_latency", 2 }, { "mem.memcg_reclaim_latency", 2 },
                { "mem.compaction_latency", 2 }, { "mem.reclaimed_pages", 2 },
        };
        struct testhost *th = open_plugin(NULL);
        uint32_t before = count_links();
        const char *reason = NULL;

        for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (testhost_program(th, names[i], &reason) < 0)
                        fail_msg("%s: %s", names[i], reason);
        assert_int_equal(count_links(), before);

        for (uint32_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
                watch(th, needs[i].metric, ROOT);
                assert_int_equal(count_links(), before + needs[i].links);
                assert_int_equal(testhost_watch(th, needs[i].metric, NULL, 0), 0);
                assert_int_equal(count_links(), before);
        }
        for (uint32_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
                watch(th, needs[i].metric, ROOT);
        assert_int_equal(count_links(), before + 7);
        testhost_free(th);
        assert_int_equal(count_links(), before);
}

/* A refused program costs its own metrics, and says so. */
static void test_refused(void **state)
{
        struct testhost *th;
        const char *reason = NULL;

        refused = "page_alloc";
        th = open_plugin(NULL);
        assert_true(testhost_program(th, "page_alloc", &reason) < 0);
        assert_non_null(strstr(reason, "Permission denied"));
        assert_non_null(testhost_unavailable(th, "mem.allocated_pages"));
        assert_null(testhost_unavailable(th, "mem.reclaim_latency"));
        watch(th, "mem.allocated_pages", ROOT);
        watch(th, "mem.reclaim_latency", ROOT);
        assert_int_equal(testhost_collect(th), 0);
        assert_null(testhost_sample(th, "mem.allocated_pages", ROOT));
        assert_non_null(testhost_sample(th, "mem.reclaim_latency", ROOT));
        testhost_free(th);

        refused = NULL;
        refuse_typed = true;
        th = open_plugin(NULL);
        assert_true(testhost_program(th, "memcg_end_r", &reason) >= 0);
        assert_null(testhost_unavailable(th, "mem.memcg_reclaim_latency"));
        assert_non_null(testhost_unavailable(th, "mem.compaction_latency"));
        testhost_free(th);
}

#define MIB (1024u * 1024u)

/* Touches so many MiB, page by page. */
static void work_touch(uint32_t mib)
{
        size_t size = (size_t) mib * MIB;
        char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE) < 0)
                _exit(1);
        for (size_t i = 0; i < size; i += 4096)
                at[i] = 1;
}

static double vmstat(const char *prefix)
{
        FILE *f = fopen("/proc/vmstat", "re");
        char name[64];
        double value, sum = 0;

        assert_non_null(f);
        while (fscanf(f, "%63s %lf", name, &value) == 2)
                if (strncmp(name, prefix, strlen(prefix)) == 0)
                        sum += value;
        (void) fclose(f);
        return sum;
}

/*
 * A cgroup's pages are those that a reference sees and that the task touched; the machine's, those that the kernel says it gave out.
 * Of two cgroups in one, each has its own, and the upper one both.
 */
static void test_allocated(void **state)
{
        struct reference_bpf *ref = reference_bpf__open();
        struct testhost *th = open_plugin(NULL);
        struct load upper, lower;
        double given, all;

        assert_int_equal(load_init(&upper, "trimtab-test-mem", NULL), 0);
        assert_int_equal(load_init(&lower, "below", &upper), 0);
        assert_non_null(ref);
        ref->rodata->target = lower.id;
        assert_int_equal(reference_bpf__load(ref), 0);
        know(th, &upper);
        know(th, &lower);
        assert_int_equal(testhost_watch(th, "mem.allocated_pages", (uint64_t[]){ ROOT, upper.id, lower.id }, 3), 0);
        assert_int_equal(reference_bpf__attach(ref), 0);

        all = value_of(th, "mem.allocated_pages", ROOT);
        given = vmstat("pgalloc_");
        assert_true(load_start(&lower, work_touch, 256) > 0);
        load_wait(&lower);
        assert_true(load_start(&upper, work_touch, 64) > 0);
        load_wait(&upper);
        given = vmstat("pgalloc_") - given;
        all = value_of(th, "mem.allocated_pages", ROOT) - all;
        reference_bpf__detach(ref);

        print_message("  lower %.0f (reference %llu), upper %.0f, machine %.0f (pgalloc %.0f)\n",
                      value_of(th, "mem.allocated_pages", lower.id), (unsigned long long) ref->bss->seen.pages,
                      value_of(th, "mem.allocated_pages", upper.id), all, given);
        assert_near(value_of(th, "mem.allocated_pages", lower.id), (double) ref->bss->seen.pages, 0.001);
        assert_near(value_of(th, "mem.allocated_pages", lower.id), 256 * MIB / 4096, 0.1);
        assert_near(value_of(th, "mem.allocated_pages", upper.id), (256 + 64) * MIB / 4096, 0.1);
        assert_near(all, given, 0.1);

        testhost_free(th);
        load_done(&lower);
        load_done(&upper);
        reference_bpf__destroy(ref);
}

/* A cgroup that is watched no longer leaves what it had with its parent, and one that comes has none of it. */
static void test_hand_over(void **state)
{
        struct testhost *th = open_plugin("2");
        struct load upper, lower, next;
        double before;

        assert_int_equal(load_init(&upper, "trimtab-test-mem", NULL), 0);
        assert_int_equal(load_init(&lower, "below", &upper), 0);
        assert_int_equal(load_init(&next, "next", &upper), 0);
        know(th, &upper);
        know(th, &lower);
        know(th, &next);
        assert_int_equal(testhost_watch(th, "mem.allocated_pages", (uint64_t[]){ upper.id, lower.id }, 2), 0);
        assert_true(load_start(&lower, work_touch, 64) > 0);
        load_wait(&lower);
        before = value_of(th, "mem.allocated_pages", upper.id);
        assert_true(before >= 64 * MIB / 4096);

        assert_int_equal(testhost_watch(th, "mem.allocated_pages", (uint64_t[]){ upper.id, next.id }, 2), 0);
        assert_true(value_of(th, "mem.allocated_pages", next.id) < 100);
        assert_true(value_of(th, "mem.allocated_pages", upper.id) >= before);
        assert_true(load_start(&next, work_touch, 32) > 0);
        load_wait(&next);
        assert_near(value_of(th, "mem.allocated_pages", next.id), 32 * MIB / 4096, 0.2);
        assert_near(value_of(th, "mem.allocated_pages", upper.id), 96 * MIB / 4096, 0.2);

        /* There is no room for a third. */
        assert_int_equal(testhost_watch(th, "mem.allocated_pages", (uint64_t[]){ upper.id, next.id, lower.id }, 3),
                         -ENOSPC);
        testhost_free(th);
        load_done(&next);
        load_done(&lower);
        load_done(&upper);
}

/* Runs a program as if the tracepoint were hit by this task. */
static void hit(int program, uint64_t argument)
{
        uint64_t context[12] = { argument };
        LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = context, .ctx_size_in = sizeof(context));

        if (bpf_prog_test_run_opts(program, &opts) < 0)
                _exit(3);
}

static struct {
        int begin, end;
} stall;

#define STALL_US 20000u
#define PAGES    32u

static void work_stall(uint32_t n)
{
        for (uint32_t i = 0; i < n; i++) {
                hit(stall.begin, 0);
                (void) usleep(STALL_US);
                hit(stall.end, PAGES);
        }
}

static void work_end(uint32_t unused)
{
        hit(stall.end, PAGES);
}

static int program(struct testhost *th, const char *name)
{
        const char *reason;
        int fd = testhost_program(th, name, &reason);

        assert_true(fd >= 0);
        return fd;
}

static struct testhost *open_stalled(void)
{
        struct testhost *th;

        refuse_typed = true; /* only the raw ones can be run */
        th = open_plugin(NULL);
        stall.begin = program(th, "memcg_begin_r");
        stall.end = program(th, "memcg_end_r");
        return th;
}

static void run(struct load *l, void (*work)(uint32_t), uint32_t argument)
{
        int status;
        pid_t pid = load_start(l, work, argument);

        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        l->n = 0;
        assert_int_equal(status, 0);
}

static double count_of(const struct testhost_sample *s)
{
        double n = 0;

        for (uint32_t i = 0; i < s->n_slots; i++)
                n += (double) s->slots[i];
        return n;
}

/* Stalls are counted with their length and what they brought, for whom they are of, and are of their kind. */
static void test_stalls(void **state)
{
        struct testhost *th = open_stalled();
        const struct testhost_sample *s;
        struct load l, other;

        assert_int_equal(load_init(&l, "trimtab-test-mem", NULL), 0);
        assert_int_equal(load_init(&other, "trimtab-test-mem-2", NULL), 0);
        know(th, &l);
        know(th, &other);
        watch(th, "mem.memcg_reclaim_latency", l.id);
        watch(th, "mem.reclaim_latency", l.id);
        watch(th, "mem.reclaimed_pages", l.id);

        run(&l, work_stall, 8);
        run(&other, work_stall, 3);
        s = collect(th, "mem.memcg_reclaim_latency", l.id);
        assert_true(count_of(s) == 8);
        assert_true(s->sum >= 8 * STALL_US * 1e3 && s->sum < 8 * STALL_US * 1e3 * 3);
        for (uint32_t i = 0; i < trimtab_hist_slot(STALL_US * 1000); i++)
                assert_int_equal(s->slots[i], 0);
        assert_true(count_of(collect(th, "mem.reclaim_latency", l.id)) == 0);
        assert_true(value_of(th, "mem.reclaimed_pages", l.id) == 8 * PAGES);

        testhost_free(th);
        load_done(&l);
        load_done(&other);
}

/*
 * A pair of which one was not seen is no sample: the end alone, for we came in between; the beginning alone, for we went in between
 * and came back, and then another end.
 */
static void test_lost_pairs(void **state)
{
        struct testhost *th = open_stalled();
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-mem", NULL), 0);
        know(th, &l);
        watch(th, "mem.memcg_reclaim_latency", l.id);
        run(&l, work_end, 0);
        assert_true(count_of(collect(th, "mem.memcg_reclaim_latency", l.id)) == 0);

        /* By this very task, in its own cgroup, as the pid has to be the same. */
        watch(th, "mem.memcg_reclaim_latency", ROOT);
        hit(stall.begin, 0);
        hit(stall.end, PAGES);
        hit(stall.end, PAGES);
        assert_true(count_of(collect(th, "mem.memcg_reclaim_latency", ROOT)) == 1);
        hit(stall.begin, 0);
        assert_int_equal(testhost_watch(th, "mem.memcg_reclaim_latency", NULL, 0), 0);
        watch(th, "mem.memcg_reclaim_latency", ROOT);
        hit(stall.end, PAGES);
        assert_true(count_of(collect(th, "mem.memcg_reclaim_latency", ROOT)) == 1);

        testhost_free(th);
        load_done(&l);
}

/* One kind of stall inside of another: each has its own length. */
static void test_nested(void **state)
{
        struct testhost *th = open_stalled();
        int direct = program(th, "direct_begin_r"), direct_end = program(th, "direct_end_r");
        double outer, inner;

        watch(th, "mem.memcg_reclaim_latency", ROOT);
        watch(th, "mem.reclaim_latency", ROOT);
        hit(direct, 0);
        (void) usleep(STALL_US);
        hit(stall.begin, 0);
        (void) usleep(STALL_US);
        hit(stall.end, 0);
        hit(direct_end, 0);
        inner = collect(th, "mem.memcg_reclaim_latency", ROOT)->sum;
        outer = collect(th, "mem.reclaim_latency", ROOT)->sum;
        assert_true(inner >= STALL_US * 1e3 && outer >= inner + STALL_US * 1e3);
        testhost_free(th);
}

/* Tasks that stall at the same time do not take each other's beginning: of 64, at most one in the hash falls on another's. */
static void test_many(void **state)
{
        struct testhost *th = open_stalled();
        struct load l;
        double n;

        assert_int_equal(load_init(&l, "trimtab-test-mem", NULL), 0);
        know(th, &l);
        watch(th, "mem.memcg_reclaim_latency", l.id);
        for (uint32_t i = 0; i < LOAD_MAX; i++)
                assert_true(load_start(&l, work_stall, 10) > 0);
        load_wait(&l);
        n = count_of(collect(th, "mem.memcg_reclaim_latency", l.id));
        print_message("  %.0f of %u\n", n, LOAD_MAX * 10);
        assert_true(n <= LOAD_MAX * 10 && n >= LOAD_MAX * 10 * 0.9);
        testhost_free(th);
        load_done(&l);
}

/* The kernel's own account of its threads, as ps reads it. */
static double cpu_time(const char *name)
{
        char command[128];
        double seconds = -1;
        FILE *p;

        (void) snprintf(command, sizeof(command),
                        "cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 ~ /^\\(%s[0-9]+\\)$/ { t += $14 + $15 } END { print t }'", name);
        p = popen(command, "re");
        assert_non_null(p);
        assert_int_equal(fscanf(p, "%lf", &seconds), 1);
        (void) pclose(p);
        return seconds / (double) sysconf(_SC_CLK_TCK);
}

static void test_threads(void **state)
{
        static const char *const names[] = { "kswapd", "kcompactd" };
        struct testhost *th = open_plugin(NULL);

        for (uint32_t i = 0; i < 2; i++) {
                char metric[32];

                (void) snprintf(metric, sizeof(metric), "mem.%s", names[i]);
                watch(th, metric, TRIMTAB_HOST_OBJECT);
                if (testhost_unavailable(th, metric)) {
                        print_message("  %s: %s\n", metric, testhost_unavailable(th, metric));
                        continue;
                }
                print_message("  %s: %.3f s (%.3f s)\n", metric, value_of(th, metric, TRIMTAB_HOST_OBJECT) / 1e9,
                              cpu_time(names[i]));
                assert_true(value_of(th, metric, TRIMTAB_HOST_OBJECT) / 1e9 <= cpu_time(names[i]) + 0.1);
                assert_true(value_of(th, metric, TRIMTAB_HOST_OBJECT) / 1e9 >= cpu_time(names[i]) - 0.1);
        }
        testhost_free(th);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_programs, teardown),  cmocka_unit_test_teardown(test_refused, teardown),
                cmocka_unit_test_teardown(test_allocated, teardown), cmocka_unit_test_teardown(test_hand_over, teardown),
                cmocka_unit_test_teardown(test_stalls, teardown),    cmocka_unit_test_teardown(test_lost_pairs, teardown),
                cmocka_unit_test_teardown(test_nested, teardown),    cmocka_unit_test_teardown(test_many, teardown),
                cmocka_unit_test_teardown(test_threads, teardown),
        };

        if (argc != 2) {
                (void) fprintf(stderr, "usage: test-mem PLUGIN.so\n");
                return 2;
        }
        plugin_file = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
