/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the sched plugin costs a context switch, beside runqlat of libbpf-tools and beside programs that do
 * nothing.
 *
 *     bench-sched PLUGIN.so RESULTS.json    (a list, to which the results are added)
 *
 * All three are measured in turns under the same load, `perf bench sched pipe` in a cgroup that the plugin
 * watches with all its metrics; the kernel's own run time statistics say what their programs took. What
 * counts is the cost above empty programs on the same hooks. Exits 77, saying why, where it cannot run.
 */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "empty.bpf.skel.h"
#include "testhost.h"

#define ROUNDS 7
#define LOOPS "60000" /* round trips of a run: about a second */
#define SKIP 77
#define MAX_PROGS 32

struct program {
        uint32_t id;
        char name[BPF_OBJ_NAME_LEN];
        uint64_t run_time_ns, run_cnt;
};

struct programs {
        struct program list[MAX_PROGS];
        uint32_t n;
};

/* ns a switch: of all programs, and of some by their hook. */
struct cost {
        double total, on_switch, on_migrate, on_wakeups;
};

static const char *const metrics[] = { "sched.runq_latency", "sched.runtime", "sched.switches",
                                       "sched.preemptions", "sched.migrations" };

static char cgroup_path[64];

static void skip(const char *why)
{
        (void) printf("sched: skipped: %s\n", why);
        exit(SKIP);
}

/* Programs newer than `after`, as ids only grow. */
static void read_programs(uint32_t after, struct programs *ret)
{
        uint32_t id = after;

        ret->n = 0;
        while (ret->n < MAX_PROGS && bpf_prog_get_next_id(id, &id) == 0) {
                struct bpf_prog_info info = {};
                uint32_t size = sizeof(info);
                int fd = bpf_prog_get_fd_by_id(id);

                if (fd < 0)
                        continue;
                if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) {
                        struct program *p = &ret->list[ret->n++];

                        *p = (struct program){ .id = id,
                                               .run_time_ns = info.run_time_ns,
                                               .run_cnt = info.run_cnt };
                        (void) snprintf(p->name, sizeof(p->name), "%s", info.name);
                }
                (void) close(fd);
        }
}

static uint32_t last_program(void)
{
        uint32_t id = 0, last = 0;

        while (bpf_prog_get_next_id(id, &id) == 0)
                last = id;
        return last;
}

/* What the programs took between two readings. */
static struct cost difference(const struct programs *before, const struct programs *after)
{
        struct cost cost = {};
        uint64_t switches = 0;

        for (uint32_t i = 0; i < after->n && i < before->n; i++) {
                const struct program *a = &after->list[i], *b = &before->list[i];
                double ns = (double) (a->run_time_ns - b->run_time_ns);

                if (a->id != b->id)
                        skip("somebody else loads BPF programs at the same time");
                cost.total += ns;
                if (strstr(a->name, "switch")) {
                        cost.on_switch += ns;
                        switches = a->run_cnt - b->run_cnt;
                } else if (strstr(a->name, "migrate"))
                        cost.on_migrate += ns;
                else
                        cost.on_wakeups += ns;
        }
        if (!switches)
                skip("the load made no switches");

        cost.total /= (double) switches;
        cost.on_switch /= (double) switches;
        cost.on_migrate /= (double) switches;
        cost.on_wakeups /= (double) switches;
        return cost;
}

static pid_t start(const char *const *argv, const char *cgroup)
{
        pid_t pid = fork();

        if (pid == 0) {
                int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

                if (cgroup) {
                        char path[128];
                        int fd;

                        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
                        fd = open(path, O_WRONLY | O_CLOEXEC);
                        if (fd < 0 || write(fd, "0", 1) != 1)
                                _exit(126);
                }
                (void) dup2(null, STDOUT_FILENO);
                (void) dup2(null, STDERR_FILENO);
                (void) execvp(argv[0], (char *const *) argv);
                _exit(127);
        }
        return pid;
}

static struct cost measure_load(uint32_t after)
{
        static const char *const load[] = { "perf", "bench", "sched", "pipe", "-l", LOOPS, NULL };
        struct programs before, now;
        int status;

        read_programs(after, &before);
        if (waitpid(start(load, cgroup_path), &status, 0) < 0 || status != 0)
                skip("perf bench sched pipe does not run: install linux-perf");
        read_programs(after, &now);
        return difference(&before, &now);
}

static struct cost measure_empty(void)
{
        uint32_t after = last_program();
        struct empty_bpf *skel = empty_bpf__open_and_load();
        struct cost cost;

        if (!skel || empty_bpf__attach(skel) < 0)
                skip("the kernel refuses an empty tp_btf program");
        cost = measure_load(after);
        empty_bpf__destroy(skel);
        return cost;
}

static struct cost measure_ours(const char *file, const char *timestamps)
{
        uint32_t after = last_program();
        struct testhost *th = testhost_new(file);
        struct cost cost;
        struct stat st;
        uint64_t id;

        if (!th || stat(cgroup_path, &st) < 0)
                skip("the plugin does not load");
        id = st.st_ino;
        testhost_set_option(th, "timestamps", timestamps);
        testhost_add_object(th, "cgroup", id, "/bench", cgroup_path);
        if (testhost_open(th) < 0)
                skip("the plugin does not open");
        for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
                (void) testhost_watch(th, metrics[i], &id, 1);
        cost = measure_load(after);
        testhost_free(th);
        return cost;
}

static struct cost measure_runqlat(void)
{
        static const char *const runqlat[] = { "runqlat", "1000", NULL };
        uint32_t after = last_program();
        struct programs programs = {};
        struct cost cost;
        pid_t pid = start(runqlat, NULL);

        for (int i = 0; i < 50 && programs.n < 3; i++) {
                (void) usleep(100000);
                read_programs(after, &programs);
        }
        (void) usleep(200000); /* loaded; now they are attached */
        if (programs.n < 3)
                skip("runqlat does not run: install libbpf-tools");
        cost = measure_load(after);
        (void) kill(pid, SIGINT);
        (void) waitpid(pid, NULL, 0);
        return cost;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

/* Sorts the values; *ret_spread is half the distance of the outer quartiles, relative to the median. */
static double median(double *values, uint32_t n, double *ret_spread)
{
        qsort(values, n, sizeof(*values), compare);
        *ret_spread = (values[n * 3 / 4] - values[n / 4]) / 2 / values[n / 2];
        return values[n / 2];
}

/* Opens the list at its end, where the next element goes; begins it if there is none. */
static FILE *open_list(const char *file)
{
        FILE *json = fopen(file, "r+e");
        int c = EOF;

        if (!json)
                json = fopen(file, "w+e");
        if (!json)
                return NULL;

        for (long at = -1; fseek(json, at, SEEK_END) == 0; at--) {
                c = fgetc(json);
                if (c != ']' && c != '\n')
                        break;
        }
        (void) fseek(json, 0, SEEK_CUR); /* from reading to writing */
        (void) fputs(c == EOF ? "[" : c == '[' ? "" : ",", json);
        return json;
}

struct line {
        const char *subject, *baseline, *note;
        double *values, *bases; /* ROUNDS of each; bases may be NULL */
};

/* A line of the table and an element of the list. */
static void report(FILE *json, const struct line *l, const char *separator)
{
        double spread, base_spread, value = median(l->values, ROUNDS, &spread), base = 0;
        char baseline[64] = "null", ratio[32] = "null";

        (void) printf("  %-34s %7.1f ns  +-%4.1f %%", l->subject, value, spread * 100);
        if (l->bases) {
                base = median(l->bases, ROUNDS, &base_spread);
                (void) printf("   %.2f of %s (%.1f ns)", value / base, l->baseline, base);
                (void) snprintf(baseline, sizeof(baseline), "\"%s\"", l->baseline);
                (void) snprintf(ratio, sizeof(ratio), "%.4f", value / base);
        }
        (void) printf("\n");

        (void) fprintf(json, "\n  {\"bench\": \"sched\", \"subject\": \"%s\", \"baseline\": %s, ", l->subject,
                       baseline);
        (void) fprintf(json, "\"value\": %.2f, \"unit\": \"ns\", \"ratio\": %s, ", value, ratio);
        (void) fprintf(json, "\"spread\": %.4f, \"runs\": %d, \"note\": \"%s\"}%s", spread, ROUNDS, l->note,
                       separator);
}

static void remove_cgroup(void)
{
        (void) rmdir(cgroup_path);
}

/* Makes the load's cgroup, for as long as we run. */
static void make_cgroup(void)
{
        bool hybrid = access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0;

        (void) snprintf(cgroup_path, sizeof(cgroup_path), "/sys/fs/cgroup%s/trimtab-bench",
                        hybrid ? "/unified" : "");
        if (mkdir(cgroup_path, 0755) < 0 && errno != EEXIST)
                skip("no cgroup can be made below the unified hierarchy");
        (void) atexit(remove_cgroup);
}

int main(int argc, char **argv)
{
        double empty[ROUNDS], ours[ROUNDS], classic[ROUNDS], runqlat[ROUNDS];
        double above_ours[ROUNDS], above_classic[ROUNDS], above_runqlat[ROUNDS];
        const struct line lines[] = {
                { "empty program at sched_switch", NULL, "", empty, NULL },
                { "sched plugin, all metrics", "runqlat", "with the empty programs' share", ours, runqlat },
                { "sched plugin, timestamps = wakeups", "runqlat", "fallback for old kernels", classic,
                  runqlat },
                { "sched plugin above empty", "runqlat above empty", "at most a third, a fifth if possible",
                  above_ours, above_runqlat },
                { "fallback above empty", "runqlat above empty", "", above_classic, above_runqlat },
        };
        const uint32_t n_lines = sizeof(lines) / sizeof(lines[0]);
        FILE *json;
        int stats;

        if (argc != 3) {
                (void) fprintf(stderr, "usage: bench-sched PLUGIN.so RESULTS.json\n");
                return 2;
        }

        stats = bpf_enable_stats(BPF_STATS_RUN_TIME); /* as long as it is open: nothing to put back */
        if (stats < 0)
                skip("no BPF statistics: this needs root and a kernel of 5.8 or later");
        make_cgroup();

        for (uint32_t i = 0; i < ROUNDS; i++) {
                struct cost e = measure_empty(), o = measure_ours(argv[1], "auto"),
                            c = measure_ours(argv[1], "wakeups"), r = measure_runqlat();

                empty[i] = e.on_switch;
                ours[i] = o.total;
                classic[i] = c.total;
                runqlat[i] = r.total;
                above_ours[i] = o.total - e.on_switch - e.on_migrate;
                above_classic[i] = c.total - e.total;
                above_runqlat[i] = r.total - e.on_switch - e.on_wakeups;
        }
        (void) close(stats);

        json = open_list(argv[2]);
        if (!json) {
                perror(argv[2]);
                return 1;
        }
        (void) printf("sched: ns a context switch, all programs of a subject together, median of %d\n",
                      ROUNDS);
        for (uint32_t i = 0; i < n_lines; i++)
                report(json, &lines[i], i + 1 < n_lines ? "," : "\n]\n");
        return fclose(json) == 0 ? 0 : 1;
}
