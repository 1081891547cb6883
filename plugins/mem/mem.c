/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The mem plugin: who allocates memory, and who has to make room for it first.
 *
 * open() loads the programs and attaches none; watch() attaches what the wanted metrics need; collect() reads the totals and emits them.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

#include "groups.h"
#include "knobs.h"
#include "load.h"
#include "metrics.h"
#include "threads.h"

#define BIT(i) (1u << (i))

struct mem {
        const struct trimtab_host *host;
        struct mem_load load;
        struct mem_groups groups;
        struct mem_threads threads[MEM_N_THREADS]; /* open while wanted */
        uint32_t available;                        /* bit n: metric number n can be had */
};

static const struct trimtab_option options[] = {
        { "max-cgroups", "cgroups", "cgroups that can be watched at once; each takes 3.4 KB", "256", 1, 4096 },
};

static int read_sizes(const struct trimtab_host *h, struct mem_sizes *ret)
{
        int n_cpus = libbpf_num_possible_cpus();
        double n_groups;
        int r;

        if (n_cpus < 0)
                return n_cpus;
        r = h->option_number(h, "max-cgroups", &n_groups);
        if (r < 0)
                return r;
        *ret = (struct mem_sizes){ .n_cpus = (uint32_t) n_cpus, .n_groups = (uint32_t) n_groups };
        return 0;
}

static void tell_programs(struct mem *m)
{
        uint32_t needs[_MEM_METRIC_MAX];

        for (uint32_t i = 0; i < _MEM_METRIC_MAX; i++)
                needs[i] = mem_sources[i].needs;
        programs_tell(&m->load.programs, m->host, needs, _MEM_METRIC_MAX, &m->available);
}

static int mem_open(const struct trimtab_host *h, void **ret_self)
{
        struct mem *m = calloc(1, sizeof(*m));
        struct mem_sizes sizes;
        int r;

        if (!m)
                return -ENOMEM;
        *ret_self = m;
        m->host = h;
        m->available = BIT(_MEM_METRIC_MAX) - 1;

        r = read_sizes(h, &sizes);
        if (r < 0)
                return r;
        r = mem_load_open(&m->load, &sizes);
        if (r < 0) {
                h->log(h, TRIMTAB_LOG_ERROR, "the kernel refuses our BPF maps: %s", strerror(-r));
                return r;
        }
        r = mem_groups_init(&m->groups, &m->load);
        if (r < 0)
                return r;
        tell_programs(m);
        return 0;
}

/* Attaches what the wanted metrics need, and detaches the rest. */
static void update_programs(struct mem *m)
{
        uint32_t wanted = watched_metrics(&m->groups.set) & m->available, mask = 0;

        for (uint32_t i = 0; i < _MEM_METRIC_MAX; i++)
                if (wanted & BIT(i))
                        mask |= mem_sources[i].needs | mem_sources[i].wants;
        if (mem_load_attach(&m->load, mask) < 0)
                tell_programs(m);
}

static int watch_threads(struct mem *m, uint32_t metric, bool wanted)
{
        static const char *const names[MEM_N_THREADS] = { "kswapd", "kcompactd" };
        struct mem_threads *t = &m->threads[metric - MEM_METRIC_FIRST_THREAD];
        const char *name = names[metric - MEM_METRIC_FIRST_THREAD];
        int r;

        if (!wanted) {
                mem_threads_close(t);
                return 0;
        }
        if (t->list)
                return 0;
        r = mem_threads_open(t, "/proc", name);
        m->host->unavailable(m->host, metric,
                             r == -ENOENT       ? "the kernel's thread is not to be seen in /proc"
                             : r == -EOPNOTSUPP ? "this kernel keeps no CPU time in nanoseconds (CONFIG_SCHED_INFO)"
                             : r < 0            ? strerror(-r)
                                                : NULL);
        return 0; /* asking again would change nothing */
}

static int mem_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct mem *m = self;
        int r;

        if (metric >= _MEM_METRIC_MAX)
                return -EINVAL;
        if (metric >= MEM_METRIC_FIRST_THREAD)
                return watch_threads(m, metric, n > 0);
        r = watched_want(&m->groups.set, m->host, metric, objects, n);
        update_programs(m);
        return r;
}

static int emit(struct mem *m, uint32_t metric, uint64_t object, const struct mem_totals *t)
{
        const struct trimtab_host *h = m->host;
        uint32_t stall = metric - MEM_METRIC_RECLAIM_LATENCY;

        if (mem_metrics[metric].kind == TRIMTAB_HISTOGRAM)
                return h->emit_histogram(h, metric, object, t->latency[stall], TRIMTAB_HIST_SLOTS,
                                         (double) t->stalled_ns[stall]);
        return h->emit(h, metric, object, (double) (metric == MEM_METRIC_RECLAIMED ? t->reclaimed : t->allocated));
}

/* The first error is returned, and the others are still emitted. */
static int emit_group(struct mem *m, struct watched *w)
{
        int r = 0;

        for (uint32_t i = 0; i < MEM_METRIC_FIRST_THREAD; i++)
                if (w->metrics & m->available & BIT(i)) {
                        int k = emit(m, i, w->id, &mem_group_of(w)->sum);

                        r = r < 0 ? r : k;
                }
        return r;
}

static int mem_collect(void *self, uint64_t now_ns)
{
        struct mem *m = self;
        int r = 0;

        mem_groups_read(&m->groups);
        for (struct watched *w = m->groups.set.by_id; w; w = w->hh.next) {
                int k = emit_group(m, w);

                r = r < 0 ? r : k;
        }
        for (uint32_t i = 0; i < MEM_N_THREADS; i++)
                if (m->threads[i].list) {
                        int k = m->host->emit(m->host, MEM_METRIC_FIRST_THREAD + i, TRIMTAB_HOST_OBJECT,
                                              (double) mem_threads_read(&m->threads[i]));

                        r = r < 0 ? r : k;
                }
        return r;
}

static void mem_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct mem *m = self;

        if (strcmp(scope, "cgroup") == 0)
                watched_on_object(&m->groups.set, m->host, object, came);
}

static void mem_close(void *self)
{
        struct mem *m = self;

        if (!m)
                return;
        for (uint32_t i = 0; i < MEM_N_THREADS; i++)
                mem_threads_close(&m->threads[i]);
        mem_groups_done(&m->groups);
        mem_load_close(&m->load);
        free(m);
}

TRIMTAB_PLUGIN("mem") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "mem",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "who allocates memory, and who has to make room for it first",
        .metrics = mem_metrics,
        .n_metrics = _MEM_METRIC_MAX,
        .knobs = mem_knobs,
        .n_knobs = MEM_N_KNOBS,
        TRIMTAB_OPTIONS(options),
        .open = mem_open,
        .watch = mem_watch,
        .collect = mem_collect,
        .close = mem_close,
        .on_object = mem_on_object,
};
