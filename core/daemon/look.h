/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_LOOK_H
#define TRIMTAB_LOOK_H

#include <stdint.h>

#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * What clients look at: a person who asks for a metric has it measured for half a minute, as if a rule wanted it.
 */
struct look;

int look_new(struct look **ret);
struct look *look_free(struct look *l);

/* Globs on the metric's name and the object's full name ("cgroup:/system.slice"); an empty object glob means all. An empty
 * name glob looks at nothing new. */
int look_add(struct look *l, const char *name_glob, const char *object_glob, uint64_t now_ns);

/* Every (metric, object) that is looked at now. */
int look_wants(struct look *l, const struct catalogue *catalogue, const struct objects *objects, uint64_t now_ns,
               int (*cb)(void *userdata, uint32_t metric, uint64_t object), void *userdata);

#endif
