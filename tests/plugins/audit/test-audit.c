/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The audit plugin on the running kernel: its programs load, and its numbers are those that others find.
 *
 *     test-audit PLUGIN.so
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <trimtab/bpf/histogram.h>

#include "calls.h"
#include "testhost.h"

static const char *plugin_file;
static struct calls_log *log_;

static uint64_t total(const uint64_t *slots)
{
        uint64_t n = 0;

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++)
                n += slots[i];
        return n;
}

/* The power-of-two slot of a percentile. */
static int percentile(const uint64_t *slots, double p)
{
        uint64_t rank = (uint64_t) (p * (double) total(slots)), n = 0;

        for (uint32_t i = 0; i < TRIMTAB_HIST_SLOTS; i++) {
                n += slots[i];
                if (n > rank)
                        return (int) trimtab_log2(trimtab_hist_lower(i) | 1);
        }
        return -1;
}

static void assert_near(double value, double expected, double tolerance)
{
        if (!(value >= expected * (1 - tolerance) && value <= expected * (1 + tolerance)))
                fail_msg("%.0f is not within %.0f %% of %.0f", value, tolerance * 100, expected);
}

static struct testhost *open_plugin(void)
{
        struct testhost *th = testhost_new(plugin_file);

        assert_non_null(th);
        assert_int_equal(testhost_open(th), 0);
        return th;
}

static void know(struct testhost *th, const struct load *l)
{
        testhost_add_object(th, "cgroup", l->id, l->path, l->path);
}

static void watch(struct testhost *th, const char *metric, const struct load *l)
{
        assert_int_equal(testhost_watch(th, metric, &l->id, 1), 0);
}

static double value_of(struct testhost *th, const char *metric, uint64_t object)
{
        const struct testhost_sample *s;

        assert_int_equal(testhost_collect(th), 0);
        s = testhost_sample(th, metric, object);
        assert_non_null(s);
        return s->value;
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
        static const char *const names[] = { "audit_enter", "audit_exit", "audit_exec", "audit_fork", "audit_complete", "audit_identify" };
        struct testhost *th = open_plugin();
        uint32_t before = count_links();
        const char *reason;
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        know(th, &l);
        for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                assert_true(testhost_program(th, names[i], &reason) >= 0);

        watch(th, "audit.forks", &l);
        assert_int_equal(count_links(), before + 1);
        watch(th, "audit.sync_latency", &l);
        assert_int_equal(count_links(), before + 5); /* entry, exit, and io_uring's two */
        assert_int_equal(testhost_watch(th, "audit.forks", NULL, 0), 0);
        assert_int_equal(testhost_watch(th, "audit.sync_latency", NULL, 0), 0);
        assert_int_equal(count_links(), before);
        testhost_free(th);
        load_done(&l);
}

#define READS 301
#define WRITES 203
#define SYNCS 17

static void work_known(uint32_t unused)
{
        char path[64], buffer[8] = "audited";
        int fd, null = open("/dev/zero", O_RDONLY | O_CLOEXEC);

        (void) snprintf(path, sizeof(path), "audit-test.%d", getpid());
        fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        for (int i = 0; i < READS; i++)
                if (read(null, buffer, 1) != 1)
                        _exit(1);
        for (int i = 0; i < WRITES; i++)
                if (pwrite(fd, buffer, sizeof(buffer), i) != sizeof(buffer))
                        _exit(1);
        for (int i = 0; i < SYNCS; i++)
                if (fdatasync(fd) < 0)
                        _exit(1);
        for (int i = 0; i < 100; i++)
                (void) syscall(SYS_getppid);
        if (unlink(path) < 0)
                _exit(1);
}

/* Counts by class are exact; those of another cgroup are not among them. */
static void test_counts(void **state)
{
        struct testhost *th = open_plugin();
        struct load l, other;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        assert_int_equal(load_init(&other, "trimtab-test-other", NULL), 0);
        know(th, &l);
        know(th, &other);
        watch(th, "audit.read_calls", &l);
        watch(th, "audit.write_calls", &l);
        watch(th, "audit.sync_calls", &l);
        watch(th, "audit.open_calls", &l);
        watch(th, "audit.syscalls", &l);
        watch(th, "audit.other_calls", &l);
        watch(th, "audit.process_calls", &l);

        calls_run(&other, work_known, 0);
        assert_int_equal((int) value_of(th, "audit.syscalls", l.id), 0);
        calls_run(&l, work_known, 0);
        assert_int_equal((int) value_of(th, "audit.read_calls", l.id), READS);
        assert_int_equal((int) value_of(th, "audit.write_calls", l.id), WRITES);
        assert_int_equal((int) value_of(th, "audit.sync_calls", l.id), SYNCS);
        assert_int_equal((int) value_of(th, "audit.open_calls", l.id), 2);
        assert_int_equal((int) value_of(th, "audit.process_calls", l.id), 1);
        /* getppid, unlink, getpid, and the close() of cgroup.procs, once inside */
        assert_int_equal((int) value_of(th, "audit.other_calls", l.id), 103);
        assert_int_equal((int) value_of(th, "audit.syscalls", l.id), READS + WRITES + SYNCS + 2 + 1 + 103);

        testhost_free(th);
        load_done(&l);
        load_done(&other);
}

/* Reads that last as long as a timer says, of many lengths; measured by itself. */
static void work_timed(uint32_t unused)
{
        int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

        for (uint32_t i = 0; i < 400; i++) {
                const struct itimerspec in = { .it_value = { .tv_nsec = 20000 + (i * i) % 3000 * 1000 } };
                uint64_t start, expirations;

                if (timerfd_settime(timer, 0, &in, NULL) < 0)
                        _exit(1);
                start = calls_now();
                if (read(timer, &expirations, sizeof(expirations)) != sizeof(expirations))
                        _exit(1);
                log_->ns[log_->n++] = calls_now() - start;
        }
}

static void test_latency(void **state)
{
        static const double ps[] = { 0.1, 0.5, 0.9, 0.99 };
        struct testhost *th = open_plugin();
        uint64_t own[TRIMTAB_HIST_SLOTS] = {};
        const struct testhost_sample *s;
        double sum = 0;
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        know(th, &l);
        watch(th, "audit.read_latency", &l);
        watch(th, "audit.sync_latency", &l);
        log_->n = 0;
        calls_run(&l, work_timed, 0);
        for (uint32_t i = 0; i < log_->n; i++) {
                own[trimtab_hist_slot(log_->ns[i])]++;
                sum += (double) log_->ns[i];
        }

        assert_int_equal(testhost_collect(th), 0);
        s = testhost_sample(th, "audit.read_latency", l.id);
        print_message("  count %llu (%u by itself), mean %.0f ns (%.0f ns)\n", (unsigned long long) total(s->slots), log_->n,
                      s->sum / (double) total(s->slots), sum / log_->n);
        assert_int_equal(total(s->slots), log_->n);
        assert_near(s->sum / (double) log_->n, sum / log_->n, 0.1);
        for (uint32_t i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
                int slot = percentile(s->slots, ps[i]), expected = percentile(own, ps[i]);

                print_message("  p%.0f in slot 2^%d (2^%d by itself)\n", ps[i] * 100, slot, expected);
                assert_true(abs(slot - expected) <= 1);
        }
        assert_int_equal(total(testhost_sample(th, "audit.sync_latency", l.id)->slots), 0);
        testhost_free(th);
        load_done(&l);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_programs),
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_latency),
        };

        if (argc != 2)
                return 2;
        plugin_file = argv[1];
        log_ = calls_log_new();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
