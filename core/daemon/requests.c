/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/rules.h"
#include "daemon/state.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

int daemon_take_reason(struct daemon *d, uint64_t decision, struct pending *ret)
{
        for (size_t i = 0; i < d->n_pending; i++)
                if (d->pending[i].decision == decision) {
                        if (ret)
                                *ret = d->pending[i];
                        memmove(&d->pending[i], &d->pending[i + 1], (--d->n_pending - i) * sizeof(*d->pending));
                        return 0;
                }
        return -ENOENT;
}

static int error_of(const struct report *report)
{
        switch (report->outcome) {
        case OUTCOME_DONE:
        case OUTCOME_RESTORED:
                return 0;
        case OUTCOME_FOREIGN:
        case OUTCOME_PINNED:
                return -EBUSY;
        case OUTCOME_GONE:
                return -ENOENT;
        case OUTCOME_REFUSED:
        case OUTCOME_FAILED:
                return report->error < 0 ? report->error : -EIO;
        }
        return -EIO;
}

void daemon_report(void *userdata, const struct report *report)
{
        struct daemon *d = userdata;
        struct pending pending;
        bool known = daemon_take_reason(d, report->decision, &pending) >= 0;

        if (report->outcome == OUTCOME_DONE || report->outcome == OUTCOME_RESTORED)
                d->views.n_writes++;
        recordings_report(d->recordings, report);
        tell_report(&d->teller, report, known ? pending.reason : NULL, known ? &pending.cause : NULL);
        if (report->knob)
                brakes_let_done(&d->brakes, report->knob->number, report->object);
        if (report->knob)
                engine_outcome(d->engine, report->knob->number, report->object, error_of(report),
                               report->have_after ? &report->after : NULL);
}

int daemon_reload(void *userdata, uint64_t for_usec, char **ret_messages)
{
        struct daemon *d = userdata;
        struct rules_text before = {};
        int r;

        (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
                          (unsigned long long) (monotonic_ns() / NSEC_PER_USEC));
        r = daemon_load_rules(d, &before, ret_messages);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "reload failed, the old rules stay in force: %s", strerror(-r));
        else
                tell_line(&d->teller, LOG_NOTICE, "rules reloaded: %zu", ruleset_n(engine_rules(d->engine)));
        if (r >= 0 && for_usec > 0) {
                r = trial_begin(d, &before, for_usec);
                tell_line(&d->teller, LOG_NOTICE, "for %.0f s, and then the old ones again unless 'trimtab confirm' comes first",
                          (double) for_usec / USEC_PER_SEC);
        } else if (r >= 0)
                (void) trial_end(d);
        rules_text_clear(&before);
        (void) sd_notify(0, "READY=1");
        return r;
}

int daemon_confirm(void *userdata)
{
        struct daemon *d = userdata;
        int r = trial_end(d);

        if (r >= 0)
                tell_line(&d->teller, LOG_NOTICE, "the new rules are confirmed");
        return r;
}

void daemon_refresh(void *userdata)
{
        struct daemon *d = userdata;

        d->views.now_ns = monotonic_ns();
        d->views.world = daemon_view(d, d->views.now_ns);
        d->views.pause = d->brakes.pause;
}

void daemon_look(void *userdata, const char *name_glob, const char *object_glob)
{
        struct daemon *d = userdata;

        if (look_add(d->look, name_glob, object_glob, monotonic_ns()) == -EBUSY)
                tell_line(&d->teller, LOG_WARNING, "too many clients look at metrics: write a rule for what is always wanted");
}

int daemon_record(void *userdata, const char *name_glob, const char *object_glob)
{
        struct daemon *d = userdata;
        struct recording_facts facts = {
                .version = TRIMTAB_VERSION,
                .mode = mode_to_string(d->options.mode),
                .realtime_usec = realtime_usec(),
                .monotonic_ns = monotonic_ns(),
                .tick_ns = d->options.tick_ns,
        };

        for (size_t i = 0; i < d->options.n_protect && i < FACTS_PROTECT_MAX; i++)
                facts.protect[i] = d->options.protect[i];
        return recordings_add(d->recordings, &facts, name_glob, object_glob);
}
