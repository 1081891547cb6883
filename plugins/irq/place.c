/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* What a task that runs hurts beside an interrupt: it can be put on another CPU, an interrupt waits for nobody. */
#define BUSY_WEIGHT 0.5
/* What a core's other threads hurt: two that are busy have about two thirds of it each. */
#define SIBLING_WEIGHT 0.3
/* An interrupt away from its device's node pays for every line of memory. */
#define REMOTE_COST 0.3

struct place {
        struct place_cpu *cpus;
        struct place_irq *irqs;
        double *pressure; /* by CPU */
        double *cores;    /* the sum of the pressure of a core's CPUs, by `core` less renumbered */
        uint32_t *core_of;
        uint32_t n_cpus, n_irqs;
};

static bool is_allowed(const struct place *p, const struct place_irq *irq, uint32_t cpu)
{
        return p->cpus[cpu].usable && (!irq->allowed || irq->allowed[cpu / 64] & 1ull << cpu % 64);
}

/* What an interrupt adds to the pressure on a CPU. */
static double weight_on(const struct place *p, const struct place_irq *irq, uint32_t cpu)
{
        return irq->load / p->cpus[cpu].capacity;
}

static double square(double x)
{
        return x * x;
}

/* A CPU's part of the cost if its pressure was `more` higher, its core's with it. */
static double cost_with(const struct place *p, uint32_t cpu, double more)
{
        return square(p->pressure[cpu] + more) + SIBLING_WEIGHT * square(p->cores[p->core_of[cpu]] + more);
}

static double remote_cost(const struct place *p, const struct place_irq *irq, uint32_t cpu)
{
        bool remote = irq->node >= 0 && p->cpus[cpu].node >= 0 && irq->node != p->cpus[cpu].node;

        return remote ? REMOTE_COST * irq->load : 0;
}

static void press(struct place *p, uint32_t cpu, double more)
{
        p->pressure[cpu] += more;
        p->cores[p->core_of[cpu]] += more;
}

/* Numbers the cores from 0, whatever they are called. */
static void number_cores(struct place *p)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < p->n_cpus; i++) {
                uint32_t j = 0;

                while (p->cpus[j].core != p->cpus[i].core)
                        j++;
                p->core_of[i] = j < i ? p->core_of[j] : n++;
        }
}

struct place *place_new(const struct place_cpu *cpus, uint32_t n_cpus, const struct place_irq *irqs, uint32_t n_irqs)
{
        struct place *p = calloc(1, sizeof(*p));

        if (!p)
                return NULL;
        p->n_cpus = n_cpus;
        p->n_irqs = n_irqs;
        p->cpus = calloc(n_cpus + 1, sizeof(*p->cpus));
        p->irqs = calloc(n_irqs + 1, sizeof(*p->irqs));
        p->pressure = calloc(n_cpus + 1, sizeof(*p->pressure));
        p->cores = calloc(n_cpus + 1, sizeof(*p->cores));
        p->core_of = calloc(n_cpus + 1, sizeof(*p->core_of));
        if (!p->cpus || !p->irqs || !p->pressure || !p->cores || !p->core_of) {
                place_free(p);
                return NULL;
        }
        memcpy(p->cpus, cpus, n_cpus * sizeof(*cpus));
        memcpy(p->irqs, irqs, n_irqs * sizeof(*irqs));

        number_cores(p);
        for (uint32_t i = 0; i < n_cpus; i++)
                press(p, i, (BUSY_WEIGHT * cpus[i].busy + cpus[i].waiting) / cpus[i].capacity);
        for (uint32_t i = 0; i < n_irqs; i++)
                if (irqs[i].cpu < n_cpus)
                        press(p, irqs[i].cpu, weight_on(p, &irqs[i], irqs[i].cpu));
        return p;
}

void place_free(struct place *p)
{
        if (!p)
                return;
        free(p->cpus);
        free(p->irqs);
        free(p->pressure);
        free(p->cores);
        free(p->core_of);
        free(p);
}

double place_cost(const struct place *p)
{
        double cost = 0;

        for (uint32_t i = 0; i < p->n_cpus; i++)
                cost += square(p->pressure[i]) + SIBLING_WEIGHT * square(p->cores[i]);
        for (uint32_t i = 0; i < p->n_irqs; i++)
                if (p->irqs[i].cpu < p->n_cpus)
                        cost += remote_cost(p, &p->irqs[i], p->irqs[i].cpu);
        return cost;
}

double place_pressure(const struct place *p, uint32_t cpu)
{
        return p->pressure[cpu];
}

static bool shares_core(const struct place *p, uint32_t a, uint32_t b)
{
        return a < p->n_cpus && p->core_of[a] == p->core_of[b];
}

/* By how much the cost of all falls when the interrupt goes to another CPU. From nowhere it can only rise. */
static double gain_of(const struct place *p, const struct place_irq *irq, uint32_t to)
{
        double there = weight_on(p, irq, to), here, gain;

        if (irq->cpu >= p->n_cpus)
                return cost_with(p, to, 0) - cost_with(p, to, there) - remote_cost(p, irq, to);

        here = weight_on(p, irq, irq->cpu);
        gain = remote_cost(p, irq, irq->cpu) - remote_cost(p, irq, to);
        if (shares_core(p, irq->cpu, to)) /* the core has it before and after */
                return gain + square(p->pressure[irq->cpu]) - square(p->pressure[irq->cpu] - here) +
                       square(p->pressure[to]) - square(p->pressure[to] + there);
        return gain + cost_with(p, irq->cpu, 0) - cost_with(p, irq->cpu, -here) + cost_with(p, to, 0) -
               cost_with(p, to, there);
}

double place_gain(const struct place *p, uint32_t index, uint32_t cpu)
{
        const struct place_irq *irq = &p->irqs[index];

        return cpu == irq->cpu ? 0 : gain_of(p, irq, cpu);
}

/* The best of the others for an interrupt; PLACE_NOWHERE: there is none. */
static uint32_t best_other(const struct place *p, const struct place_irq *irq, bool local, double *ret_gain)
{
        uint32_t best = PLACE_NOWHERE;

        *ret_gain = -DBL_MAX;
        for (uint32_t cpu = 0; cpu < p->n_cpus; cpu++) {
                double gain;

                if (cpu == irq->cpu || !is_allowed(p, irq, cpu) || (local && p->cpus[cpu].node != irq->node))
                        continue;
                gain = gain_of(p, irq, cpu);
                if (gain > *ret_gain) {
                        *ret_gain = gain;
                        best = cpu;
                }
        }
        return best;
}

static bool is_well(const struct place *p, const struct place_irq *irq, bool local)
{
        return irq->cpu < p->n_cpus && is_allowed(p, irq, irq->cpu) &&
               (!local || p->cpus[irq->cpu].node == irq->node);
}

/* Whether the device has a node with a CPU for it. */
static bool has_local(const struct place *p, const struct place_irq *irq)
{
        for (uint32_t cpu = 0; irq->node >= 0 && cpu < p->n_cpus; cpu++)
                if (p->cpus[cpu].node == irq->node && is_allowed(p, irq, cpu))
                        return true;
        return false;
}

uint32_t place_calmest(const struct place *p, uint32_t index, bool local)
{
        const struct place_irq *irq = &p->irqs[index];
        uint32_t best;
        double gain;

        local = local && has_local(p, irq);
        best = best_other(p, irq, local, &gain);
        return is_well(p, irq, local) && (best == PLACE_NOWHERE || gain <= 0) ? irq->cpu : best;
}

static void move(struct place *p, uint32_t index, uint32_t to)
{
        struct place_irq *irq = &p->irqs[index];

        if (irq->cpu < p->n_cpus)
                press(p, irq->cpu, -weight_on(p, irq, irq->cpu));
        irq->cpu = to;
        press(p, to, weight_on(p, irq, to));
}

/* Whether it is worth a move, and the move. */
static bool find_move(const struct place *p, uint32_t index, struct place_move *ret)
{
        const struct place_irq *irq = &p->irqs[index];
        double gain;
        uint32_t to;

        if (irq->fixed || irq->cpu >= p->n_cpus)
                return false;
        to = best_other(p, irq, false, &gain);
        *ret = (struct place_move){ index, irq->cpu, to, gain };
        return to != PLACE_NOWHERE && gain > PLACE_MOVE_COST;
}

struct ranked {
        double load;
        uint32_t index;
};

static int by_load(const void *a, const void *b)
{
        const struct ranked *x = a, *y = b;

        if (x->load != y->load)
                return x->load < y->load ? 1 : -1;
        return (x->index > y->index) - (x->index < y->index);
}

static uint32_t moves_of_device(const struct place *p, const struct place_move *moves, size_t n, uint32_t device)
{
        uint32_t of_device = 0;

        for (size_t i = 0; i < n; i++)
                of_device += p->irqs[moves[i].irq].device == device;
        return of_device;
}

size_t place_balance(struct place *p, uint32_t per_device, struct place_move *ret, size_t max)
{
        struct ranked *order = calloc(p->n_irqs + 1, sizeof(*order));
        size_t n = 0;

        if (!order)
                return 0;
        for (uint32_t i = 0; i < p->n_irqs; i++)
                order[i] = (struct ranked){ p->irqs[i].load, i };
        qsort(order, p->n_irqs, sizeof(*order), by_load);

        /* The heavy ones first: they are few, and the light ones then fill the gaps. */
        for (uint32_t i = 0; i < p->n_irqs && n < max; i++) {
                uint32_t index = order[i].index;

                if (per_device && moves_of_device(p, ret, n, p->irqs[index].device) >= per_device)
                        continue;
                if (!find_move(p, index, &ret[n]))
                        continue;
                move(p, index, ret[n++].to);
        }
        free(order);
        return n;
}

/* How many queues of that kind are on this CPU's core. */
static uint32_t queues_on_core(const struct place *p, uint32_t queues, uint32_t cpu)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < p->n_irqs; i++)
                n += p->irqs[i].queues == queues && shares_core(p, p->irqs[i].cpu, cpu);
        return n;
}

/*
 * The core with the fewest queues of that kind, and of those the CPU that gains most; of the device's node if any of it is usable.
 */
static uint32_t emptiest(const struct place *p, const struct place_irq *irq, uint32_t *ret_n)
{
        bool local = has_local(p, irq);
        uint32_t best = PLACE_NOWHERE;
        double best_gain = -DBL_MAX;

        *ret_n = UINT32_MAX;
        for (uint32_t cpu = 0; cpu < p->n_cpus; cpu++) {
                double gain;
                uint32_t n;

                if (cpu == irq->cpu || !is_allowed(p, irq, cpu) || (local && p->cpus[cpu].node != irq->node))
                        continue;
                n = queues_on_core(p, irq->queues, cpu);
                gain = gain_of(p, irq, cpu);
                if (n < *ret_n || (n == *ret_n && gain > best_gain)) {
                        *ret_n = n;
                        best_gain = gain;
                        best = cpu;
                }
        }
        return best;
}

size_t place_spread(struct place *p, uint32_t queues, struct place_move *ret, size_t max)
{
        size_t n = 0;

        for (uint32_t i = 0; i < p->n_irqs && n < max; i++) {
                const struct place_irq *irq = &p->irqs[i];
                bool well = is_well(p, irq, has_local(p, irq));
                uint32_t here, there, to;

                if (irq->queues != queues || irq->fixed)
                        continue;
                to = emptiest(p, irq, &there);
                here = well ? queues_on_core(p, queues, irq->cpu) : UINT32_MAX;
                if (to == PLACE_NOWHERE || (well && there + 1 >= here))
                        continue;
                ret[n++] = (struct place_move){ i, irq->cpu, to, well ? here - there - 1 : 1 };
                move(p, i, to);
        }
        return n;
}
