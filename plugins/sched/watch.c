/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <string.h>

#include "watch.h"

const struct sched_source sched_sources[_METRIC_MAX] = {
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

static const struct sched_event events[SCHED_N_COUNTERS] = {
        { PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
        { PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
};

void sched_tell_programs(struct sched *s)
{
        const struct trimtab_host *h = s->host;

        for (uint32_t i = 0; i < _SCHED_PROGRAM_MAX; i++) {
                const char *refusal = sched_programs_refusal(&s->programs, i);
                int fd = sched_programs_fd(&s->programs, i);

                if (fd >= 0 || refusal)
                        h->program(h, sched_programs_name(&s->programs, i), fd, refusal);
                for (uint32_t m = 0; refusal && m < _METRIC_MAX; m++)
                        if (sched_sources[m].programs & 1u << i && s->available & 1u << m) {
                                s->available &= ~(1u << m);
                                h->unavailable(h, m, refusal);
                        }
        }
}

void sched_tell_counters(struct sched *s)
{
        for (uint32_t i = 0; i < SCHED_N_COUNTERS; i++) {
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
        static const char *const maps[SCHED_N_COUNTERS] = { "cycles", "instructions" };

        for (uint32_t i = 0; i < SCHED_N_COUNTERS; i++) {
                uint32_t metric = METRIC_CYCLES + i;
                int r;

                if (!(wanted & 1u << metric)) {
                        sched_counter_close(&s->counters[i]);
                        continue;
                }
                if (s->counters[i].fds)
                        continue;
                sched_view_forget_counter(&s->view, i);
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
                        mask |= sched_sources[m].programs;
        if (wanted & LATENCY_METRICS)
                mask |= 1u << SCHED_PROGRAM_MIGRATE; /* does without, at a price */

        open_counters(s, wanted);
        if (!was_attached)
                sched_view_forget(&s->view);
        r = sched_programs_attach(&s->programs, mask);
        if (r < 0)
                sched_tell_programs(s);
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
        HASH_ITER(hh, s->groups.by_id, group, next)
        {
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
        /* The host asks again at every tick as long as it fails. */
        if (refused && refused != s->n_refused[metric])
                s->host->log(s->host, TRIMTAB_LOG_WARNING, "%u cgroups are not measured: %s%s", refused,
                             strerror(-r), r == -ENOSPC ? " (raise max-cgroups)" : "");
        s->n_refused[metric] = refused;
        return r;
}

int sched_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
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
