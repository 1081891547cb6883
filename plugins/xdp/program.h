/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_PROGRAM_H
#define XDP_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "compile.h"
#include "table.h"
#include "xdp.h"

/*
 * The program of one interface with its maps, loaded; not attached. What it counts is read in place, what it does is switched in place.
 */

struct xdp_sizes {
        uint32_t n_cpus, n_queues;
        uint32_t n_buckets; /* of a limit; a power of two */
        bool talkers;
        const struct table *table; /* of routes, shared; NULL: one of its own, and empty */
};

struct xdp_program;

/* -errno; why gets the verifier's last word. */
int program_load(const struct xdp_sizes *sizes, struct xdp_program **ret, char *why, size_t size);
struct xdp_program *program_free(struct xdp_program *p);

int program_fd(const struct xdp_program *p);

/* NULL: it answers by SYN cookies in mode flood; or why this kernel did not take it so, and then it never does. */
const char *program_lacks_cookies(const struct xdp_program *p);

/* In the program's data: written by us, a word at a time. */
struct xdp_control *program_control(struct xdp_program *p);
const struct xdp_notice *program_notice(const struct xdp_program *p);

/*
 * Puts other filters in force: built aside, and then switched to by one word. A packet sees those before or these. On failure those
 * before stay. Returns when no packet looks at what was there two sets ago.
 */
int program_filter(struct xdp_program *p, const struct tables *tables);

/* Sums over all CPUs. queue UINT32_MAX: and all queues. */
void program_count(const struct xdp_program *p, uint32_t queue, struct xdp_counters *ret);
uint64_t program_hits(const struct xdp_program *p, uint32_t filter);
/* All places of all CPUs: n_cpus * XDP_TALKERS. */
const struct xdp_talker *program_talkers(const struct xdp_program *p, size_t *ret_n);

/* Until when (CLOCK_MONOTONIC); 0: no longer. */
int program_ban(struct xdp_program *p, uint64_t source, uint64_t until_ns);
/* Takes out those that are over. */
void program_forget_bans(struct xdp_program *p, uint64_t now_ns);

/* Readable when a flood has begun; program_read_events says whether one has. */
int program_events_fd(const struct xdp_program *p);
bool program_read_events(struct xdp_program *p);

#endif
