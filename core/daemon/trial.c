/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/trial.h"

#include <errno.h>
#include <string.h>

#include "daemon/rules.h"
#include "daemon/state.h"

static int on_time_out(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct daemon *d = userdata;
        struct rules_text before = d->trial.before;
        int r;

        d->trial.before = (struct rules_text) {};
        (void) trial_end(d);
        r = daemon_return_to_rules(d, &before);
        rules_text_clear(&before);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "nobody has confirmed the new rules, and the old ones cannot be had back: %s", strerror(-r));
        else
                tell_line(&d->teller, LOG_NOTICE,
                          "nobody has confirmed the new rules: the old ones are in force again, the files are as they are");
        return daemon_schedule(d, 0);
}

int trial_begin(struct daemon *d, struct rules_text *before, uint64_t for_usec)
{
        struct trial *t = &d->trial;

        if (t->timer) {
                rules_text_clear(before);
                return sd_event_source_set_time_relative(t->timer, for_usec);
        }
        t->before = *before;
        *before = (struct rules_text) {};
        return sd_event_add_time_relative(d->event, &t->timer, CLOCK_MONOTONIC, for_usec, 0, on_time_out, d);
}

int trial_end(struct daemon *d)
{
        bool on = d->trial.timer;

        d->trial.timer = sd_event_source_disable_unref(d->trial.timer);
        rules_text_clear(&d->trial.before);
        return on ? 0 : -ENOENT;
}
