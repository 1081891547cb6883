/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "irq.bpf.skel.h"

static const struct program_forms forms[_IRQ_PROGRAM_MAX] = {
        [IRQ_PROGRAM_ENTER] = { { "irq_enter", "irq_enter_r" } },
        [IRQ_PROGRAM_LEAVE] = { { "irq_leave", "irq_leave_r" } },
        [IRQ_PROGRAM_RAISE] = { { "irq_raise", "irq_raise_r" } },
        [IRQ_PROGRAM_SOFTIRQ_ENTER] = { { "softirq_enter", "softirq_enter_r" } },
        [IRQ_PROGRAM_SOFTIRQ_LEAVE] = { { "softirq_leave", "softirq_leave_r" } },
        [IRQ_PROGRAM_POLL] = { { "irq_poll", "irq_poll_r" } },
};

static void *open_skeleton(const void *userdata, bool trial)
{
        const struct irq_sizes *sizes = userdata;
        struct irq_bpf *skel = irq_bpf__open();
        struct stat netns;

        if (!skel)
                return NULL;
        skel->rodata->config.n_cpus = sizes->n_cpus;
        skel->rodata->config.n_irqs = sizes->n_irqs;
        skel->rodata->config.netns = stat("/proc/self/ns/net", &netns) < 0 ? 0 : (uint32_t) netns.st_ino;
        if (bpf_map__set_max_entries(skel->maps.irqs, trial ? 1 : sizes->n_irqs * sizes->n_cpus) < 0 ||
            bpf_map__set_max_entries(skel->maps.cpus, sizes->n_cpus) < 0 ||
            bpf_map__set_max_entries(skel->maps.ifaces, trial ? 1 : IRQ_IFACES_MAX * sizes->n_cpus) < 0) {
                irq_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

PROGRAMS_SKELETON(irq)

static const struct program_skeleton skeleton = { open_skeleton, irq_object, irq_load, irq_destroy };

static size_t irqs_bytes(const struct irq_view *v)
{
        return sizeof(*v->irqs) * v->sizes.n_irqs * v->sizes.n_cpus;
}

static size_t cpus_bytes(const struct irq_view *v)
{
        return sizeof(*v->cpus) * v->sizes.n_cpus;
}

static size_t ifaces_bytes(const struct irq_view *v)
{
        return sizeof(*v->ifaces) * IRQ_IFACES_MAX * v->sizes.n_cpus;
}

int irq_view_open(struct irq_view *v, const struct irq_sizes *sizes)
{
        int r;

        v->sizes = *sizes;
        r = programs_load(&v->programs, &skeleton, forms, _IRQ_PROGRAM_MAX, (1u << _IRQ_PROGRAM_MAX) - 1, sizes);
        if (r < 0)
                return r;

        v->irqs = programs_mmap(&v->programs, "irqs", irqs_bytes(v));
        v->cpus = programs_mmap(&v->programs, "cpus", cpus_bytes(v));
        v->ifaces = programs_mmap(&v->programs, "ifaces", ifaces_bytes(v));
        return v->irqs && v->cpus && v->ifaces ? 0 : -errno;
}

void irq_view_close(struct irq_view *v)
{
        if (v->irqs)
                (void) munmap(v->irqs, irqs_bytes(v));
        if (v->cpus)
                (void) munmap(v->cpus, cpus_bytes(v));
        if (v->ifaces)
                (void) munmap(v->ifaces, ifaces_bytes(v));
        v->irqs = NULL;
        v->cpus = NULL;
        v->ifaces = NULL;
        programs_done(&v->programs);
}

void irq_view_forget(struct irq_view *v)
{
        for (size_t i = 0; i < (size_t) v->sizes.n_irqs * v->sizes.n_cpus; i++)
                if (v->irqs[i].since)
                        v->irqs[i].since = 0;
        for (uint32_t i = 0; i < v->sizes.n_cpus; i++) {
                struct irq_cpu *cpu = &v->cpus[i];

                cpu->softirq_since = cpu->poll_since = 0;
                cpu->current = cpu->vector = cpu->only_raiser = 0;
                cpu->is_left_over = 1; /* who raised what waits now is not known */
                memset(cpu->raised_by, 0, sizeof(cpu->raised_by));
        }
}

struct irq_stats irq_view_sum(const struct irq_view *v, uint32_t irq)
{
        const struct irq_stats *row = &v->irqs[(size_t) irq * v->sizes.n_cpus];
        struct irq_stats sum = {};

        for (uint32_t i = 0; i < v->sizes.n_cpus; i++) {
                sum.count += row[i].count;
                sum.time += row[i].time;
                sum.softirq_time += row[i].softirq_time;
                sum.hurt += row[i].hurt;
        }
        return sum;
}

int irq_view_watch_iface(struct irq_view *v, uint32_t number, uint32_t before, uint32_t ifindex)
{
        int map = programs_map(&v->programs, "watched_ifaces");

        if (before)
                (void) bpf_map_delete_elem(map, &before);
        if (!ifindex)
                return 0;
        memset(&v->ifaces[(size_t) number * v->sizes.n_cpus], 0, sizeof(*v->ifaces) * v->sizes.n_cpus);
        return bpf_map_update_elem(map, &ifindex, &number, BPF_ANY) < 0 ? -errno : 0;
}

struct irq_iface irq_view_iface(const struct irq_view *v, uint32_t number)
{
        const struct irq_iface *row = &v->ifaces[(size_t) number * v->sizes.n_cpus];
        struct irq_iface sum = {};

        for (uint32_t i = 0; i < v->sizes.n_cpus; i++) {
                sum.polls += row[i].polls;
                sum.packets += row[i].packets;
                sum.exhausted += row[i].exhausted;
        }
        return sum;
}
