/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_TRIAL_H
#define TRIMTAB_DAEMON_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "plugin/rules-text.h"

/*
 * Rules on trial: in force for a while, and then those before them are back unless somebody has confirmed the new ones. Who locks himself
 * out with a filter cannot confirm, and is let in again.
 */

struct daemon;

struct trial {
        struct rules_text before; /* the last text that somebody stands for */
        sd_event_source *timer;   /* NULL: no trial */
};

/* The present text is on trial for so long; before is what it took the place of. One that replaces another on trial does not make that
 * one confirmed. Takes over before in any case. */
int trial_begin(struct daemon *d, struct rules_text *before, uint64_t for_usec);
/* What is in force stays. -ENOENT: nothing is on trial. */
int trial_end(struct daemon *d);

#endif
