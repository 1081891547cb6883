/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void machine_make(struct machine *m, uint32_t packages, uint32_t cores, uint32_t threads, uint32_t n_irqs)
{
        uint32_t per_thread = packages * cores;

        *m = (struct machine){ .n_cpus = per_thread * threads, .n_irqs = n_irqs };
        m->cpus = calloc(m->n_cpus, sizeof(*m->cpus));
        m->irqs = calloc(n_irqs, sizeof(*m->irqs));
        m->counts = calloc(n_irqs, sizeof(*m->counts));

        for (uint32_t i = 0; i < m->n_cpus; i++)
                m->cpus[i] = (struct place_cpu){
                        .core = 1000 + i % per_thread, /* as the kernel's core ids: any numbers */
                        .node = (int32_t) (i % per_thread / cores),
                        .capacity = 1,
                        .usable = true,
                };
        for (uint32_t i = 0; i < n_irqs; i++)
                m->irqs[i] = (struct place_irq){ .device = i / 16, .queues = i / 16, .node = -1, .cpu = i % m->n_cpus };
}

void machine_free(struct machine *m)
{
        free(m->cpus);
        free(m->irqs);
        free(m->counts);
}

void machine_gather(struct machine *m)
{
        for (uint32_t i = 0; i < m->n_irqs; i++)
                m->irqs[i].cpu = 0;
}

static double chance(unsigned *seed)
{
        return (double) rand_r(seed) / RAND_MAX;
}

void machine_load(struct machine *m, unsigned seed, uint32_t saturated, double total)
{
        double sum = 0;

        for (uint32_t i = 0; i < m->n_irqs; i++) {
                m->irqs[i].load = i < saturated ? 10 : pow(chance(&seed), 6);
                m->counts[i] = i < saturated ? 10 : 100000 * m->irqs[i].load;
                if (i < saturated)
                        m->irqs[i].cpu = i / 2;
                sum += m->irqs[i].load;
        }
        for (uint32_t i = 0; i < m->n_irqs; i++)
                m->irqs[i].load *= total / sum;
}

static void sum_loads(const struct machine *m, double *ret)
{
        for (uint32_t i = 0; i < m->n_cpus; i++)
                ret[i] = 0;
        for (uint32_t i = 0; i < m->n_irqs; i++)
                ret[m->irqs[i].cpu] += m->irqs[i].load;
}

double machine_worst(const struct machine *m)
{
        double *loads = calloc(m->n_cpus, sizeof(*loads)), worst = 0;

        sum_loads(m, loads);
        for (uint32_t i = 0; i < m->n_cpus; i++)
                if (loads[i] > worst)
                        worst = loads[i];
        free(loads);
        return worst;
}

static uint32_t find_least(const double *loads, const uint32_t *n, uint32_t n_cpus)
{
        uint32_t least = 0;

        for (uint32_t i = 1; i < n_cpus; i++)
                if (loads[i] < loads[least] || (loads[i] == loads[least] && n[i] < n[least]))
                        least = i;
        return least;
}

uint32_t machine_irqbalance(struct machine *m)
{
        double *loads = calloc(m->n_cpus, sizeof(*loads)), *counts = calloc(m->n_cpus, sizeof(*counts));
        double *seen = calloc(m->n_irqs, sizeof(*seen)), min = DBL_MAX;
        uint32_t *n = calloc(m->n_cpus, sizeof(*n)), *taken = calloc(m->n_irqs, sizeof(*taken)), n_taken = 0, moves = 0;

        sum_loads(m, loads);
        for (uint32_t i = 0; i < m->n_irqs; i++) {
                counts[m->irqs[i].cpu] += m->counts[i];
                n[m->irqs[i].cpu]++;
        }
        for (uint32_t i = 0; i < m->n_irqs; i++) {
                uint32_t cpu = m->irqs[i].cpu;

                seen[i] = counts[cpu] > 0 ? loads[cpu] * m->counts[i] / counts[cpu] : 0;
        }
        for (uint32_t i = 0; i < m->n_cpus; i++)
                if (loads[i] < min)
                        min = loads[i];

        /* A CPU that has one interrupt only keeps it, and one that costs nothing is left alone. */
        for (uint32_t i = 0; i < m->n_irqs; i++) {
                uint32_t cpu = m->irqs[i].cpu;

                if (loads[cpu] <= min || n[cpu] <= 1 || seen[i] <= 1e-9 || loads[cpu] - seen[i] <= min + seen[i])
                        continue;
                loads[cpu] -= seen[i];
                min += seen[i];
                n[cpu]--;
                taken[n_taken++] = i;
        }
        for (uint32_t i = 0; i < n_taken; i++) {
                uint32_t to = find_least(loads, n, m->n_cpus);

                moves += to != m->irqs[taken[i]].cpu;
                m->irqs[taken[i]].cpu = to;
                loads[to] += seen[taken[i]];
                n[to]++;
        }
        free(loads);
        free(counts);
        free(seen);
        free(n);
        free(taken);
        return moves;
}
