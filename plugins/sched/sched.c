/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The sched plugin: who waits for a CPU, and who uses it.
 *
 * open() loads the programs and attaches none; watch() attaches what the wanted metrics need and tells the
 * kernel side which cgroups count; collect() reads the totals and emits them.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

#include "watch.h"

/* Kernel memory for cgroups' totals, at most; where CPUs are so many that it is not enough they share. */
#define GROUPS_BYTES_MAX (4u << 20)

static const struct trimtab_metric metrics[_METRIC_MAX] = {
        [METRIC_LATENCY] = { "sched.runq_latency", "ns", "how long tasks wait on a run queue for a CPU",
                             "cgroup", TRIMTAB_HISTOGRAM },
        [METRIC_RUNTIME] = { "sched.runtime", "ns", "time on a CPU", "cgroup", TRIMTAB_COUNTER },
        [METRIC_SWITCHES] = { "sched.switches", "", "times a task left a CPU", "cgroup", TRIMTAB_COUNTER },
        [METRIC_PREEMPTIONS] = { "sched.preemptions", "", "times a task left a CPU that would have gone on",
                                 "cgroup", TRIMTAB_COUNTER },
        [METRIC_MIGRATIONS] = { "sched.migrations", "", "times a task was moved to another CPU", "cgroup",
                                TRIMTAB_COUNTER },
        [METRIC_CYCLES] = { "sched.cycles", "", "CPU cycles", "cgroup", TRIMTAB_COUNTER },
        [METRIC_INSTRUCTIONS] = { "sched.instructions", "", "instructions retired", "cgroup",
                                  TRIMTAB_COUNTER },
        [METRIC_CPU_LATENCY] = { "sched.cpu_runq_latency", "ns",
                                 "how long the tasks that run on this CPU had waited", "cpu",
                                 TRIMTAB_HISTOGRAM },
        [METRIC_CPU_RUNTIME] = { "sched.cpu_runtime", "ns", "time the CPU ran tasks", "cpu",
                                 TRIMTAB_COUNTER },
};

static const struct trimtab_option options[] = {
        { "max-cgroups", "cgroups", "cgroups that can be watched at once; each takes 1.2 KB a CPU", "256", 1,
          4096 },
        { "timestamps", "",
          "where waits are read from: auto, kernel (its own accounts) or wakeups (three programs)", "auto", 0,
          0 },
};

static int read_sizes(const struct trimtab_host *h, struct sched_sizes *ret)
{
        int n_cpus = libbpf_num_possible_cpus();
        double n_groups;
        int r;

        if (n_cpus < 0)
                return n_cpus;
        r = h->option_number(h, "max-cgroups", &n_groups);
        if (r < 0)
                return r;

        *ret = (struct sched_sizes){
                .n_cpus = (uint32_t) n_cpus,
                .n_groups = (uint32_t) n_groups,
                .n_shards = (uint32_t) n_cpus,
        };
        while (ret->n_shards > 1 && sizeof(struct sched_stats) * n_groups * ret->n_shards > GROUPS_BYTES_MAX)
                ret->n_shards = (ret->n_shards + 1) / 2;
        return 0;
}

static int read_timestamps(const struct trimtab_host *h, int32_t *ret)
{
        static const char *const words[] = { "wakeups", "kernel" };
        const char *text;
        int r = h->option_text(h, "timestamps", &text);

        if (r < 0)
                return r;

        *ret = -1;
        for (int32_t i = 0; i < 2; i++)
                if (strcmp(text, words[i]) == 0)
                        *ret = i;
        if (*ret < 0 && strcmp(text, "auto") != 0) {
                h->log(h, TRIMTAB_LOG_ERROR, "timestamps must be auto, kernel or wakeups");
                return -EINVAL;
        }
        return 0;
}

static int sched_open(const struct trimtab_host *h, void **ret_self)
{
        struct sched *s = calloc(1, sizeof(*s));
        int32_t timestamps;
        int r;

        if (!s)
                return -ENOMEM;
        *ret_self = s;
        s->host = h;
        s->available = (1u << _METRIC_MAX) - 1;

        r = read_sizes(h, &s->sizes);
        if (r < 0)
                return r;
        r = read_timestamps(h, &timestamps);
        if (r < 0)
                return r;

        s->cpus = calloc(s->sizes.n_cpus, sizeof(*s->cpus));
        if (!s->cpus)
                return -ENOMEM;
        r = sched_programs_load(&s->programs, &s->sizes, timestamps);
        if (r < 0) {
                h->log(h, TRIMTAB_LOG_ERROR, "the kernel refuses our BPF maps: %s", strerror(-r));
                return r;
        }
        if (timestamps < 0 && !s->programs.sched_info)
                h->log(h, TRIMTAB_LOG_NOTICE,
                       "this kernel keeps no timestamps of waits: taking our own at wakeups");

        r = sched_view_open(&s->view, &s->programs, &s->sizes);
        if (r < 0)
                return r;
        r = sched_groups_init(&s->groups, &s->view);
        if (r < 0)
                return r;

        sched_tell_counters(s);
        sched_tell_programs(s);
        return 0;
}

static int emit(struct sched *s, uint32_t metric, uint64_t object, const struct sched_totals *t)
{
        double value = (double) t->counts[sched_sources[metric].count];

        if (metrics[metric].kind == TRIMTAB_HISTOGRAM)
                return s->host->emit_histogram(s->host, metric, object, t->latency, TRIMTAB_HIST_SLOTS,
                                               value);
        return s->host->emit(s->host, metric, object, value);
}

/* One that could not be opened counts nothing: zeros would look measured. */
static bool is_counting(const struct sched *s, uint32_t metric)
{
        uint32_t i = metric - METRIC_CYCLES;

        return metric < METRIC_CYCLES || i >= SCHED_N_COUNTERS || s->counters[i].fds;
}

/* Emits all of `wanted`; the first error is returned, and the others are still emitted. */
static int emit_all(struct sched *s, uint32_t wanted, uint64_t object, struct sched_totals *t, uint64_t *told)
{
        int r = 0;

        /* A turn seen as running and then booked can be a little less than it looked. */
        if (t->counts[SCHED_RUNTIME] < *told)
                t->counts[SCHED_RUNTIME] = *told;
        *told = t->counts[SCHED_RUNTIME];

        for (uint32_t m = 0; m < _METRIC_MAX; m++)
                if (wanted & s->available & 1u << m && is_counting(s, m)) {
                        int k = emit(s, m, object, t);

                        r = r < 0 ? r : k;
                }
        return r;
}

static int sched_collect(void *self, uint64_t now_ns)
{
        struct sched *s = self;
        uint64_t now = sched_view_clock(&s->view);
        struct sched_totals machine = {};
        int r = 0;

        for (uint32_t i = 0; i < s->sizes.n_cpus; i++) {
                struct sched_stats stats;
                struct sched_totals t;
                uint32_t slot;
                int k;

                sched_view_cpu(&s->view, i, &stats);
                sched_account_advance(&s->cpus[i].account, &stats);
                t = s->cpus[i].account.totals;
                t.counts[SCHED_RUNTIME] += sched_view_running(&s->view, i, now, &slot);
                sched_totals_add(&machine, &t);

                k = emit_all(s, s->cpus[i].metrics, i, &t, &s->cpus[i].runtime_told);
                r = r < 0 ? r : k;
        }

        sched_groups_read(&s->groups, now);
        for (struct watched *w = s->groups.set.by_id; w; w = w->hh.next) {
                struct sched_group *g = sched_group_of(w);
                int k;

                if (w->id == ROOT_CGROUP)
                        g->sum = machine;
                k = emit_all(s, w->metrics, w->id, &g->sum, &g->runtime_told);
                r = r < 0 ? r : k;
        }
        return r;
}

static void sched_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct sched *s = self;

        if (strcmp(scope, "cgroup") == 0)
                watched_on_object(&s->groups.set, s->host, object, came);
}

static void sched_close(void *self)
{
        struct sched *s = self;

        if (!s)
                return;
        (void) programs_attach(&s->programs.set, 0);
        for (uint32_t i = 0; i < SCHED_N_COUNTERS; i++)
                sched_counter_close(&s->counters[i]);
        sched_groups_done(&s->groups);
        sched_view_close(&s->view);
        programs_done(&s->programs.set);
        free(s->cpus);
        free(s);
}

TRIMTAB_PLUGIN("sched") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "sched",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "who waits for a CPU, and who uses it",
        TRIMTAB_METRICS(metrics),
        TRIMTAB_OPTIONS(options),
        .open = sched_open,
        .watch = sched_watch,
        .collect = sched_collect,
        .close = sched_close,
        .on_object = sched_on_object,
};
