/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDP_TABLE_H
#define XDP_TABLE_H

#include <stdint.h>

#include <linux/types.h>

#include "route.h"

/* The maps that all programs which take packets along a route share. -errno throughout. */

struct table {
        int entries, control, packets, devices, turnstile; /* fds of maps; -1: not there */
        uint32_t n_cpus;
};

#define TABLE_NULL ((struct table){ .entries = -1, .control = -1, .packets = -1, .devices = -1, .turnstile = -1 })

/* Makes them, unless they are there. */
int table_need(struct table *t, uint32_t n_cpus);
void table_close(struct table *t);

int table_put(const struct table *t, const struct route_key *key, const struct route_target *target);
/* Which entries: of that set, interface and slot; UINT32_MAX: of any. */
struct table_match {
        uint32_t set, ifindex, slot;
};
#define TABLE_ALL ((struct table_match){ UINT32_MAX, UINT32_MAX, UINT32_MAX })
/* Takes those out: how many they were. */
int table_take(const struct table *t, struct table_match match);
/*
 * From now on that set is in force, for all programs; a packet sees one or the other. Returns when no packet is under way that has
 * looked at the one before.
 */
int table_switch(const struct table *t, uint32_t set);
/* A device that XDP may send to. When it goes the kernel takes it out, and what was for it goes the kernel's way. */
int table_put_device(const struct table *t, uint32_t ifindex);
/* By all programs, on all CPUs. */
uint64_t table_packets(const struct table *t, uint32_t slot);

#endif
