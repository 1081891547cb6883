/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/look.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* A person reads a screen for about that long before asking again. */
#define LOOK_NS (30 * NSEC_PER_SEC)

/* More at a time is a scraper that should have a rule. */
enum { LOOKS_MAX = 32 };

struct one {
        char *name_glob, *object_glob;
        uint64_t until_ns;
};

struct look {
        struct one *items;
        size_t n;
};

int look_new(struct look **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

static void one_clear(struct one *o)
{
        free(o->name_glob);
        free(o->object_glob);
}

struct look *look_free(struct look *l)
{
        if (!l)
                return NULL;
        for (size_t i = 0; i < l->n; i++)
                one_clear(&l->items[i]);
        free(l->items);
        free(l);
        return NULL;
}

static void expire(struct look *l, uint64_t now_ns)
{
        for (size_t i = l->n; i-- > 0;)
                if (l->items[i].until_ns <= now_ns) {
                        one_clear(&l->items[i]);
                        l->items[i] = l->items[--l->n];
                }
}

int look_add(struct look *l, const char *name_glob, const char *object_glob, uint64_t now_ns)
{
        struct one one = { .until_ns = now_ns + LOOK_NS };

        if (name_glob[0] == '\0')
                return 0;

        expire(l, now_ns);
        for (size_t i = 0; i < l->n; i++)
                if (streq(l->items[i].name_glob, name_glob) && streq(l->items[i].object_glob, object_glob)) {
                        l->items[i].until_ns = one.until_ns;
                        return 0;
                }

        if (l->n >= LOOKS_MAX)
                return -EBUSY;
        one.name_glob = strdup(name_glob);
        one.object_glob = strdup(object_glob);
        if (!one.name_glob || !one.object_glob || array_reserve(&l->items, l->n, sizeof(*l->items)) < 0) {
                one_clear(&one);
                return -ENOMEM;
        }
        l->items[l->n++] = one;
        return 0;
}

/* A glob on objects is matched against "cgroup:/a/b", and against "/a/b" for those who leave the scope out. */
static bool object_matches(const struct objects *objects, const struct object *object, const char *glob)
{
        _cleanup_free_ char *full = NULL;

        if (glob[0] == '\0' || fnmatch(glob, object->name, 0) == 0)
                return true;
        full = objects_full_name(objects, object->id);
        return full && fnmatch(glob, full, 0) == 0;
}

static int wants_of_metric(const struct one *one, const struct metric *m, const struct objects *objects,
                           int (*cb)(void *userdata, uint32_t metric, uint64_t object), void *userdata)
{
        const struct object *const *list;
        size_t n;
        int r;

        list = objects_of_scope(objects, m->scope, &n);
        for (size_t i = 0; i < n; i++) {
                if (!object_matches(objects, list[i], one->object_glob))
                        continue;
                r = cb(userdata, m->number, list[i]->id.key);
                if (r < 0)
                        return r;
        }
        return 0;
}

int look_wants(struct look *l, const struct catalogue *catalogue, const struct objects *objects, uint64_t now_ns,
               int (*cb)(void *userdata, uint32_t metric, uint64_t object), void *userdata)
{
        int r;

        expire(l, now_ns);
        for (size_t i = 0; i < l->n; i++)
                for (uint32_t m = 0; m < catalogue_n_metrics(catalogue); m++) {
                        const struct metric *metric = catalogue_metric_at(catalogue, m);

                        if (!metric->plugin || metric->unavailable ||
                            fnmatch(l->items[i].name_glob, metric->name, 0) != 0)
                                continue;
                        r = wants_of_metric(&l->items[i], metric, objects, cb, userdata);
                        if (r < 0)
                                return r;
                }
        return 0;
}
