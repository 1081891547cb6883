/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define CPU "/sys/devices/system/cpu"

enum { LIST_MAX = 4096, NODES_MAX = 1024 };

/* What the scheduler calls the fastest CPU's capacity. */
#define CAPACITY_MAX 1024.0

static void read_cpu(struct place_cpu *cpu, const char *root, uint32_t i, uint32_t n)
{
        char siblings[LIST_MAX];
        long capacity;

        if (text_read(siblings, sizeof(siblings), "%s" CPU "/cpu%u/topology/thread_siblings_list", root, i) < 0)
                siblings[0] = '\0';
        cpu->core = text_first_cpu(siblings, n) < n ? text_first_cpu(siblings, n) : i;
        cpu->node = -1;
        cpu->capacity = 1;
        if (text_read_number(&capacity, "%s" CPU "/cpu%u/cpu_capacity", root, i) >= 0 && capacity > 0)
                cpu->capacity = capacity < CAPACITY_MAX ? (double) capacity / CAPACITY_MAX : 1;
}

static void read_nodes(struct topology *t, const char *root)
{
        uint64_t nodes[NODES_MAX / 64], cpus[TEXT_CPU_WORDS];
        char list[LIST_MAX];

        if (text_read(list, sizeof(list), "%s/sys/devices/system/node/online", root) < 0)
                return;
        text_cpus(list, nodes, NODES_MAX);
        for (uint32_t node = 0; node < NODES_MAX; node++) {
                if (!text_has(nodes, node) ||
                    text_read(list, sizeof(list), "%s/sys/devices/system/node/node%u/cpulist", root, node) < 0)
                        continue;
                text_cpus(list, cpus, t->n_cpus);
                for (uint32_t i = 0; i < t->n_cpus; i++)
                        if (text_has(cpus, i))
                                t->cpus[i].node = (int32_t) node;
        }
}

static void read_all(struct topology *t, const char *root)
{
        for (uint32_t i = 0; i < t->n_cpus; i++)
                read_cpu(&t->cpus[i], root, i, t->n_cpus);
        read_nodes(t, root);
}

static void take_off(struct topology *t, const char *root, const char *file)
{
        uint64_t cpus[TEXT_CPU_WORDS];
        char list[LIST_MAX];

        if (text_read(list, sizeof(list), "%s" CPU "/%s", root, file) < 0)
                return;
        text_cpus(list, cpus, t->n_cpus);
        for (uint32_t i = 0; i < t->n_cpus; i++)
                if (text_has(cpus, i))
                        t->cpus[i].usable = false;
}

int topology_refresh(struct topology *t, const char *root)
{
        uint64_t cpus[TEXT_CPU_WORDS];
        char online[LIST_MAX];
        int r = text_read(online, sizeof(online), "%s" CPU "/online", root);

        if (r < 0)
                return r;
        if (strcmp(online, t->online) != 0) {
                memcpy(t->online, online, sizeof(online));
                read_all(t, root);
        }
        text_cpus(online, cpus, t->n_cpus);
        for (uint32_t i = 0; i < t->n_cpus; i++)
                t->cpus[i].usable = text_has(cpus, i);
        take_off(t, root, "isolated");
        take_off(t, root, "nohz_full");

        t->n_usable = 0;
        for (uint32_t i = 0; i < t->n_cpus; i++)
                t->n_usable += t->cpus[i].usable;
        return 0;
}

int topology_read(struct topology *t, const char *root, uint32_t n_cpus)
{
        if (n_cpus > TEXT_CPUS_MAX)
                return -E2BIG;
        t->n_cpus = n_cpus;
        t->cpus = calloc(n_cpus, sizeof(*t->cpus));
        if (!t->cpus)
                return -ENOMEM;
        return topology_refresh(t, root);
}

void topology_done(struct topology *t)
{
        free(t->cpus);
        *t = (struct topology){};
}
