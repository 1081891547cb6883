/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What sensing costs at scale: 10, 100, 1,000 and 10,000 cgroups, of which up to 1,000 are watched with every
 * metric of the cgroup plugin, against bare preads of the same files, in turns in one run.
 *
 *     bench-cgroup PLUGIN-DIR RESULTS.json [--controllers]
 *
 * All happens below a cgroup of its own. With --controllers (for a machine that is thrown away: bench.sh
 * starts one) these have controllers and all the files, too. Exits 77, saying why, where it cannot run.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

enum { ROUNDS = 15, FILES_A_ROUND = 5000, WATCHED_MAX = 1000, SKIP = 77, TEXT_MAX = 32768 };

#define FOLDER "/trimtab-bench"

/* The files that the metrics stand in. */
static const char *const files[] = {
        "cpu.pressure", "memory.pressure", "io.pressure",         "cpu.stat",     "memory.current",
        "memory.stat",  "memory.events",   "memory.swap.current", "pids.current", "io.stat",
};
enum { N_FILES = sizeof(files) / sizeof(files[0]) };

struct bare {
        int *fds;
        size_t n;
};

struct figures {
        double subject, baseline, ratio; /* medians */
        double low, high;                /* of the ratio */
};

static int make_group(const struct world *w, const char *name)
{
        char path[512];

        (void) snprintf(path, sizeof(path), "%s%s", w->root, name);
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* Up to n cgroups, in folders of a hundred; how many there are then. */
static size_t grow(const struct world *w, bool controllers, size_t have, size_t n)
{
        char name[128];

        for (; have < n; have++) {
                if (have % 100 == 0) {
                        (void) snprintf(name, sizeof(name), FOLDER "/%03zu", have / 100);
                        if (make_group(w, name) < 0)
                                return have;
                        if (controllers)
                                world_enable(w, name);
                        continue; /* it counts as one */
                }
                (void) snprintf(name, sizeof(name), FOLDER "/%03zu/%02zu", have / 100, have % 100);
                if (make_group(w, name) < 0)
                        return have;
        }
        return have;
}

/* The deepest last in the order of names, so from the end. */
static void remove_all(struct world *w)
{
        const struct object *const *all;
        size_t n;

        all = objects_of_scope(w->objects, SCOPE_CGROUP, &n);
        for (size_t i = n; i-- > 0;)
                if (strncmp(all[i]->name, FOLDER, strlen(FOLDER)) == 0)
                        (void) rmdir(all[i]->path);
}

/* The same files of the same cgroups that the plugin reads. */
static void open_bare(struct world *w, size_t max, struct bare *ret)
{
        const struct object *const *all;
        size_t n, watched = 0;

        all = objects_of_scope(w->objects, SCOPE_CGROUP, &n);
        *ret = (struct bare){ .fds = calloc(max * N_FILES, sizeof(int)) };
        if (!ret->fds)
                abort();
        for (size_t i = 0; i < n && watched < max; i++) {
                if (strncmp(all[i]->name, FOLDER "/", strlen(FOLDER "/")) != 0)
                        continue;
                watched++;
                for (size_t f = 0; f < N_FILES; f++) {
                        char path[512];
                        int fd;

                        (void) snprintf(path, sizeof(path), "%s/%s", all[i]->path, files[f]);
                        fd = open(path, O_RDONLY | O_CLOEXEC);
                        if (fd >= 0)
                                ret->fds[ret->n++] = fd;
                }
        }
}

static void close_bare(struct bare *b)
{
        for (size_t i = 0; i < b->n; i++)
                (void) close(b->fds[i]);
        free(b->fds);
}

/* So often in a row that a round is long enough to be measured. */
static size_t repeats(const struct bare *b)
{
        return 1 + FILES_A_ROUND / (b->n + 1);
}

/* ns of one. */
static double read_bare(const struct bare *b)
{
        char text[TEXT_MAX];
        uint64_t start = cpu_ns();

        for (size_t k = 0; k < repeats(b); k++)
                for (size_t i = 0; i < b->n; i++)
                        if (pread(b->fds[i], text, sizeof(text) - 1, 0) < 0)
                                abort();
        return (double) (cpu_ns() - start) / (double) repeats(b);
}

static double collect(struct world *w, const struct bare *b)
{
        uint64_t start = cpu_ns();

        for (size_t k = 0; k < repeats(b); k++)
                plugins_collect(w->plugins, now_ns());
        return (double) (cpu_ns() - start) / (double) repeats(b);
}

static int compare(const void *a, const void *b)
{
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* In turns, and each first as often as the other. */
static struct figures measure(struct world *w, const struct bare *bare)
{
        double subject[ROUNDS] = {}, baseline[ROUNDS], ratio[ROUNDS];

        (void) collect(w, bare); /* opens the files */
        (void) read_bare(bare);
        for (size_t i = 0; i < ROUNDS; i++) {
                if (i % 2)
                        subject[i] = collect(w, bare);
                baseline[i] = read_bare(bare);
                if (i % 2 == 0)
                        subject[i] = collect(w, bare);
                ratio[i] = subject[i] / baseline[i];
        }

        qsort(subject, ROUNDS, sizeof(double), compare);
        qsort(baseline, ROUNDS, sizeof(double), compare);
        qsort(ratio, ROUNDS, sizeof(double), compare);
        return (struct figures){ subject[ROUNDS / 2], baseline[ROUNDS / 2], ratio[ROUNDS / 2], ratio[0],
                                 ratio[ROUNDS - 1] };
}

static double memory_mb(void)
{
        char line[256];
        double kb = 0;
        FILE *f = fopen("/proc/self/status", "re");

        while (f && fgets(line, sizeof(line), f))
                if (sscanf(line, "VmRSS: %lf", &kb) == 1)
                        break;
        if (f)
                (void) fclose(f);
        return kb / 1024;
}

static void report(FILE *json, bool first, size_t n, size_t watched, size_t n_files, const struct figures *f)
{
        (void) printf("%8zu %8zu %8zu %12.3f %12.3f %8.2f %6.2f..%.2f %8.1f\n", n, watched, n_files,
                      f->subject / 1e6, f->baseline / 1e6, f->ratio, f->low, f->high, memory_mb());
        (void) fflush(stdout);
        (void) fprintf(json,
                       "%s{\"bench\": \"cgroup\", \"subject\": \"collect, %zu cgroups, %zu watched\", "
                       "\"baseline\": \"pread of the same %zu files\", \"value\": %.4f, \"unit\": \"ms\", "
                       "\"ratio\": %.3f, "
                       "\"spread\": [%.3f, %.3f], \"runs\": %d, \"note\": \"CPU time; memory of the process "
                       "%.1f MB\"}",
                       first ? "" : ",\n", n, watched, n_files, f->subject / 1e6, f->ratio, f->low, f->high,
                       ROUNDS, memory_mb());
}

/* One size: the tree follows what was made, then both read. */
static void measure_size(struct world *w, size_t n, bool first, FILE *json)
{
        struct figures f;
        struct bare bare;
        size_t watched;

        if (cgroup_tree_process(w->tree) < 0)
                abort();
        watched = world_watch(w, FOLDER, WATCHED_MAX);
        open_bare(w, WATCHED_MAX, &bare);
        f = measure(w, &bare);
        report(json, first, n, watched, bare.n, &f);
        close_bare(&bare);
}

int main(int argc, char **argv)
{
        static const size_t sizes[] = { 10, 100, 1000, 10000 };
        bool controllers = argc == 4 && strcmp(argv[3], "--controllers") == 0;
        struct world w;
        size_t have = 0;
        FILE *json;

        if (argc != 3 + controllers) {
                (void) fprintf(stderr, "usage: bench-cgroup PLUGIN-DIR RESULTS.json [--controllers]\n");
                return 2;
        }
        if (geteuid() != 0) {
                (void) printf("cgroup: skipped: needs root\n");
                return SKIP;
        }
        world_raise_limit();
        if (!world_make(&w, argv[1], false))
                return 1;

        if (controllers)
                world_enable(&w, "");
        if (make_group(&w, FOLDER) < 0) {
                (void) printf("cgroup: skipped: cannot make %s" FOLDER "\n", w.root);
                return SKIP;
        }
        if (controllers)
                world_enable(&w, FOLDER);

        json = fopen(argv[2], "we");
        if (!json)
                return 1;
        (void) fputs("[", json);
        (void) printf("%8s %8s %8s %12s %12s %8s %12s %8s\n", "cgroups", "watched", "files", "collect, ms",
                      "preads, ms", "ratio", "spread", "RSS, MB");
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                have = grow(&w, controllers, have, sizes[i]);
                if (have < sizes[i])
                        (void) printf("only %zu cgroups could be made\n", have);
                measure_size(&w, have, i == 0, json);
        }
        (void) fputs("]\n", json);
        remove_all(&w);
        world_clear(&w);
        return fclose(json) == 0 ? 0 : 1;
}
