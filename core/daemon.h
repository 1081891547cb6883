/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_H
#define TRIMTAB_DAEMON_H

#include "daemon/arguments.h"

/*
 * The daemon owns every object and runs the tick: collect, decide, act, tell.
 */
struct daemon;

/* Says on standard error what is wrong. -EBUSY: another daemon has this runtime directory. */
int daemon_new(const struct arguments *arguments, struct daemon **ret);
struct daemon *daemon_free(struct daemon *d);

/* Until a signal ends it and everything is put back. */
int daemon_run(struct daemon *d);

/* `trimtabd --restore`: puts back what the ledger holds. 0, also when there was nothing; -EBUSY while a daemon runs. */
int daemon_restore(const struct arguments *arguments);

#endif
