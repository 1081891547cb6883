/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/clock.h"

enum { RUNQ_LATENCY, CPU_USAGE, MEMORY_CURRENT, MEMORY_ANON, REFAULTS, IO_READ, IO_WRITE, CPU_SOME, MEMORY_SOME, IO_SOME };

static const struct trimtab_metric metrics[LOAD_METRICS] = {
        [RUNQ_LATENCY] = { "sched.runq_latency", "ns", "", "cgroup", TRIMTAB_HISTOGRAM, 0 },
        [CPU_USAGE] = { "cgroup.cpu_usage", "ns", "", "cgroup", TRIMTAB_COUNTER, 0 },
        [MEMORY_CURRENT] = { "cgroup.memory_current", "B", "", "cgroup", TRIMTAB_GAUGE, 0 },
        [MEMORY_ANON] = { "cgroup.memory_anon", "B", "", "cgroup", TRIMTAB_GAUGE, 0 },
        [REFAULTS] = { "cgroup.refaults", "", "", "cgroup", TRIMTAB_COUNTER, 0 },
        [IO_READ] = { "cgroup.io_read_bytes", "B", "", "cgroup", TRIMTAB_COUNTER, 0 },
        [IO_WRITE] = { "cgroup.io_write_bytes", "B", "", "cgroup", TRIMTAB_COUNTER, 0 },
        [CPU_SOME] = { "cgroup.cpu_some", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
        [MEMORY_SOME] = { "cgroup.memory_some", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
        [IO_SOME] = { "cgroup.io_some", "%", "", "cgroup", TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE },
};

static const struct trimtab_knob weight = {
        .name = "cpu.weight", .unit = "", .help = "", .scope = "cgroup", .type = TRIMTAB_NUMBER,
        .flags = TRIMTAB_KNOB_WEIGHT, .min = 1, .max = 10000,
};

/* How a kind of cgroup spends a second. Shares are of seconds in which it happens at all. */
struct habit {
        double awake;                 /* runs in so many of all seconds */
        uint32_t cpu_usec, wakeups;   /* then: about so much */
        double grows, reads, writes, thrashes;
        uint32_t grow_pages, io_pages;
        double waits;                 /* share of the run time that somebody waited */
};

static const struct habit habits[] = {
        { 1.0, 500000, 2000, 0.5, 0.3, 0.5, 0.02, 256, 200, 0.2 },
        { 0.3, 10000, 20, 0.1, 0.02, 0.05, 0.001, 16, 20, 0.1 },
        { 0.03, 1000, 3, 0.02, 0.002, 0.01, 0, 4, 4, 0.05 },
};

struct group {
        const struct habit *habit;
        double total[LOAD_METRICS];
        double latency_sum;
};

struct load {
        uint64_t seed, now_ns, before_ns;
        struct group groups[LOAD_GROUPS];
        struct slot_count slots[TRIMTAB_HIST_SLOTS];
        size_t n_slots;
};

/* splitmix64: the same load in every run. */
static uint64_t dice(struct load *l)
{
        uint64_t z = l->seed += 0x9e3779b97f4a7c15ull;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ z >> 27) * 0x94d049bb133111ebull;
        return z ^ z >> 31;
}

static double chance(struct load *l)
{
        return (double) (dice(l) >> 11) / 0x1p53;
}

/* About n: between half of it and one and a half. */
static uint64_t about(struct load *l, uint64_t n)
{
        return n / 2 + dice(l) % (n + 1);
}

int load_new(struct load **ret)
{
        struct load *l = calloc(1, sizeof(*l));

        if (!l)
                return -ENOMEM;
        l->seed = 1;
        l->now_ns = l->before_ns = 1000 * NSEC_PER_SEC;
        for (size_t i = 0; i < LOAD_GROUPS; i++) {
                l->groups[i].habit = &habits[i < LOAD_BUSY ? 0 : i < LOAD_BUSY + LOAD_LIGHT ? 1 : 2];
                l->groups[i].total[MEMORY_CURRENT] = (double) (4096 * (1000 + dice(l) % 100000));
                l->groups[i].total[MEMORY_ANON] = l->groups[i].total[MEMORY_CURRENT] / 2;
        }
        *ret = l;
        return 0;
}

struct load *load_free(struct load *l)
{
        free(l);
        return NULL;
}

int load_header(struct header **ret)
{
        const struct recording_facts facts = {
                .version = "bench", .mode = "enforce", .kernel = "6.1", .boot_id = "",
                .monotonic_ns = 1000 * NSEC_PER_SEC, .tick_ns = NSEC_PER_SEC,
        };
        int r;

        r = header_new(&facts, ret);
        if (r >= 0)
                r = header_define(*ret, &(struct item) { .kind = ITEM_SCOPE, .scope = { SCOPE_CGROUP, "cgroup" } });
        for (uint32_t i = 0; r >= 0 && i < LOAD_METRICS; i++)
                r = header_define(*ret, &(struct item) { .kind = ITEM_METRIC,
                                                         .metric = { i, SCOPE_CGROUP, "bench", metrics[i] } });
        if (r >= 0)
                r = header_define(*ret, &(struct item) { .kind = ITEM_KNOB,
                                                         .knob = { 0, SCOPE_CGROUP, "bench", weight, {} } });
        return r;
}

static int introduce(struct recording_writer *w)
{
        char name[64];
        int r = 0;

        for (uint64_t key = 1; r >= 0 && key <= LOAD_GROUPS; key++) {
                struct oid id = { SCOPE_CGROUP, key };

                (void) snprintf(name, sizeof(name), "/system.slice/service-%" PRIu64 ".service", key);
                r = recording_writer_item(w, &(struct item) { .kind = ITEM_OBJECT, .object = { id, name } });
                if (r >= 0)
                        r = recording_writer_item(w, &(struct item) {
                                .kind = ITEM_SETTING,
                                .setting = { 0, id, 0, { sizeof(struct trimtab_value), TRIMTAB_NUMBER, 100, "" } } });
        }
        return r;
}

/* Wakeups spread around a few tens of µs, with a tail. */
static void spread_latency(struct load *l, struct group *g, uint64_t wakeups)
{
        uint64_t counts[TRIMTAB_HIST_SLOTS] = {};

        for (uint64_t i = 0; i < wakeups; i++) {
                double latency = 5000 * exp(2 * (chance(l) + chance(l) + chance(l) - 1));

                counts[trimtab_hist_slot((uint64_t) latency)]++;
                g->latency_sum += trunc(latency);
        }
        l->n_slots = 0;
        for (uint32_t slot = 0; slot < TRIMTAB_HIST_SLOTS; slot++)
                if (counts[slot] > 0)
                        l->slots[l->n_slots++] = (struct slot_count) { slot, counts[slot] };
}

/* As the kernel's total of µs grew, in % of the time since the tick before. */
static double share(const struct load *l, uint64_t usec)
{
        return (double) usec * 1000 * 100 / (double) (l->now_ns - l->before_ns);
}

static void live(struct load *l, struct group *g)
{
        const struct habit *h = g->habit;
        bool awake = chance(l) < h->awake, reads = awake && chance(l) < h->reads, writes = awake && chance(l) < h->writes;
        uint64_t cpu_usec = awake ? about(l, h->cpu_usec) : 0;

        l->n_slots = 0;
        if (awake)
                spread_latency(l, g, about(l, h->wakeups));
        g->total[CPU_USAGE] += (double) (cpu_usec * 1000);
        if (awake && chance(l) < h->grows)
                g->total[MEMORY_CURRENT] += 4096.0 * ((double) about(l, h->grow_pages) - h->grow_pages);
        if (awake && chance(l) < h->grows / 2)
                g->total[MEMORY_ANON] += 4096.0 * ((double) about(l, h->grow_pages) - h->grow_pages);
        if (awake && chance(l) < h->thrashes)
                g->total[REFAULTS] += (double) about(l, 50);
        if (reads)
                g->total[IO_READ] += 4096.0 * (double) about(l, h->io_pages);
        if (writes)
                g->total[IO_WRITE] += 4096.0 * (double) about(l, h->io_pages);
        g->total[CPU_SOME] = share(l, (uint64_t) ((double) cpu_usec * h->waits * chance(l)));
        g->total[MEMORY_SOME] = awake && chance(l) < h->thrashes ? share(l, about(l, 20000)) : 0;
        g->total[IO_SOME] = reads ? share(l, about(l, 30000)) : 0;
}

static int tell(struct load *l, struct recording_writer *w, uint64_t key, const struct group *g)
{
        int r;

        r = recording_writer_reading(w, &(struct reading) { .metric = RUNQ_LATENCY, .object = key, .histogram = true,
                                                            .value = g->latency_sum, .slots = l->slots,
                                                            .n_slots = l->n_slots });
        for (uint32_t m = CPU_USAGE; r >= 0 && m < LOAD_METRICS; m++)
                r = recording_writer_reading(w, &(struct reading) { .metric = m, .object = key, .value = g->total[m] });
        return r;
}

int load_tick(struct load *l, struct recording_writer *w)
{
        bool first = l->now_ns == l->before_ns;
        int r;

        /* A timer is late by what else there is to do. */
        l->before_ns = l->now_ns;
        l->now_ns += NSEC_PER_SEC + dice(l) % (2 * NSEC_PER_MSEC);

        r = recording_writer_frame(w, l->now_ns, 0);
        if (r >= 0 && first)
                r = introduce(w);
        for (uint64_t i = 0; r >= 0 && i < LOAD_GROUPS; i++) {
                live(l, &l->groups[i]);
                r = tell(l, w, i + 1, &l->groups[i]);
        }
        return r;
}
