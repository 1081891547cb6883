/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "block.h"
#include "block.bpf.skel.h"

static const struct program_forms forms[_BLOCK_PROGRAM_MAX] = {
        [BLOCK_PROGRAM_COMPLETE] = { { "block_complete", "block_complete_r" } },
        [BLOCK_PROGRAM_BACK] = { { "block_back", "block_back_r" } },
        [BLOCK_PROGRAM_FRONT] = { { "block_front", "block_front_r" } },
        [BLOCK_PROGRAM_MERGE] = { { "block_merge", "block_merge_r" } },
        [BLOCK_PROGRAM_ISSUE] = { { "block_issue" } },
        [BLOCK_PROGRAM_INSERT] = { { "block_insert" } },
};

struct how {
        struct block_sizes sizes;
        uint32_t flush_seq, io_stat, stats; /* as in struct block_config */
};

static void *open_skeleton(const void *userdata, bool trial)
{
        const struct how *how = userdata;
        struct block_bpf *skel = block_bpf__open();

        if (!skel)
                return NULL;
        skel->rodata->config.shard_mask = how->sizes.n_shards - 1;
        skel->rodata->config.shared = how->sizes.n_shards < how->sizes.n_cpus;
        skel->rodata->config.flush_seq = how->flush_seq;
        skel->rodata->config.io_stat = how->io_stat;
        skel->rodata->config.stats = how->stats;
        if (bpf_map__set_max_entries(skel->maps.stats, trial ? 1 : block_n_entries(&how->sizes)) < 0) {
                block_bpf__destroy(skel);
                return NULL;
        }
        return skel;
}

PROGRAMS_SKELETON(block)

static const struct program_skeleton skeleton = { open_skeleton, block_object, block_load, block_destroy };

/* The place of RQF_FLUSH_SEQ among the flags before they became an enum. */
#define FLUSH_SEQ_BEFORE_ENUM (1u << 4)

/*
 * The enum has no name in some kernels, so that CO-RE cannot ask for it. Where there is none, requests without times have zeros instead; since 6.13
 * some have those of earlier requests.
 */
static void find_flags(struct how *how)
{
        const struct {
                const char *name;
                uint32_t *mask;
        } flags[] = {
                { "__RQF_FLUSH_SEQ", &how->flush_seq },
                { "__RQF_IO_STAT", &how->io_stat },
                { "__RQF_STATS", &how->stats },
        };
        struct btf *btf = btf__load_vmlinux_btf();

        how->flush_seq = FLUSH_SEQ_BEFORE_ENUM;
        for (uint32_t id = 1; btf && id < btf__type_cnt(btf); id++) {
                const struct btf_type *t = btf__type_by_id(btf, id);
                const struct btf_enum *e = btf_enum(t);

                if (!btf_is_enum(t))
                        continue;
                for (uint32_t i = 0; i < btf_vlen(t); i++)
                        for (uint32_t j = 0; j < sizeof(flags) / sizeof(flags[0]); j++)
                                if (strcmp(btf__name_by_offset(btf, e[i].name_off), flags[j].name) == 0)
                                        *flags[j].mask = 1u << (e[i].val & 31);
        }
        btf__free(btf);
}

int block_programs_load(struct programs *p, const struct block_sizes *sizes)
{
        struct how how = { .sizes = *sizes };

        find_flags(&how);
        return programs_load(p, &skeleton, forms, _BLOCK_PROGRAM_MAX, (1u << _BLOCK_PROGRAM_MAX) - 1, &how);
}
