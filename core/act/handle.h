/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_HANDLE_H
#define TRIMTAB_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/index.h"
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
        uint64_t remember_until_ns; /* the refusals, after which they count no more */
        char *never;            /* raw text of the last value that the kernel refused for good; NULL: none */
        uint64_t rest_until_ns; /* CLOCK_MONOTONIC; 0: does not rest; UINT64_MAX: for good */
        struct target target;   /* where our last value went; no path: nowhere yet */

        bool is_routed;       /* systemd was asked whose cgroup the object is, and said: */
        bool of_unit;         /* a unit's */
        bool below_delegated; /* none of systemd's, below one whose subtree is somebody else's */
        unsigned foreign;     /* times that it was given up to somebody else there */

        bool suspect;              /* at the last look it held what is not ours … */
        uint64_t look_again_ns;    /* … and the next one is to be then; 0: when its turn comes */
        bool contest, delegated;   /* as in its last wish */
        uint64_t contest_pause_ns; /* not more often than this */
        uint64_t contested_ns;     /* when it last was; 0: never */
        uint64_t decision;         /* of its last wish */
        uint64_t file;             /* sysfile_id() of the file that has taken our value; 0: not known */

        struct index_node by_object, by_target; /* by_target: only with a target */
};

struct handles {
        struct handle **items; /* stable addresses */
        size_t n;
        size_t prune_at; /* worth looking for what can go */
        struct index by_object, by_target;
};

void handles_clear(struct handles *h);

struct handle *handles_find(const struct handles *h, const struct knob *knob, struct oid object);
struct handle *handles_find_target(const struct handles *h, const struct target *target);
/* Finds or makes it. object_name is copied. -ENOMEM. */
int handles_get(struct handles *h, const struct knob *knob, struct oid object, const char *object_name,
                struct handle **ret);
/* Remembers a copy of where its value goes. -ENOMEM: as it was. */
int handles_set_target(struct handles *h, struct handle *handle, const struct target *target);
/* Drops those that say nothing any more: not in use, not resting, nothing of ours. Cheap: most times it does nothing. */
void handles_prune(struct handles *h, const struct ledger *ledger, uint64_t now_ns);

#endif
