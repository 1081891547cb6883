/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_PROGS_H
#define BENCH_PROGS_H

/* What BPF programs cost, by the kernel's own run time statistics. */

#include <linux/bpf.h>
#include <stdint.h>

#define PROGS_MAX 32

struct prog {
        uint32_t id;
        char name[BPF_OBJ_NAME_LEN];
        uint64_t run_time_ns, run_cnt;
};

struct progs {
        struct prog list[PROGS_MAX];
        uint32_t n;
};

/* The newest program there is: what comes later has a larger id. */
uint32_t progs_last(void);

/* Programs newer than `after`. */
void progs_read(uint32_t after, struct progs *ret);

/*
 * What those that are in both readings and have `part` in their name ("": all) took in between, in ns; *ret_runs: how often the busiest of
 * them ran. By name, as others may load programs of their own at the same time.
 */
double progs_cost(const struct progs *before, const struct progs *after, const char *part, uint64_t *ret_runs);

#endif
