/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef GUARD_MAPS_BPF_H
#define GUARD_MAPS_BPF_H

/* The maps. Those of a policy are there twice: one generation is in force, and the next one is made in the other. */

#include "cgroups.bpf.h"
#include "guard.h"

#define GENERATIONS(map_name, ...)                                                                           \
        struct map_name##_inner {                                                                            \
                __VA_ARGS__                                                                                  \
        };                                                                                                   \
        struct {                                                                                             \
                __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                    \
                __uint(max_entries, 2);                                                                      \
                __type(key, __u32);                                                                          \
                __array(values, struct map_name##_inner);                                                    \
        } map_name SEC(".maps")

#define INNER_ARRAY(type_of_value)                                                                           \
        __uint(type, BPF_MAP_TYPE_ARRAY);                                                                    \
        __uint(map_flags, BPF_F_INNER_MAP);                                                                  \
        __uint(max_entries, 1);                                                                              \
        __uint(key_size, sizeof(__u32));                                                                     \
        __uint(value_size, sizeof(type_of_value));

/* By sizes: of types that only an inner map names, clang keeps the name alone. */
#define INNER_HASH(type_of_key, type_of_value)                                                               \
        __uint(type, BPF_MAP_TYPE_HASH);                                                                     \
        __uint(max_entries, 1);                                                                              \
        __uint(key_size, sizeof(type_of_key));                                                               \
        __uint(value_size, sizeof(type_of_value));

/*
 * What every decision looks at is in maps for both generations: the kernel makes a few instructions of a look into these, and a call by pointer
 * of one into a map in a map.
 */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2);
        __type(key, __u32);
        __type(value, struct guard_set);
} sets SEC(".maps");

/* generation * GUARD_LAYERS_MAX + layer. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2 * GUARD_LAYERS_MAX);
        __type(key, __u32);
        __type(value, struct guard_layer);
} layers SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(map_flags, BPF_F_NO_PREALLOC);
        __uint(max_entries, 2 * GUARD_CLASSES_MAX);
        __type(key, struct guard_class_key);
        __type(value, struct guard_class);
} classes SEC(".maps");

GENERATIONS(lines, INNER_ARRAY(union guard_line));
GENERATIONS(terms, INNER_ARRAY(struct guard_block));
GENERATIONS(edges, INNER_HASH(struct guard_edge_key, struct guard_edge));
GENERATIONS(exes, INNER_HASH(struct guard_inode, struct guard_bits));
GENERATIONS(uids, INNER_HASH(__u32, struct guard_bits));

/* Nobody looks into it: whoever puts something there waits until all programs that run now have ended. */
GENERATIONS(turnstile, INNER_ARRAY(union guard_line));

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct guard_control);
} control SEC(".maps");

/* slot + CPU -> what happened there; `n_shards` to a slot. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct guard_counts);
} counts SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 1 << 18);
} events SEC(".maps");

/* What has been told: the hash of all that makes two events alike. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << GUARD_SEEN_BITS);
        __type(key, __u32);
        __type(value, __u64);
} seen SEC(".maps");

/* By number of the process. Those that were refused something longest ago make room. */
struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, GUARD_OFFENDERS_MAX);
        __type(key, __u32);
        __type(value, struct guard_offender);
} offenders SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(map_flags, BPF_F_NO_PREALLOC); /* 2 MB, and only while something is learnt */
        __uint(max_entries, 16384);
        __type(key, struct guard_flow_key);
        __type(value, struct guard_flow);
} flows SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct guard_question);
} question SEC(".maps");

const volatile struct {
        __u32 n_shards, elsewhere;
        __u64 scope; /* the cgroup whose tasks are judged, and its depth; 0: all */
        __u32 scope_level;
} config;

static __always_inline struct guard_control *find_control(void)
{
        __u32 zero = 0;

        return bpf_map_lookup_elem(&control, &zero);
}

static __always_inline const struct guard_set *find_set(__u32 generation)
{
        return bpf_map_lookup_elem(&sets, &generation);
}

static __always_inline const struct guard_layer *find_layer(__u32 generation, __u32 layer)
{
        __u32 key = generation * GUARD_LAYERS_MAX + layer;

        return bpf_map_lookup_elem(&layers, &key);
}

static __always_inline const struct guard_class *find_class(__u32 generation, __u64 cgroup)
{
        struct guard_class_key key = { .cgroup = cgroup, .generation = generation };

        return bpf_map_lookup_elem(&classes, &key);
}

/* An element of a generation's array. */
#define FIND_AT(map, generation, index)                                                                      \
        ({                                                                                                   \
                __u32 generation_ = (generation), index_ = (index);                                          \
                void *inner_ = bpf_map_lookup_elem(&(map), &generation_);                                    \
                inner_ ? bpf_map_lookup_elem(inner_, &index_) : NULL;                                        \
        })

/* Of a generation's hash. */
#define FIND(map, generation, key)                                                                           \
        ({                                                                                                   \
                __u32 generation_ = (generation);                                                            \
                void *inner_ = bpf_map_lookup_elem(&(map), &generation_);                                    \
                inner_ ? bpf_map_lookup_elem(inner_, (key)) : NULL;                                          \
        })

#endif
