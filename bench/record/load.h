/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BENCH_LOAD_H
#define TRIMTAB_BENCH_LOAD_H

#include <stdint.h>

#include "record/recording.h"

/*
 * A made-up server, second by second: 200 cgroups with ten metrics each. A tenth of the cgroups is busy all
 * the time (a database, web workers), three tenths do a little every few seconds, the rest wakes up twice a
 * minute: what a machine that runs services looks like. Numbers have the grain that the kernel's have: CPU
 * time in µs, memory in pages, shares of the time between two ticks that are never quite a second apart.
 */

enum { LOAD_GROUPS = 200, LOAD_METRICS = 10, LOAD_BUSY = 20, LOAD_LIGHT = 60 };

struct load;

int load_new(struct load **ret);
struct load *load_free(struct load *l);

/* The header of its recording. */
int load_header(struct header **ret);

/* The next tick: a frame with all readings, into the recording. */
int load_tick(struct load *l, struct recording_writer *w);

#endif
