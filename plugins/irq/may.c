/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "may.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kind.h"
#include "text.h"

/* Before 6.12 the file's mode does not show what the kernel manages: a write would be refused. */
static const char *ask_kernel(const struct irq *s, uint32_t irq)
{
        int r = s->host->knob_takes_writes(s->host, KNOB_AFFINITY, irq);

        if (r == -EIO || r == -EPERM)
                return "the kernel manages it, or it is a CPU's own";
        return r < 0 ? "its affinity cannot be written" : NULL;
}

/* Once for each interrupt, and each time that somebody else has its number. */
static void classify(struct irq *s, uint32_t irq, const char *name)
{
        struct irq_object *o = &s->irqs[irq];

        if (strcmp(o->name, name) == 0)
                return;
        (void) snprintf(o->name, sizeof(o->name), "%s", name);
        o->moved_ns = o->barred_ns = 0;
        o->moved_to = PLACE_NOWHERE;
        o->refusal = kind_refusal(s->root, irq, name);
        if (!o->refusal)
                o->refusal = ask_kernel(s, irq);
        if (o->refusal)
                s->host->log(s->host, TRIMTAB_LOG_DEBUG, "%s stays where it is: %s", name, o->refusal);
}

/* The registry is up to ten ticks old: is the number still that handler's and that device's? */
static bool is_still(const struct irq *s, uint32_t irq, const char *name)
{
        char actions[4096];
        size_t n = strlen(name);
        const char *number = strrchr(name, ':');

        if (text_read(actions, sizeof(actions), "%s/sys/kernel/irq/%u/actions", s->root, irq) < 0)
                return false;
        if (number)
                n = (size_t) (number - name);
        return strlen(actions) == n && strncmp(actions, name, n) == 0 && device_has(&s->devices[irq], s->root, irq);
}

static bool is_held_by_balancer(struct irq *s, uint64_t now)
{
        pid_t pid = s->beside_balancer ? 0 : balancer_find(&s->balancer, s->root, now);

        if (pid && !s->balancer_is_told)
                s->host->log(s->host, TRIMTAB_LOG_NOTICE,
                             "irqbalance (process %d) places interrupts, so none is moved. `systemctl disable --now irqbalance` "
                             "hands them over; beside-irqbalance = yes in [plugin irq] moves them all the same",
                             (int) pid);
        s->balancer_is_told = pid != 0;
        return pid != 0;
}

int irq_may_move(struct irq *s, uint32_t irq, uint64_t now)
{
        const char *name;
        int r = irq < s->view.sizes.n_irqs ? s->host->object_name(s->host, "irq", irq, &name) : -ENOENT;

        if (r < 0)
                return r;
        classify(s, irq, name);
        if (s->irqs[irq].refusal)
                return -EPERM;
        if (s->devices_are_old) {
                devices_read(s->devices, s->view.sizes.n_irqs, s->root);
                s->devices_are_old = false;
        }
        if (!is_still(s, irq, name))
                return -ENODEV;
        if (is_held_by_balancer(s, now))
                return -EBUSY;
        return topology_refresh(&s->topology, s->root);
}

int irq_check_list(struct irq *s, uint32_t irq, const struct trimtab_value *want, uint64_t now, struct trimtab_value *ret)
{
        struct trimtab_value left = { .size = sizeof(left), .type = TRIMTAB_CPULIST };
        uint64_t cpus[TEXT_CPU_WORDS];
        size_t n = 0;
        int r = irq_may_move(s, irq, now);

        if (r < 0)
                return r;
        text_cpus(want->text, cpus, s->topology.n_cpus);
        for (uint32_t cpu = 0; cpu < s->topology.n_cpus; cpu++) {
                uint32_t last = cpu;

                while (last < s->topology.n_cpus && text_has(cpus, last) && s->topology.cpus[last].usable)
                        last++;
                if (last == cpu)
                        continue;
                n += (size_t) snprintf(left.text + n, sizeof(left.text) - n, last - cpu > 1 ? "%s%u-%u" : "%s%u", n > 0 ? "," : "", cpu,
                                       last - 1);
                if (n >= sizeof(left.text))
                        return -ENAMETOOLONG;
                cpu = last;
        }
        if (n == 0)
                return -EINVAL;
        *ret = left;
        return 0;
}
