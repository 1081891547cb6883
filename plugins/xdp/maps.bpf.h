/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef XDP_MAPS_BPF_H
#define XDP_MAPS_BPF_H

/* What is set before load, what user space switches, and the maps. */

#include "packet.bpf.h"

/* Set before load. */
const volatile __u32 n_queues = 1;
const volatile __u32 bucket_mask = 0;  /* one less than the buckets of a limit, a power of two */
const volatile __u64 factor = 1;       /* odd, and secret: so that nobody can choose who shares a bucket */
const volatile __u32 counts_talkers = 1;

struct xdp_control control;
struct xdp_notice notice;

/* cpu * n_queues + queue -> what it has counted; user space reads it in place, as all that follow. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct xdp_counters);
} counters SEC(".maps");

/* cpu * XDP_FILTERS_MAX + filter -> packets that it decided on. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, XDP_FILTERS_MAX);
        __type(key, __u32);
        __type(value, __u64);
} hits SEC(".maps");

/* cpu * XDP_TALKERS + hash -> who has the place. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, struct xdp_talker);
} talkers SEC(".maps");

/* generation -> filters. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 2);
        __type(key, __u32);
        __type(value, struct xdp_set);
} sets SEC(".maps");

/* generation -> which sources need no look at all. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 2);
        __type(key, __u32);
        __type(value, struct xdp_hint);
} hints SEC(".maps");

/* generation * _XDP_PREFIXES_MAX + enum xdp_prefixes -> lines of their hash table. */
struct prefix_table {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
        __uint(max_entries, 1);
        __type(key, __u32);
        __uint(value_size, sizeof(union xdp_line));
};
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
        __uint(max_entries, 2 * _XDP_PREFIXES_MAX);
        __type(key, __u32);
        __array(values, struct prefix_table);
} prefixes SEC(".maps");

/* generation -> port -> the filters that look at it. */
struct port_table {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(map_flags, BPF_F_MMAPABLE);
        __uint(max_entries, 65536);
        __type(key, __u32);
        __type(value, __u64);
};

#define PORTS(name)                                                                                          \
        struct {                                                                                             \
                __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                    \
                __uint(max_entries, 2);                                                                      \
                __type(key, __u32);                                                                          \
                __array(values, struct port_table);                                                          \
        } name SEC(".maps")

PORTS(source_ports);
PORTS(destination_ports);

/* source -> until when, CLOCK_MONOTONIC. */
struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(map_flags, BPF_F_NO_PREALLOC);
        __uint(max_entries, 65536);
        __type(key, __u64);
        __type(value, __u64);
} bans SEC(".maps");

/* Hash of who is limited -> when the next packet is due, if all came at the limit. */
#define BUCKETS(name)                                                                                        \
        struct {                                                                                             \
                __uint(type, BPF_MAP_TYPE_ARRAY);                                                            \
                __uint(max_entries, 1);                                                                      \
                __type(key, __u32);                                                                          \
                __type(value, __u64);                                                                        \
        } name SEC(".maps")

BUCKETS(source_buckets);
BUCKETS(destination_buckets);
BUCKETS(interface_bucket);

/* Nobody looks at it: putting a map into it is what waits for the packets under way, of whatever generation. */
struct one_bucket {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u64);
};
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
        __uint(max_entries, 1);
        __type(key, __u32);
        __array(values, struct one_bucket);
} turnstile SEC(".maps");

struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 4096);
} events SEC(".maps");

#endif
