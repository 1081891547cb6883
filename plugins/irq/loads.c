/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loads.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull
/* Often enough to see a load come, seldom enough that /proc/stat, in 10 ms units, says something. */
#define LOOK_NS (SECOND_NS / 2)
/* What has just begun, the daemon itself or a burst, has gone by then or come to stay. */
#define KNOWN_NS (10 * SECOND_NS)
/* A load that has come is two thirds known after so long: half of the least time between two moves. */
#define AVERAGE_NS (5.0 * SECOND_NS)

int loads_init(struct loads *l, const struct irq_sizes *sizes)
{
        size_t n_irqs = sizes->n_irqs, n_cpus = sizes->n_cpus;

        l->sizes = *sizes;
        l->load = calloc(n_irqs, sizeof(*l->load));
        l->taken = calloc(n_irqs, sizeof(*l->taken));
        l->counts = calloc(n_irqs * n_cpus, sizeof(*l->counts));
        l->cpu = calloc(n_irqs, sizeof(*l->cpu));
        l->fired_ns = calloc(n_irqs, sizeof(*l->fired_ns));
        l->busy = calloc(n_cpus, sizeof(*l->busy));
        l->waiting = calloc(n_cpus, sizeof(*l->waiting));
        l->ran = calloc(n_cpus, sizeof(*l->ran));
        l->waited = calloc(n_cpus, sizeof(*l->waited));
        if (!l->load || !l->taken || !l->counts || !l->cpu || !l->fired_ns || !l->busy || !l->waiting || !l->ran ||
            !l->waited)
                return -ENOMEM;
        loads_forget(l);
        return 0;
}

void loads_done(struct loads *l)
{
        free(l->load);
        free(l->taken);
        free(l->counts);
        free(l->cpu);
        free(l->fired_ns);
        free(l->busy);
        free(l->waiting);
        free(l->ran);
        free(l->waited);
        *l = (struct loads){};
}

void loads_forget(struct loads *l)
{
        l->since_ns = l->at_ns = 0;
        for (uint32_t i = 0; i < l->sizes.n_irqs; i++) {
                l->cpu[i] = PLACE_NOWHERE;
                l->fired_ns[i] = 0;
        }
}

bool loads_are_known(const struct loads *l)
{
        return l->since_ns && l->at_ns - l->since_ns >= KNOWN_NS;
}

/* Between two looks: how much of the time, and what is made of it with what was known. */
struct interval {
        double ns, weight; /* ns 0: it is the first look */
        uint64_t now_ns;
};

static void average(double *value, uint64_t *last, uint64_t total, const struct interval *t)
{
        double share = total > *last ? (double) (total - *last) / t->ns : 0;

        *last = total;
        *value = t->ns <= 0 ? 0 : *value + t->weight * (share - *value);
}

static void look_at_irq(struct loads *l, const struct irq_view *v, uint32_t irq, const struct interval *t)
{
        const struct irq_stats *row = &v->irqs[(size_t) irq * l->sizes.n_cpus];
        uint32_t *counts = &l->counts[(size_t) irq * l->sizes.n_cpus], most = 0;
        uint64_t taken = 0;

        for (uint32_t cpu = 0; cpu < l->sizes.n_cpus; cpu++) {
                uint32_t more = (uint32_t) row[cpu].count - counts[cpu];

                counts[cpu] = (uint32_t) row[cpu].count;
                taken += row[cpu].time + row[cpu].softirq_time;
                if (t->ns > 0 && more > most) {
                        most = more;
                        l->cpu[irq] = cpu;
                        l->fired_ns[irq] = t->now_ns;
                }
        }
        average(&l->load[irq], &l->taken[irq], taken, t);
}

/* Time in tasks: user, nice, system, steal; the rest is idle, or interrupts, of which we know better. */
static void look_at_stat(struct loads *l, const char *root, const struct interval *t)
{
        double tick_ns = 1e9 / (double) sysconf(_SC_CLK_TCK);
        char path[4096], line[512];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/proc/stat", root);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof(line), f)) {
                uint64_t n[8];
                uint32_t cpu;

                if (strncmp(line, "cpu", 3) != 0)
                        break;
                if (sscanf(line,
                           "cpu%" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                           " %" SCNu64 " %" SCNu64,
                           &cpu, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]) == 9 &&
                    cpu < l->sizes.n_cpus)
                        average(&l->busy[cpu], &l->ran[cpu],
                                (uint64_t) ((double) (n[0] + n[1] + n[2] + n[7]) * tick_ns), t);
        }
        if (f)
                (void) fclose(f);
        for (uint32_t i = 0; i < l->sizes.n_cpus; i++)
                l->busy[i] = fmin(l->busy[i], 1);
}

/* How long tasks have waited for each CPU; nothing where the kernel keeps no such accounts. */
static void look_at_schedstat(struct loads *l, const char *root, const struct interval *t)
{
        char path[4096], line[512];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/proc/schedstat", root);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof(line), f)) {
                uint64_t waited;
                uint32_t cpu;

                if (sscanf(line, "cpu%" SCNu32 " %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &cpu, &waited) == 2 &&
                    cpu < l->sizes.n_cpus)
                        average(&l->waiting[cpu], &l->waited[cpu], waited, t);
        }
        if (f)
                (void) fclose(f);
}

void loads_look(struct loads *l, const struct irq_view *v, const char *root, uint64_t now_ns)
{
        struct interval t = { .now_ns = now_ns };

        if (l->at_ns && now_ns - l->at_ns < LOOK_NS)
                return;
        if (l->at_ns) {
                t.ns = (double) (now_ns - l->at_ns);
                /* The first interval is all that is known; later ones are added to what was. */
                t.weight = l->at_ns == l->since_ns ? 1 : 1 - exp(-t.ns / AVERAGE_NS);
        } else
                l->since_ns = now_ns;
        l->at_ns = now_ns;

        for (uint32_t i = 0; i < l->sizes.n_irqs; i++)
                look_at_irq(l, v, i, &t);
        look_at_stat(l, root, &t);
        look_at_schedstat(l, root, &t);
}
