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

/* A rule's usual cooldown. */
#define CONTEST_PAUSE_NS 15000000000ull

/* What is wanted of a knob, by whom, and how far they may go. */
struct wish {
        struct trimtab_value value;
        const char *rule;  /* may be NULL */
        uint64_t decision;
        bool contest;   /* write over what somebody else has set since … */
        uint64_t contest_pause_ns; /* … at most this often; 0: CONTEST_PAUSE_NS */
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
        const char *sys_dir;          /* NULL: "/sys"; where disks and their schedulers are */
        bool watch;                   /* see at once who else writes to what is ours (fanotify, for root); else by and by */
        uint64_t foreign_backoff_ns;
        uint64_t deadline_ns;         /* for a bus call and for read back to settle: 3 s */
        const struct objects *objects; /* for the names of scopes; NULL: objects go by their bare names */
        void (*report)(void *userdata, const struct report *report); /* once for every order, and for
                                           what actor_look found; never from within actor_… */
        /* Asked before a contested value is set again, for which there is no order. NULL: always. */
        bool (*may_contest)(void *userdata, const struct knob *knob, struct oid object);
        /*
         * NULL, or for tests: told when a step of an order is about to begin or has ended ("before-intent", "after-write" …),
         * on the worker's thread for "before-slow-write".
         */
        void (*at)(void *userdata, const char *point);
        void *userdata;
};

int actor_new(const struct actor_config *config, struct actor **ret);
struct actor *actor_free(struct actor *a); /* drops orders not begun; waits for the worker, but not for writes that are stuck */

/* The bus came back, or went (NULL). */
int actor_set_bus(struct actor *a, sd_bus *system_bus);

/*
 * Queues an order. 0 and a report later, or -errno and none. Copies all it needs, but the knob, which must outlive the actor.
 * -EBUSY: it rests. -EOPNOTSUPP: the knob is neither a file nor functions of an open plugin. -ENOENT: (set) the object has no directory, (restore) nothing of ours.
 */
int actor_set(struct actor *a, const struct knob *knob, const struct object *object, const struct wish *wish,
              uint64_t now_ns);
/* What was to be set and has not begun is withdrawn, without a report. -ENOENT: nothing is ours. */
int actor_restore(struct actor *a, const struct knob *knob, struct oid object, const char *rule, uint64_t decision);
/* Only that: until the next tick decides what is to be there instead. */
void actor_withdraw(struct actor *a, const struct knob *knob, struct oid object);
/* One entry of the ledger. */
int actor_restore_entry(struct actor *a, const struct ledger_entry *entry);
/*
 * All entries of the ledger, of earlier runs too, the newest first; entries marked keep only with include_keep. What is still
 * to be set is withdrawn, without a report: once the actor is idle, what is left is what could not be put back.
 */
int actor_restore_all(struct actor *a, bool include_keep);
/* How many entries that actor_restore_all would put back there are. */
size_t actor_left(const struct actor *a, bool include_keep);
/*
 * The object is no more: what we held of it is put back where something outlives it (a drop-in of systemd's, which would set
 * the next run of the unit to a value that no rule wants), and forgotten.
 */
void actor_object_gone(struct actor *a, struct oid object);
/* systemd is reading its files again: values that are not ours now may be so for that reason. */
bool actor_is_unsettled(const struct actor *a);
/*
 * To be called once a tick: looks at some of the values that are ours, so that within some seconds each is seen. What somebody
 * else has set is reported as OUTCOME_FOREIGN, under the decision that it goes back on, or set again where it is contested.
 */
void actor_look(struct actor *a, uint64_t now_ns);
/* No order waits or is under way. */
bool actor_idle(const struct actor *a);

/* For struct view. `current` reads the file; `original` is the ledger's or the current. Errors as in struct view. */
int actor_current(struct actor *a, const struct knob *knob, const struct object *object, struct trimtab_value *ret);
int actor_original(struct actor *a, const struct knob *knob, const struct object *object, struct trimtab_value *ret);
/* Under way, or resting after a foreign write or three refusals. */
bool actor_busy(const struct actor *a, const struct knob *knob, struct oid object, uint64_t now_ns);
/* Until when it rests, CLOCK_MONOTONIC; 0: it never did, or that is forgotten. */
uint64_t actor_rests_until(const struct actor *a, const struct knob *knob, struct oid object);

#endif
