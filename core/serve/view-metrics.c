/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "serve/match.h"
#include "serve/views.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define WINDOW_NS (10 * NSEC_PER_SEC)

static const char *const kind_names[] = {
        [TRIMTAB_GAUGE] = "gauge",
        [TRIMTAB_COUNTER] = "counter",
        [TRIMTAB_HISTOGRAM] = "histogram",
};

/* What a metric of a kind shows of itself. */
static const struct {
        uint32_t kind;
        enum statistic statistic;
        const char *field;
} shown[] = {
        { TRIMTAB_GAUGE, STAT_LAST, "value" },    { TRIMTAB_COUNTER, STAT_LAST, "value" },
        { TRIMTAB_COUNTER, STAT_RATE, "rate" },   { TRIMTAB_HISTOGRAM, STAT_COUNT, "count" },
        { TRIMTAB_HISTOGRAM, STAT_MEAN, "mean" }, { TRIMTAB_HISTOGRAM, STAT_P50, "p50" },
        { TRIMTAB_HISTOGRAM, STAT_P90, "p90" },   { TRIMTAB_HISTOGRAM, STAT_P99, "p99" },
        { TRIMTAB_HISTOGRAM, STAT_MAX, "max" },
};

/* With slow ticks ten seconds may hold no two samples, and differences take two. */
static uint64_t window_of(const struct views *v)
{
        uint64_t two_ticks_ns = 2 * v->options->tick_ns;

        return two_ticks_ns > WINDOW_NS ? two_ticks_ns : WINDOW_NS;
}

static void begin_metric(const struct views *v, const struct metric *m, struct rows *ret)
{
        rows_begin(ret);
        rows_string(ret, "name", m->name);
        rows_string(ret, "scope", objects_scope_name(v->objects, m->scope));
        rows_string(ret, "kind", m->kind < ELEMENTSOF(kind_names) ? kind_names[m->kind] : NULL);
        rows_string(ret, "unit", m->unit);
        rows_string(ret, "help", m->help);
}

static void add_statistics(const struct views *v, const struct metric *m, uint64_t object, struct rows *ret)
{
        for (size_t i = 0; i < ELEMENTSOF(shown); i++) {
                double value;

                if (shown[i].kind != m->kind)
                        continue;
                if (store_stat(v->store, m->number, object, shown[i].statistic, window_of(v), v->now_ns,
                               &value) >= 0)
                        rows_number(ret, shown[i].field, value);
        }
}

/* One series, unless it fell silent. 1: it is in *ret. */
static int add_series(const struct views *v, const struct metric *m, const struct object *object,
                      struct rows *ret)
{
        _cleanup_free_ char *full = NULL;
        uint64_t last_ns;

        if (store_last_time(v->store, m->number, object->id.key, &last_ns) < 0 ||
            last_ns + window_of(v) <= v->now_ns)
                return 0;

        full = objects_full_name(v->objects, object->id);
        if (!full)
                return -ENOMEM;

        begin_metric(v, m, ret);
        rows_string(ret, "object", full);
        rows_bool(ret, "measured", true);
        add_statistics(v, m, object->id.key, ret);
        return 1;
}

static int add_metric(const struct views *v, const struct metric *m, const char *object_glob,
                      struct rows *ret)
{
        const struct object *const *objects;
        bool measured = false, matched = false;
        size_t n;
        int r;

        objects = objects_of_scope(v->objects, m->scope, &n);
        for (size_t i = 0; i < n; i++) {
                if (!match_object(object_glob, v->objects, objects[i]))
                        continue;
                matched = true;
                r = add_series(v, m, objects[i], ret);
                if (r < 0)
                        return r;
                measured = measured || r > 0;
        }
        if (measured)
                return 0;

        begin_metric(v, m, ret);
        rows_bool(ret, "measured", false);
        if (m->unavailable)
                rows_string(ret, "reason", m->unavailable);
        else if (!matched)
                rows_string(ret, "reason", "it has no such object");
        return 0;
}

int view_metrics(const struct views *v, const char *name_glob, const char *object_glob, struct rows *ret)
{
        for (uint32_t i = 0; i < catalogue_n_metrics(v->catalogue); i++) {
                const struct metric *m = catalogue_metric_at(v->catalogue, i);
                int r;

                if (!m->plugin || !match_name(name_glob, m->name))
                        continue;
                r = add_metric(v, m, object_glob, ret);
                if (r < 0)
                        return r;
        }

        return ret->error;
}
