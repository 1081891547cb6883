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
        uint32_t uses[_METRIC_MAX];

        for (uint32_t m = 0; m < _METRIC_MAX; m++)
                uses[m] = sched_sources[m].programs;
        programs_tell(&s->programs.set, s->host, uses, _METRIC_MAX, &s->available);
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
        uint32_t wanted = watched_metrics(&s->groups.set);

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
                                       programs_map(&s->programs.set, maps[i]), s->sizes.n_cpus);
                s->host->unavailable(s->host, metric, r < 0 ? strerror(-r) : NULL);
        }
}

/* Attaches what the wanted metrics need, and detaches the rest. */
static void update_programs(struct sched *s)
{
        bool was_attached = programs_is_attached(&s->programs.set, SCHED_PROGRAM_SWITCH);
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
        r = programs_attach(&s->programs.set, mask);
        if (r < 0)
                sched_tell_programs(s);
        sched_view_tell_moves(&s->view, programs_is_attached(&s->programs.set, SCHED_PROGRAM_MIGRATE));

        if (!was_attached && programs_is_attached(&s->programs.set, SCHED_PROGRAM_SWITCH)) {
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

int sched_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct sched *s = self;
        int r;

        if (metric >= _METRIC_MAX)
                return -EINVAL;
        r = CPU_METRICS & 1u << metric ? watch_cpus(s, metric, objects, n)
                                       : watched_want(&s->groups.set, s->host, metric, objects, n);
        update_programs(s);
        return r;
}
