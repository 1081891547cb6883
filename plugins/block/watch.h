/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BLOCK_WATCH_H
#define BLOCK_WATCH_H

#include "state.h"

/* The plugin's watch(). */
int block_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n);

/* After a tick: takes times of our own if requests came without the kernel's. */
void block_follow_times(struct block *b);

/* Tells the host of programs, and of metrics that are to be had no more. */
void block_tell_programs(struct block *b);

#endif
