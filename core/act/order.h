/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_ORDER_H
#define TRIMTAB_ORDER_H

#include "act/actor.h"
#include "act/entry.h"
#include "act/handle.h"
#include "act/hazard.h"
#include "act/unit.h"
#include "act/watcher.h"
#include "act/worker.h"

/*
 * Inside the actor: one order under way, and the steps that setting (set.c) and restoring (restore.c) share.
 * Each step ends by beginning the next one or by order_finish(); a step that waits names the one that goes
 * on.
 */

enum order_verb {
        ORDER_SET,
        ORDER_RESTORE,
        ORDER_VERIFY, /* systemd was reloaded: is it still there? (reapply.c) */
        ORDER_LOOK,   /* it seems that somebody else has set it: is it so? (look.c) */
};

/* What an order waits for together with others (batch.c). */
enum question { QUESTION_NONE, QUESTION_BEGIN, QUESTION_STATE, QUESTION_SET, QUESTION_ANSWERED };

struct batch;
struct reloads;

struct order {
        struct order *next; /* in the queue, or of those under way */
        struct actor *actor;
        enum order_verb verb;
        struct handle *handle; /* NULL: restoring an earlier run's entry */
        char *cgroup;          /* ORDER_SET: the cgroup's name, where systemd may own it; else NULL */
        char *rule;
        uint64_t decision;
        uint64_t number;       /* of the entry that it was ordered for; 0: of none */
        bool contest, delegated, keep; /* ORDER_SET: as in struct wish */
        enum direction direction; /* of what it changes, when it was queued */
        bool withdrawn;           /* ORDER_SET under way: not to be set after all (withdraw.c) */
        bool quiet;               /* a step on the way to another order's value: not reported */
        bool again;               /* ORDER_RESTORE: failed before, which has been told (owed.c) */
        struct target target;
        const struct property *property; /* TARGET_UNIT */
        struct trimtab_value asked; /* ORDER_SET: what is wanted, as far as the target can hold it exactly */
        struct trimtab_value value; /* ORDER_SET: what it will get */
        struct ledger_entry *entry; /* ORDER_SET: the intent; ORDER_RESTORE: a copy of the ledger's */

        char *before, *after; /* raw texts from the kernel; NULL: not there */
        char *want;    /* raw text the read back waits for; NULL: the kernel's default, or no file at all */
        int answer;    /* 0, or why systemd never answered (set: the property; reloaded: the reload) */
        bool undoing;  /* ORDER_SET turned round: systemd took the value and the kernel did not */
        bool reloaded; /* ORDER_RESTORE: drop-in in place, systemd knows */
        char *detail;  /* for the report */

        struct batch *batch;    /* those who go to systemd together, or NULL … */
        struct order *mate;     /* … the next of them */
        enum question question; /* what it waits for there … */
        unit_cb answered;       /* … and who goes on */
        char *text;             /* QUESTION_SET: what the property is to become */
        bool rests;             /* refused, it is not to be tried again soon */
        bool past_dropin;       /* ORDER_RESTORE: the drop-in is as it was, or another entry's to put back */
        struct write *write;      /* waiting for the worker … */
        struct write *held_up_by; /* … or, not begun, for a write that was given up (slow.c) */
        void (*written)(struct order *o, int r);
        void (*drained)(struct order *o);
        bool is_drained;    /* what is in use has been reclaimed, as far as it could be */
        unsigned overtaken; /* times that somebody else wrote while it waited */
        double in_use; /* bytes, before the action (action.c) */
        void (*routed)(struct order *o, const struct unit_state *state);
        void (*settled)(struct order *o, bool as_wanted); /* waiting for the file */
        bool aside;  /* running, and others that do not conflict with it may run beside it */
        sd_event_source *timer;
        uint64_t deadline_ns, pause_usec;
};

struct actor {
        struct actor_config config;
        char *run_dir, *etc_dir;
        struct handles handles;
        struct worker *worker;
        struct write *writes; /* the worker's (slow.c) */
        struct watcher *watcher; /* NULL: not to be had */
        uint64_t looked_at;      /* number of the last entry that was looked at … */
        uint64_t looked_ns;      /* … and when … */
        bool look_again;         /* … and whether some are to be looked at again soon (look.c) */
        struct order *queue;   /* those not begun */
        struct order *running; /* those under way */
        struct owed *owed;      /* what could not be put back (owed.c) */
        struct order *unloaded; /* restored in files; wait for the reload that follows the last of them */
        struct unit_call *reload;
        struct reloads *reloads; /* systemd's, whoever asked for them (reloads.c) */
        sd_event_source *kick; /* begins the next order, from the loop */
};

/* As actor_restore_entry(), for what has failed before. */
int order_restore_again(struct actor *a, const struct ledger_entry *entry);

int order_new(struct actor *a, enum order_verb verb, const char *rule, uint64_t decision, struct order **ret);
struct order *order_free(struct order *o);
DEFINE_CLEANUP(struct order *, order_free);

void set_begin(struct order *o);
/* Begins it anew, from what is there now: so much time has passed that nothing read before still counts. */
void set_again(struct order *o);
/* The intent is on file: writes, and reads back. */
void put_begin(struct order *o);
void restore_begin(struct order *o);
void reapply_begin(struct order *o);
/* Somebody else's value is there: takes back our drop-in, should it still be ours, forgets the entry and
 * leaves the rest. */
void restore_give_up(struct order *o, const struct ledger_entry *e);
/* Goes on after systemd was reloaded (or could not be: error). */
void restore_reloaded(struct order *o, int error);

/* --- steps (order.c) --- */

void order_at(const struct order *o, const char *point);

/* Why, for people; the last word counts. Out of memory: there is none. */
void order_say(struct order *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Its file has our value now. */
void order_note_file(const struct order *o);

/* Reads what is there now. -ENOENT, -ENODEV: nothing. */
int order_read(const struct order *o, char **ret_raw);

/* Whether the file's directory is there: the object lives, whether or not the file exists. */
bool order_object_lives(const struct order *o);

/* As often as this an order is begun anew because somebody else wrote while it waited. */
#define OVERTAKEN_MAX 3

/*
 * Writes raw to the file, by the worker where it may block; then goes on. -ETIMEDOUT: the write may still come. -EALREADY: not
 * begun, earlier writes are stuck in the kernel. -ESTALE: not written, for when its turn with the worker came the file held
 * another value than was read last (never where that is contested).
 */
void order_write(struct order *o, const char *raw, void (*written)(struct order *o, int r));

/* The same for another file than the target's, always by the worker. */
void order_write_slowly(struct order *o, const char *path, const struct sysfile_form *form, const char *raw,
                        void (*written)(struct order *o, int r));

/* One timer an order. */
int order_arm(struct order *o, uint64_t usec, sd_event_time_handler_t handler);
void order_disarm(struct order *o);

/* Reads the file back until it holds o->want or the deadline passes; o->after is what was read last. */
void order_settle(struct order *o, void (*settled)(struct order *o, bool as_wanted));

uint64_t order_timeout_usec(const struct order *o);

/* --- the queue (queue.c) --- */

/* Takes the order over. */
void queue_add(struct actor *a, struct order *o);
/* As queue_add(), before all others. */
void queue_add_first(struct actor *a, struct order *o);
/* An order under way waits before all others, to begin anew. */
void queue_again(struct order *o);
/* There may be something to begin. */
void queue_kick(struct actor *a);
/* The order waits for what may take long: others that do not conflict with it go on meanwhile. */
void queue_step_aside(struct order *o);
/* Begins the next order; handler of actor.kick. */
int queue_next(sd_event_source *source, void *userdata);
void queue_bus_lost(struct actor *a);
void queue_clear(struct actor *a);

/* Reports, and frees the order; the next one goes on, from the loop. */
void order_finish(struct order *o, enum outcome outcome, int error);
/* Sets the order aside until systemd has been reloaded; the next one goes on. */
void order_await_reload(struct order *o);

#endif
