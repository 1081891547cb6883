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
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
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
#include "near.h"
#include "testhost.h"

static const char *plugin_file;
static struct calls_log *log_;

/*
 * libbpf and the plugin make their system calls through this one, ours, so that a test can be the kernel that refuses typed
 * tracepoints.
 */
static bool refuses_typed;

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
        if (number == SYS_bpf && a[0] == BPF_PROG_LOAD && refuses_typed && ((union bpf_attr *) a[1])->prog_type == BPF_PROG_TYPE_TRACING) {
                errno = EACCES;
                return -1;
        }
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
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

/* Where typed tracepoints are refused the raw ones do the same. */
static void test_raw(void **state)
{
        const char *reason;
        struct testhost *th;

        refuses_typed = true;
        th = open_plugin();
        assert_true(testhost_program(th, "audit_enter_r", &reason) >= 0);
        assert_int_equal(testhost_program(th, "audit_enter", &reason), -ENOENT);
        assert_null(testhost_unavailable(th, "audit.sync_latency"));
        testhost_free(th);
        test_counts(state);
        test_latency(state);
        refuses_typed = false;
}

static void wait_until(const uint32_t *flag)
{
        for (int i = 0; i < 1000 && !__atomic_load_n(flag, __ATOMIC_ACQUIRE); i++)
                (void) usleep(10000);
        assert_true(*flag);
}

static int hold[2]; /* a pipe that nobody writes to until the test says so */

static void work_held(uint32_t unused)
{
        char byte;

        __atomic_store_n(&log_->ready, 1, __ATOMIC_RELEASE);
        if (read(hold[0], &byte, 1) != 1)
                _exit(1);
}

/* In its call when we come: no beginning is known, so it is no sample. Nor when we were there before, went, and come again. */
static void test_in_mid_call(void **state)
{
        struct testhost *th = open_plugin();
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        know(th, &l);
        watch(th, "audit.forks", &l); /* so that its slot stays its own all the time */
        for (int i = 0; i < 2; i++) {
                assert_int_equal(pipe(hold), 0);
                log_->ready = 0;
                if (i == 1)
                        watch(th, "audit.read_latency", &l);
                assert_true(load_start(&l, work_held, 0) > 0);
                wait_until(&log_->ready);
                (void) usleep(100000);
                if (i == 1)
                        assert_int_equal(testhost_watch(th, "audit.read_latency", NULL, 0), 0);
                watch(th, "audit.read_latency", &l);
                assert_int_equal(write(hold[1], "x", 1), 1);
                load_wait(&l);
                assert_int_equal(testhost_collect(th), 0);
                assert_int_equal(total(testhost_sample(th, "audit.read_latency", l.id)->slots), 0);
                assert_int_equal(testhost_watch(th, "audit.read_latency", NULL, 0), 0);
                (void) close(hold[0]);
                (void) close(hold[1]);
        }
        testhost_free(th);
        load_done(&l);
}

static void on_signal(int signal)
{
}

/* A read that a signal interrupts and that the kernel makes again is one sample, of the call that came to its end. */
static void work_restarted(uint32_t unused)
{
        const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

        (void) sigaction(SIGUSR1, &action, NULL);
        work_held(0);
}

static void test_restart(void **state)
{
        struct testhost *th = open_plugin();
        const struct testhost_sample *s;
        struct load l;
        pid_t pid;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        know(th, &l);
        assert_int_equal(pipe(hold), 0);
        log_->ready = 0;
        watch(th, "audit.read_latency", &l);
        watch(th, "audit.read_calls", &l);
        pid = load_start(&l, work_restarted, 0);
        wait_until(&log_->ready);
        (void) usleep(300000);
        assert_int_equal(kill(pid, SIGUSR1), 0);
        (void) usleep(50000);
        assert_int_equal(write(hold[1], "x", 1), 1);
        load_wait(&l);
        assert_int_equal(testhost_collect(th), 0);
        s = testhost_sample(th, "audit.read_latency", l.id);
        assert_int_equal(total(s->slots), 1);
        assert_true(s->sum < 250e6); /* the second piece, not the first one's 300 ms */
        assert_int_equal((int) testhost_sample(th, "audit.read_calls", l.id)->value, 2); /* as strace shows it */
        testhost_free(th);
        load_done(&l);
}

static void *exec_from_thread(void *unused)
{
        (void) usleep(300000);
        (void) execl("/bin/true", "true", NULL);
        _exit(1);
}

/* A thread that takes its leader's number by exec, while the leader waits in a read: that read never ends, and is no sample of a second. */
static void work_thread_exec(uint32_t unused)
{
        pthread_t thread;
        int ends[2];
        char byte;

        if (pipe(ends) < 0 || pthread_create(&thread, NULL, exec_from_thread, NULL) != 0)
                _exit(1);
        (void) !read(ends[0], &byte, 1);
}

static void work_killed(uint32_t unused)
{
        int ends[2];
        char byte;

        if (pipe(ends) < 0)
                _exit(1);
        (void) alarm(1);
        (void) !read(ends[0], &byte, 1);
}

static void test_calls_that_never_end(void **state)
{
        struct testhost *th = open_plugin();
        const struct testhost_sample *s;
        struct load l;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        know(th, &l);
        watch(th, "audit.read_latency", &l);
        watch(th, "audit.execs", &l);
        for (int i = 0; i < 5; i++)
                calls_run(&l, work_thread_exec, 0);
        assert_true(load_start(&l, work_killed, 0) > 0);
        load_wait(&l);
        assert_int_equal(testhost_collect(th), 0);
        s = testhost_sample(th, "audit.read_latency", l.id);
        print_message("  %llu reads, the sum of all %.0f us\n", (unsigned long long) total(s->slots), s->sum / 1000);
        assert_true(s->sum < 200e6); /* each of those that never ended waited for longer */
        assert_int_equal((int) testhost_sample(th, "audit.execs", l.id)->value, 5);
        testhost_free(th);
        load_done(&l);
}

static void work_starts(uint32_t n)
{
        for (uint32_t i = 0; i < n; i++) {
                pid_t pid = fork();

                if (pid == 0) {
                        (void) execl("/bin/true", "true", NULL);
                        _exit(1);
                }
                (void) waitpid(pid, NULL, 0);
        }
}

static void test_starts(void **state)
{
        struct testhost *th = open_plugin();
        struct load l, below;

        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        assert_int_equal(load_init(&below, "below", &l), 0);
        know(th, &l);
        watch(th, "audit.execs", &l);
        watch(th, "audit.forks", &l);
        calls_run(&l, work_starts, 7);
        calls_run(&below, work_starts, 2);
        assert_int_equal((int) value_of(th, "audit.execs", l.id), 9);
        assert_int_equal((int) value_of(th, "audit.forks", l.id), 9);
        testhost_free(th);
        load_done(&below);
        load_done(&l);
}

/* What strace writes of a program in the cgroup, from when it is in it: the names of its calls, counted. */
static uint32_t count_in_trace(const char *file, const char *const *names)
{
        FILE *trace = fopen(file, "re");
        char line[4096];
        bool inside = false;
        uint32_t n = 0;

        assert_non_null(trace);
        while (fgets(line, sizeof(line), trace)) {
                const char *call = strchr(line, ' '); /* "PID name(…" */
                size_t length;

                call = call ? call + strspn(call, " ") : line;
                length = strcspn(call, "(");
                if (!inside) {
                        inside = strncmp(call, "write(", 6) == 0 && strstr(call, "\"0\\n\", 2");
                        continue;
                }
                if (*call == '+' || *call == '-' || strstr(call, "resumed>"))
                        continue; /* ends, signals, second halves */
                if (!names)
                        n++;
                for (uint32_t i = 0; names && names[i]; i++)
                        n += strlen(names[i]) == length && strncmp(names[i], call, length) == 0;
        }
        (void) fclose(trace);
        return n;
}

static void test_against_strace(void **state)
{
        static const char *const reads[] = { "read", "pread64", "readv", NULL };
        static const char *const opens[] = { "open", "openat", "creat", NULL };
        static const char *const memory[] = { "mmap", "munmap", "mprotect", "brk", "mremap", "madvise", NULL };
        static const char *const syncs[] = { "fsync", "fdatasync", NULL };
        char command[512], file[] = "/tmp/audit-trace.XXXXXX";
        struct testhost *th = open_plugin();
        struct load l;

        if (system("strace -V >/dev/null 2>&1") != 0) {
                print_message("  skipped: no strace here\n");
                skip();
        }
        assert_int_equal(load_init(&l, "trimtab-test-audit", NULL), 0);
        know(th, &l);
        watch(th, "audit.syscalls", &l);
        watch(th, "audit.read_calls", &l);
        watch(th, "audit.open_calls", &l);
        watch(th, "audit.memory_calls", &l);
        watch(th, "audit.sync_calls", &l);
        assert_true(mkstemp(file) >= 0);
        (void) snprintf(command, sizeof(command),
                        "strace -f -o %s /bin/sh -c 'echo 0 > %s/cgroup.procs; /bin/ls -lR /etc/systemd > /dev/null; "
                        "dd if=/dev/zero of=%s.dd bs=4k count=50 oflag=sync conv=fsync 2>/dev/null; rm %s.dd'",
                        file, l.path, file, file);
        assert_int_equal(system(command), 0);

        print_message("  %u calls by strace, %.0f by us\n", count_in_trace(file, NULL), value_of(th, "audit.syscalls", l.id));
        assert_true(count_in_trace(file, NULL) > 300);
        assert_int_equal((int) value_of(th, "audit.syscalls", l.id), count_in_trace(file, NULL));
        assert_int_equal((int) value_of(th, "audit.read_calls", l.id), count_in_trace(file, reads));
        assert_int_equal((int) value_of(th, "audit.open_calls", l.id), count_in_trace(file, opens));
        assert_int_equal((int) value_of(th, "audit.memory_calls", l.id), count_in_trace(file, memory));
        assert_int_equal((int) value_of(th, "audit.sync_calls", l.id), count_in_trace(file, syncs));
        (void) unlink(file);
        testhost_free(th);
        load_done(&l);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_programs),
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_latency),
                cmocka_unit_test(test_raw),
                cmocka_unit_test(test_in_mid_call),
                cmocka_unit_test(test_restart),
                cmocka_unit_test(test_calls_that_never_end),
                cmocka_unit_test(test_starts),
                cmocka_unit_test(test_against_strace),
        };

        if (argc != 2)
                return 2;
        plugin_file = argv[1];
        log_ = calls_log_new();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
