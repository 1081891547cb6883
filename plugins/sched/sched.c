/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The sched plugin: who waits for a CPU, and who uses it.
 *
 * open() loads the programs and attaches none; watch() attaches what the wanted metrics need and tells the
 * kernel side which cgroups count; collect() reads the totals and emits them.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <trimtab/plugin.h>

#include "counters.h"
#include "groups.h"
#include "programs.h"
#include "view.h"

/* Kernel memory for cgroups' totals, at most; where CPUs are so many that it is not enough they share. */
#define GROUPS_BYTES_MAX (4u << 20)

enum sched_metric {
        METRIC_LATENCY,
        METRIC_RUNTIME,
        METRIC_SWITCHES,
        METRIC_PREEMPTIONS,
        METRIC_MIGRATIONS,
        METRIC_CYCLES,
        METRIC_INSTRUCTIONS,
        METRIC_CPU_LATENCY,
        METRIC_CPU_RUNTIME,
        _METRIC_MAX,
};

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

/* What a metric reads from the totals, and which programs it cannot do without. */
static const struct {
        enum sched_count count; /* not for histograms */
        uint32_t programs;
} sources[_METRIC_MAX] = {
        [METRIC_LATENCY] = { SCHED_LATENCY_SUM, 1u << SCHED_PROGRAM_SWITCH | 1u << SCHED_PROGRAM_WAKEUP |
                                                        1u << SCHED_PROGRAM_NEWTASK },
        [METRIC_RUNTIME] = { SCHED_RUNTIME, 1u << SCHED_PROGRAM_SWITCH },
        [METRIC_SWITCHES] = { SCHED_SWITCHES, 1u << SCHED_PROGRAM_SWITCH },
        [METRIC_PREEMPTIONS] = { SCHED_PREEMPTIONS, 1u << SCHED_PROGRAM_SWITCH },
        [METRIC_MIGRATIONS] = { SCHED_MIGRATIONS, 1u << SCHED_PROGRAM_MIGRATE },
        [METRIC_CYCLES] = { SCHED_CYCLES, 1u << SCHED_PROGRAM_COUNTERS },
        [METRIC_INSTRUCTIONS] = { SCHED_INSTRUCTIONS, 1u << SCHED_PROGRAM_COUNTERS },
        [METRIC_CPU_LATENCY] = { SCHED_LATENCY_SUM, 1u << SCHED_PROGRAM_SWITCH | 1u << SCHED_PROGRAM_WAKEUP |
                                                            1u << SCHED_PROGRAM_NEWTASK },
        [METRIC_CPU_RUNTIME] = { SCHED_RUNTIME, 1u << SCHED_PROGRAM_SWITCH },
};

#define LATENCY_METRICS (1u << METRIC_LATENCY | 1u << METRIC_CPU_LATENCY)
#define CPU_METRICS (1u << METRIC_CPU_LATENCY | 1u << METRIC_CPU_RUNTIME)

static const struct trimtab_option options[] = {
        { "max-cgroups", "cgroups", "cgroups that can be watched at once; each takes 1.2 KB a CPU", "256", 1,
          4096 },
        { "timestamps", "",
          "where waits are read from: auto, kernel (its own accounts) or wakeups (three programs)", "auto", 0,
          0 },
};

/* The two counters, in the order of METRIC_CYCLES and METRIC_INSTRUCTIONS. */
static const struct sched_event events[] = {
        { PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
        { PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
};

#define N_EVENTS (sizeof(events) / sizeof(events[0]))

struct cpu {
        uint32_t metrics; /* bit n: metric number n is wanted for it */
        struct sched_account account;
        uint64_t runtime_told; /* ns; what has been emitted must not fall */
};

struct sched {
        const struct trimtab_host *host;
        struct sched_sizes sizes;
        struct sched_programs programs;
        struct sched_view view;
        struct sched_groups groups;
        struct sched_counter counters[N_EVENTS];
        struct cpu *cpus;
        uint32_t available; /* bit n: metric number n can be had */
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

/* Tells the host what became of every program, and which metrics that costs. */
static void tell_programs(struct sched *s)
{
        const struct trimtab_host *h = s->host;

        for (uint32_t i = 0; i < _SCHED_PROGRAM_MAX; i++) {
                const char *refusal = sched_programs_refusal(&s->programs, i);
                int fd = sched_programs_fd(&s->programs, i);

                if (fd >= 0 || refusal)
                        h->program(h, sched_programs_name(&s->programs, i), fd, refusal);
                for (uint32_t m = 0; refusal && m < _METRIC_MAX; m++)
                        if (sources[m].programs & 1u << i && s->available & 1u << m) {
                                s->available &= ~(1u << m);
                                h->unavailable(h, m, refusal);
                        }
        }
}

static void tell_counters(struct sched *s)
{
        for (uint32_t i = 0; i < N_EVENTS; i++) {
                int r = sched_counter_probe(&events[i]);

                if (r >= 0)
                        continue;
                s->available &= ~(1u << (METRIC_CYCLES + i));
                s->host->unavailable(s->host, METRIC_CYCLES + i,
                                     r == -ENOENT || r == -EOPNOTSUPP || r == -ENODEV
                                             ? "this machine has no such hardware counter"
                                             : strerror(-r));
        }
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

        tell_counters(s);
        tell_programs(s);
        return 0;
}

static uint32_t wanted_metrics(const struct sched *s)
{
        uint32_t wanted = 0;

        for (const struct sched_group *g = s->groups.by_id; g; g = g->hh.next)
                wanted |= g->metrics;
        for (uint32_t i = 0; i < s->sizes.n_cpus; i++)
                wanted |= s->cpus[i].metrics;
        return wanted & s->available;
}

/* Counters run only as long as they are wanted: others need them too. */
static void open_counters(struct sched *s, uint32_t wanted)
{
        static const char *const maps[N_EVENTS] = { "cycles", "instructions" };

        for (uint32_t i = 0; i < N_EVENTS; i++) {
                uint32_t metric = METRIC_CYCLES + i;
                int r;

                if (!(wanted & 1u << metric)) {
                        sched_counter_close(&s->counters[i]);
                        continue;
                }
                if (s->counters[i].fds)
                        continue;
                r = sched_counter_open(&s->counters[i], &events[i],
                                       sched_programs_map_fd(&s->programs, maps[i]), s->sizes.n_cpus);
                s->host->unavailable(s->host, metric, r < 0 ? strerror(-r) : NULL);
        }
}

/* Attaches what the wanted metrics need, and detaches the rest. */
static void update_programs(struct sched *s)
{
        bool was_attached = sched_programs_is_attached(&s->programs, SCHED_PROGRAM_SWITCH);
        uint32_t wanted = wanted_metrics(s), mask = 0;
        int r;

        for (uint32_t m = 0; m < _METRIC_MAX; m++)
                if (wanted & 1u << m)
                        mask |= sources[m].programs;
        if (wanted & LATENCY_METRICS)
                mask |= 1u << SCHED_PROGRAM_MIGRATE; /* does without, at a price */

        open_counters(s, wanted);
        if (!was_attached)
                sched_view_forget(&s->view);
        r = sched_programs_attach(&s->programs, mask);
        if (r < 0)
                tell_programs(s);
        sched_view_tell_moves(&s->view, sched_programs_is_attached(&s->programs, SCHED_PROGRAM_MIGRATE));

        if (!was_attached && sched_programs_is_attached(&s->programs, SCHED_PROGRAM_SWITCH)) {
                r = sched_programs_seed(&s->programs);
                if (r < 0)
                        s->host->log(s->host, TRIMTAB_LOG_DEBUG, "cannot look up what runs now: %s",
                                     strerror(-r));
        }
}

static int watch_cpus(struct sched *s, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        int r = 0;

        for (uint32_t i = 0; i < s->sizes.n_cpus; i++)
                s->cpus[i].metrics &= ~(1u << metric);
        for (uint32_t i = 0; i < n; i++)
                if (objects[i] < s->sizes.n_cpus)
                        s->cpus[objects[i]].metrics |= 1u << metric;
                else
                        r = -ENODEV;
        return r;
}

static int watch_group(struct sched *s, uint32_t metric, uint64_t id)
{
        struct sched_group *group = sched_groups_find(&s->groups, id);
        const char *path = NULL;
        int r;

        if (!group) {
                (void) s->host->object_path(s->host, "cgroup", id, &path);
                r = sched_groups_add(&s->groups, id, path, &group);
                if (r < 0)
                        return r;
        }
        group->metrics |= 1u << metric;
        return 0;
}

/* Lets go of what is not wanted any more, and so makes room. */
static void keep_groups(struct sched *s, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct sched_group *group, *next;

        for (group = s->groups.by_id; group; group = group->hh.next)
                group->metrics &= ~(1u << metric);
        for (uint32_t i = 0; i < n; i++) {
                group = sched_groups_find(&s->groups, objects[i]);
                if (group)
                        group->metrics |= 1u << metric;
        }
        HASH_ITER(hh, s->groups.by_id, group, next) {
                if (!group->metrics)
                        sched_groups_remove(&s->groups, group);
        }
}

static int watch_groups(struct sched *s, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        uint32_t refused = 0;
        int r = 0;

        keep_groups(s, metric, objects, n);
        for (uint32_t i = 0; i < n; i++) {
                int k = watch_group(s, metric, objects[i]);

                if (k < 0) {
                        refused++;
                        r = k;
                }
        }
        if (refused)
                s->host->log(s->host, TRIMTAB_LOG_WARNING, "%u cgroups are not measured: %s%s", refused,
                             strerror(-r), r == -ENOSPC ? " (raise max-cgroups)" : "");
        return r;
}

static int sched_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct sched *s = self;
        int r;

        if (metric >= _METRIC_MAX)
                return -EINVAL;
        r = CPU_METRICS & 1u << metric ? watch_cpus(s, metric, objects, n)
                                       : watch_groups(s, metric, objects, n);
        update_programs(s);
        return r;
}

static int emit(struct sched *s, uint32_t metric, uint64_t object, const struct sched_totals *t)
{
        double value = (double) t->counts[sources[metric].count];

        if (metrics[metric].kind == TRIMTAB_HISTOGRAM)
                return s->host->emit_histogram(s->host, metric, object, t->latency, TRIMTAB_HIST_SLOTS,
                                               value);
        return s->host->emit(s->host, metric, object, value);
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
                if (wanted & s->available & 1u << m) {
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
        for (struct sched_group *g = s->groups.by_id; g; g = g->hh.next) {
                int k;

                if (g->id == SCHED_ROOT_CGROUP)
                        g->sum = machine;
                k = emit_all(s, g->metrics, g->id, &g->sum, &g->runtime_told);
                r = r < 0 ? r : k;
        }
        return r;
}

static void sched_on_object(void *self, const char *scope, uint64_t object, uint32_t came)
{
        struct sched *s = self;
        const char *path;
        int r;

        if (strcmp(scope, "cgroup") != 0)
                return;
        if (!came) {
                sched_groups_went(&s->groups, object);
                return;
        }
        if (s->host->object_path(s->host, "cgroup", object, &path) < 0)
                return;
        r = sched_groups_came(&s->groups, object, path);
        if (r < 0)
                s->host->log(s->host, TRIMTAB_LOG_WARNING, "a new cgroup is not measured: %s", strerror(-r));
}

static void sched_close(void *self)
{
        struct sched *s = self;

        if (!s)
                return;
        (void) sched_programs_attach(&s->programs, 0);
        for (uint32_t i = 0; i < N_EVENTS; i++)
                sched_counter_close(&s->counters[i]);
        sched_groups_done(&s->groups);
        sched_view_close(&s->view);
        sched_programs_done(&s->programs);
        free(s->cpus);
        free(s);
}

TRIMTAB_PLUGIN("sched") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "sched",
        .version = "1",
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
