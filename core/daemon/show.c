/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/state.h"
#include "decide/rule.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* Often enough to follow, seldom enough to read. */
#define SHOW_EVERY_NS (5 * NSEC_PER_SEC)

/* The window of a rule that names none. */
#define SHOW_WINDOW_NS (10 * NSEC_PER_SEC)

/* A screen, not a report: `trimtab rules` has them all. */
enum { SHOW_MAX = 10 };

/* What a person wants to know of the machine as a whole, if some plugin measures it. */
static const struct {
        const char *label, *metric;
        enum statistic statistic;
} machine[] = {
        { "run-queue p99", "sched.runq_latency", STAT_P99 },   { "CPUs busy", "sched.runtime", STAT_RATE },
        { "CPU pressure", "cgroup.cpu_some", STAT_AVG },       { "memory pressure", "cgroup.memory_some", STAT_AVG },
        { "I/O pressure", "cgroup.io_some", STAT_AVG },
};

static char *measured(struct daemon *d, size_t i, const struct object *root)
{
        const struct metric *m = catalogue_metric(d->catalogue, machine[i].metric, strlen(machine[i].metric));
        enum dimension dimension;
        double value, factor;

        if (!m || store_stat(d->store, m->number, root->id.key, machine[i].statistic, SHOW_WINDOW_NS, monotonic_ns(),
                             &value) < 0)
                return NULL;
        statistic_dimension(machine[i].statistic, m, &dimension, &factor);
        return quantity_format(value * factor, dimension);
}

static void show_machine(struct daemon *d)
{
        const struct object *root = objects_by_name(d->objects, SCOPE_CGROUP, "/");
        _cleanup_free_ char *line = NULL;

        for (size_t i = 0; root && i < ELEMENTSOF(machine); i++) {
                _cleanup_free_ char *value = measured(d, i, root), *before = NULL;

                if (!value)
                        continue;
                before = line;
                line = str_printf("%s%s%s %s", before ?: "", before ? ", " : "", machine[i].label, value);
                if (!line)
                        return;
        }
        if (line)
                log_write(&d->log, LOG_INFO, "machine: %s", line);
}

struct showing {
        struct daemon *daemon;
        size_t shown, left_out;
};

static int show_instance(void *userdata, const struct instance_info *info)
{
        struct showing *s = userdata;
        _cleanup_free_ char *object = NULL;

        if (info->object.key == UINT64_MAX || !info->measured || !info->measured[0])
                return 0;
        if (s->shown == SHOW_MAX) {
                s->left_out++;
                return 0;
        }

        object = objects_full_name(s->daemon->objects, info->object);
        log_write(&s->daemon->log, LOG_INFO, "  %-8s %s %s: %s", phase_name(info->phase), info->rule->name,
                  object ?: "?", info->measured);
        s->shown++;
        return 0;
}

void daemon_show(struct daemon *d)
{
        uint64_t ticks = SHOW_EVERY_NS / d->options.tick_ns;
        struct showing s = { .daemon = d };

        /* Measured for the person in front, as if a client looked at it. */
        for (size_t i = 0; i < ELEMENTSOF(machine); i++)
                (void) look_add(d->look, machine[i].metric, "cgroup:/", monotonic_ns());

        if (ticks > 0 && d->views.n_ticks % ticks != 0)
                return;
        show_machine(d);
        (void) engine_foreach_instance(d->engine, show_instance, &s);
        if (s.left_out > 0)
                log_write(&d->log, LOG_INFO, "  … and %zu more: trimtab --runtime-dir %s rules", s.left_out,
                          d->arguments->runtime_dir);
}
