/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/advice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/unit.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Systemd answers in milliseconds, or is too busy for what is only advice. */
#define ANSWER_TIMEOUT_USEC (3 * USEC_PER_SEC)

/* More questions at a time would be a burden on PID 1: the rest is told without. */
enum { ASKED_MAX = 64 };

/* Advice whose unit systemd is asked for. */
struct asked {
        struct advice *advice;
        struct decision decision;
        bool have_before;
        struct trimtab_value before;
        struct unit_call *call;
        struct asked *next;
};

static void tell(const struct advice *a, const struct decision *d, const struct trimtab_value *before,
                 const char *unit)
{
        const struct teller *t = a->teller;
        const struct knob *knob = catalogue_knob_at(t->catalogue, d->knob);
        const struct object *object = objects_get(t->objects, d->object);
        _cleanup_free_ char *command = NULL;

        if (object && d->verb == VERB_SET)
                command = advice_command(knob, object, &d->value, unit);
        tell_advice(t, d, before, unit, command);
}

/* Tells it, and forgets the question. */
static void settle(struct asked *asked, const char *unit)
{
        struct advice *a = asked->advice;

        for (struct asked **p = &a->asked; *p; p = &(*p)->next)
                if (*p == asked) {
                        *p = asked->next;
                        a->n_asked--;
                        break;
                }

        tell(a, &asked->decision, asked->have_before ? &asked->before : NULL, unit);
        unit_call_free(asked->call);
        free(asked);
}

static void on_unit(void *userdata, int error, const char *message, const struct unit_state *state)
{
        struct asked *asked = userdata;
        const struct object *object = objects_get(asked->advice->teller->objects, asked->decision.object);

        /* The answer may name the nearest unit above: then this cgroup is nobody's. */
        settle(asked, error >= 0 && object && streq(state->cgroup, object->name) ? state->id : NULL);
}

static int ask(struct advice *a, const struct decision *d, const struct trimtab_value *before)
{
        const struct knob *knob = catalogue_knob_at(a->teller->catalogue, d->knob);
        const struct object *object = objects_get(a->teller->objects, d->object);
        struct asked *asked;
        int r;

        if (!a->bus || !knob->unit_property || !object || object->id.scope != SCOPE_CGROUP ||
            a->n_asked >= ASKED_MAX)
                return -EOPNOTSUPP;

        asked = calloc(1, sizeof(*asked));
        if (!asked)
                return -ENOMEM;
        *asked = (struct asked){ .advice = a, .decision = *d, .have_before = before };
        if (before)
                asked->before = *before;

        r = unit_by_cgroup(a->bus, object->name, ANSWER_TIMEOUT_USEC, on_unit, asked, &asked->call);
        if (r < 0) {
                free(asked);
                return r;
        }
        asked->next = a->asked;
        a->asked = asked;
        a->n_asked++;
        return 0;
}

void advise(struct advice *a, const struct decision *d, const struct trimtab_value *before)
{
        if (d->verb != VERB_SET || ask(a, d, before) < 0)
                tell(a, d, before, NULL);
}

void advice_set_bus(struct advice *a, sd_bus *bus)
{
        while (a->asked)
                settle(a->asked, NULL);
        a->bus = bus;
}

void advice_clear(struct advice *a)
{
        while (a->asked) {
                struct asked *next = a->asked->next;

                unit_call_free(a->asked->call);
                free(a->asked);
                a->asked = next;
        }
}
