/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "watch.h"

#define BIT(i) (1u << (i))

#define HANDLERS (BIT(IRQ_PROGRAM_ENTER) | BIT(IRQ_PROGRAM_LEAVE))
#define SOFTIRQS (BIT(IRQ_PROGRAM_SOFTIRQ_ENTER) | BIT(IRQ_PROGRAM_SOFTIRQ_LEAVE))
/* A softirq less the interrupts in between: these are timed too. */
#define ALL_TIME (HANDLERS | SOFTIRQS)
#define OWNERS   (ALL_TIME | BIT(IRQ_PROGRAM_RAISE))

const uint32_t irq_programs_of[_METRIC_MAX] = {
        [METRIC_TIME] = HANDLERS,
        [METRIC_COUNT] = BIT(IRQ_PROGRAM_LEAVE),
        [METRIC_SOFTIRQ_TIME] = OWNERS,
        [METRIC_HURT] = OWNERS,
        [METRIC_CPU_TIME] = HANDLERS,
        [METRIC_CPU_COUNT] = BIT(IRQ_PROGRAM_LEAVE),
        [METRIC_CPU_HURT] = ALL_TIME,
        [METRIC_CPU_SOFTIRQ_TIME] = ALL_TIME,
        [METRIC_CPU_NET_RX_TIME] = ALL_TIME,
        [METRIC_CPU_NET_TX_TIME] = ALL_TIME,
        [METRIC_CPU_BLOCK_TIME] = ALL_TIME,
        [METRIC_CPU_TIMER_TIME] = ALL_TIME,
        [METRIC_CPU_SCHED_TIME] = ALL_TIME,
        [METRIC_CPU_RCU_TIME] = ALL_TIME,
        [METRIC_NAPI_POLLS] = BIT(IRQ_PROGRAM_POLL),
        [METRIC_NAPI_PACKETS] = BIT(IRQ_PROGRAM_POLL),
        [METRIC_NAPI_EXHAUSTED] = BIT(IRQ_PROGRAM_POLL),
};

void irq_tell_programs(struct irq *s)
{
        programs_tell(&s->view.programs, s->host, irq_programs_of, _METRIC_MAX, &s->available);
}

static uint32_t wanted_metrics(const struct irq *s)
{
        uint32_t wanted = 0;

        for (uint32_t i = 0; i < s->view.sizes.n_irqs; i++)
                wanted |= s->irqs[i].metrics;
        for (uint32_t i = 0; i < s->view.sizes.n_cpus; i++)
                wanted |= s->cpu_metrics[i];
        for (uint32_t i = 0; i < IRQ_IFACES_MAX; i++)
                wanted |= s->ifaces[i].metrics;
        return wanted & s->available;
}

void irq_update_programs(struct irq *s)
{
        uint32_t wanted = wanted_metrics(s), mask = s->asked_ns ? OWNERS : 0, attached = 0;

        for (uint32_t m = 0; m < _METRIC_MAX; m++)
                if (wanted & BIT(m))
                        mask |= irq_programs_of[m];
        if (mask & BIT(IRQ_PROGRAM_RAISE))
                mask |= BIT(IRQ_PROGRAM_POLL); /* does without, and then blames the last that raised it */

        for (uint32_t i = 0; i < _IRQ_PROGRAM_MAX; i++)
                attached |= programs_is_attached(&s->view.programs, i) ? BIT(i) : 0;
        if (!attached && mask)
                irq_view_forget(&s->view);
        if (programs_attach(&s->view.programs, mask) < 0)
                irq_tell_programs(s);
}

static int watch_irqs(struct irq *s, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        int r = 0;

        for (uint32_t i = 0; i < s->view.sizes.n_irqs; i++)
                s->irqs[i].metrics &= ~BIT(metric);
        for (uint32_t i = 0; i < n; i++)
                if (objects[i] < s->view.sizes.n_irqs)
                        s->irqs[objects[i]].metrics |= BIT(metric);
                else
                        r = -ENODEV;
        return r;
}

static int watch_cpus(struct irq *s, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        int r = 0;

        for (uint32_t i = 0; i < s->view.sizes.n_cpus; i++)
                s->cpu_metrics[i] &= ~BIT(metric);
        for (uint32_t i = 0; i < n; i++)
                if (objects[i] < s->view.sizes.n_cpus)
                        s->cpu_metrics[objects[i]] |= BIT(metric);
                else
                        r = -ENODEV;
        return r;
}

/* The number of an interface; a free one if it has none yet. IRQ_IFACES_MAX: all are taken. */
static uint32_t number_of(const struct irq *s, uint32_t ifindex)
{
        uint32_t number = IRQ_IFACES_MAX;

        for (uint32_t i = 0; i < IRQ_IFACES_MAX; i++) {
                if (s->ifaces[i].ifindex == ifindex)
                        return i;
                if (!s->ifaces[i].ifindex && number == IRQ_IFACES_MAX)
                        number = i;
        }
        return number;
}

static int watch_iface(struct irq *s, uint32_t metric, uint32_t ifindex)
{
        uint32_t number = number_of(s, ifindex);
        int r = 0;

        if (number == IRQ_IFACES_MAX)
                return -ENOSPC;
        if (!s->ifaces[number].ifindex)
                r = irq_view_watch_iface(&s->view, number, 0, ifindex);
        if (r < 0)
                return r;
        s->ifaces[number].ifindex = ifindex;
        s->ifaces[number].metrics |= BIT(metric);
        return 0;
}

static int watch_ifaces(struct irq *s, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        int r = 0;

        for (uint32_t i = 0; i < IRQ_IFACES_MAX; i++)
                s->ifaces[i].metrics &= ~BIT(metric);
        for (uint32_t i = 0; i < n; i++) {
                int k = watch_iface(s, metric, (uint32_t) objects[i]);

                r = k < 0 ? k : r;
        }
        for (uint32_t i = 0; i < IRQ_IFACES_MAX; i++)
                if (s->ifaces[i].ifindex && !s->ifaces[i].metrics) {
                        (void) irq_view_watch_iface(&s->view, i, s->ifaces[i].ifindex, 0);
                        s->ifaces[i].ifindex = 0;
                }
        return r;
}

int irq_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct irq *s = self;
        int r;

        if (metric >= _METRIC_MAX)
                return -EINVAL;
        if (metric >= METRIC_NAPI_POLLS)
                r = watch_ifaces(s, metric, objects, n);
        else if (metric >= METRIC_CPU_TIME)
                r = watch_cpus(s, metric, objects, n);
        else
                r = watch_irqs(s, metric, objects, n);
        irq_update_programs(s);
        return r;
}
