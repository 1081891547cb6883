/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A thousand cgroups made and removed a second, under names that are used again and again, while they are all
 * watched: nothing of them may stay, and no name may mean another cgroup than it says.
 *
 *     churn-cgroup PLUGIN-DIR SECONDS [--controllers] [RESULTS.json]
 *
 * All happens in a cgroup of its own. With --controllers (for a machine that is thrown away) these have
 * controllers, too. Exits 1, saying what is wrong, and 77 where it cannot run.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

enum { NAMES = 200, PER_SECOND = 1000, TICKS_PER_SECOND = 10, EVENTS_A_TICK = 100, SKIP = 77 };

#define FOLDER "/trimtab-churn"

/* What the two sides share. */
struct shared {
        volatile uint64_t made; /* and removed again, by the child */
        volatile bool stop;
};

static void path_of(const struct world *w, unsigned name, char *ret, size_t size)
{
        (void) snprintf(ret, size, "%s" FOLDER "/%u", w->root, name);
}

/* Makes and removes at that rate, as far as the machine goes along; leaves nothing. */
static void churn(const struct world *w, struct shared *s)
{
        uint64_t start = now_ns();
        bool there[NAMES] = {};
        char path[512];
        unsigned seed = 11;

        while (!s->stop) {
                unsigned name = (unsigned) rand_r(&seed) % NAMES;

                path_of(w, name, path, sizeof(path));
                if (!there[name]) {
                        there[name] = mkdir(path, 0755) == 0;
                } else if (rmdir(path) == 0) {
                        there[name] = false;
                        s->made++;
                }
                if (s->made * 1000000000 / PER_SECOND > now_ns() - start)
                        (void) usleep(1000);
        }
        for (unsigned name = 0; name < NAMES; name++) {
                path_of(w, name, path, sizeof(path));
                if (there[name])
                        (void) rmdir(path);
        }
        _exit(0);
}

static size_t n_descriptors(void)
{
        DIR *d = opendir("/proc/self/fd");
        size_t n = 0;

        while (d && readdir(d))
                n++;
        if (d)
                (void) closedir(d);
        return n;
}

/* Bytes in use by malloc, to the byte: without the caches of freed blocks that a thread keeps, which count as
 * in use. */
static size_t n_bytes(void)
{
        return mallinfo2().uordblks;
}

/* How many cgroups of the registry are none of the tree: gone, or another one by now. */
static size_t n_stale(const struct world *w)
{
        const struct object *const *all;
        size_t n, stale = 0;

        all = objects_of_scope(w->objects, SCOPE_CGROUP, &n);
        for (size_t i = 0; i < n; i++) {
                struct stat st;

                if (stat(all[i]->path, &st) < 0 || st.st_ino != all[i]->id.key ||
                    objects_by_name(w->objects, SCOPE_CGROUP, all[i]->name) != all[i]) {
                        (void) printf("stale: %s, id %llu\n", all[i]->name,
                                      (unsigned long long) all[i]->id.key);
                        stale++;
                }
        }
        return stale;
}

/* n_events at most: where they come faster than they are followed, as on an emulated machine, there is always one more. */
static void tick(struct world *w, unsigned n_events)
{
        (void) cgroup_tree_process(w->tree);
        (void) world_watch(w, FOLDER, NAMES);
        plugins_collect(w->plugins, now_ns());
        for (unsigned i = 0; i < n_events && sd_event_run(w->event, 0) > 0; i++)
                ;
}

struct state {
        size_t objects, descriptors, bytes;
};

/* With all of the churned gone. */
static struct state rest(struct world *w)
{
        struct state s;

        tick(w, UINT_MAX);
        tick(w, UINT_MAX);
        (void) objects_of_scope(w->objects, SCOPE_CGROUP, &s.objects);
        s.descriptors = n_descriptors();
        s.bytes = n_bytes();
        return s;
}

/* All of them at once for a few ticks: every table is then as large as it will have to be. */
static void warm_up(struct world *w)
{
        char path[512];

        for (unsigned name = 0; name < NAMES; name++) {
                path_of(w, name, path, sizeof(path));
                (void) mkdir(path, 0755);
        }
        for (unsigned i = 0; i < 4; i++)
                tick(w, UINT_MAX);
        for (unsigned name = 0; name < NAMES; name++) {
                path_of(w, name, path, sizeof(path));
                (void) rmdir(path);
        }
}

/* For `seconds`, the child churning; ret_cpu_ns: what following it took. false: it never got going. */
static bool follow(struct world *w, double seconds, struct shared *s, uint64_t *ret_cpu_ns)
{
        uint64_t start = now_ns(), cpu = cpu_ns();
        pid_t pid;

        s->stop = false;
        s->made = 0;
        pid = fork();
        if (pid < 0)
                return false;
        if (pid == 0)
                churn(w, s);

        while ((double) (now_ns() - start) < seconds * 1e9) {
                tick(w, EVENTS_A_TICK);
                (void) usleep(1000000 / TICKS_PER_SECOND);
        }
        s->stop = true;
        (void) waitpid(pid, NULL, 0);
        *ret_cpu_ns = cpu_ns() - cpu;
        return s->made > 0;
}

static int judge(const struct world *w, const struct state *before, const struct state *after)
{
        size_t stale = n_stale(w);
        bool good;

        (void) printf("%-24s %10s %10s\n", "", "before", "after");
        (void) printf("%-24s %10zu %10zu\n", "cgroups in the registry", before->objects, after->objects);
        (void) printf("%-24s %10zu %10zu\n", "descriptors", before->descriptors, after->descriptors);
        (void) printf("%-24s %10zu %10zu\n", "bytes allocated", before->bytes, after->bytes);
        (void) printf("%-24s %10s %10zu\n", "stale", "", stale);

        /* Some table may yet have grown: this is less than what is kept of one cgroup, for each that was
         * made. */
        good = stale == 0 && after->objects == before->objects && after->descriptors == before->descriptors &&
               after->bytes <= before->bytes + 65536;
        (void) printf("%s\n", good ? "nothing is left" : "SOMETHING IS LEFT");
        return good ? 0 : 1;
}

static int record(const char *path, double seconds, const struct shared *s, uint64_t cpu)
{
        FILE *f = path ? fopen(path, "we") : NULL;

        (void) printf("%.0f cgroups made and removed a second; following them took %.1f us of CPU each\n",
                      (double) s->made / seconds, (double) cpu / 1e3 / (double) s->made);
        if (!path)
                return 0;
        if (!f)
                return 1;
        (void) fprintf(
                f,
                "[{\"bench\": \"cgroup\", \"subject\": \"churn, CPU a cgroup made, watched and removed\", "
                "\"baseline\": \"none\", \"value\": %.2f, \"unit\": \"us\", \"ratio\": null, \"spread\": "
                "null, "
                "\"runs\": 1, \"note\": \"%.0f a second for %.0f s; nothing left\"}]\n",
                (double) cpu / 1e3 / (double) s->made, (double) s->made / seconds, seconds);
        return fclose(f) == 0 ? 0 : 1;
}

/* Once again without those caches: that is set at the start of a program. */
static void restart_without_caches(char **argv)
{
        if (getenv("GLIBC_TUNABLES"))
                return;
        (void) setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
        (void) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
        bool controllers = argc > 3 && strcmp(argv[3], "--controllers") == 0;
        const char *results = argc > 3 + controllers ? argv[3 + controllers] : NULL;
        struct state before, after;
        struct shared *shared;
        struct world w;
        char path[512];
        uint64_t cpu;
        double seconds;
        int r;

        if (argc < 3) {
                (void) fprintf(stderr,
                               "usage: churn-cgroup PLUGIN-DIR SECONDS [--controllers] [RESULTS.json]\n");
                return 2;
        }
        restart_without_caches(argv);
        world_raise_limit();
        seconds = strtod(argv[2], NULL);
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (geteuid() != 0 || shared == MAP_FAILED) {
                (void) printf("cgroup: skipped: needs root\n");
                return SKIP;
        }
        if (!world_make(&w, argv[1], true))
                return 1;

        if (controllers)
                world_enable(&w, "");
        (void) snprintf(path, sizeof(path), "%s" FOLDER, w.root);
        if (mkdir(path, 0755) < 0) {
                (void) printf("cgroup: skipped: %s: %s\n", path, strerror(errno));
                return SKIP;
        }
        if (controllers)
                world_enable(&w, FOLDER);

        warm_up(&w);
        before = rest(&w);
        r = follow(&w, seconds, shared, &cpu) ? 0 : 1;
        after = rest(&w);
        if (r == 0)
                r = judge(&w, &before, &after);
        if (r == 0)
                r = record(results, seconds, shared, cpu);

        (void) rmdir(path);
        world_clear(&w);
        return r;
}
