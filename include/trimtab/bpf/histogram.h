/* SPDX-License-Identifier: MIT */
#ifndef TRIMTAB_BPF_HISTOGRAM_H
#define TRIMTAB_BPF_HISTOGRAM_H

/*
 * Log-linear histograms, one definition for BPF programs and user space.
 *
 * Values 0..7 have a slot each; above, every power of two is cut into eight slots of equal width, so that a
 * value told by its slot's middle is at most 6.25 % off. 272 slots reach to 2^36 - 1 (68 s in ns); the last one
 * also takes all that is larger.
 *
 * Include <stdint.h> or vmlinux types first: the header uses only __u32 and __u64 when TRIMTAB_BPF is defined,
 * uint32_t and uint64_t otherwise.
 */

#define TRIMTAB_HIST_SLOTS 272

#ifdef __bpf__
typedef __u32 trimtab_u32;
typedef __u64 trimtab_u64;
#else
#include <stdint.h>
typedef uint32_t trimtab_u32;
typedef uint64_t trimtab_u64;
#endif

/*
 * Position of the highest set bit, 0..63; v must not be 0. BPF has no instruction for it, and none that makes a number of a comparison: a
 * difference's sign does without branches, which the verifier would follow one by one.
 */
static inline __attribute__((always_inline)) trimtab_u32 trimtab_log2(trimtab_u64 v)
{
#ifdef __bpf__
        trimtab_u64 r, shift;

        r = (0 - (v >> 32)) >> 63 << 5;         v >>= r;
        shift = (0xffff - v) >> 63 << 4;        v >>= shift; r |= shift;
        shift = (0xff - v) >> 63 << 3;          v >>= shift; r |= shift;
        shift = (0xf - v) >> 63 << 2;           v >>= shift; r |= shift;
        shift = (0x3 - v) >> 63 << 1;           v >>= shift; r |= shift;
        return (trimtab_u32) (r | v >> 1);
#else
        return 63u - (trimtab_u32) __builtin_clzll(v);
#endif
}

/* The slot of a value; always below TRIMTAB_HIST_SLOTS. */
static inline __attribute__((always_inline)) trimtab_u32 trimtab_hist_slot(trimtab_u64 value)
{
        trimtab_u32 log, slot;

        if (value < 8)
                return (trimtab_u32) value;
        log = trimtab_log2(value);
        slot = (log - 2) * 8 + (trimtab_u32) ((value >> (log - 3)) & 7);
        return slot < TRIMTAB_HIST_SLOTS ? slot : TRIMTAB_HIST_SLOTS - 1;
}

/* The smallest value of a slot; the largest is that of the next slot less one. */
static inline trimtab_u64 trimtab_hist_lower(trimtab_u32 slot)
{
        if (slot < 8)
                return slot;
        return (trimtab_u64) (8 + slot % 8) << (slot / 8 - 1);
}

#endif
