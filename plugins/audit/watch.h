/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AUDIT_WATCH_H
#define AUDIT_WATCH_H

/* What is wanted, and what runs for it. */

#include "state.h"

/* The plugin's watch(): the metric is wanted for exactly these objects. Programs are attached and detached. */
int audit_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n);

/* The plugin's configure(). */
int audit_configure(void *self, const struct trimtab_entry *const *entries, uint32_t n);

/* The plugin's on_object(). */
void audit_on_object(void *self, const char *scope, uint64_t object, uint32_t came);

/* Once a tick: paths are looked up again. */
void audit_refresh(struct audit *a);

/* Tells the host what became of every program, and which metrics that costs. */
void audit_tell_programs(struct audit *a);

#endif
