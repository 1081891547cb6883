/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_GUARD_REFERENCE_H
#define TEST_GUARD_REFERENCE_H

/* A guard that refuses everything of a cgroup, by one hook after the other: what each of them is good for. */

#include <stdbool.h>
#include <stdint.h>

#include "groups.h"

/* The ways, in the order of the letters of technique.expected. */
#define REFERENCE_WAYS 8

struct reference_way {
        const char *name;
        bool lsm;
        const char *programs[8]; /* until NULL */
};

extern const struct reference_way reference_ways[REFERENCE_WAYS];

struct reference;

/* Loads the programs of a backend. 0, or a negative errno. */
int reference_open(const struct groups *g, bool lsm, struct reference **ret);
int reference_attach(struct reference *r, const struct reference_way *way);
void reference_detach(struct reference *r);
void reference_close(struct reference *r); /* accepts NULL */

#endif
