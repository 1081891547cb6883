/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tell.h"

#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* How loud an outcome is, and what kind of event. Values as found and as left are in the message. */
static const struct {
        enum event_kind kind;
        int level;
        const char *verb;
} outcomes[] = {
        [OUTCOME_DONE] = { EVENT_CHANGED, LOG_NOTICE, "set" },
        [OUTCOME_RESTORED] = { EVENT_RESTORED, LOG_NOTICE, "put back" },
        [OUTCOME_FOREIGN] = { EVENT_GIVEN_UP, LOG_WARNING, "left to somebody else" },
        [OUTCOME_GONE] = { EVENT_GIVEN_UP, LOG_INFO, "gone" },
        [OUTCOME_REFUSED] = { EVENT_GIVEN_UP, LOG_WARNING, "refused" },
        [OUTCOME_FAILED] = { EVENT_PROBLEM, LOG_ERR, "failed" },
        [OUTCOME_PINNED] = { EVENT_GIVEN_UP, LOG_WARNING, "pinned by the administrator" },
};

static void publish(const struct teller *t, int level, const struct event *event)
{
        (void) events_add(t->events, event);

        /* A service's standard error goes to the journal anyway: there the structured entry is the line. */
        if (!t->log->prefixed || event_to_journal(event, level) < 0)
                log_write(t->log, level, "%s", event->message ?: "out of memory");
}

static char *change_text(const char *before, const char *after)
{
        if (before && after && !streq(before, after))
                return str_printf(" %s -> %s", before, after);
        if (after ?: before)
                return str_printf(" %s", after ?: before);
        return strdup("");
}

/* "nginx.service" of "unit nginx.service CPUWeight"; NULL: it was no unit. */
static char *unit_of(const char *via)
{
        const char *unit = via ? startswith(via, "unit ") : NULL;

        return unit ? strndup(unit, strcspn(unit, " ")) : NULL;
}

static const char *given(const char *s)
{
        return s && *s ? s : NULL;
}

/* What an event has of the measurement behind it. */
static void add_cause(struct event *event, const struct cause *cause)
{
        if (!cause)
                return;
        event->measure = (char *) given(cause->measure);
        event->value = (char *) given(cause->value);
        event->threshold = (char *) given(cause->threshold);
}

void tell_report(const struct teller *t, const struct report *r, const char *reason, const struct cause *cause)
{
        const char *why = r->detail;
        struct event event;
        _cleanup_free_ char *unit = unit_of(r->via), *before = NULL, *after = NULL, *change = NULL, *message = NULL;

        if (r->knob && r->have_before)
                before = value_format(r->knob, &r->before);
        if (r->knob && r->have_after)
                after = value_format(r->knob, &r->after);
        change = change_text(before, after);

        if (!why && r->error < 0)
                why = strerror(-r->error);
        message = str_printf("%s %s%s: %s%s%s%s%s%s%s", r->object_name ?: "?", r->knob_name ?: "?",
                             change ?: "", outcomes[r->outcome].verb, r->rule ? " by " : "", r->rule ?: "",
                             reason ? ", " : "", reason ?: "", why ? ": " : "", why ?: "");

        event = (struct event) {
                .when_usec = realtime_usec(),
                .kind = outcomes[r->outcome].kind,
                .decision = r->decision,
                .message = message,
                .rule = (char *) r->rule,
                .object = (char *) r->object_name,
                .knob = (char *) r->knob_name,
                .unit = unit,
                .via = (char *) r->via,
                .before = before,
                .after = after,
                .reason = (char *) (reason ?: why),
                .outcome = (char *) outcome_name(r->outcome),
                .detail = (char *) why,
        };
        add_cause(&event, cause);
        publish(t, outcomes[r->outcome].level, &event);
}

void tell_advice(const struct teller *t, const struct decision *d, const struct trimtab_value *before, const char *unit,
                 const char *command)
{
        struct event event;
        const struct knob *knob = catalogue_knob_at(t->catalogue, d->knob);
        _cleanup_free_ char *object = NULL, *from = NULL, *to = NULL, *change = NULL, *message = NULL;

        object = objects_full_name(t->objects, d->object);
        from = before ? value_format(knob, before) : NULL;
        to = d->verb == VERB_SET ? value_format(knob, &d->value) : NULL;
        change = change_text(from, to);
        message = str_printf("%s %s%s: would be %s by %s, %s%s%s", object ?: "?", knob->name, change ?: "",
                             d->verb == VERB_SET ? "set" : "put back", d->rule, d->reason,
                             command ? "; by hand: " : "", command ?: "");

        event = (struct event) {
                .when_usec = realtime_usec(),
                .kind = EVENT_ADVISED,
                .decision = d->id,
                .message = message,
                .rule = (char *) d->rule,
                .object = object,
                .knob = knob->name,
                .unit = (char *) unit,
                .before = from,
                .after = to,
                .reason = (char *) d->reason,
                .outcome = (char *) "advised",
                .apply = (char *) command,
        };
        add_cause(&event, &d->cause);
        publish(t, LOG_NOTICE, &event);
}

void tell_line(const struct teller *t, int level, const char *format, ...)
{
        _cleanup_free_ char *message = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&message, format, ap);
        va_end(ap);
        if (r < 0) {
                message = NULL;
                return;
        }

        publish(t, level,
                &(struct event) {
                        .when_usec = realtime_usec(),
                        .kind = level <= LOG_WARNING ? EVENT_PROBLEM : EVENT_DAEMON,
                        .message = message,
                });
}

void tell_diag(const struct teller *t, const struct diag *diag)
{
        for (size_t i = 0; i < diag->n; i++) {
                const struct diag_item *item = &diag->items[i];
                _cleanup_free_ char *text = diag_item_text(item);

                tell_line(t, item->severity == SEVERITY_ERROR ? LOG_ERR : LOG_WARNING, "%s", text ?: "out of memory");
        }
}
