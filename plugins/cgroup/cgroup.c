/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "group.h"
#include "knobs.h"
#include "machine.h"
#include "parse.h"

/* The cgroup plugin: pressure, CPU and memory of control groups from the kernel's own files, and their
 * limits. */

struct cgroup {
        const struct trimtab_host *host;
        struct group *groups; /* cgroup id -> struct group */
        struct fd_budget budget;
};

static int probe(const struct trimtab_host *h)
{
        uint64_t root;

        if (h->object_key(h, "cgroup", "/", &root) < 0) {
                h->log(h, TRIMTAB_LOG_NOTICE,
                       "no cgroup v2 hierarchy is mounted (mount -t cgroup2 none /sys/fs/cgroup)");
                return 0;
        }
        return 1;
}

/* Half of what the process may have open is ours; past it files are opened for each tick. */
static unsigned fds_max(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
                return 512;
        return limit.rlim_cur / 2 < 65536 ? (unsigned) limit.rlim_cur / 2 : 65536;
}

static int cgroup_open(const struct trimtab_host *h, void **ret_self)
{
        struct machine machine;
        struct cgroup *c;
        const char *path;
        uint64_t root;
        int r;

        r = h->object_key(h, "cgroup", "/", &root);
        if (r >= 0)
                r = h->object_path(h, "cgroup", root, &path);
        if (r < 0)
                return r;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->host = h;
        c->budget.max = fds_max();
        *ret_self = c;

        machine_look(path, "/proc", "/sys", &machine);
        for (enum metric m = 0; m < N_METRICS; m++) {
                char reason[256];

                if (machine_lacks_metric(&machine, m, reason, sizeof(reason)))
                        h->unavailable(h, m, reason);
        }
        knobs_tell(h, &machine);
        return 0;
}

static struct group *find_or_add(struct cgroup *c, uint64_t id, int *ret_error)
{
        const struct trimtab_host *h = c->host;
        const char *path, *name;
        struct group *g;

        HASH_FIND(hh, c->groups, &id, sizeof(id), g);
        if (g)
                return g;

        *ret_error = h->object_name(h, "cgroup", id, &name);
        if (*ret_error >= 0)
                *ret_error = h->object_path(h, "cgroup", id, &path);
        if (*ret_error >= 0)
                *ret_error = group_new(id, path, strcmp(name, "/") == 0, &g);
        if (*ret_error < 0)
                return NULL;

        HASH_ADD(hh, c->groups, id, sizeof(g->id), g);
        return g;
}

static void drop_unwanted(struct cgroup *c)
{
        struct group *g, *next;

        HASH_ITER(hh, c->groups, g, next)
        {
                if (g->wanted) {
                        group_close_unused(g, &c->budget);
                        continue;
                }
                HASH_DELETE(hh, c->groups, g);
                group_free(g, &c->budget);
        }
}

static int cgroup_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct cgroup *c = self;
        uint32_t bit = 1u << metric;
        int error = 0;

        for (struct group *g = c->groups; g; g = g->hh.next)
                g->wanted &= ~bit;

        for (uint32_t i = 0; i < n; i++) {
                int r = 0;
                struct group *g = find_or_add(c, objects[i], &r);

                if (g)
                        g->wanted |= bit;
                else if (r != -ENOENT && r != -ENODEV)
                        error = r; /* not just gone meanwhile: no memory, no descriptors */
        }

        for (struct group *g = c->groups; g; g = g->hh.next)
                if (!(g->wanted & bit))
                        g->has_before &= ~bit;
        drop_unwanted(c);
        return error;
}

/* What the total grew by since the last tick, in per cent of that time; nothing on the first. */
static void emit_pressure(struct cgroup *c, struct group *g, enum metric m, uint64_t total_usec,
                          uint64_t now_ns)
{
        uint64_t before = g->before[m], before_ns = g->before_ns[m];
        bool has_before = g->has_before & (1u << m);
        double percent;

        if (has_before && now_ns <= before_ns)
                return;

        g->before[m] = total_usec;
        g->before_ns[m] = now_ns;
        g->has_before |= 1u << m;
        if (!has_before || total_usec < before)
                return;

        /* The reads are not quite a tick apart: a stall of the whole tick may come out as a bit more. */
        percent = (double) (total_usec - before) * sources[m].factor * 100 / (double) (now_ns - before_ns);
        (void) c->host->emit(c->host, m, g->id, percent < 100 ? percent : 100);
}

static void collect_file(struct cgroup *c, struct group *g, enum file file, uint64_t now_ns)
{
        uint32_t here = g->wanted & file_metrics(file);
        char text[TEXT_MAX];

        if (!here)
                return;
        if (group_read(g, file, &c->budget, text) < 0) {
                /* Gone, or not on for this cgroup: no sample, and the next total starts anew. */
                g->has_before &= ~here;
                return;
        }

        for (enum metric m = 0; m < N_METRICS; m++) {
                uint64_t value;

                if (!(here & (1u << m)) || parse_source(&sources[m], text, &value) < 0)
                        continue;
                if (sources[m].form == FORM_PRESSURE)
                        emit_pressure(c, g, m, value, now_ns);
                else
                        (void) c->host->emit(c->host, m, g->id, (double) value * sources[m].factor);
        }
}

static int cgroup_collect(void *self, uint64_t now_ns)
{
        struct cgroup *c = self;

        for (struct group *g = c->groups; g; g = g->hh.next)
                for (enum file f = 0; f < N_FILES; f++)
                        collect_file(c, g, f, now_ns);
        return 0;
}

static void cgroup_close(void *self)
{
        struct cgroup *c = self;
        struct group *g, *next;

        if (!c)
                return;

        HASH_ITER(hh, c->groups, g, next)
        {
                HASH_DELETE(hh, c->groups, g);
                group_free(g, &c->budget);
        }
        free(c);
}

TRIMTAB_PLUGIN("cgroup") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "cgroup",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "Pressure, CPU and memory of control groups, and their limits",
        TRIMTAB_METRICS(metrics),
        .knobs = knobs,
        .n_knobs = N_KNOBS,
        .probe = probe,
        .open = cgroup_open,
        .watch = cgroup_watch,
        .collect = cgroup_collect,
        .close = cgroup_close,
};
