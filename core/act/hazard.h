/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_HAZARD_H
#define TRIMTAB_HAZARD_H

#include <stdbool.h>
#include <stddef.h>

#include <trimtab/plugin.h>

/*
 * In which sequence changes are safe. A limit may lie inside another one: a child cgroup's inside its
 * parent's, cpu.max.burst inside cpu.max, memory.low inside memory.high. While both move, the inner one
 * must never stick out: the outer one is raised first and lowered last. Pure: paths, values, nothing else.
 */

enum direction {
        DIRECTION_NONE, /* neither, or not known */
        DIRECTION_UP,
        DIRECTION_DOWN,
};

/* What a change does to a limit. A set of CPUs goes up when it gains some and loses none; the empty one
 * is all of them. */
enum direction hazard_direction(const struct trimtab_value *before, const struct trimtab_value *want);

/* A limit: a file. */
struct limit {
        const char *path;  /* the caller's */
        size_t dir_length; /* of what stands before the file's own name, the slash with it; 0: no file */
};

struct limit limit_at(const char *path);

/* Whether a must be changed before b. */
bool hazard_is_before(const struct limit *a, enum direction a_direction, const struct limit *b,
                      enum direction b_direction);

/* Whether the two may not be under way at once: they are of one object, or the same limit of an object
 * and one inside it. */
bool hazard_conflicts(const struct limit *a, const struct limit *b);

/* Whether they are the same limit of two objects, the second of which lies inside the first. */
bool hazard_encloses(const struct limit *outer, const struct limit *inner);

/*
 * Whether a set of CPUs moves sideways: loses some and gains others. Then *ret_union is the step between,
 * in which nobody inside it loses all.
 */
bool hazard_sideways(const struct trimtab_value *before, const struct trimtab_value *want,
                     struct trimtab_value *ret_union);

#endif
