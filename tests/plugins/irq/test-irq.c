/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The irq plugin on the running kernel, where it only measures: its programs load, and its numbers are those that others find.
 *
 *     test-irq PLUGIN.so
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../plugins/irq/irq.h"
#include "reference.h"
#include "reference.bpf.skel.h"
#include "testhost.h"

enum { IRQS_MAX = REFERENCE_IRQS, CPUS_MAX = 256 };

/* Enough to say something of: a disk that others keep busy does not make many. */
enum { SOME = 30 };

static const char *plugin_file;
static uint64_t irqs[IRQS_MAX], cpus[CPUS_MAX];
static uint32_t n_irqs, n_cpus;

/* libbpf makes its system calls through this one, so that a test can be the kernel that refuses a program. */
static const char *refused[4];

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

        if (number == SYS_bpf && a[0] == BPF_PROG_LOAD)
                for (uint32_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
                        if (refused[i] && strcmp(((union bpf_attr *) a[1])->prog_name, refused[i]) == 0) {
                                errno = EACCES;
                                return -1;
                        }
        return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static double now(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* Requests of the disk, or of the host's file system below a virtual machine, and packets to ourselves. */
static void make_interrupts(double seconds)
{
        struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int out = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        static char block[65536];
        double until = now() + seconds;

        while (now() < until) {
                if (out >= 0 && pwrite(out, block, 4096, 0) == 4096)
                        (void) fdatasync(out);
                (void) posix_fadvise(in, 0, 0, POSIX_FADV_DONTNEED);
                (void) !pread(in, block, sizeof(block), 0);
                for (int i = 0; i < 20; i++)
                        (void) sendto(udp, block, 64, 0, (struct sockaddr *) &self, sizeof(self));
        }
        (void) close(out);
        (void) close(in);
        (void) close(udp);
}

/* What /proc/interrupts says, summed over the CPUs, by number. */
static void read_interrupts(uint64_t *ret)
{
        FILE *f = fopen("/proc/interrupts", "re");
        static char line[65536];

        assert_non_null(f);
        memset(ret, 0, sizeof(*ret) * IRQS_MAX);
        while (fgets(line, sizeof(line), f)) {
                char *p;
                unsigned long irq = strtoul(line, &p, 10);

                if (*p++ != ':' || irq >= IRQS_MAX)
                        continue;
                for (uint32_t i = 0; i < n_cpus; i++)
                        ret[irq] += strtoull(p, &p, 10);
        }
        (void) fclose(f);
}

static double value_of(struct testhost *th, const char *metric, uint64_t object)
{
        const struct testhost_sample *s = testhost_sample(th, metric, object);

        assert_non_null(s);
        return s->value;
}

static double total(struct testhost *th, const char *metric, const uint64_t *objects, uint32_t n)
{
        double sum = 0;

        for (uint32_t i = 0; i < n; i++)
                sum += value_of(th, metric, objects[i]);
        return sum;
}

static struct testhost *open_host(void)
{
        struct testhost *th = testhost_new(plugin_file);

        assert_non_null(th);
        for (uint32_t i = 0; i < n_irqs; i++) {
                char name[32];

                (void) snprintf(name, sizeof(name), "irq:%u", (unsigned) irqs[i]);
                testhost_add_object(th, "irq", irqs[i], name, NULL);
        }
        assert_int_equal(testhost_open(th), 0);
        return th;
}

static void watch(struct testhost *th, const char *metric, const uint64_t *objects, uint32_t n)
{
        assert_int_equal(testhost_watch(th, metric, objects, n), 0);
}

static void test_programs_load(void **state)
{
        static const char *const names[] = { "irq_enter", "irq_leave", "irq_raise", "softirq_enter", "softirq_leave", "irq_poll" };
        struct testhost *th = open_host();

        for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                const char *reason = NULL;

                if (testhost_program(th, names[i], &reason) < 0)
                        fail_msg("%s: %s", names[i], reason ? reason : "not reported");
        }
        testhost_free(th);
}

/*
 * Between two looks as many as /proc/interrupts counts, read right before and after each of them: but for the one under way at each look, which
 * the kernel counts when it begins and we when it is done. While other programs come and go on a busy machine one in a hundred may come to no BPF
 * program at all, ours or another's: up to 1 % was seen, and perf's own counter of the tracepoint had all of them.
 */
static void test_counts_are_those_of_the_kernel(void **state)
{
        static uint64_t before[2][IRQS_MAX], after[2][IRQS_MAX];
        static double count[2][IRQS_MAX];
        struct testhost *th = open_host();
        uint32_t n_seen = 0;

        watch(th, "irq.count", irqs, n_irqs);
        make_interrupts(0.2);
        for (int look = 0; look < 2; look++) {
                read_interrupts(before[look]);
                assert_int_equal(testhost_collect(th), 0);
                read_interrupts(after[look]);
                for (uint32_t i = 0; i < n_irqs; i++)
                        count[look][irqs[i]] = value_of(th, "irq.count", irqs[i]);
                if (look == 0)
                        make_interrupts(3);
        }
        for (uint32_t i = 0; i < n_irqs; i++) {
                uint64_t irq = irqs[i];
                double ours = count[1][irq] - count[0][irq];

                double slack = 1 + ours / 50;

                if (ours + slack < (double) (before[1][irq] - after[0][irq]) || ours > (double) (after[1][irq] - before[0][irq]) + 1)
                        fail_msg("irq %u: %.0f, the kernel counts %.0f to %.0f", (unsigned) irq, ours,
                                 (double) (before[1][irq] - after[0][irq]), (double) (after[1][irq] - before[0][irq]));
                n_seen += ours >= SOME;
                if (ours >= SOME)
                        print_message("  irq %u: %.0f\n", (unsigned) irq, ours);
        }
        assert_true(n_seen > 0);
        testhost_free(th);
}

static struct reference_bpf *start_reference(void)
{
        struct reference_bpf *ref = reference_bpf__open_and_load();

        assert_non_null(ref);
        assert_int_equal(reference_bpf__attach(ref), 0);
        return ref;
}

static void assert_near(const char *what, double value, double expected, double tolerance, double slack)
{
        if (!(value >= expected * (1 - tolerance) - slack && value <= expected * (1 + tolerance) + slack))
                fail_msg("%s: %.0f is not within %.0f %% of %.0f", what, value, tolerance * 100, expected);
}

/* What the other one's programs take is in one's own: a microsecond each time, where it is emulated. */
#define BESIDE_NS 1000

static void test_times_are_those_of_another_program(void **state)
{
        static struct reference a, b;
        struct testhost *th = open_host();
        struct reference_bpf *ref = start_reference();
        double time0[IRQS_MAX], count0[IRQS_MAX], net0;
        uint32_t n_compared = 0;

        watch(th, "irq.time", irqs, n_irqs);
        watch(th, "irq.count", irqs, n_irqs);
        watch(th, "irq.cpu_net_rx_time", cpus, n_cpus);
        assert_int_equal(testhost_collect(th), 0);
        a = ref->bss->seen;
        for (uint32_t i = 0; i < n_irqs; i++) {
                time0[irqs[i]] = value_of(th, "irq.time", irqs[i]);
                count0[irqs[i]] = value_of(th, "irq.count", irqs[i]);
        }
        net0 = total(th, "irq.cpu_net_rx_time", cpus, n_cpus);
        make_interrupts(5);
        assert_int_equal(testhost_collect(th), 0);
        b = ref->bss->seen;

        for (uint32_t i = 0; i < n_irqs; i++) {
                uint64_t irq = irqs[i];
                double count = value_of(th, "irq.count", irq) - count0[irq], expected = (double) (b.count[irq] - a.count[irq]);
                double time = value_of(th, "irq.time", irq) - time0[irq], other = (double) (b.time[irq] - a.time[irq]);

                if (expected < SOME)
                        continue;
                n_compared++;
                print_message("  irq %u: count %.0f (%.0f), mean %.0f ns (%.0f ns)\n", (unsigned) irq, count, expected, time / count,
                              other / expected);
                assert_near("count", count, expected, 0.1, 2);
                assert_near("mean", time / count, other / expected, 0.1, BESIDE_NS);
        }
        assert_true(n_compared > 0);

        double runs = (double) (b.softirqs[VECTOR_NET_RX] - a.softirqs[VECTOR_NET_RX]);
        double ours = (total(th, "irq.cpu_net_rx_time", cpus, n_cpus) - net0) / runs;
        double theirs = (double) (b.softirq_time[VECTOR_NET_RX] - a.softirq_time[VECTOR_NET_RX]) / runs;

        print_message("  NET_RX: %.0f runs, mean %.0f ns (%.0f ns)\n", runs, ours, theirs);
        assert_true(runs >= SOME);
        assert_near("NET_RX", ours, theirs, 0.1, BESIDE_NS);
        reference_bpf__destroy(ref);
        testhost_free(th);
}

static void spin_on(int cpu)
{
        cpu_set_t set;

        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        (void) sched_setaffinity(0, sizeof(set), &set);
        for (volatile uint64_t spins = 0;; spins++)
                ;
}

/* Where some task always runs, or waits, tasks lose all that interrupts and softirqs take; and more where more of them wait. */
static void test_who_could_have_run_is_hurt(void **state)
{
        struct testhost *th = open_host();
        pid_t spinners[CPUS_MAX];
        double taken, hurt;

        for (uint32_t i = 0; i < n_cpus; i++) {
                spinners[i] = fork();
                if (spinners[i] == 0)
                        spin_on((int) i);
        }
        watch(th, "irq.cpu_hurt", cpus, n_cpus);
        watch(th, "irq.cpu_time", cpus, n_cpus);
        watch(th, "irq.cpu_softirq_time", cpus, n_cpus);
        usleep(200000);
        assert_int_equal(testhost_collect(th), 0);
        taken = total(th, "irq.cpu_time", cpus, n_cpus) + total(th, "irq.cpu_softirq_time", cpus, n_cpus);
        hurt = total(th, "irq.cpu_hurt", cpus, n_cpus);
        make_interrupts(2);
        assert_int_equal(testhost_collect(th), 0);
        taken = total(th, "irq.cpu_time", cpus, n_cpus) + total(th, "irq.cpu_softirq_time", cpus, n_cpus) - taken;
        hurt = total(th, "irq.cpu_hurt", cpus, n_cpus) - hurt;
        for (uint32_t i = 0; i < n_cpus; i++) {
                (void) kill(spinners[i], SIGKILL);
                (void) waitpid(spinners[i], NULL, 0);
        }
        print_message("  interrupts and softirqs took %.1f ms, tasks lost %.1f ms\n", taken / 1e6, hurt / 1e6);
        assert_true(taken > 0);
        assert_true(hurt > 0.95 * taken);
        testhost_free(th);
}

/* One that is refused costs its own metrics; one that is refused as tp_btf is had as raw_tp. */
static void test_refused_programs(void **state)
{
        struct testhost *th;
        const char *reason;

        refused[0] = "irq_poll";
        refused[1] = "irq_poll_r";
        refused[2] = "irq_leave";
        th = open_host();
        assert_non_null(testhost_unavailable(th, "irq.napi_polls"));
        assert_true(testhost_program(th, "irq_poll_r", &reason) < 0);
        assert_true(testhost_program(th, "irq_leave_r", &reason) >= 0);
        watch(th, "irq.count", irqs, n_irqs);
        watch(th, "irq.time", irqs, n_irqs);
        make_interrupts(2);
        assert_int_equal(testhost_collect(th), 0);
        assert_true(total(th, "irq.count", irqs, n_irqs) >= SOME);
        assert_true(total(th, "irq.time", irqs, n_irqs) > 0);
        memset(refused, 0, sizeof(refused));
        testhost_free(th);
}

/* What nobody wants is not counted. */
static void test_not_watched_not_attached(void **state)
{
        struct testhost *th = open_host();
        double before, made;

        watch(th, "irq.count", irqs, n_irqs);
        make_interrupts(2);
        assert_int_equal(testhost_collect(th), 0);
        before = made = total(th, "irq.count", irqs, n_irqs);
        watch(th, "irq.count", NULL, 0);
        make_interrupts(2);
        watch(th, "irq.count", irqs, n_irqs);
        assert_int_equal(testhost_collect(th), 0);
        assert_true(made >= SOME);
        assert_true(total(th, "irq.count", irqs, n_irqs) - before < made / 4);
        testhost_free(th);
}

static void find_irqs(void)
{
        DIR *d = opendir("/sys/kernel/irq");
        struct dirent *e;

        while (d && (e = readdir(d)) && n_irqs < IRQS_MAX)
                if (isdigit((unsigned char) e->d_name[0]) && strtoul(e->d_name, NULL, 10) < IRQS_MAX)
                        irqs[n_irqs++] = strtoul(e->d_name, NULL, 10);
        if (d)
                (void) closedir(d);
        n_cpus = (uint32_t) sysconf(_SC_NPROCESSORS_ONLN);
        n_cpus = n_cpus < CPUS_MAX ? n_cpus : CPUS_MAX;
        for (uint32_t i = 0; i < n_cpus; i++)
                cpus[i] = i;
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_programs_load),
                cmocka_unit_test(test_counts_are_those_of_the_kernel),
                cmocka_unit_test(test_times_are_those_of_another_program),
                cmocka_unit_test(test_who_could_have_run_is_hurt),
                cmocka_unit_test(test_refused_programs),
                cmocka_unit_test(test_not_watched_not_attached),
        };

        if (argc != 2) {
                (void) fprintf(stderr, "usage: test-irq PLUGIN.so\n");
                return 2;
        }
        plugin_file = argv[1];
        if (geteuid() != 0) {
                (void) fprintf(stderr, "BPF needs root\n");
                return 77;
        }
        find_irqs();
        return cmocka_run_group_tests_name("plugins/irq", tests, NULL, NULL);
}
