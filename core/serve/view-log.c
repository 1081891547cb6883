/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/views.h"

int view_log(const struct views *v, uint32_t n, struct rows *ret)
{
        size_t kept = events_n(v->events);

        for (size_t i = kept > n ? kept - n : 0; i < kept; i++) {
                const struct event *event = events_at(v->events, i);

                rows_begin(ret);
                rows_uint(ret, "time_usec", event->when_usec);
                rows_string(ret, "kind", event_kind_name(event->kind));
                rows_string(ret, "message", event->message);
                if (event->decision != 0)
                        rows_uint(ret, "decision", event->decision);
                rows_string(ret, "rule", event->rule);
                rows_string(ret, "object", event->object);
                rows_string(ret, "knob", event->knob);
                rows_string(ret, "unit", event->unit);
                rows_string(ret, "before", event->before);
                rows_string(ret, "after", event->after);
                rows_string(ret, "reason", event->reason);
        }

        return ret->error;
}
