/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_PLAIN_FILES_H
#define TRIMTAB_TEST_PLAIN_FILES_H

#include "act/actor.h"

/*
 * An actor on plain files in a directory of its own: ROOT/objects/NAME/value is what the knob changes,
 * ROOT/run has the ledger, ROOT/systemd stands for /run/systemd and /etc/systemd. Everything here fails the
 * test when it fails.
 */

struct plain {
        char root[64];
        sd_event *event;
        struct ledger *ledger;
        struct actor *actor;
        struct actor_config config; /* change it before plain_open */
        struct report last;         /* strings cleared: see detail */
        char detail[256];
        unsigned n_reports, n_of[OUTCOME_PINNED + 1];
};

/* A number in ROOT/objects/NAME/value, without limits. */
extern struct knob plain_knob;

void plain_make(struct plain *p);
/* Opens ledger and actor; may be called again after plain_close, as a new process would. */
void plain_open(struct plain *p);
void plain_close(struct plain *p);
/* Closes and removes the directory. */
void plain_remove(struct plain *p);

/* Runs the loop until the actor is idle. */
void plain_run(struct plain *p);

/* The i-th object: name "oI", path ROOT/objects/oI. Valid until the next call. */
const struct object *plain_object(struct plain *p, unsigned i);
void plain_write(struct plain *p, unsigned i, const char *text);
const char *plain_read(struct plain *p, unsigned i);

/* The same for any name: "a/b" is ROOT/objects/a/b, and NAME/FILE a file in it. Valid until the next call. */
const struct object *plain_at(struct plain *p, const char *name);
void plain_put(struct plain *p, const char *file, const char *text);
const char *plain_get(struct plain *p, const char *file);
/* Orders only. text: NULL: number. */
void plain_wish(struct plain *p, const struct knob *knob, const char *name, double number, const char *text);
void plain_unwish(struct plain *p, const struct knob *knob, const char *name);

/* Orders, and runs until the report is there. */
enum outcome plain_set(struct plain *p, unsigned i, double number);
enum outcome plain_restore(struct plain *p, unsigned i);

#endif
