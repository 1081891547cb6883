/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TELL_H
#define TRIMTAB_TELL_H

#include "act/actor.h"
#include "config/diag.h"
#include "decide/engine.h"
#include "serve/events.h"
#include "util/log.h"

/*
 * TELL, the last step of a tick: every change and every refusal becomes one line of the log, one structured entry of the journal and
 * one event for `trimtab log`.
 */
struct teller {
        const struct log *log;
        struct events *events;
        const struct catalogue *catalogue;
        const struct objects *objects;
};

/* What became of an order. reason and cause: the decision's own, or NULL. */
void tell_report(const struct teller *t, const struct report *report, const char *reason, const struct cause *cause);

/* What would be done, in advise mode. before: the value now; unit: of systemd, whose it is; command: what would do it by
 * hand. Any of these NULL: not known. */
void tell_advice(const struct teller *t, const struct decision *d, const struct trimtab_value *before, const char *unit,
                 const char *command);

/* The daemon's own doings. */
void tell_line(const struct teller *t, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* All of diag, one line an item. */
void tell_diag(const struct teller *t, const struct diag *diag);

#endif
