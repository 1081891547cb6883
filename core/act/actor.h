/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ACTOR_H
#define TRIMTAB_ACTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "act/ledger.h"
#include "sense/catalogue.h"
#include "sense/objects.h"

/*
 * The one who writes. Takes orders (set, restore), one after the other, each through the same steps:
 * route (systemd's unit, or the file) -> read back and compare (ours?) -> intent to the ledger -> write -> read back until it
 * settles or the deadline passes -> confirm -> report. Never blocks the loop: bus calls are asynchronous, slow
 * files (TRIMTAB_KNOB_SLOW) go to one worker thread with a deadline.
 */

enum outcome {
        OUTCOME_DONE,     /* in force, read back */
        OUTCOME_RESTORED, /* the original is back */
        OUTCOME_FOREIGN,  /* somebody else's value: given up and left alone, rests for the backoff */
        OUTCOME_GONE,     /* the object or file vanished */
        OUTCOME_REFUSED,  /* the kernel or systemd said no (error says what) */
        OUTCOME_FAILED,   /* could not be recorded or asked (full disk, bus gone): nothing was written; with -ETIMEDOUT the
                             value may still come, and the ledger knows it as ours */
        OUTCOME_PINNED,   /* an administrator pinned the property in /etc/systemd/system.control */
};
const char *outcome_name(enum outcome o);

struct report {
        enum outcome outcome;
        int error;                  /* negative errno or 0 */
        const struct knob *knob;    /* NULL, and object without meaning: restored from an earlier run's ledger */
        struct oid object;
        const char *knob_name;      /* "cpu.weight" */
        const char *object_name;    /* "cgroup:/…" */
        const char *rule;           /* as given with the order */
        uint64_t decision;          /* as given with the order */
        bool have_before, have_after;
        struct trimtab_value before, after; /* as read from the kernel */
        const char *via;            /* "unit nginx.service CPUWeight" or the path */
        const char *detail;         /* for people: why, and the next step; may be NULL */
};

/* What is wanted of a knob, by whom, and how far they may go. */
struct wish {
        struct trimtab_value value;
        const char *rule;  /* may be NULL */
        uint64_t decision;
        bool contest;   /* write over what somebody else has set since */
        bool delegated; /* below the boundary of a delegated subtree, too */
        bool keep;      /* leave it when the daemon stops */
};

struct actor;

struct actor_config {
        sd_event *event;              /* loop to run on */
        struct ledger *ledger;        /* the caller's; outlives the actor */
        sd_bus *system_bus;           /* NULL: not there (now). May be replaced later. */
        bool systemd;                 /* PID 1 is systemd: without the bus, what it owns cannot be set. Else files. */
        const char *systemd_run_dir;  /* "/run/systemd": where runtime drop-ins are; tests use another */
        const char *systemd_etc_dir;  /* "/etc/systemd" */
        uint64_t foreign_backoff_ns;
        uint64_t deadline_ns;         /* for a bus call and for read back to settle: 3 s */
        const struct objects *objects; /* for the names of scopes; NULL: objects go by their bare names */
        void (*report)(void *userdata, const struct report *report); /* once for every order, never from within actor_… */
        /*
         * NULL, or for tests: told when a step of an order is about to begin or has ended ("before-intent", "after-write" …),
         * on the worker's thread for "before-slow-write".
         */
        void (*at)(void *userdata, const char *point);
        void *userdata;
};

int actor_new(const struct actor_config *config, struct actor **ret);
struct actor *actor_free(struct actor *a); /* drops orders not begun; waits for the worker */

/* The bus came back, or went (NULL). */
int actor_set_bus(struct actor *a, sd_bus *system_bus);

/*
 * Queues an order. 0 and a report later, or -errno and none. Copies all it needs, but the knob, which must outlive the actor.
 * -EBUSY: it rests. -EOPNOTSUPP: the knob is neither a file nor functions of an open plugin. -ENOENT: (set) the object has no directory, (restore) nothing of ours.
 */
int actor_set(struct actor *a, const struct knob *knob, const struct object *object, const struct wish *wish,
              uint64_t now_ns);
int actor_restore(struct actor *a, const struct knob *knob, struct oid object, const char *rule, uint64_t decision);
/* All entries of the ledger, of earlier runs too, the newest first; entries marked keep only with include_keep. */
int actor_restore_all(struct actor *a, bool include_keep);
/* No order waits or is under way. */
bool actor_idle(const struct actor *a);

/* For struct view. `current` reads the file; `original` is the ledger's or the current. Errors as in struct view. */
int actor_current(struct actor *a, const struct knob *knob, const struct object *object, struct trimtab_value *ret);
int actor_original(struct actor *a, const struct knob *knob, const struct object *object, struct trimtab_value *ret);
/* Under way, or resting after a foreign write or three refusals. */
bool actor_busy(const struct actor *a, const struct knob *knob, struct oid object, uint64_t now_ns);

#endif
