/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The mem plugin under real pressure: stalls are as many and as long as a reference sees, and as the kernel's own counters say. For a
 * machine that may be thrown away: it is driven out of memory.
 *
 *     test-pressure PLUGIN.so
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "../sched/load.h"
#include "reference.h"
#include "reference.bpf.skel.h"
#include "testhost.h"

#define ROOT 1ull
#define MIB  (1024ull * 1024)

static const char *plugin_file;

static const char *const stalls[REF_KINDS] = { "mem.reclaim_latency", "mem.memcg_reclaim_latency", "mem.compaction_latency" };

static int put(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

        if (fd >= 0)
                (void) close(fd);
        return n < 0 ? -1 : 0;
}

/* The sum of the numbers behind the names that begin so, or are that (a name with a space at its end). */
static double sum_in(const char *path, const char *prefix)
{
        FILE *f = fopen(path, "re");
        double sum = 0;
        char line[128];

        assert_non_null(f);
        while (fgets(line, sizeof(line), f))
                if (strncmp(line, prefix, strlen(prefix)) == 0)
                        sum += strtod(strchr(line, ' '), NULL);
        (void) fclose(f);
        return sum;
}

static double vmstat(const char *prefix)
{
        return sum_in("/proc/vmstat", prefix);
}

static void assert_near(const char *what, double value, double expected, double tolerance)
{
        print_message("  %s: %.0f, expected %.0f\n", what, value, expected);
        if (!(value >= expected * (1 - tolerance) && value <= expected * (1 + tolerance)))
                fail_msg("%s: %.0f is not within %.0f %% of %.0f", what, value, tolerance * 100, expected);
}

/* A plugin that watches a cgroup and the root with all it has, and a reference for the cgroup. */
struct stage {
        struct load load;
        struct testhost *th;
        struct reference_bpf *ref;
};

static void begin(struct stage *s)
{
        static const char *const metrics[] = { "mem.allocated_pages", "mem.reclaim_latency", "mem.memcg_reclaim_latency",
                                               "mem.compaction_latency", "mem.reclaimed_pages" };
        uint64_t host = TRIMTAB_HOST_OBJECT;

        assert_int_equal(load_init(&s->load, "pressed", NULL), 0);
        s->th = testhost_new(plugin_file);
        assert_non_null(s->th);
        assert_int_equal(testhost_open(s->th), 0);
        testhost_add_object(s->th, "cgroup", ROOT, "/", NULL);
        testhost_add_object(s->th, "cgroup", s->load.id, s->load.path, s->load.path);
        testhost_add_object(s->th, "host", host, "host", NULL);

        s->ref = reference_bpf__open();
        assert_non_null(s->ref);
        s->ref->rodata->target = s->load.id;
        assert_int_equal(reference_bpf__load(s->ref), 0);
        assert_int_equal(reference_bpf__attach(s->ref), 0);
        for (uint32_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
                assert_int_equal(testhost_watch(s->th, metrics[i], (uint64_t[]){ ROOT, s->load.id }, 2), 0);
        assert_int_equal(testhost_watch(s->th, "mem.kswapd", &host, 1), 0);
        assert_int_equal(testhost_collect(s->th), 0);
}

static void end(struct stage *s)
{
        testhost_free(s->th);
        load_done(&s->load);
        reference_bpf__destroy(s->ref);
}

static double count_of(const struct stage *s, const char *metric, uint64_t object)
{
        const struct testhost_sample *sample = testhost_sample(s->th, metric, object);
        double n = 0;

        assert_non_null(sample);
        for (uint32_t i = 0; i < sample->n_slots; i++)
                n += (double) sample->slots[i];
        return n;
}

static double value_of(const struct stage *s, const char *metric, uint64_t object)
{
        assert_non_null(testhost_sample(s->th, metric, object));
        return testhost_sample(s->th, metric, object)->value;
}

/* Of the cgroup; the reference takes its times within ours, or ours within it. */
static void assert_like_reference(const struct stage *s, uint32_t kind)
{
        const struct reference *seen = &s->ref->bss->seen;
        double n = count_of(s, stalls[kind], s->load.id), sum = testhost_sample(s->th, stalls[kind], s->load.id)->sum;

        print_message("  %s: %llu of the cgroup, %llu in all\n", stalls[kind], (unsigned long long) seen->n[kind],
                      (unsigned long long) seen->all[kind]);
        assert_true(seen->n[kind] >= 5);
        assert_near(stalls[kind], n, (double) seen->n[kind], 0.05);
        assert_near("their mean, ns", sum / n, (double) seen->ns[kind] / (double) seen->n[kind], 0.1);
        assert_near("of the machine", count_of(s, stalls[kind], ROOT), (double) seen->all[kind], 0.05);
}

static void touch(uint64_t size)
{
        char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE) < 0)
                _exit(1);
        for (uint64_t i = 0; i < size; i += 4096)
                at[i] = 1;
}

static void work_touch(uint32_t mib)
{
        touch(mib * MIB);
}

/* memory.high makes its tasks reclaim, from itself. */
static void test_memory_high(void **state)
{
        struct stage s;
        char file[192];

        begin(&s);
        (void) snprintf(file, sizeof(file), "%s/memory.high", s.load.path);
        assert_int_equal(put(file, "33554432"), 0);
        assert_true(load_start(&s.load, work_touch, 96) > 0);
        load_wait(&s.load);

        assert_int_equal(testhost_collect(s.th), 0);
        assert_like_reference(&s, REF_MEMCG);
        (void) snprintf(file, sizeof(file), "%s/memory.stat", s.load.path);
        assert_near("mem.reclaimed_pages, by memory.stat", value_of(&s, "mem.reclaimed_pages", s.load.id),
                    sum_in(file, "pgsteal "), 0.1);
        assert_near("mem.allocated_pages", value_of(&s, "mem.allocated_pages", s.load.id), (double) s.ref->bss->seen.pages, 0.01);
        end(&s);
}

static void work_more_than_there_is(uint32_t unused)
{
        struct sysinfo info;

        (void) sysinfo(&info);
        touch((uint64_t) info.totalram * info.mem_unit / 4 * 5);
}

/* More is wanted than there is: kswapd does not keep up, and tasks reclaim themselves. */
static void test_direct_reclaim(void **state)
{
        double allocstall, steal, kswapd, before;
        struct stage s;

        begin(&s);
        allocstall = vmstat("allocstall_");
        steal = vmstat("pgsteal_direct");
        kswapd = vmstat("pgsteal_kswapd");
        before = value_of(&s, "mem.kswapd", TRIMTAB_HOST_OBJECT);
        assert_true(load_start(&s.load, work_more_than_there_is, 0) > 0);
        load_wait(&s.load);
        allocstall = vmstat("allocstall_") - allocstall;
        steal = vmstat("pgsteal_direct") - steal;
        kswapd = vmstat("pgsteal_kswapd") - kswapd;

        assert_int_equal(testhost_collect(s.th), 0);
        assert_like_reference(&s, REF_DIRECT);
        assert_near("of the machine, by allocstall", count_of(&s, "mem.reclaim_latency", ROOT), allocstall, 0.1);
        assert_near("mem.reclaimed_pages of the machine, by pgsteal_direct", value_of(&s, "mem.reclaimed_pages", ROOT), steal, 0.1);
        print_message("  kswapd took %.1f ms for %.0f pages\n",
                      (value_of(&s, "mem.kswapd", TRIMTAB_HOST_OBJECT) - before) / 1e6, kswapd);
        assert_true(kswapd > 0 && value_of(&s, "mem.kswapd", TRIMTAB_HOST_OBJECT) > before);
        end(&s);
}

/* Huge pages where memory is in pieces: every other page of most of it is given back first. */
static void work_huge(uint32_t mib)
{
        struct sysinfo info;
        uint64_t size;
        char *at;

        (void) sysinfo(&info);
        size = (uint64_t) info.freeram * info.mem_unit / 10 * 9;
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE) < 0)
                _exit(1);
        for (uint64_t i = 0; i < size; i += 4096)
                at[i] = 1;
        for (uint64_t i = 0; i < size; i += 8192)
                (void) madvise(at + i, 4096, MADV_DONTNEED);

        size = mib * MIB;
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED || madvise(at, size, MADV_HUGEPAGE) < 0)
                _exit(1);
        for (uint64_t i = 0; i < size; i += 4096)
                at[i] = 1;
}

/* As many as there can be, and one more. */
static void work_too_many_huge(uint32_t unused)
{
        struct sysinfo info;
        char text[32];

        (void) sysinfo(&info);
        (void) snprintf(text, sizeof(text), "%llu", (unsigned long long) info.totalram * info.mem_unit / (2 * MIB));
        (void) put("/proc/sys/vm/nr_hugepages", text);
        (void) put("/proc/sys/vm/nr_hugepages", "0");
}

static void test_compaction(void **state)
{
        double stall = vmstat("compact_stall");
        struct stage s;

        begin(&s);
        assert_true(load_start(&s.load, work_huge, 128) > 0);
        load_wait(&s.load);
        assert_true(load_start(&s.load, work_too_many_huge, 0) > 0);
        load_wait(&s.load);
        stall = vmstat("compact_stall") - stall;

        assert_int_equal(testhost_collect(s.th), 0);
        print_message("  %.0f compact_stall; allocations that failed: %llu pages\n", stall,
                      (unsigned long long) s.ref->bss->seen.failed);
        assert_true(stall > 0);
        assert_like_reference(&s, REF_COMPACTION);

        /* What was not given is not counted. (pgalloc_* of vmstat is no witness here: it leaves out what compaction hands over.) */
        assert_true(s.ref->bss->seen.failed >= 512);
        assert_near("mem.allocated_pages", value_of(&s, "mem.allocated_pages", s.load.id), (double) s.ref->bss->seen.pages, 0.01);
        end(&s);
}

/* Compressed memory as swap: what is not used can go somewhere. */
static int prepare(void **state)
{
        if (system("modprobe zram && echo 1G > /sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null && swapon /dev/zram0") != 0)
                return -1;
        /* Off by default where there is little memory. */
        if (put("/sys/kernel/mm/transparent_hugepage/enabled", "madvise") < 0 ||
            put("/sys/kernel/mm/transparent_hugepage/defrag", "madvise") < 0)
                return -1;
        return put("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_memory_high),
                cmocka_unit_test(test_direct_reclaim),
                cmocka_unit_test(test_compaction),
        };

        if (argc != 2) {
                (void) fprintf(stderr, "usage: test-pressure PLUGIN.so\n");
                return 2;
        }
        plugin_file = argv[1];
        return cmocka_run_group_tests(tests, prepare, NULL);
}
