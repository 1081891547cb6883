/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_HANDLE_H
#define TRIMTAB_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/ledger.h"
#include "sense/catalogue.h"
#include "sense/objects.h"

/* What the actor remembers of a knob on an object: where its value is, how it went lately. Pure memory. */

struct handle {
        const struct knob *knob;
        struct oid object;
        char *object_name;      /* "cgroup:/…" */
        unsigned orders;        /* queued or under way */
        unsigned refusals;      /* in a row */
        uint64_t rest_until_ns; /* CLOCK_MONOTONIC; 0: does not rest */
        struct target target;   /* where our last value went; no path: nowhere yet */
};

struct handles {
        struct handle **items; /* stable addresses */
        size_t n;
};

void handles_clear(struct handles *h);

struct handle *handles_find(const struct handles *h, const struct knob *knob, struct oid object);
struct handle *handles_find_target(const struct handles *h, const struct target *target);
/* Finds or makes it. object_name is copied. -ENOMEM. */
int handles_get(struct handles *h, const struct knob *knob, struct oid object, const char *object_name,
                struct handle **ret);
/* Drops those that say nothing any more: not in use, not resting, nothing of ours. */
void handles_prune(struct handles *h, const struct ledger *ledger, uint64_t now_ns);

#endif
