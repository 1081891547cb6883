/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_EVENTS_H
#define TRIMTAB_EVENTS_H

#include <stddef.h>
#include <stdint.h>

/* What happened, for `trimtab log` and the journal: a ring of the last few hundred, and one structured
 * journal entry each. */
enum event_kind {
        EVENT_CHANGED, /* a knob was set */
        EVENT_RESTORED,
        EVENT_ADVISED,  /* would have been set */
        EVENT_GIVEN_UP, /* foreign, gone, refused, failed */
        EVENT_DAEMON,   /* started, reloaded, stopping, a plugin's word */
        EVENT_PROBLEM,
};
const char *event_kind_name(enum event_kind k);

/* Copied when added; any string may be NULL. */
struct event {
        uint64_t serial;    /* set by events_add: counts up from 1 over the daemon's life */
        uint64_t when_usec; /* CLOCK_REALTIME */
        enum event_kind kind;
        uint64_t decision; /* 0: none */
        char *message;     /* one line for people */
        char *rule, *object, *knob;
        char *unit;           /* systemd's, when it was changed through one */
        char *via;            /* the file, or "unit UNIT PROPERTY" */
        char *before, *after; /* as people write values */
        char *reason;
        char *measure, *value,
                *threshold; /* the comparison that it is put down to: "p99(…)", "7.2ms", "5ms" */
        char *outcome;      /* of a change: "done", "foreign", … (act/actor.h); "advised" */
        char *detail;       /* for people: why it came so, and the next step */
        char *apply;        /* of advice: the command that would do it */
};

struct events;

int events_new(size_t capacity, struct events **ret);
struct events *events_free(struct events *e);
int events_add(struct events *e, const struct event *event);
/* i counts from the oldest kept. */
size_t events_n(const struct events *e);
const struct event *events_at(const struct events *e, size_t i);
/* The newest about this knob of this object, also when the ring has gone on without it. NULL: none. Valid, as
 * all events are, until the next events_add. */
const struct event *events_latest(const struct events *e, const char *object, const char *knob);
/* The newest of this decision; NULL: none is kept. */
const struct event *events_of_decision(const struct events *e, uint64_t decision);
/* Calls cb for the newest event of every knob and object there ever was one of, the oldest first. */
int events_foreach_latest(const struct events *e, int (*cb)(void *userdata, const struct event *event),
                          void *userdata);

/*
 * MESSAGE_ID of the journal entries, one for each kind: `journalctl MESSAGE_ID=…`. Never reused, never
 * changed; trimtabd(8) lists them.
 */
#define TRIMTAB_MESSAGE_CHANGED "48aff52764fb4047bc88b4e2c144c661"
#define TRIMTAB_MESSAGE_RESTORED "ca71299a6e5641c89c3cd2cfab40ec39"
#define TRIMTAB_MESSAGE_ADVISED "fca2d925d5c04df58e8c90eee257bc30"
#define TRIMTAB_MESSAGE_GIVEN_UP "e0002f70c80648518eca00e848c85f26"
#define TRIMTAB_MESSAGE_DAEMON "63810618b9e546c5895074582724d859"
#define TRIMTAB_MESSAGE_PROBLEM "93736b5196d84cc9b0ca15c8f93b58ef"
const char *event_kind_message_id(enum event_kind k);

/*
 * Sends one to journald: MESSAGE, MESSAGE_ID, PRIORITY (syslog level), and TRIMTAB_RULE, TRIMTAB_OBJECT,
 * TRIMTAB_KNOB, TRIMTAB_UNIT, TRIMTAB_VIA, TRIMTAB_OLD, TRIMTAB_NEW, TRIMTAB_REASON, TRIMTAB_METRIC,
 * TRIMTAB_VALUE, TRIMTAB_THRESHOLD, TRIMTAB_OUTCOME, TRIMTAB_DETAIL, TRIMTAB_APPLY, TRIMTAB_DECISION where
 * the event has them. Without journald nothing happens (0, as sd_journal_sendv has it); < 0: it is there and
 * did not take it.
 */
int event_to_journal(const struct event *event, int priority);

/* The fields of that entry as "NAME=value": new NULL-terminated array of new strings, *ret_n of them. */
int event_journal_fields(const struct event *event, int priority, char ***ret, size_t *ret_n);

#endif
