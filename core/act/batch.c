/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "util/cleanup.h"

struct batch {
        struct actor *actor;
        struct order *members; /* by order.mate */
        struct unit_call *call;
        enum question asked; /* by the call */
        unsigned held; /* answers are being given, or members added: nothing is asked meanwhile */
};

static void step(struct batch *b);

static struct order *first_with(const struct batch *b, enum question q)
{
        struct order *o;

        LL_FOREACH2(b->members, o, mate)
        if (o->question == q)
                return o;

        return NULL;
}

static void detach(struct order *o)
{
        LL_DELETE2(o->batch->members, o, mate);
        o->batch = NULL;
        o->question = QUESTION_NONE;
}

static void batch_free(struct batch *b)
{
        unit_call_free(b->call);
        free(b);
}

void batch_join(struct order *o, struct batch *b)
{
        o->batch = b;
        o->question = QUESTION_BEGIN;
        LL_APPEND2(b->members, o, mate);
}

int batch_new(struct order *o)
{
        struct batch *b = calloc(1, sizeof(*b));

        if (!b)
                return -ENOMEM;

        b->actor = o->actor;
        batch_join(o, b);
        return 0;
}

void batch_begin(struct batch *b, void (*begin)(struct order *o))
{
        struct order *o;

        b->held++;
        while ((o = first_with(b, QUESTION_BEGIN))) {
                o->question = QUESTION_NONE;
                begin(o);
        }
        b->held--;
        step(b);
}

/* --- asking --- */

/* Each of those who asked goes on. One may end, begin the next question, or free itself: the list is looked at anew. */
static void answer(struct batch *b, enum question q, int error, const char *message, const struct unit_state *state)
{
        struct order *o;

        b->call = unit_call_free(b->call);
        b->held++;
        LL_FOREACH2(b->members, o, mate)
        if (o->question == q)
                o->question = QUESTION_ANSWERED;

        while ((o = first_with(b, QUESTION_ANSWERED))) {
                o->question = QUESTION_NONE;
                if (q == QUESTION_SET)
                        detach(o);
                o->answered(o, error, message, state);
        }
        b->held--;
        step(b);
}

static void on_state(void *userdata, int error, const char *message, const struct unit_state *state)
{
        answer(userdata, QUESTION_STATE, error, message, state);
}

static void split(struct batch *b)
{
        struct order *o;

        b->call = unit_call_free(b->call);
        b->held++;
        while ((o = first_with(b, QUESTION_SET))) {
                detach(o);
                if (batch_new(o) < 0) {
                        o->answered(o, -ENOMEM, NULL, NULL);
                } else {
                        o->question = QUESTION_SET;
                        step(o->batch);
                }
        }
        b->held--;
        step(b);
}

static void on_set(void *userdata, int error, const char *message, const struct unit_state *state)
{
        struct batch *b = userdata;
        bool refused = error < 0 && error != -ENOTCONN && error != -ETIMEDOUT;

        if (refused && b->members->mate)
                split(b);
        else
                answer(b, QUESTION_SET, error, message, NULL);
}

static int ask_state(struct batch *b)
{
        const struct order *o = first_with(b, QUESTION_STATE);
        sd_bus *bus = b->actor->config.system_bus;
        uint64_t timeout_usec = order_timeout_usec(o);

        if (!bus)
                return -ENOTCONN;
        if (o->target.kind == TARGET_UNIT)
                return unit_show(bus, o->target.unit, timeout_usec, on_state, b, &b->call);

        return unit_by_cgroup(bus, o->cgroup, timeout_usec, on_state, b, &b->call);
}

static int ask_set(struct batch *b)
{
        _cleanup_free_ struct unit_setting *settings = NULL;
        sd_bus *bus = b->actor->config.system_bus;
        struct order *o;
        int count = 0;
        size_t n = 0;

        if (!bus)
                return -ENOTCONN;
        LL_COUNT2(b->members, o, count, mate);
        settings = calloc((size_t) count, sizeof(*settings));
        if (!settings)
                return -ENOMEM;

        LL_FOREACH2(b->members, o, mate)
        settings[n++] = (struct unit_setting){ o->property, property_device(o->target.property), o->text };

        return unit_set(bus, b->members->target.unit, settings, n, order_timeout_usec(b->members), on_set, b, &b->call);
}

/* Asks the next question when nobody is on the way to it any more. */
static void step(struct batch *b)
{
        enum question q;
        int r;

        if (b->held > 0 || b->call)
                return;
        if (!b->members) {
                batch_free(b);
                return;
        }
        if (first_with(b, QUESTION_NONE))
                return;

        q = b->asked = first_with(b, QUESTION_STATE) ? QUESTION_STATE : QUESTION_SET;
        r = q == QUESTION_STATE ? ask_state(b) : ask_set(b);
        if (r < 0)
                answer(b, q, r, NULL, NULL);
}

/* --- members --- */

static void wait_for(struct order *o, enum question q, unit_cb answered)
{
        int r = o->batch ? 0 : batch_new(o);

        if (r < 0) {
                answered(o, r, NULL, NULL);
                return;
        }

        o->answered = answered;
        o->question = q;
        step(o->batch);
}

void batch_ask(struct order *o, unit_cb answered)
{
        wait_for(o, QUESTION_STATE, answered);
}

void batch_set(struct order *o, const char *text, unit_cb answered)
{
        free(o->text);
        o->text = strdup(text);
        if (!o->text) {
                batch_leave(o);
                answered(o, -ENOMEM, NULL, NULL);
                return;
        }

        wait_for(o, QUESTION_SET, answered);
}

void batch_leave(struct order *o)
{
        struct batch *b = o->batch;

        if (!b)
                return;

        detach(o);
        step(b);
}

void batch_drop(struct order *o)
{
        struct batch *b = o->batch;

        if (!b)
                return;

        detach(o);
        if (!b->members && b->held == 0)
                batch_free(b);
}

void batch_bus_lost(struct actor *a)
{
        struct order *o;

        do {
                LL_FOREACH(a->running, o)
                if (o->batch && o->batch->call)
                        break;
                if (o)
                        answer(o->batch, o->batch->asked, -ENOTCONN, NULL, NULL);
        } while (o);
}
