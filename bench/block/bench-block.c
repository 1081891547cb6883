/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the block plugin costs a request, beside biolatency of libbpf-tools and beside programs that do nothing.
 *
 *     bench-block PLUGIN.so RESULTS.json    (a list, to which the results are added)
 *
 * All are measured in turns under the same load, direct reads of a file on this machine's disk by a process in a cgroup of its own; the
 * kernel's run time statistics say what their programs took. Exits 77, saying why, where it cannot run.
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
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "empty.bpf.skel.h"
#include "figures.h"
#include "progs.h"
#include "testhost.h"

#define ROUNDS     5
#define READS      2000 /* a run: half a second on a quiet machine */
#define FILE_BYTES (64u << 20)
#define BLOCK      4096u
#define SKIP       77

static char cgroup_path[64], root_path[64], file_path[64];
static struct stat file_stat;

static void skip(const char *why)
{
        (void) printf("block: skipped: %s\n", why);
        exit(SKIP);
}

static void clean_up(void)
{
        char path[128];

        (void) rmdir(cgroup_path);
        (void) unlink(file_path);
        (void) snprintf(path, sizeof(path), "%s/cgroup.controllers", root_path);
        (void) unlink(path);
        (void) rmdir(root_path);
}

/*
 * The load's cgroup, for as long as we run, in the hierarchy that the kernel charges I/O in: on a hybrid one that is of version 1, where
 * the plugin refuses to tell cgroups apart. It believes what the root cgroup's folder says, and costs what it costs on version 2.
 */
static void make_cgroup(void)
{
        bool hybrid = access("/sys/fs/cgroup/blkio/cgroup.procs", F_OK) == 0;
        char path[128];
        FILE *f;

        (void) snprintf(cgroup_path, sizeof(cgroup_path), "/sys/fs/cgroup%s/trimtab-bench-block", hybrid ? "/blkio" : "");
        if (mkdir(cgroup_path, 0755) < 0 && errno != EEXIST)
                skip("no cgroup can be made");
        (void) strcpy(root_path, "/tmp/trimtab-bench-XXXXXX");
        if (!mkdtemp(root_path))
                skip("no folder can be made");
        (void) snprintf(path, sizeof(path), "%s/cgroup.controllers", root_path);
        f = fopen(path, "we");
        if (!f || fputs("io\n", f) < 0 || fclose(f) != 0)
                skip("no file can be made");
}

static void make_file(void)
{
        char *block = calloc(1, BLOCK);
        int fd;

        (void) strcpy(file_path, "/var/tmp/trimtab-bench-XXXXXX");
        fd = mkstemp(file_path);
        if (!block || fd < 0)
                skip("no file can be made");
        for (uint32_t at = 0; at < FILE_BYTES; at += BLOCK)
                if (write(fd, block, BLOCK) != BLOCK)
                        skip("there is no room for a file");
        if (fsync(fd) < 0 || fstat(fd, &file_stat) < 0)
                skip("no file can be made");
        (void) close(fd);
        free(block);
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

static void read_at_random(void)
{
        int fd = open(file_path, O_RDONLY | O_DIRECT | O_CLOEXEC);
        unsigned seed = 1;
        void *at = NULL;

        if (fd < 0 || posix_memalign(&at, BLOCK, BLOCK) != 0)
                _exit(1);
        for (int i = 0; i < READS; i++)
                if (pread(fd, at, BLOCK, (off_t) ((uint32_t) rand_r(&seed) % (FILE_BYTES / BLOCK)) * BLOCK) != BLOCK)
                        _exit(1);
        _exit(0);
}

/* ns of the programs newer than `after` with this in their names, for each request. */
static double measure(uint32_t after, const char *part)
{
        struct progs before, now;
        uint64_t runs;
        int status;
        double ns;
        pid_t pid;

        progs_read(after, &before);
        pid = fork();
        if (pid == 0) {
                enter_cgroup();
                read_at_random();
        }
        if (waitpid(pid, &status, 0) < 0 || status != 0)
                skip("the load could not run");
        progs_read(after, &now);
        ns = progs_cost(&before, &now, part, &runs);
        if ((double) runs < READS * 0.9) /* some may be merged with others' */
                skip("the load's requests were not seen: is the disk one that has none, or does somebody else load many programs?");
        return ns / (double) runs;
}

/* The whole disk that the file is on: its folder and its dev_t. */
static void find_disk(char *ret_path, size_t size, uint64_t *ret_disk)
{
        unsigned maj = major(file_stat.st_dev), min = minor(file_stat.st_dev);
        char path[128];
        FILE *f;

        (void) snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", maj, min);
        (void) snprintf(ret_path, size, "/sys/dev/block/%u:%u%s", maj, min, access(path, F_OK) == 0 ? "/.." : "");
        (void) snprintf(path, sizeof(path), "%s/dev", ret_path);
        f = fopen(path, "re");
        if (!f || fscanf(f, "%u:%u", &maj, &min) != 2)
                skip("the file is on no disk");
        (void) fclose(f);
        *ret_disk = makedev(maj, min);
}

/* `only`: this metric, NULL: all. */
static void watch_all(struct testhost *th, const char *scope, uint64_t object, const char *only)
{
        const struct trimtab_plugin *p = testhost_plugin(th);

        /* Merges are other programs, at merges. */
        for (uint32_t i = 0; i < p->n_metrics; i++)
                if (strcmp(p->metrics[i].scope, scope) == 0 && !strstr(p->metrics[i].name, "merges") &&
                    (!only || strcmp(p->metrics[i].name, only) == 0))
                        (void) testhost_watch(th, p->metrics[i].name, &object, 1);
}

enum subject { DISK_LATENCY, CGROUP_LATENCY, EVERYTHING };

static struct testhost *open_ours(const char *file, enum subject subject)
{
        struct testhost *th = testhost_new(file);
        uint64_t disk;
        char path[64];
        struct stat st;

        if (!th || stat(cgroup_path, &st) < 0)
                skip("the plugin does not load");
        find_disk(path, sizeof(path), &disk);
        testhost_add_object(th, "cgroup", 1, "/", root_path);
        testhost_add_object(th, "cgroup", st.st_ino, "/bench", cgroup_path);
        if (testhost_open(th) < 0)
                skip("the plugin does not open");
        testhost_add_object(th, "block", disk, "disk", path);
        if (subject != CGROUP_LATENCY)
                watch_all(th, "block", disk, subject == EVERYTHING ? NULL : "block.disk_read_latency");
        if (subject != DISK_LATENCY)
                watch_all(th, "cgroup", st.st_ino, subject == EVERYTHING ? NULL : "block.read_latency");
        return th;
}

static double measure_ours(const char *file, enum subject subject)
{
        uint32_t after = progs_last();
        struct testhost *th = open_ours(file, subject);
        double cost = measure(after, "block_");
        const struct testhost_sample *s;
        struct stat st;

        /* What it did not count it did not cost. */
        (void) testhost_collect(th);
        s = subject == EVERYTHING && stat(cgroup_path, &st) == 0 ? testhost_sample(th, "block.reads", st.st_ino) : NULL;
        if (subject == EVERYTHING && (!s || s->value < READS * 0.9))
                skip("the reads were not charged to the cgroup");
        testhost_free(th);
        return cost;
}

/* Of those empty programs that have `part` in their names. */
static double measure_empty(const char *part)
{
        uint32_t after = progs_last();
        struct empty_bpf *skel = empty_bpf__open_and_load();
        double cost;

        if (!skel || empty_bpf__attach(skel) < 0)
                skip("the kernel refuses an empty tp_btf program");
        cost = measure(after, part);
        empty_bpf__destroy(skel);
        return cost;
}

/* Others may load programs at the same time. */
static uint32_t count_named(uint32_t after, const char *part)
{
        struct progs programs;
        uint32_t n = 0;

        progs_read(after, &programs);
        for (uint32_t i = 0; i < programs.n; i++)
                n += strstr(programs.list[i].name, part) != NULL;
        return n;
}

static double measure_biolatency(void)
{
        static const char *const biolatency[] = { "biolatency", "1000", NULL };
        uint32_t after = progs_last();
        pid_t pid = fork();
        double cost;

        if (pid == 0) {
                int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

                (void) dup2(null, STDOUT_FILENO);
                (void) dup2(null, STDERR_FILENO);
                (void) execvp(biolatency[0], (char *const *) biolatency);
                _exit(127);
        }
        for (int i = 0; i < 100 && count_named(after, "block_rq") < 2; i++)
                (void) usleep(100000);
        (void) usleep(500000); /* loaded; now they are attached */
        if (count_named(after, "block_rq") < 2)
                skip("biolatency does not run: install libbpf-tools");
        cost = measure(after, "block_rq");
        (void) kill(pid, SIGINT);
        (void) waitpid(pid, NULL, 0);
        return cost;
}

int main(int argc, char **argv)
{
        double complete[ROUNDS], empties[ROUNDS], disk[ROUNDS], cgroup[ROUNDS], all[ROUNDS], theirs[ROUNDS];
        double disk_above[ROUNDS], cgroup_above[ROUNDS], all_above[ROUNDS], theirs_above[ROUNDS];
        const char *peer = "biolatency above empty";
        const struct figure lines[] = {
                { "block", "empty program at block_rq_complete", "ns", "", NULL, complete, NULL, ROUNDS },
                { "block", "biolatency", "ns", "with the empty programs' share", NULL, theirs, NULL, ROUNDS },
                { "block", "latency of a disk, above empty", "ns", "what biolatency shows", peer, disk_above, theirs_above, ROUNDS },
                { "block", "latency of a cgroup, above empty", "ns", "", peer, cgroup_above, theirs_above, ROUNDS },
                { "block", "all of a disk and a cgroup, above empty", "ns", "20 metrics, 6 histograms a request", peer, all_above, theirs_above, ROUNDS },
        };
        struct figures list;
        int stats;

        if (argc != 3) {
                (void) fprintf(stderr, "usage: bench-block PLUGIN.so RESULTS.json\n");
                return 2;
        }
        stats = bpf_enable_stats(BPF_STATS_RUN_TIME); /* as long as it is open: nothing to put back */
        if (stats < 0)
                skip("no BPF statistics: this needs root and a kernel of 5.8 or later");
        (void) atexit(clean_up);
        make_cgroup();
        make_file();

        for (uint32_t i = 0; i < ROUNDS; i++) {
                complete[i] = measure_empty("empty_complete");
                empties[i] = measure_empty("empty_");
                disk[i] = measure_ours(argv[1], DISK_LATENCY);
                cgroup[i] = measure_ours(argv[1], CGROUP_LATENCY);
                all[i] = measure_ours(argv[1], EVERYTHING);
                theirs[i] = measure_biolatency();
                disk_above[i] = disk[i] - complete[i];
                cgroup_above[i] = cgroup[i] - complete[i];
                all_above[i] = all[i] - complete[i];
                theirs_above[i] = theirs[i] - empties[i];
        }
        (void) close(stats);

        if (figures_open(&list, argv[2]) < 0) {
                perror(argv[2]);
                return 1;
        }
        (void) printf("block: ns a request, all programs of a subject together, median of %d\n", ROUNDS);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                figures_add(&list, &lines[i]);
        return figures_close(&list) < 0;
}
