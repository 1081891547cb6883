/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_VIEWS_H
#define TRIMTAB_VIEWS_H

#include <stdint.h>

#include "act/actor.h"
#include "config/options.h"
#include "decide/engine.h"
#include "plugin/list-file.h"
#include "plugin/plugins.h"
#include "serve/events.h"
#include "serve/rows.h"

/* All changes are stopped, by a person or by the write fuse. */
struct pause {
        bool on, by_fuse;
        uint64_t since_usec, until_usec; /* CLOCK_REALTIME; until 0: until somebody resumes */
};

/* What the daemon shows of itself. The pointers are the daemon's; views only read. */
struct views {
        const struct options *options;
        const struct catalogue *catalogue;
        const struct objects *objects;
        const struct store *store;
        const struct engine *engine;
        struct actor *actor;
        const struct ledger *ledger;
        const struct plugins *plugins;
        const struct lists *lists; /* that the rules in force name */
        const struct events *events;
        const char *runtime_dir;
        const char *config;                /* trimtab.conf; beside it may stand trimtab.conf.d */
        uint64_t started_ns, last_tick_ns; /* CLOCK_MONOTONIC; the last finished tick */
        uint64_t tick_cost_ns;             /* CPU time of the last tick */
        uint64_t n_ticks, n_writes;
        struct pause pause;
        uint64_t now_ns;   /* set by the daemon before each request, */
        struct view world; /* and this: what the rules would see now */
};

/*
 * Each adds its rows to *ret; -errno. The fields and their units are described in trimtab(1), under JSON.
 * Globs are those of serve/match.h; NULL or "" match all.
 */

/* One row: the daemon as a whole. */
int view_status(const struct views *v, struct rows *ret);
/* One row a plugin. */
int view_plugins(const struct views *v, struct rows *ret);
/* One row a series that has a sample in the last 10 s (two ticks, if that is longer). A metric without any
 * among the objects that match comes once, with measured = false and, if there is one, the reason. */
int view_metrics(const struct views *v, const char *name_glob, const char *object_glob, struct rows *ret);
/* One row a knob and object: all that match when object_glob is given, else those changed or owned, else the
 * knob alone. */
int view_knobs(const struct views *v, const char *name_glob, const char *object_glob, struct rows *ret);
/* One row a rule and object; a rule that matches none comes once, without an object. */
int view_rules(const struct views *v, const char *name_glob, struct rows *ret);

/* What a plugin reports: as many rows as it likes. -ENOPKG: no open plugin has that name; -ENOSYS: it has no such report; else as
 * the plugin says. */
int view_report(const struct views *v, const char *plugin, const char *report, struct rows *ret);

struct log_filter {
        const char *rule_glob, *object_glob; /* NULL or "": all */
        uint64_t since_usec;                 /* CLOCK_REALTIME */
        uint64_t after_serial;               /* only what came after this one */
        uint32_t n;                          /* the last so many of them */
};
/* The events that pass the filter, oldest first. */
int view_log(const struct views *v, const struct log_filter *filter, struct rows *ret);

/*
 * One row: why things are as they are, for a rule, a knob (of an object: "KNOB OBJECT", "KNOB@OBJECT") or an
 * object. -ENOENT: nothing has that name; *ret_nearest (not to be freed) is one that is spelt alike, or NULL.
 */
int view_explain(const struct views *v, const char *what, struct rows *ret, const char **ret_nearest);

/* What `what` names, in the same words. */
struct subject {
        const char *rule;        /* or NULL */
        const struct knob *knob; /* or NULL */
        bool has_object;
        struct oid object;
};
int subject_find(const struct views *v, const char *what, struct subject *ret);

#endif
