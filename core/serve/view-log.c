/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/match.h"
#include "serve/view-value.h"
#include "util/str.h"

/* A rule's name is matched as a glob; an object as in the other views, by its full name or without the scope.
 */
static bool matches(const struct log_filter *f, const struct event *event)
{
        const char *colon = event->object ? strchr(event->object, ':') : NULL;

        if (event->serial <= f->after_serial || event->when_usec < f->since_usec)
                return false;
        if (match_given(f->rule_glob) && !(event->rule && match_name(f->rule_glob, event->rule)))
                return false;
        if (!match_given(f->object_glob))
                return true;
        return event->object && (match_name(f->object_glob, event->object) ||
                                 (colon && match_name(f->object_glob, colon + 1)));
}

void view_add_event(const struct event *event, struct rows *ret)
{
        rows_begin(ret);
        rows_uint(ret, "serial", event->serial);
        rows_uint(ret, "time_usec", event->when_usec);
        rows_string(ret, "kind", event_kind_name(event->kind));
        rows_string(ret, "message", event->message);
        if (event->decision != 0)
                rows_uint(ret, "decision", event->decision);
        rows_string(ret, "rule", event->rule);
        rows_string(ret, "object", event->object);
        rows_string(ret, "knob", event->knob);
        rows_string(ret, "unit", event->unit);
        rows_string(ret, "via", event->via);
        rows_string(ret, "before", event->before);
        rows_string(ret, "after", event->after);
        rows_string(ret, "reason", event->reason);
        rows_string(ret, "metric", event->measure);
        rows_string(ret, "value", event->value);
        rows_string(ret, "threshold", event->threshold);
        rows_string(ret, "outcome", event->outcome);
        rows_string(ret, "detail", event->detail);
        rows_string(ret, "apply", event->apply);
}

int view_log(const struct views *v, const struct log_filter *filter, struct rows *ret)
{
        size_t kept = events_n(v->events), first = kept;

        for (uint32_t n = 0; first > 0 && n < filter->n; first--)
                n += matches(filter, events_at(v->events, first - 1));

        for (size_t i = first; i < kept; i++) {
                const struct event *event = events_at(v->events, i);

                if (matches(filter, event))
                        view_add_event(event, ret);
        }

        return ret->error;
}
