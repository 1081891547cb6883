/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The sched plugin on the running kernel: its programs load, and its numbers are those that others find.
 *
 *     test-sched PLUGIN.so
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <trimtab/bpf/histogram.h>

#include "../../../plugins/sched/sched.h"
#include "load.h"
#include "near.h"
#include "reference.h"
#include "reference.bpf.skel.h"
#include "testhost.h"

static const char *plugin_file;

/*
 * libbpf and the plugin make their system calls through this one, ours, so that a test can be the kernel that
 * refuses a program, or the machine that has counters.
 */
static const char *refused[4]; /* programs by name */
static bool fake_counters;     /* answer hardware events with the software clock */

static bool is_refused(const char *name)
{
        for (uint32_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
                if (refused[i] && strcmp(name, refused[i]) == 0)
                        return true;
        return false;
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

        if (number == SYS_bpf && a[0] == BPF_PROG_LOAD && is_refused(((union bpf_attr *) a[1])->prog_name)) {
                errno = EACCES;
                return -1;
        }
        if (number == SYS_perf_event_open && fake_counters &&
            ((struct perf_event_attr *) a[0])->type == PERF_TYPE_HARDWARE) {
                ((struct perf_event_attr *) a[0])->type = PERF_TYPE_SOFTWARE;
                ((struct perf_event_attr *) a[0])->config = PERF_COUNT_SW_CPU_CLOCK;
        }

        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void assert_same_distribution(const struct testhost_sample *ours, const struct reference *ref)
{
        static const double ps[] = { 0.5, 0.9, 0.99 };
        double n = (double) total(ours->slots), ref_n = (double) total(ref->latency);

        print_message("  count %.0f (reference %.0f), mean %.0f ns (%.0f ns), %llu of %llu migrations while "
                      "queued\n",
                      n, ref_n, ours->sum / n, (double) ref->latency_sum / ref_n,
                      (unsigned long long) ref->queued_migrations, (unsigned long long) ref->migrations);
        assert_true(ref_n > 100);
        assert_near(n, ref_n, 0.1);
        assert_near(ours->sum / n, (double) ref->latency_sum / ref_n, 0.1);
        for (uint32_t i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
                int slot = percentile(ours->slots, ps[i]), expected = percentile(ref->latency, ps[i]);

                print_message("  p%.0f in slot 2^%d (reference 2^%d)\n", ps[i] * 100, slot, expected);
                assert_true(abs(slot - expected) <= 1);
        }
}

static struct testhost *open_with(const char *option, const char *value)
{
        struct testhost *th = testhost_new(plugin_file);

        assert_non_null(th);
        testhost_set_option(th, option, value);
        assert_int_equal(testhost_open(th), 0);
        return th;
}

static struct testhost *open_plugin(const char *timestamps)
{
        return open_with("timestamps", timestamps);
}

static void know(struct testhost *th, const struct load *l)
{
        testhost_add_object(th, "cgroup", l->id, l->path, l->path);
}

static void watch(struct testhost *th, const char *metric, const struct load *l)
{
        assert_int_equal(testhost_watch(th, metric, &l->id, 1), 0);
}

static double value_of(const struct testhost *th, const char *metric, uint64_t object)
{
        const struct testhost_sample *s = testhost_sample(th, metric, object);

        assert_non_null(s);
        return s->value;
}

static double collect_value(struct testhost *th, const char *metric, const struct load *l)
{
        (void) usleep(1000); /* as out of an event loop: we have just been switched in */
        assert_int_equal(testhost_collect(th), 0);
        return value_of(th, metric, l->id);
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
        static const char *const names[] = { "sched_switch", "sched_migrate", "sched_counters",
                                             "sched_seed" };
        static const char *const wakeups[] = { "sched_switch", "sched_migrate", "sched_wakeup",
                                               "sched_newtask" };
        struct testhost *th = open_plugin("kernel");
        uint32_t before = count_links();
        const char *reason;
        uint64_t cpu = 0;

        for (uint32_t i = 0; i < 4; i++)
                assert_true(testhost_program(th, names[i], &reason) >= 0);
        assert_int_equal(testhost_program(th, "sched_wakeup", &reason), -ENOENT);

        assert_int_equal(testhost_watch(th, "sched.cpu_runtime", &cpu, 1), 0);
        assert_int_equal(count_links(), before + 1);
        assert_int_equal(testhost_watch(th, "sched.cpu_runtime", NULL, 0), 0);
        assert_int_equal(count_links(), before);
        testhost_free(th);

        th = open_plugin("wakeups");
        for (uint32_t i = 0; i < 4; i++)
                assert_true(testhost_program(th, wakeups[i], &reason) >= 0);
        assert_int_equal(testhost_watch(th, "sched.cpu_runq_latency", &cpu, 1), 0);
        assert_int_equal(count_links(), before + 4);
        testhost_free(th);
        assert_int_equal(count_links(), before);
}

struct mix {
        uint32_t naps, spins, sleeps;
        bool shuffled;
};

static void compare_with_reference(const char *timestamps, struct mix mix)
{
        struct reference_bpf *ref = reference_bpf__open();
        struct testhost *th = open_plugin(timestamps);
        struct load l;

        assert_non_null(ref);
        assert_int_equal(load_init(&l, "trimtab-test-latency", NULL), 0);
        ref->rodata->target = l.id;
        assert_int_equal(reference_bpf__load(ref), 0);
        know(th, &l);
        watch(th, "sched.runq_latency", &l);
        watch(th, "sched.migrations", &l);
        assert_int_equal(reference_bpf__attach(ref), 0);

        for (uint32_t i = 0; i < mix.naps; i++)
                assert_true(load_start(&l, work_nap, 1000 + 700 * i) > 0);
        for (uint32_t i = 0; i < mix.spins; i++)
                assert_true(load_start(&l, work_spin, 0) > 0);
        for (uint32_t i = 0; i < mix.sleeps; i++)
                assert_true(load_start(&l, work_sleep, 100000 + 10000 * i) > 0);
        if (!mix.shuffled)
                (void) usleep(3000000);
        for (uint32_t i = 0; mix.shuffled && ref->bss->seen.migrations < 1500 && i < 200; i++)
                load_shuffle(&l, 300, 500);
        load_stop(&l);

        assert_int_equal(testhost_collect(th), 0);
        reference_bpf__detach(ref);
        assert_same_distribution(testhost_sample(th, "sched.runq_latency", l.id), &ref->bss->seen);
        assert_near(value_of(th, "sched.migrations", l.id), (double) ref->bss->seen.migrations, 0.02);
        if (mix.shuffled)
                assert_true(ref->bss->seen.queued_migrations >= 300);

        testhost_free(th);
        load_done(&l);
        reference_bpf__destroy(ref);
}

static void test_latency_sleepers(void **state)
{
        compare_with_reference("kernel", (struct mix){ .naps = 6, .spins = 3 });
}

/* Tasks that are moved while they wait: the whole wait counts. */
static void test_latency_migrations(void **state)
{
        compare_with_reference("kernel", (struct mix){ .naps = 4, .spins = 6, .shuffled = true });
}

/* Sleepers that are moved: since 6.12 some are still on the run queue then, and their sleep is no wait. */
static void test_latency_moved_sleepers(void **state)
{
        compare_with_reference("kernel", (struct mix){ .spins = 2, .sleeps = 14, .shuffled = true });
}

static void test_latency_wakeups(void **state)
{
        compare_with_reference("wakeups", (struct mix){ .naps = 4, .spins = 6, .shuffled = true });
}

static void read_switches(pid_t pid, double *ret_voluntary, double *ret_involuntary)
{
        char path[64], line[256];
        FILE *f;

        (void) snprintf(path, sizeof(path), "/proc/%d/status", (int) pid);
        f = fopen(path, "re");
        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                (void) sscanf(line, "voluntary_ctxt_switches: %lf", ret_voluntary);
                (void) sscanf(line, "nonvoluntary_ctxt_switches: %lf", ret_involuntary);
        }
        (void) fclose(f);
}

struct turns {
        double switches, preemptions;
};

/* Of processes that stand still now. */
static struct turns turns_of(const struct load *l)
{
        struct turns t = { 0, 0 };

        for (uint32_t i = 0; i < l->n; i++) {
                double voluntary, involuntary;

                read_switches(l->pids[i], &voluntary, &involuntary);
                t.switches += voluntary + involuntary;
                t.preemptions += involuntary;
        }
        return t;
}

static struct turns turns_seen(struct testhost *th, const struct load *l)
{
        assert_int_equal(testhost_collect(th), 0);
        return (struct turns){ value_of(th, "sched.switches", l->id), value_of(th, "sched.preemptions", l->id) };
}

/*
 * Switches and preemptions of a cgroup's processes are those in /proc/PID/status, from one moment at which they stand still to
 * another: what they did before they were in the cgroup is not its.
 */
static void check_switches(const char *expected_program)
{
        struct testhost *th = open_plugin("auto");
        struct turns seen, expected, seen_before, before;
        const char *reason;
        struct load l;

        assert_true(testhost_program(th, expected_program, &reason) >= 0);
        assert_int_equal(load_init(&l, "trimtab-test-switches", NULL), 0);
        know(th, &l);
        watch(th, "sched.switches", &l);
        watch(th, "sched.preemptions", &l);
        for (uint32_t i = 0; i < 3; i++) {
                assert_true(load_start(&l, work_nap, 2000) > 0);
                assert_true(load_start(&l, work_spin, 0) > 0);
        }
        (void) usleep(100000);

        load_freeze(&l);
        seen_before = turns_seen(th, &l);
        before = turns_of(&l);
        load_thaw(&l);
        (void) usleep(2000000);
        load_freeze(&l);
        seen = turns_seen(th, &l);
        expected = turns_of(&l);

        seen.switches -= seen_before.switches;
        seen.preemptions -= seen_before.preemptions;
        expected.switches -= before.switches;
        expected.preemptions -= before.preemptions;
        print_message("  switches %.0f (%.0f), preemptions %.0f (%.0f)\n", seen.switches, expected.switches,
                      seen.preemptions, expected.preemptions);
        assert_true(expected.switches > 100);
        assert_near(seen.switches, expected.switches, 0.02);
        assert_near(seen.preemptions, expected.preemptions, 0.02);
        testhost_free(th);
        load_done(&l);
}

static void test_switches(void **state)
{
        check_switches("sched_switch");
}

/* With tp_btf refused the raw tracepoint does the same; nothing else is lost. */
static void test_raw_tracepoint(void **state)
{
        struct testhost *th;
        const char *reason;

        refused[0] = "sched_switch";
        th = open_plugin("auto");
        assert_int_equal(testhost_program(th, "sched_switch", &reason), -ENOENT);
        assert_true(testhost_program(th, "sched_migrate", &reason) >= 0);
        assert_null(testhost_unavailable(th, "sched.runq_latency"));
        testhost_free(th);

        check_switches("sched_switch_r");
        refused[0] = NULL;
}

/* A program that the kernel refuses costs its own metrics, with the reason, and no other. */
static void test_refusal(void **state)
{
        struct testhost *th;
        const char *reason;
        struct load l;

        refused[0] = "sched_migrate";
        refused[1] = "sched_migrate_r";
        th = open_plugin("auto");
        refused[0] = refused[1] = NULL;

        assert_int_equal(testhost_program(th, "sched_migrate_r", &reason), -1);
        assert_non_null(strstr(reason, strerror(EACCES)));
        assert_non_null(testhost_unavailable(th, "sched.migrations"));
        assert_null(testhost_unavailable(th, "sched.runtime"));
        assert_null(testhost_unavailable(th, "sched.runq_latency"));

        assert_int_equal(load_init(&l, "trimtab-test-refusal", NULL), 0);
        know(th, &l);
        watch(th, "sched.migrations", &l);
        watch(th, "sched.runtime", &l);
        assert_true(load_start(&l, work_burn, 50000) > 0);
        load_wait(&l);
        assert_true(collect_value(th, "sched.runtime", &l) >= 50e6);
        assert_null(testhost_sample(th, "sched.migrations", l.id));
        testhost_free(th);
        load_done(&l);
}

/* Nothing at all may be had: the plugin still opens, and says so of every metric. */
static void test_refusal_of_all(void **state)
{
        struct testhost *th;

        refused[0] = "sched_switch";
        refused[1] = "sched_switch_r";
        th = open_plugin("auto");
        refused[0] = refused[1] = NULL;
        assert_non_null(testhost_unavailable(th, "sched.runq_latency"));
        assert_non_null(testhost_unavailable(th, "sched.cpu_runtime"));
        assert_null(testhost_unavailable(th, "sched.migrations"));
        testhost_free(th);
}

static double cpu_time(const struct load *l)
{
        double sum = 0;

        for (uint32_t i = 0; i < l->n; i++) {
                struct timespec t;
                clockid_t clock;

                assert_int_equal(clock_getcpuclockid(l->pids[i], &clock), 0);
                assert_int_equal(clock_gettime(clock, &t), 0);
                sum += (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
        }
        return sum;
}

/* Run time is that of the processes' CPU clocks, the turn under way included; CPUs and the root agree. */
static void check_runtime(const char *max_cgroups)
{
        static const struct load root = { .path = "/", .id = 1 };
        uint64_t cpus[64], n_cpus = (uint64_t) sysconf(_SC_NPROCESSORS_ONLN);
        struct testhost *th = open_with("max-cgroups", max_cgroups);
        double before, machine, before_cpus = 0, on_cpus = 0, clocks;
        struct load l;

        n_cpus = n_cpus < 64 ? n_cpus : 64;
        for (uint64_t i = 0; i < n_cpus; i++)
                cpus[i] = i;
        assert_int_equal(load_init(&l, "trimtab-test-runtime", NULL), 0);
        know(th, &l);
        know(th, &root);

        /* Those that run before anything is attached are seen too. */
        for (uint32_t i = 0; i < 3; i++)
                assert_true(load_start(&l, work_spin, 0) > 0);
        assert_true(load_start(&l, work_nap, 1500) > 0);
        (void) usleep(200000);

        watch(th, "sched.runtime", &l);
        {
                uint64_t both[] = { l.id, root.id };

                assert_int_equal(testhost_watch(th, "sched.runtime", both, 2), 0);
        }
        assert_int_equal(testhost_watch(th, "sched.cpu_runtime", cpus, (uint32_t) n_cpus), 0);

        before = collect_value(th, "sched.runtime", &l);
        clocks = cpu_time(&l);
        machine = value_of(th, "sched.runtime", root.id);
        for (uint64_t i = 0; i < n_cpus; i++)
                before_cpus += value_of(th, "sched.cpu_runtime", i);

        (void) usleep(2000000);

        before = collect_value(th, "sched.runtime", &l) - before;
        clocks = cpu_time(&l) - clocks;
        machine = value_of(th, "sched.runtime", root.id) - machine;
        for (uint64_t i = 0; i < n_cpus; i++)
                on_cpus += value_of(th, "sched.cpu_runtime", i);
        on_cpus -= before_cpus;

        print_message("  cgroup %.0f ms (clocks %.0f ms), root %.0f ms, CPUs %.0f ms\n", before / 1e6,
                      clocks / 1e6, machine / 1e6, on_cpus / 1e6);
        assert_near(before, clocks, 0.05);
        assert_near(machine, on_cpus, 0.001);
        assert_true(machine >= before);
        testhost_free(th);
        load_done(&l);
}

static void test_runtime(void **state)
{
        check_runtime("256");
}

/* So many cgroups that each CPU cannot have entries of its own. */
static void test_runtime_shared(void **state)
{
        check_runtime("4096");
}

/* A cgroup whose place in the table is taken by others is found all the same. */
static void test_crowded_table(void **state)
{
        struct testhost *th = open_plugin("auto");
        uint64_t ids[CGROUP_BUCKET_WAYS + 1];
        uint32_t n = 0;
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-crowded", NULL), 0);
        know(th, &l);
        for (uint64_t id = 1ull << 50; n < CGROUP_BUCKET_WAYS; id++)
                if (hash_64(id, CGROUP_BUCKET_BITS) == hash_64(l.id, CGROUP_BUCKET_BITS))
                        ids[n++] = id;
        ids[n++] = l.id;
        assert_int_equal(testhost_watch(th, "sched.runtime", ids, n), 0);

        assert_true(load_start(&l, work_burn, 20000) > 0);
        load_wait(&l);
        assert_true(collect_value(th, "sched.runtime", &l) >= 20e6);
        assert_true(value_of(th, "sched.runtime", ids[0]) == 0);
        testhost_free(th);
        load_done(&l);
}

/* A cgroup's numbers are those of its subtree, whoever else is watched in it and however it changes. */
static void test_subtree(void **state)
{
        struct testhost *th = open_plugin("auto");
        struct load top, old, new;
        double sum, part;

        assert_int_equal(load_init(&top, "trimtab-test-subtree", NULL), 0);
        assert_int_equal(load_init(&old, "old", &top), 0);
        know(th, &top);
        know(th, &old);
        watch(th, "sched.runtime", &top);
        assert_int_equal(load_init(&new, "new", &top), 0);
        know(th, &new); /* came after the watch began */

        assert_true(load_start(&old, work_burn, 30000) > 0);
        assert_true(load_start(&new, work_burn, 40000) > 0);
        load_wait(&old);
        load_wait(&new);
        sum = collect_value(th, "sched.runtime", &top);
        assert_true(sum >= 70e6 && sum < 150e6);

        /* A part that is watched as well starts at nothing, and the whole goes on. */
        {
                uint64_t both[] = { top.id, old.id };

                assert_int_equal(testhost_watch(th, "sched.runtime", both, 2), 0);
        }
        assert_true(load_start(&old, work_burn, 50000) > 0);
        load_wait(&old);
        assert_int_equal(testhost_collect(th), 0);
        part = value_of(th, "sched.runtime", old.id);
        assert_true(part >= 50e6 && part < 120e6);
        assert_near(value_of(th, "sched.runtime", top.id), sum + part, 0.05);
        sum = value_of(th, "sched.runtime", top.id);

        /* What the part had stays with the whole. */
        watch(th, "sched.runtime", &top);
        assert_true(load_start(&old, work_burn, 60000) > 0);
        load_wait(&old);
        assert_true(collect_value(th, "sched.runtime", &top) >= sum + 60e6);

        /* Gone is gone, and does no harm. */
        load_done(&new);
        testhost_remove_object(th, "cgroup", new.id);
        sum = collect_value(th, "sched.runtime", &top);
        assert_near(collect_value(th, "sched.runtime", &top), sum, 0.01);

        testhost_free(th);
        load_done(&old);
        load_done(&top);
}

/* More cgroups than there is room for: those are refused, the others measured; a slot can be used again. */
static void test_limit(void **state)
{
        struct testhost *th = open_with("max-cgroups", "2");
        struct load loads[3];
        uint64_t ids[3];

        for (uint32_t i = 0; i < 3; i++) {
                char name[32];

                (void) snprintf(name, sizeof(name), "trimtab-test-limit-%u", i);
                assert_int_equal(load_init(&loads[i], name, NULL), 0);
                know(th, &loads[i]);
                ids[i] = loads[i].id;
        }

        assert_int_equal(testhost_watch(th, "sched.runtime", ids, 3), -ENOSPC);
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_WARNING), 1);
        assert_int_equal(testhost_watch(th, "sched.runtime", ids, 3), -ENOSPC); /* as the host does at every tick */
        assert_int_equal(testhost_logged(th, TRIMTAB_LOG_WARNING), 1);
        for (uint32_t i = 0; i < 3; i++) {
                assert_true(load_start(&loads[i], work_burn, 20000) > 0);
                load_wait(&loads[i]);
        }
        assert_int_equal(testhost_collect(th), 0);
        assert_true(value_of(th, "sched.runtime", ids[0]) >= 20e6);
        assert_true(value_of(th, "sched.runtime", ids[1]) >= 20e6);
        assert_null(testhost_sample(th, "sched.runtime", ids[2]));

        /* The third in the place of one that has counted: it starts at nothing. */
        assert_int_equal(testhost_watch(th, "sched.runtime", ids + 1, 2), 0);
        assert_true(load_start(&loads[2], work_burn, 1000) > 0);
        load_wait(&loads[2]);
        assert_int_equal(testhost_collect(th), 0);
        assert_true(value_of(th, "sched.runtime", ids[2]) >= 1e6);
        assert_true(value_of(th, "sched.runtime", ids[2]) < 10e6);

        testhost_free(th);
        for (uint32_t i = 0; i < 3; i++)
                load_done(&loads[i]);
}

/* Without a PMU the metrics are said to be missing; with one (the software clock plays it) they count. */
static void test_counters(void **state)
{
        struct testhost *th = open_plugin("auto");
        double cycles;
        struct load l;

        if (testhost_unavailable(th, "sched.cycles"))
                print_message("  %s\n", testhost_unavailable(th, "sched.cycles"));
        testhost_free(th);

        fake_counters = true;
        th = open_plugin("auto");
        assert_null(testhost_unavailable(th, "sched.cycles"));
        assert_int_equal(load_init(&l, "trimtab-test-counters", NULL), 0);
        know(th, &l);
        watch(th, "sched.cycles", &l);
        watch(th, "sched.instructions", &l);
        watch(th, "sched.runtime", &l);
        fake_counters = false;
        for (uint32_t i = 0; i < 2; i++)
                assert_true(load_start(&l, work_burn, 300000) > 0);
        load_wait(&l);

        cycles = collect_value(th, "sched.cycles", &l);
        print_message("  %.0f ms by the counter, %.0f ms by the run queue\n", cycles / 1e6,
                      value_of(th, "sched.runtime", l.id) / 1e6);
        assert_true(cycles >= 500e6);
        assert_near(cycles, value_of(th, "sched.runtime", l.id), 0.1);
        assert_near(value_of(th, "sched.instructions", l.id), cycles, 0.1);
        testhost_free(th);
        load_done(&l);
}

/*
 * Unwatched and watched again, while switches go on being seen: the new counters begin at 0, and that is not counted
 * backwards. Who was on the CPU then would be charged with it: the whole machine is looked at.
 */
static void test_counters_anew(void **state)
{
        const uint64_t root = 1;
        struct testhost *th;
        double before, after;
        struct load l;

        fake_counters = true;
        th = open_plugin("auto");
        testhost_add_object(th, "cgroup", root, "/", NULL);
        assert_int_equal(testhost_watch(th, "sched.runtime", &root, 1), 0);
        assert_int_equal(testhost_watch(th, "sched.cycles", &root, 1), 0);
        assert_int_equal(load_init(&l, "trimtab-test-anew", NULL), 0);
        for (uint32_t i = 0; i < 4; i++)
                assert_true(load_start(&l, work_burn, 300000) > 0);
        load_wait(&l);
        assert_int_equal(testhost_collect(th), 0);
        before = value_of(th, "sched.cycles", root);

        for (uint32_t i = 0; i < 3; i++) {
                assert_int_equal(testhost_watch(th, "sched.cycles", NULL, 0), 0);
                assert_int_equal(testhost_watch(th, "sched.cycles", &root, 1), 0);
                assert_true(load_start(&l, work_burn, 50000) > 0);
                load_wait(&l);
        }
        fake_counters = false;
        assert_int_equal(testhost_collect(th), 0);
        after = value_of(th, "sched.cycles", root);
        print_message("  %.0f ms before, %.0f ms after\n", before / 1e6, after / 1e6);
        assert_true(after >= before + 50e6);
        testhost_free(th);
        load_done(&l);
}

static const char *cannot_run(void)
{
        struct reference_bpf *ref;
        struct load l;
        bool loads;

        if (geteuid() != 0)
                return "not root";
        if (load_init(&l, "trimtab-test-probe", NULL) < 0)
                return "no cgroup can be made below the unified hierarchy";
        load_done(&l);

        ref = reference_bpf__open_and_load();
        loads = ref;
        reference_bpf__destroy(ref);
        return loads ? NULL : "the kernel takes no tp_btf program";
}

int main(int argc, char **argv)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_programs),
                cmocka_unit_test(test_latency_sleepers),
                cmocka_unit_test(test_latency_migrations),
                cmocka_unit_test(test_latency_moved_sleepers),
                cmocka_unit_test(test_latency_wakeups),
                cmocka_unit_test(test_switches),
                cmocka_unit_test(test_raw_tracepoint),
                cmocka_unit_test(test_refusal),
                cmocka_unit_test(test_refusal_of_all),
                cmocka_unit_test(test_runtime),
                cmocka_unit_test(test_runtime_shared),
                cmocka_unit_test(test_crowded_table),
                cmocka_unit_test(test_subtree),
                cmocka_unit_test(test_limit),
                cmocka_unit_test(test_counters),
                cmocka_unit_test(test_counters_anew),
        };
        const char *why;

        if (argc < 2) {
                (void) fprintf(stderr, "usage: test-sched PLUGIN.so [TEST]\n");
                return 2;
        }
        plugin_file = argv[1];
        if (argc > 2)
                cmocka_set_test_filter(argv[2]);

        why = cannot_run();
        if (why) {
                (void) fprintf(stderr, "skipped: %s\n", why);
                return 77;
        }
        return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
