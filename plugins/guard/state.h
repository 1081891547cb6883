/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUARD_STATE_H
#define GUARD_STATE_H

/* The plugin while it is open. */

#include <trimtab/plugin.h>

#include "events.h"
#include "groups.h"
#include "learn.h"
#include "lifeline.h"
#include "names.h"
#include "probe.h"
#include "settings.h"
#include "tasks.h"

/* What it decides by: made aside, and put in place whole. */
struct in_force {
        struct rules *rules;
        struct policy policy;
        struct lifeline lifeline;
        struct exes exes;
};

/* The plugin's self. */
struct guard {
        const struct trimtab_host *host;
        struct settings settings;
        struct program program;
        struct groups groups;
        struct events events;
        struct cgroups cgroups;
        struct names names;
        struct learnt learnt;
        struct in_force now;
        bool configured;     /* sections have been handed over */

        uint32_t base;       /* what [egress] says */
        int override;        /* what a rule has made of it; -1: nothing */
        uint32_t base_then;  /* the base when it did, to which it will be put back */
        bool told_advise, told_others;
        bool released;       /* by a person: nothing is refused until a new set of rules, or the knob is set */
        bool released_then;  /* it was when the knob was first moved, as base_then */

        uint64_t since_ns;   /* CLOCK_MONOTONIC: who was refused something before, was so by another policy, or in another mode */
        uint32_t probed[_GUARD_BACKEND_MAX];
        uint32_t metrics;    /* bits of those of scope host that are wanted */
};

/*
 * Loads the programs, if they are not yet, and gives them the policy: not before anybody asks for it, as it takes a good part of a second and
 * some megabytes. Negative errno: told, and all is as it was.
 */
int guard_load_programs(struct guard *g);
/* rules become the policy in force, and belong to *g; or nothing changes, which is told. */
int guard_set_rules(struct guard *g, struct rules *rules);
/* Has what the policy was made of changed: programs, names, the lifeline? Then it is made again. */
void guard_refresh(struct guard *g);
void in_force_clear(struct in_force *f);

/* What is asked for and what the daemon may do, put into the kernel. */
int guard_settle(struct guard *g);
/* CLOCK_MONOTONIC. */
uint64_t guard_now_ns(void);
/* TRIMTAB_ENFORCE: it may change things. */
uint32_t guard_daemon_mode(const struct trimtab_host *h);
/* As asked for: enum guard_mode. */
uint32_t guard_asked(const struct guard *g);
/* Are they attached, and seen to refuse as much as require-coverage asks? */
bool guard_is_covered(const struct guard *g);

#endif
