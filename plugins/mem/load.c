/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>

#include "mem.bpf.skel.h"

static const struct program_forms forms[_MEM_PROGRAM_MAX] = {
        [MEM_PROGRAM_ALLOC] = { { "page_alloc" } },
        [MEM_PROGRAM_DIRECT_BEGIN] = { { "direct_begin", "direct_begin_r" } },
        [MEM_PROGRAM_DIRECT_END] = { { "direct_end", "direct_end_r" } },
        [MEM_PROGRAM_MEMCG_BEGIN] = { { "memcg_begin", "memcg_begin_r" } },
        [MEM_PROGRAM_MEMCG_END] = { { "memcg_end", "memcg_end_r" } },
        [MEM_PROGRAM_COMPACT_BEGIN] = { { "compact_begin" } },
        [MEM_PROGRAM_COMPACT_END] = { { "compact_end" } },
};

/* Of a CPU's part of `cpus`: whole pages, so that no two CPUs write to one. */
static uint32_t cpu_size(uint32_t n_groups)
{
        return (uint32_t) (sizeof(struct mem_cpu) + (n_groups + 1) * sizeof(uint64_t) + 4095) / 4096 * 4096;
}

static uint64_t groups_size(const struct mem_sizes *s)
{
        return sizeof(struct mem_stats) * ((uint64_t) s->n_groups + 1);
}

static uint64_t cpus_size(const struct mem_sizes *s)
{
        return cpu_size(s->n_groups) * (uint64_t) s->n_cpus;
}

static void *open_skeleton(const void *how, bool trial)
{
        const struct mem_sizes *s = how;
        uint32_t n_groups = trial ? 1 : s->n_groups;
        struct mem_bpf *skel = mem_bpf__open();

        if (!skel)
                return NULL;
        skel->rodata->config.n_groups = n_groups;
        if (bpf_map__set_max_entries(skel->maps.groups, n_groups + 1) < 0 ||
            bpf_map__set_value_size(skel->maps.cpus, cpu_size(n_groups)) < 0 ||
            bpf_map__set_max_entries(skel->maps.cpus, s->n_cpus) < 0) {
                mem_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

PROGRAMS_SKELETON(mem)

static const struct program_skeleton skeleton = { open_skeleton, mem_object, mem_load, mem_destroy };

int mem_load_open(struct mem_load *l, const struct mem_sizes *sizes)
{
        int r;

        *l = (struct mem_load){ .sizes = *sizes };
        r = programs_load(&l->programs, &skeleton, forms, _MEM_PROGRAM_MAX, (1u << _MEM_PROGRAM_MAX) - 1, sizes);
        if (r < 0)
                return r;

        l->epoch = &((struct mem_bpf *) l->programs.loaded)->bss->epoch;
        l->groups = programs_mmap(&l->programs, "groups", groups_size(sizes));
        l->cpus = l->groups ? programs_mmap(&l->programs, "cpus", cpus_size(sizes)) : NULL;
        return l->cpus ? cgroup_table_open(&l->table, programs_map(&l->programs, "slots")) : -errno;
}

void mem_load_close(struct mem_load *l)
{
        if (l->groups)
                (void) munmap(l->groups, groups_size(&l->sizes));
        if (l->cpus)
                (void) munmap(l->cpus, cpus_size(&l->sizes));
        cgroup_table_close(&l->table);
        programs_done(&l->programs);
        *l = (struct mem_load){};
}

int mem_load_attach(struct mem_load *l, uint32_t mask)
{
        (void) __atomic_add_fetch(l->epoch, 1, __ATOMIC_RELEASE);
        return programs_attach(&l->programs, mask);
}

static struct mem_cpu *cpu_at(const struct mem_load *l, uint32_t cpu)
{
        return (struct mem_cpu *) (l->cpus + (uint64_t) cpu * cpu_size(l->sizes.n_groups));
}

static uint64_t pages_of(const struct mem_load *l, uint32_t slot)
{
        uint64_t n = 0;

        for (uint32_t cpu = 0; cpu < l->sizes.n_cpus; cpu++)
                n += __atomic_load_n(&cpu_at(l, cpu)->pages[slot], __ATOMIC_RELAXED);
        return n;
}

void mem_load_read(const struct mem_load *l, uint32_t slot, struct mem_reading *ret)
{
        ret->stats = l->groups[slot];
        ret->allocated = pages_of(l, slot);
}

void mem_load_read_all(const struct mem_load *l, struct mem_reading *ret)
{
        mem_load_read(l, l->sizes.n_groups, ret);
        for (uint32_t slot = 0; slot < l->used; slot++)
                mem_reading_add(ret, &l->groups[slot], pages_of(l, slot));
}

int mem_load_point(struct mem_load *l, uint64_t cgroup, uint32_t slot)
{
        int r;

        if (slot != CGROUP_SLOT_NONE && l->used <= slot)
                l->used = slot + 1;
        r = cgroup_table_point(&l->table, cgroup, slot);
        if (r < 0)
                return r;
        mem_load_renew(l);
        l->changed = true;
        return 0;
}

void mem_load_renew(struct mem_load *l)
{
        for (uint32_t i = 0; i < l->sizes.n_cpus; i++)
                (void) __atomic_add_fetch(&cpu_at(l, i)->generation, 1, __ATOMIC_RELEASE);
        l->changed = false;
}
