/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* The strings of an event, for whoever copies or frees them all. */
static const size_t string_offsets[] = {
        offsetof(struct event, message), offsetof(struct event, rule),   offsetof(struct event, object),
        offsetof(struct event, knob),    offsetof(struct event, unit),   offsetof(struct event, before),
        offsetof(struct event, after),   offsetof(struct event, reason),
};

struct events {
        struct event *ring; /* capacity of them; the oldest at `first` */
        size_t capacity, first, n;
};

static char **event_string(struct event *event, size_t i)
{
        return (char **) ((char *) event + string_offsets[i]);
}

const char *event_kind_name(enum event_kind k)
{
        switch (k) {
        case EVENT_CHANGED:
                return "changed";
        case EVENT_RESTORED:
                return "restored";
        case EVENT_ADVISED:
                return "advised";
        case EVENT_GIVEN_UP:
                return "given-up";
        case EVENT_DAEMON:
                return "daemon";
        case EVENT_PROBLEM:
                return "problem";
        }

        return "unknown";
}

static void event_clear(struct event *event)
{
        for (size_t i = 0; i < ELEMENTSOF(string_offsets); i++)
                free(*event_string(event, i));
        *event = (struct event){ 0 };
}

static int event_copy(const struct event *from, struct event *ret)
{
        *ret = *from;
        for (size_t i = 0; i < ELEMENTSOF(string_offsets); i++)
                *event_string(ret, i) = NULL;

        for (size_t i = 0; i < ELEMENTSOF(string_offsets); i++) {
                const char *s = *event_string((struct event *) from, i);

                if (!s)
                        continue;
                *event_string(ret, i) = strdup(s);
                if (!*event_string(ret, i)) {
                        event_clear(ret);
                        return -ENOMEM;
                }
        }

        return 0;
}

int events_new(size_t capacity, struct events **ret)
{
        struct events *e;

        if (capacity == 0)
                return -EINVAL;

        e = calloc(1, sizeof(*e));
        if (!e)
                return -ENOMEM;

        e->ring = calloc(capacity, sizeof(*e->ring));
        if (!e->ring) {
                free(e);
                return -ENOMEM;
        }

        e->capacity = capacity;
        *ret = e;
        return 0;
}

struct events *events_free(struct events *e)
{
        if (!e)
                return NULL;

        for (size_t i = 0; i < e->capacity; i++)
                event_clear(&e->ring[i]);
        free(e->ring);
        free(e);
        return NULL;
}

int events_add(struct events *e, const struct event *event)
{
        struct event copy;
        struct event *slot;
        int r;

        r = event_copy(event, &copy);
        if (r < 0)
                return r;

        slot = &e->ring[(e->first + e->n) % e->capacity];
        event_clear(slot);
        *slot = copy;

        if (e->n < e->capacity)
                e->n++;
        else
                e->first = (e->first + 1) % e->capacity;
        return 0;
}

size_t events_n(const struct events *e)
{
        return e->n;
}

const struct event *events_at(const struct events *e, size_t i)
{
        return i < e->n ? &e->ring[(e->first + i) % e->capacity] : NULL;
}
