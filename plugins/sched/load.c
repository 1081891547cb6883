/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "sched.h"
#include "sched.bpf.skel.h"

#define STARTS_MAX 10240 /* tasks that wait at once, without kernel timestamps; as runqlat has it */

#define BIT(i) (1u << (i))

static const struct program_forms forms[_SCHED_PROGRAM_MAX] = {
        [SCHED_PROGRAM_SWITCH] = { { "sched_switch", "sched_switch_r" } },
        [SCHED_PROGRAM_MIGRATE] = { { "sched_migrate", "sched_migrate_r" } },
        [SCHED_PROGRAM_WAKEUP] = { { "sched_wakeup", "sched_wakeup_r" } },
        [SCHED_PROGRAM_NEWTASK] = { { "sched_newtask", "sched_newtask_r" } },
        [SCHED_PROGRAM_COUNTERS] = { { "sched_counters", "sched_counters_r" } },
        [SCHED_PROGRAM_SEED] = { { "sched_seed" } },
};

struct how {
        struct sched_sizes sizes;
        uint32_t sched_info;
};

static void *open_skeleton(const void *userdata, bool trial)
{
        const struct how *how = userdata;
        const struct sched_sizes *sizes = &how->sizes;
        uint32_t n_groups = trial ? 1 : sizes->n_groups * sizes->n_shards;
        struct sched_bpf *skel = sched_bpf__open();

        if (!skel)
                return NULL;
        skel->rodata->config.sched_info = how->sched_info;
        skel->rodata->config.shared = sizes->n_shards < sizes->n_cpus;

        if (bpf_map__set_max_entries(skel->maps.groups, n_groups) < 0 ||
            bpf_map__set_max_entries(skel->maps.cpus, sizes->n_cpus) < 0 ||
            bpf_map__set_max_entries(skel->maps.turns, how->sched_info ? 1 << SCHED_TURN_BITS : 1) < 0 ||
            bpf_map__set_max_entries(skel->maps.starts, how->sched_info ? 1 : STARTS_MAX) < 0 ||
            bpf_map__set_max_entries(skel->maps.cycles, sizes->n_cpus) < 0 ||
            bpf_map__set_max_entries(skel->maps.instructions, sizes->n_cpus) < 0) {
                sched_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

PROGRAMS_SKELETON(sched)

static const struct program_skeleton skeleton = { open_skeleton, sched_object, sched_load, sched_destroy };

/* This way of measuring needs no others. */
static uint32_t needed_programs(uint32_t sched_info)
{
        uint32_t others = sched_info ? BIT(SCHED_PROGRAM_WAKEUP) | BIT(SCHED_PROGRAM_NEWTASK) : BIT(SCHED_PROGRAM_SEED);

        return (BIT(_SCHED_PROGRAM_MAX) - 1) & ~others;
}

static int load_mode(struct sched_programs *p, const struct sched_sizes *sizes, uint32_t sched_info)
{
        const struct how how = { .sizes = *sizes, .sched_info = sched_info };

        p->sched_info = sched_info;
        return programs_load(&p->set, &skeleton, forms, _SCHED_PROGRAM_MAX, needed_programs(sched_info), &how);
}

/* Does the kernel keep accounts? Its configuration and, before 5.14, a switch decide: look at our own. */
static bool keeps_sched_info(void)
{
        unsigned long long runtime, run_delay, arrivals;
        FILE *f = fopen("/proc/self/schedstat", "re");
        bool keeps;

        if (!f)
                return false;
        keeps = fscanf(f, "%llu %llu %llu", &runtime, &run_delay, &arrivals) == 3 && arrivals > 0;
        (void) fclose(f);
        return keeps;
}

int sched_programs_load(struct sched_programs *p, const struct sched_sizes *sizes, int32_t sched_info)
{
        uint32_t first = sched_info < 0 ? keeps_sched_info() : (uint32_t) sched_info;
        struct sched_programs classic = {};
        int r = load_mode(p, sizes, first);

        /* The books may be there and not within reach: no group scheduling, no such field any more. */
        if (sched_info >= 0 || !first || (r >= 0 && !programs_refusal(&p->set, SCHED_PROGRAM_SWITCH)))
                return r;
        if (load_mode(&classic, sizes, 0) < 0 || programs_refusal(&classic.set, SCHED_PROGRAM_SWITCH)) {
                programs_done(&classic.set);
                return r;
        }
        programs_done(&p->set);
        *p = classic;
        return 0;
}

int sched_programs_seed(struct sched_programs *p)
{
        struct bpf_link *link;
        char none[64];
        ssize_t n;
        int fd;

        if (!(p->set.needed & BIT(SCHED_PROGRAM_SEED)))
                return 0;
        if (programs_fd(&p->set, SCHED_PROGRAM_SEED) < 0)
                return -EOPNOTSUPP;

        link = bpf_program__attach_iter(programs_get(&p->set, SCHED_PROGRAM_SEED), NULL);
        if (!link)
                return -errno;

        fd = bpf_iter_create(bpf_link__fd(link));
        n = fd < 0 ? -1 : read(fd, none, sizeof(none)); /* reading is what runs it; it prints nothing */
        n = n < 0 ? -errno : 0;

        if (fd >= 0)
                (void) close(fd);
        (void) bpf_link__destroy(link);
        return (int) n;
}
