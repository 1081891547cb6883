/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/hazard.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "decide/cpulist.h"
#include "decide/value.h"
#include "util/ownership.h"
#include "util/str.h"

/* Files of one cgroup, the first of which lies inside the second. */
static const struct {
        const char *inner, *outer;
} pairs[] = {
        { "cpu.max.burst", "cpu.max" }, /* the kernel: EINVAL */
        { "memory.low", "memory.high" },
        { "memory.min", "memory.high" },
};

/* --- values --- */

static bool is_empty(const struct trimtab_value *v)
{
        return v->text[0] == '\0';
}

static int unite(const struct trimtab_value *a, const struct trimtab_value *b, struct trimtab_value *ret)
{
        char both[2 * sizeof(a->text)];

        (void) snprintf(both, sizeof(both), "%s%s%s", a->text, is_empty(a) || is_empty(b) ? "" : ",",
                        b->text);
        return value_text(TRIMTAB_CPULIST, both, ret);
}

static bool is_inside(const struct trimtab_value *a, const struct trimtab_value *b)
{
        struct trimtab_value both;

        return is_empty(b) || (!is_empty(a) && unite(a, b, &both) >= 0 && value_equal(&both, b));
}

static enum direction direction_of_set(const struct trimtab_value *before, const struct trimtab_value *want)
{
        bool grows = is_inside(before, want), shrinks = is_inside(want, before);

        if (grows == shrinks)
                return DIRECTION_NONE;
        return grows ? DIRECTION_UP : DIRECTION_DOWN;
}

enum direction hazard_direction(const struct trimtab_value *before, const struct trimtab_value *want)
{
        if (before->type != want->type)
                return DIRECTION_NONE;
        if (want->type == TRIMTAB_CPULIST)
                return direction_of_set(before, want);
        if (want->type != TRIMTAB_NUMBER)
                return DIRECTION_NONE;
        if (want->number > before->number)
                return DIRECTION_UP;
        return want->number < before->number ? DIRECTION_DOWN : DIRECTION_NONE;
}

bool hazard_sideways(const struct trimtab_value *before, const struct trimtab_value *want,
                     struct trimtab_value *ret_union)
{
        if (before->type != TRIMTAB_CPULIST || want->type != TRIMTAB_CPULIST)
                return false;

        return !is_inside(before, want) && !is_inside(want, before) && unite(before, want, ret_union) >= 0;
}

/* --- places --- */

struct limit limit_at(const char *path)
{
        const char *slash = strrchr(path, '/');

        return (struct limit){ path, slash ? (size_t) (slash - path) + 1 : 0 };
}

static const char *name_of(const struct limit *l)
{
        return l->path + l->dir_length;
}

static bool is_same_object(const struct limit *a, const struct limit *b)
{
        return a->dir_length > 0 && a->dir_length == b->dir_length &&
               strncmp(a->path, b->path, a->dir_length) == 0;
}

bool hazard_encloses(const struct limit *outer, const struct limit *inner)
{
        return outer->dir_length > 0 && outer->dir_length < inner->dir_length &&
               streq(name_of(outer), name_of(inner)) &&
               strncmp(outer->path, inner->path, outer->dir_length) == 0;
}

static bool is_paired(const struct limit *outer, const struct limit *inner)
{
        if (!is_same_object(outer, inner))
                return false;

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
                if (streq(name_of(outer), pairs[i].outer) && streq(name_of(inner), pairs[i].inner))
                        return true;

        return false;
}

bool hazard_conflicts(const struct limit *a, const struct limit *b)
{
        return streq(a->path, b->path) || is_same_object(a, b) || hazard_encloses(a, b) ||
               hazard_encloses(b, a);
}

/* --- sequence --- */

static bool is_outer(const struct limit *outer, const struct limit *inner)
{
        return hazard_encloses(outer, inner) || is_paired(outer, inner);
}

/* Where the outer one does not move, nothing can stick out that did not before. */
bool hazard_is_before(const struct limit *a, enum direction a_direction, const struct limit *b,
                      enum direction b_direction)
{
        if (is_outer(a, b))
                return a_direction == DIRECTION_UP;
        if (is_outer(b, a))
                return b_direction == DIRECTION_DOWN;

        return false;
}
