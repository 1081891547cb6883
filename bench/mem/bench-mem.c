/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the mem plugin costs an allocation, beside a program that does nothing and a plain hash count by cgroup; and, where there can be
 * any, what it costs a direct reclaim, beside bcc's drsnoop.
 *
 *     bench-mem PLUGIN.so RESULTS.json [--reclaim]    (a list, to which the results are added)
 *
 * All are measured in turns under the same load; the kernel's own run time statistics say what their programs took. --reclaim: the load
 * is a process that wants more memory than there is, for a machine that may be thrown away. Exits 77, saying why, where it cannot run.
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "figures.h"
#include "peer.bpf.skel.h"
#include "progs.h"
#include "testhost.h"

#define ROUNDS  7
#define RECLAIM_ROUNDS 3 /* of half a minute each, emulated */
#define SKIP    77
#define MIB     (1024u * 1024u)
#define TOUCH   (64 * MIB)
#define REPEATS 6 /* of it: about a second */

static char cgroup_path[64];

static void skip(const char *why)
{
        (void) printf("mem: skipped: %s\n", why);
        exit(SKIP);
}

static void remove_cgroup(void)
{
        (void) rmdir(cgroup_path);
}

/* Makes the load's cgroup, for as long as we run. */
static void make_cgroup(void)
{
        bool hybrid = access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0;

        (void) snprintf(cgroup_path, sizeof(cgroup_path), "/sys/fs/cgroup%s/trimtab-bench-mem",
                        hybrid ? "/unified" : "");
        if (mkdir(cgroup_path, 0755) < 0 && errno != EEXIST)
                skip("no cgroup can be made below the unified hierarchy");
        (void) atexit(remove_cgroup);
}

/* Page by page: each is an allocation. */
static void touch(size_t size, unsigned repeats)
{
        for (unsigned i = 0; i < repeats; i++) {
                char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (at == MAP_FAILED || madvise(at, size, MADV_NOHUGEPAGE) < 0)
                        _exit(1);
                for (size_t k = 0; k < size; k += 4096)
                        at[k] = 1;
                (void) munmap(at, size);
        }
}

static void enter_cgroup(void)
{
        char path[128];
        int fd;

        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup_path);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1)
                _exit(126);
        (void) close(fd);
}

/* A fifth more than is free: the rest goes to swap. */
static void want_more_than_there_is(void)
{
        struct sysinfo info;

        (void) sysinfo(&info);
        touch((size_t) info.freeram * info.mem_unit / 5 * 6, 1);
}

static void run_load(bool reclaim)
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                enter_cgroup();
                if (reclaim)
                        want_more_than_there_is();
                else
                        touch(TOUCH, REPEATS);
                _exit(0);
        }
        if (waitpid(pid, &status, 0) < 0 || status != 0)
                skip("the load could not run");
}

/* ns of the programs newer than `after` with this in their names, for each run of the busiest. */
static double measure(uint32_t after, const char *part, bool reclaim)
{
        struct progs before, now;
        uint64_t runs;
        double ns;

        progs_read(after, &before);
        run_load(reclaim);
        progs_read(after, &now);
        ns = progs_cost(&before, &now, part, &runs);
        if (runs < 100)
                skip(reclaim ? "the load reclaimed nothing" : "the load allocated nothing");
        return ns / (double) runs;
}

/* With the programs of the peer object attached that have this in their names. */
static double measure_peer(const char *part, bool reclaim)
{
        uint32_t after = progs_last();
        struct peer_bpf *skel = peer_bpf__open();
        struct bpf_program *p;
        double cost;

        if (!skel)
                skip("no memory");
        bpf_object__for_each_program(p, skel->obj) {
                (void) bpf_program__set_autoload(p, strstr(bpf_program__name(p), part));
        }
        if (peer_bpf__load(skel) < 0 || peer_bpf__attach(skel) < 0)
                skip("the kernel refuses an empty program");
        cost = measure(after, part, reclaim);
        peer_bpf__destroy(skel);
        return cost;
}

static double measure_ours(const char *file, const char *metric, bool reclaim)
{
        uint32_t after = progs_last();
        struct testhost *th = testhost_new(file);
        struct stat st;
        uint64_t id;
        double cost;

        if (!th || stat(cgroup_path, &st) < 0)
                skip("the plugin does not load");
        id = st.st_ino;
        testhost_add_object(th, "cgroup", id, "/bench", cgroup_path);
        if (testhost_open(th) < 0 || testhost_watch(th, metric, &id, 1) < 0)
                skip("the plugin does not open");
        cost = measure(after, reclaim ? "direct_" : "page_alloc", reclaim);
        testhost_free(th);
        return cost;
}

static double measure_drsnoop(void)
{
        static const char *const drsnoop[] = { "drsnoop", NULL };
        uint32_t after = progs_last();
        struct progs programs = {};
        pid_t pid = fork();
        double cost;

        if (pid == 0) {
                int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

                (void) dup2(null, STDOUT_FILENO);
                (void) dup2(null, STDERR_FILENO);
                (void) execvp(drsnoop[0], (char *const *) drsnoop);
                _exit(127);
        }
        for (int i = 0; i < 100 && programs.n < 2; i++) {
                (void) usleep(100000);
                progs_read(after, &programs);
        }
        (void) usleep(500000); /* loaded; now they are attached */
        if (programs.n < 2)
                skip("drsnoop does not run: install libbpf-tools");
        cost = measure(after, "", true);
        (void) kill(pid, SIGINT);
        (void) waitpid(pid, NULL, 0);
        return cost;
}

static void subtract(const double *a, const double *b, uint32_t n, double *ret)
{
        for (uint32_t i = 0; i < n; i++)
                ret[i] = a[i] - b[i];
}

static void add(struct figures *list, uint32_t n, const char *subject, double *values, const char *baseline,
                double *bases, const char *note)
{
        const struct figure f = {
                .bench = "mem", .subject = subject, .unit = "ns", .note = note, .baseline = baseline,
                .values = values, .bases = bases, .n = n,
        };

        figures_add(list, &f);
}

static void bench_allocations(const char *plugin, struct figures *list)
{
        double empty[ROUNDS], ours[ROUNDS], hash[ROUNDS], above[ROUNDS], hash_above[ROUNDS];

        for (uint32_t i = 0; i < ROUNDS; i++) {
                empty[i] = measure_peer("empty_page", false);
                ours[i] = measure_ours(plugin, "mem.allocated_pages", false);
                hash[i] = measure_peer("hash_page", false);
        }
        subtract(ours, empty, ROUNDS, above);
        subtract(hash, empty, ROUNDS, hash_above);
        (void) printf("mem: ns an allocation of a page, median of %d\n", ROUNDS);
        add(list, ROUNDS, "empty program at mm_page_alloc", empty, NULL, NULL, "");
        add(list, ROUNDS, "mem.allocated_pages", ours, "hash by cgroup", hash, "with the empty program's share");
        add(list, ROUNDS, "mem.allocated_pages above empty", above, "hash by cgroup above empty", hash_above, "");
}

static void bench_reclaim(const char *plugin, struct figures *list)
{
        double empty[RECLAIM_ROUNDS], ours[RECLAIM_ROUNDS], drsnoop[RECLAIM_ROUNDS], above[RECLAIM_ROUNDS], drsnoop_above[RECLAIM_ROUNDS];

        for (uint32_t i = 0; i < RECLAIM_ROUNDS; i++) {
                empty[i] = measure_peer("empty_direct", true);
                ours[i] = measure_ours(plugin, "mem.reclaim_latency", true);
                drsnoop[i] = measure_drsnoop();
        }
        subtract(ours, empty, RECLAIM_ROUNDS, above);
        subtract(drsnoop, empty, RECLAIM_ROUNDS, drsnoop_above);
        (void) printf("mem: ns a direct reclaim, beginning and end together, median of %d\n", RECLAIM_ROUNDS);
        add(list, RECLAIM_ROUNDS, "two empty programs at direct reclaim", empty, NULL, NULL, "in a virtual machine");
        add(list, RECLAIM_ROUNDS, "mem.reclaim_latency", ours, "drsnoop", drsnoop, "with the empty programs' share");
        add(list, RECLAIM_ROUNDS, "mem.reclaim_latency above empty", above, "drsnoop above empty", drsnoop_above, "in a virtual machine");
}

int main(int argc, char **argv)
{
        bool reclaim = argc == 4 && strcmp(argv[3], "--reclaim") == 0;
        struct figures list;
        int stats;

        if (argc != 3 && !reclaim) {
                (void) fprintf(stderr, "usage: bench-mem PLUGIN.so RESULTS.json [--reclaim]\n");
                return 2;
        }
        stats = bpf_enable_stats(BPF_STATS_RUN_TIME); /* as long as it is open: nothing to put back */
        if (stats < 0)
                skip("no BPF statistics: this needs root and a kernel of 5.8 or later");
        make_cgroup();
        if (figures_open(&list, argv[2]) < 0) {
                perror(argv[2]);
                return 1;
        }
        (reclaim ? bench_reclaim : bench_allocations)(argv[1], &list);
        (void) close(stats);
        return figures_close(&list) < 0;
}
