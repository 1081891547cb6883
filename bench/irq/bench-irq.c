/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the irq plugin costs an interrupt, beside programs that do nothing on the same hooks; and what its placement costs and brings, beside
 * irqbalance's rule.
 *
 *     bench-irq PLUGIN.so RESULTS.json
 *
 * Both sets of programs are attached at once, so all see the same interrupts; the kernel's own run time statistics say what each took.
 */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../tests/plugins/irq/machine.h"
#include "empty.bpf.skel.h"
#include "testhost.h"

enum { ROUNDS = 5, HOOKS = 6, IRQS_MAX = 4096, PLACE_RUNS = 21 };

static const struct {
        const char *ours, *empty, *what;
} hooks[HOOKS] = {
        { "irq_enter", "none_enter", "an interrupt's handler begins" },
        { "irq_leave", "none_leave", "an interrupt's handler ends" },
        { "irq_raise", "none_raise", "a softirq is raised" },
        { "softirq_enter", "none_s_enter", "a softirq begins" },
        { "softirq_leave", "none_s_leave", "a softirq ends" },
        { "irq_poll", "none_poll", "a queue was polled" },
};

static FILE *records;

static void record(const char *subject, const char *baseline, double value, const char *unit, double ratio, double spread, int runs,
                   const char *note)
{
        static bool is_first = true;

        (void) fprintf(records,
                       "%s{\"bench\": \"irq\", \"subject\": \"%s\", \"baseline\": \"%s\", \"value\": %.4g, \"unit\": \"%s\", "
                       "\"ratio\": %.3g, \"spread\": %.3g, \"runs\": %d, \"note\": \"%s\"}",
                       is_first ? "[" : ",\n", subject, baseline, value, unit, ratio, spread, runs, note);
        is_first = false;
}

static double now(void)
{
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static double median(double *values, int n, double *ret_spread)
{
        qsort(values, (size_t) n, sizeof(*values), by_value);
        *ret_spread = values[n - 1] - values[0];
        return values[n / 2];
}

/* Packets to ourselves make softirqs and polls, a disk interrupts. */
static void load(double seconds)
{
        struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int out = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        static char block[4096];
        double until = now() + seconds;

        while (now() < until) {
                if (out >= 0 && pwrite(out, block, sizeof(block), 0) > 0)
                        (void) fdatasync(out);
                for (int i = 0; i < 20; i++)
                        (void) sendto(udp, block, 64, 0, (struct sockaddr *) &self, sizeof(self));
        }
        (void) close(out);
        (void) close(udp);
}

struct program {
        uint64_t ns, n;
};

/* Of all programs that are newer than `after`, by their hook. */
static void read_programs(uint32_t after, struct program *ours, struct program *empty)
{
        for (uint32_t id = after; bpf_prog_get_next_id(id, &id) == 0;) {
                struct bpf_prog_info info = {};
                uint32_t size = sizeof(info);
                int fd = bpf_prog_get_fd_by_id(id);

                if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
                        for (int i = 0; i < HOOKS; i++) {
                                if (strcmp(info.name, hooks[i].ours) == 0)
                                        ours[i] = (struct program){ info.run_time_ns, info.run_cnt };
                                if (strcmp(info.name, hooks[i].empty) == 0)
                                        empty[i] = (struct program){ info.run_time_ns, info.run_cnt };
                        }
                if (fd >= 0)
                        (void) close(fd);
        }
}

static uint32_t newest_program(void)
{
        uint32_t id = 0, last = 0;

        while (bpf_prog_get_next_id(id, &id) == 0)
                last = id;
        return last;
}

static void watch_all(struct testhost *th)
{
        static uint64_t irqs[IRQS_MAX];
        DIR *d = opendir("/sys/kernel/irq");
        struct dirent *e;
        uint32_t n = 0;

        while (d && (e = readdir(d)) && n < IRQS_MAX)
                if (isdigit((unsigned char) e->d_name[0]))
                        irqs[n++] = strtoul(e->d_name, NULL, 10);
        if (d)
                (void) closedir(d);
        (void) testhost_watch(th, "irq.hurt", irqs, n);
}

static int bench_programs(const char *plugin)
{
        struct program a[2][HOOKS] = {}, b[2][HOOKS] = {};
        double each[2][HOOKS][ROUNDS], spread;
        uint32_t after = newest_program();
        struct testhost *th = testhost_new(plugin);
        struct empty_bpf *empty = empty_bpf__open_and_load();
        int stats = bpf_enable_stats(BPF_STATS_RUN_TIME), filled[HOOKS] = {};

        if (!th || !empty || stats < 0 || testhost_open(th) < 0 || empty_bpf__attach(empty) < 0)
                return 77;
        watch_all(th);
        load(0.5);
        for (int round = 0; round < ROUNDS; round++) {
                read_programs(after, a[0], a[1]);
                load(1.5);
                read_programs(after, b[0], b[1]);
                for (int i = 0; i < HOOKS; i++)
                        if (b[0][i].n > a[0][i].n && b[1][i].n > a[1][i].n) {
                                for (int who = 0; who < 2; who++)
                                        each[who][i][filled[i]] = (double) (b[who][i].ns - a[who][i].ns) / (double) (b[who][i].n - a[who][i].n);
                                filled[i]++;
                        }
        }

        (void) printf("%-32s %8s %8s %8s\n", "ns a call, the clock's own in it", "irq", "empty", "more");
        for (int i = 0; i < HOOKS; i++) {
                double floor, ours;

                if (!filled[i]) {
                        (void) printf("%-32s did not happen here\n", hooks[i].what);
                        continue;
                }
                floor = median(each[1][i], filled[i], &spread);
                ours = median(each[0][i], filled[i], &spread);
                (void) printf("%-32s %8.0f %8.0f %8.0f\n", hooks[i].what, ours, floor, ours - floor);
                record(hooks[i].what, "empty program", ours - floor, "ns", ours / floor, spread, filled[i], "run_time_ns / run_cnt less an empty program's");
        }
        testhost_free(th);
        empty_bpf__destroy(empty);
        (void) close(stats);
        return 0;
}

static void copy(struct machine *to, const struct machine *from)
{
        memcpy(to->irqs, from->irqs, sizeof(*from->irqs) * from->n_irqs);
        memcpy(to->counts, from->counts, sizeof(*from->counts) * from->n_irqs);
}

static void bench_placement(void)
{
        double ms[PLACE_RUNS], spread, ours_worst = 0, theirs_worst = 0, least = 0;
        uint32_t moves = 0, their_moves = 0;

        for (int run = 0; run < PLACE_RUNS; run++) {
                struct machine m, other;
                static struct place_move ret[512];
                struct place *p;
                double since;

                machine_make(&m, 2, 64, 2, 512);
                machine_make(&other, 2, 64, 2, 512);
                machine_load(&m, (unsigned) run + 1, 8, 20); /* as in the test */
                copy(&other, &m);
                machine_gather(&m);
                machine_gather(&other);

                since = now();
                p = place_new(m.cpus, m.n_cpus, m.irqs, m.n_irqs);
                size_t n = place_balance(p, 0, ret, 512);
                ms[run] = (now() - since) * 1e3;
                place_free(p);
                for (size_t i = 0; i < n; i++)
                        m.irqs[ret[i].irq].cpu = ret[i].to;
                moves += (uint32_t) n;
                for (int round = 0; round < 20; round++)
                        their_moves += machine_irqbalance(&other);
                ours_worst += machine_worst(&m);
                theirs_worst += machine_worst(&other);
                machine_free(&m);
                machine_free(&other);
        }
        least = median(ms, PLACE_RUNS, &spread);
        (void) printf("\n512 interrupts on 256 CPUs, all on the first at the start, 8 queues saturated, %d machines:\n", PLACE_RUNS);
        (void) printf("%-32s %8.2f ms (target: under 10)\n", "placing all of them", least);
        (void) printf("%-32s %8.0f moves, the worst CPU gives %.0f %% of its time\n", "irq", (double) moves / PLACE_RUNS,
                      100 * ours_worst / PLACE_RUNS);
        (void) printf("%-32s %8.0f moves, the worst CPU gives %.0f %% of its time\n", "irqbalance's rule, 20 rounds",
                      (double) their_moves / PLACE_RUNS, 100 * theirs_worst / PLACE_RUNS);
        record("placement of 512 interrupts on 256 CPUs", "target 10 ms", least, "ms", least / 10, spread, PLACE_RUNS, "place_balance()");
        record("moves", "irqbalance's rule", (double) moves / PLACE_RUNS, "", (double) moves / (their_moves ? their_moves : 1), 0, PLACE_RUNS,
               "made-up machines, all interrupts on the first CPU at the start; 20 rounds of irqbalance");
        record("worst CPU's time in interrupts", "irqbalance's rule", 100 * ours_worst / PLACE_RUNS, "%", ours_worst / theirs_worst, 0,
               PLACE_RUNS, "the same");
}

int main(int argc, char **argv)
{
        if (argc != 3) {
                (void) fprintf(stderr, "usage: bench-irq PLUGIN.so RESULTS.json\n");
                return 2;
        }
        if (geteuid() != 0) {
                (void) printf("irq: skipped: BPF needs root\n");
                return 77;
        }
        records = fopen(argv[2], "we");
        if (!records)
                return 1;
        if (bench_programs(argv[1]) != 0)
                (void) printf("programs: skipped: the kernel refuses them, or its statistics\n");
        bench_placement();
        (void) fprintf(records, "]\n");
        return fclose(records) == 0 ? 0 : 1;
}
