/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "totals.h"
#include "view.h"

static size_t groups_size(const struct sched_sizes *sizes)
{
        return sizeof(struct sched_stats) * ((size_t) sizes->n_groups * sizes->n_shards);
}

static size_t cpus_size(const struct sched_sizes *sizes)
{
        return sizeof(struct sched_cpu) * sizes->n_cpus;
}

int sched_view_open(struct sched_view *v, const struct sched_programs *p, const struct sched_sizes *sizes)
{
        int r;

        *v = (struct sched_view){ .sizes = *sizes };
        v->groups = programs_mmap(&p->set, "groups", groups_size(sizes));
        v->cpus = v->groups ? programs_mmap(&p->set, "cpus", cpus_size(sizes)) : NULL;
        r = v->cpus ? cgroup_table_open(&v->table, programs_map(&p->set, "slots")) : -errno;
        if (r < 0) {
                sched_view_close(v);
                return r;
        }

        for (uint32_t i = 0; i < sizes->n_cpus; i++)
                v->cpus[i].shard = i % sizes->n_shards;
        return 0;
}

void sched_view_close(struct sched_view *v)
{
        if (v->groups)
                (void) munmap(v->groups, groups_size(&v->sizes));
        if (v->cpus)
                (void) munmap(v->cpus, cpus_size(&v->sizes));
        cgroup_table_close(&v->table);
        *v = (struct sched_view){};
}

void sched_view_group(const struct sched_view *v, uint32_t slot, struct sched_stats *ret)
{
        const struct sched_stats *shards = v->groups + slot;

        *ret = shards[0];
        for (uint32_t i = 1; i < v->sizes.n_shards; i++)
                sched_stats_add(ret, &shards[i]);
}

void sched_view_cpu(const struct sched_view *v, uint32_t cpu, struct sched_stats *ret)
{
        *ret = v->cpus[cpu].stats;
        if (v->sizes.n_shards < v->sizes.n_cpus)
                return; /* it has all */
        for (uint32_t slot = 0; slot < v->used; slot += v->sizes.n_shards)
                sched_stats_add(ret, &v->groups[slot + cpu]);
}

uint64_t sched_view_clock(const struct sched_view *v)
{
        uint64_t now = 0;

        for (uint32_t i = 0; i < v->sizes.n_cpus; i++) {
                uint64_t since = __atomic_load_n(&v->cpus[i].since, __ATOMIC_RELAXED);

                if (since > now)
                        now = since;
        }
        return now;
}

uint64_t sched_view_running(const struct sched_view *v, uint32_t cpu, uint64_t now, uint32_t *ret_slot)
{
        const struct sched_cpu *c = &v->cpus[cpu];
        uint64_t since;

        do {
                since = __atomic_load_n(&c->since, __ATOMIC_ACQUIRE);
                *ret_slot = __atomic_load_n(&c->slot, __ATOMIC_ACQUIRE);
        } while (since != __atomic_load_n(&c->since, __ATOMIC_ACQUIRE));

        if (!since)
                *ret_slot = SCHED_SLOT_IDLE;
        return *ret_slot == SCHED_SLOT_IDLE || now < since ? 0 : now - since;
}

/* Credits what runs of the cgroup at this moment to another slot. */
static void repoint_running(struct sched_view *v, uint64_t cgroup, uint32_t slot)
{
        for (uint32_t i = 0; i < v->sizes.n_cpus; i++) {
                struct sched_cpu *c = &v->cpus[i];
                uint32_t old = __atomic_load_n(&c->slot, __ATOMIC_RELAXED);

                /* A switch in between has stored the right slot, most likely another than the old one. */
                if (old != SCHED_SLOT_IDLE && __atomic_load_n(&c->cgroup, __ATOMIC_RELAXED) == cgroup)
                        (void) __atomic_compare_exchange_n(&c->slot, &old, slot, 0, __ATOMIC_RELAXED,
                                                           __ATOMIC_RELAXED);
        }
}

void sched_view_renew(struct sched_view *v)
{
        for (uint32_t i = 0; i < v->sizes.n_cpus; i++)
                (void) __atomic_add_fetch(&v->cpus[i].generation, 1, __ATOMIC_RELEASE);
        v->changed = false;
}

int sched_view_point(struct sched_view *v, uint64_t cgroup, uint32_t slot)
{
        int r;

        if (slot != CGROUP_SLOT_NONE && v->used < slot + v->sizes.n_shards)
                v->used = slot + v->sizes.n_shards;
        r = cgroup_table_point(&v->table, cgroup, slot);
        if (r < 0)
                return r;
        sched_view_renew(v);
        repoint_running(v, cgroup, slot);
        v->changed = true;
        return 0;
}

void sched_view_forget(struct sched_view *v)
{
        for (uint32_t i = 0; i < v->sizes.n_cpus; i++) {
                struct sched_cpu *c = &v->cpus[i];

                c->since = 0;
                c->cgroup = 0;
                c->slot = SCHED_SLOT_IDLE;
                c->cycles = c->instructions = 0;
                c->all_moved = 1;
        }
}

void sched_view_forget_counter(struct sched_view *v, uint32_t counter)
{
        for (uint32_t i = 0; i < v->sizes.n_cpus; i++)
                __atomic_store_n(counter == 0 ? &v->cpus[i].cycles : &v->cpus[i].instructions, 0, __ATOMIC_RELAXED);
}

void sched_view_tell_moves(struct sched_view *v, bool told)
{
        for (uint32_t i = 0; i < v->sizes.n_cpus; i++)
                __atomic_store_n(&v->cpus[i].all_moved, !told, __ATOMIC_RELAXED);
}
