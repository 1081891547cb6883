/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "group.h"
#include "knobs.h"
#include "machine.h"
#include "parse.h"
#include "triggers.h"

/* The cgroup plugin: pressure, CPU and memory of control groups from the kernel's own files, and their
 * limits. */

struct cgroup {
        const struct trimtab_host *host;
        struct group *groups; /* cgroup id -> struct group */
        struct fd_budget budget;
        struct triggers triggers;
        int polled_fd;             /* of the triggers, as far as the loop knows; -1: none */
        uint32_t in_file[N_FILES]; /* file_metrics() of each */
};

static const struct trimtab_option options[] = {
        { "psi-stall", "ms",
          "stall of a watched cgroup within psi-window that has the rules evaluated at once; 0: never", "100",
          0, 10000 },
        /* The kernel takes no less before 6.3, and never more. */
        { "psi-window", "ms", "window of psi-stall; also the least time between two such evaluations", "1000",
          500, 10000 },
        { "psi-triggers", "triggers",
          "how many there may be, one for each watched cgroup and kind of pressure; the kernel runs a thread "
          "for each cgroup",
          "256", 0, 100000 },
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
        c->polled_fd = -1;
        triggers_init(&c->triggers, h);
        for (enum file f = 0; f < N_FILES; f++)
                c->in_file[f] = file_metrics(f);
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

/* Its folder, valid until the callback returns, and whether it is the root. */
static int find_folder(const struct cgroup *c, uint64_t id, const char **ret_path, bool *ret_is_root)
{
        const char *name;
        int r;

        r = c->host->object_name(c->host, "cgroup", id, &name);
        if (r < 0)
                return r;
        *ret_is_root = strcmp(name, "/") == 0;
        return c->host->object_path(c->host, "cgroup", id, ret_path);
}

static struct group *find_or_add(struct cgroup *c, uint64_t id, int *ret_error)
{
        const char *path;
        struct group *g;
        bool is_root;

        HASH_FIND(hh, c->groups, &id, sizeof(id), g);
        if (g)
                return g;

        *ret_error = find_folder(c, id, &path, &is_root);
        if (*ret_error >= 0)
                *ret_error = group_new(id, path, is_root, &g);
        if (*ret_error < 0)
                return NULL;

        HASH_ADD(hh, c->groups, id, sizeof(g->id), g);
        return g;
}

static void drop_group(struct cgroup *c, struct group *g)
{
        HASH_DELETE(hh, c->groups, g);
        triggers_drop_all(&c->triggers, g);
        group_free(g, &c->budget);
}

static void drop_unwanted(struct cgroup *c)
{
        struct group *g, *next;

        HASH_ITER(hh, c->groups, g, next)
        {
                if (g->wanted)
                        group_close_unused(g, &c->budget);
                else
                        drop_group(c, g);
        }
}

static int on_trigger(void *self, int32_t fd)
{
        struct cgroup *c = self;

        if (triggers_fired(&c->triggers))
                c->host->wake(c->host);
        return 0;
}

static void add_trigger(struct cgroup *c, struct group *g, enum metric m)
{
        if (g->ticks < TICKS_TO_TRIGGER || !(g->wanted & (1u << m)))
                return;

        triggers_add(&c->triggers, g, m);
        if (c->polled_fd < 0 && c->triggers.epoll_fd >= 0 &&
            c->host->add_io(c->host, c->triggers.epoll_fd, on_trigger) >= 0)
                c->polled_fd = c->triggers.epoll_fd;
}

static void update_triggers(struct cgroup *c, enum metric m)
{
        for (struct group *g = c->groups; g; g = g->hh.next) {
                if (g->wanted & (1u << m))
                        add_trigger(c, g, m);
                else
                        triggers_drop(&c->triggers, g, m);
        }
}

/* One more tick that it was there. */
static void grow_older(struct cgroup *c, struct group *g)
{
        if (g->dir_fd < 0 || g->ticks >= TICKS_TO_TRIGGER || ++g->ticks < TICKS_TO_TRIGGER)
                return;
        for (enum metric m = 0; m < N_PRESSURES; m++)
                add_trigger(c, g, m);
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
        if (metric < N_PRESSURES)
                update_triggers(c, metric);
        drop_unwanted(c);
        return error;
}

/* What is watched stays so by its id: should that be used again before the next watch(), it means the new
 * cgroup. */
static void cgroup_on_object(void *self, const char *scope, uint64_t id, uint32_t came)
{
        struct cgroup *c = self;
        struct group *g = NULL;
        const char *path;
        bool is_root;

        HASH_FIND(hh, c->groups, &id, sizeof(id), g);
        if (!g || strcmp(scope, "cgroup") != 0)
                return;

        triggers_drop_all(&c->triggers, g);
        group_detach(g, &c->budget);
        if (came && find_folder(c, id, &path, &is_root) >= 0)
                (void) group_attach(g, path, is_root); /* else it is gone again */
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
        uint32_t here = g->wanted & c->in_file[file];
        char text[TEXT_MAX];

        if (!here)
                return;
        if (group_read(g, file, &c->budget, text) < 0) {
                /* Gone, or not on for this cgroup: no sample, and the next total starts anew. */
                g->has_before &= ~here;
                return;
        }

        for (; here; here &= here - 1) {
                enum metric m = (enum metric) __builtin_ctz(here);
                uint64_t value;

                if (parse_source(&sources[m], text, &value) < 0)
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

        for (struct group *g = c->groups; g; g = g->hh.next) {
                for (enum file f = 0; f < N_FILES; f++)
                        collect_file(c, g, f, now_ns);
                grow_older(c, g);
        }
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
                drop_group(c, g);
        }
        triggers_clear(&c->triggers);
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
        TRIMTAB_OPTIONS(options),
        .probe = probe,
        .open = cgroup_open,
        .watch = cgroup_watch,
        .collect = cgroup_collect,
        .close = cgroup_close,
        .on_object = cgroup_on_object,
};
