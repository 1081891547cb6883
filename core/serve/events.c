/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "serve/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "util/cleanup.h"
#include "util/str.h"

/* The strings of an event, for whoever copies or frees them all. */
static const size_t string_offsets[] = {
        offsetof(struct event, message), offsetof(struct event, rule),   offsetof(struct event, object),
        offsetof(struct event, knob),    offsetof(struct event, unit),   offsetof(struct event, via),
        offsetof(struct event, before),  offsetof(struct event, after),  offsetof(struct event, reason),
        offsetof(struct event, measure), offsetof(struct event, value),  offsetof(struct event, threshold),
        offsetof(struct event, outcome), offsetof(struct event, detail), offsetof(struct event, apply),
};

/* More knobs than a daemon changes; 2 MB at worst. The one that was heard of least recently goes first. */
enum { LATEST_MAX = 4096 };

/* The newest event of one knob on one object. */
struct latest {
        char *key; /* "OBJECT KNOB" */
        struct event event;
        UT_hash_handle hh;
};

struct events {
        struct event *ring; /* capacity of them; the oldest at `first` */
        size_t capacity, first, n;
        uint64_t last_serial;
        struct latest *latest; /* uthash by key: in the order in which they were heard of */
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

static void latest_remove(struct events *e, struct latest *l)
{
        HASH_DEL(e->latest, l);
        event_clear(&l->event);
        free(l->key);
        free(l);
}

struct events *events_free(struct events *e)
{
        if (!e)
                return NULL;

        while (e->latest)
                latest_remove(e, e->latest);

        for (size_t i = 0; i < e->capacity; i++)
                event_clear(&e->ring[i]);
        free(e->ring);
        free(e);
        return NULL;
}

static struct latest *latest_find(const struct events *e, const char *object, const char *knob,
                                  char **ret_key)
{
        _cleanup_free_ char *key = str_printf("%s %s", object, knob);
        struct latest *found = NULL;

        if (key)
                HASH_FIND_STR(e->latest, key, found);
        if (ret_key)
                *ret_key = TAKE(key);
        return found;
}

/* Makes room, and goes to the end of the row. */
static int latest_put(struct events *e, const struct event *event)
{
        _cleanup_free_ char *key = NULL;
        struct latest *old = latest_find(e, event->object, event->knob, &key), *new;
        int r;

        new = key ? calloc(1, sizeof(*new)) : NULL;
        if (!new)
                return -ENOMEM;
        r = event_copy(event, &new->event);
        if (r < 0) {
                free(new);
                return r;
        }

        if (old)
                latest_remove(e, old);
        else if (HASH_COUNT(e->latest) >= LATEST_MAX)
                latest_remove(e, e->latest);
        new->key = TAKE(key);
        HASH_ADD_KEYPTR(hh, e->latest, new->key, strlen(new->key), new);
        return 0;
}

int events_add(struct events *e, const struct event *event)
{
        struct event copy;
        struct event *slot;
        int r;

        r = event_copy(event, &copy);
        if (r < 0)
                return r;
        copy.serial = ++e->last_serial;

        if (copy.object && copy.knob)
                r = latest_put(e, &copy);
        if (r < 0) {
                event_clear(&copy);
                return r;
        }

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

const struct event *events_latest(const struct events *e, const char *object, const char *knob)
{
        const struct latest *found = latest_find(e, object, knob, NULL);

        return found ? &found->event : NULL;
}

const struct event *events_of_decision(const struct events *e, uint64_t decision)
{
        for (size_t i = e->n; i > 0; i--)
                if (events_at(e, i - 1)->decision == decision)
                        return events_at(e, i - 1);

        for (const struct latest *l = e->latest; l; l = l->hh.next)
                if (l->event.decision == decision)
                        return &l->event;
        return NULL;
}

int events_foreach_latest(const struct events *e, int (*cb)(void *userdata, const struct event *event),
                          void *userdata)
{
        int r = 0;

        for (const struct latest *l = e->latest; r == 0 && l; l = l->hh.next)
                r = cb(userdata, &l->event);
        return r;
}
