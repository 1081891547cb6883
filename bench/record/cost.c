/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cost.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/recorder.h"
#include "util/clock.h"
#include "util/ownership.h"

enum { TICKS = 101, SLOTS_IN_USE = 24 };

DEFINE_CLEANUP(struct recorder *, recorder_free);
DEFINE_CLEANUP(struct catalogue *, catalogue_free);
DEFINE_CLEANUP(struct objects *, objects_free);
DEFINE_CLEANUP(struct store *, store_free);

static int add_all(struct catalogue *c, struct objects *o, unsigned n_objects, unsigned n_metrics)
{
        char name[64];
        int r = 0;

        for (unsigned i = 0; r >= 0 && i < n_metrics; i++) {
                (void) snprintf(name, sizeof(name), "bench.m%u", i);
                r = catalogue_add_metric(c, "bench",
                                         &(struct trimtab_metric) { name, "ns", "", "cgroup",
                                                                    i % 10 == 0 ? TRIMTAB_HISTOGRAM : TRIMTAB_COUNTER, 0 },
                                         SCOPE_CGROUP, NULL);
        }
        for (unsigned i = 0; r >= 0 && i < n_objects; i++) {
                (void) snprintf(name, sizeof(name), "/system.slice/service-%u.service", i);
                r = objects_add(o, (struct oid) { SCOPE_CGROUP, i + 1 }, name, NULL);
        }
        return r;
}

/* A tick's samples, as the store's tap hands them over. */
static void tell(struct recorder *r, unsigned n_objects, unsigned n_metrics, uint64_t tick)
{
        uint64_t slots[TRIMTAB_HIST_SLOTS] = {};

        for (unsigned i = 0; i < SLOTS_IN_USE; i++)
                slots[100 + i] = tick * (i + 1);
        for (unsigned m = 0; m < n_metrics; m++)
                for (uint64_t key = 1; key <= n_objects; key++) {
                        if (m % 10 == 0)
                                recorder_histogram(r, m, key, slots, TRIMTAB_HIST_SLOTS, (double) (tick * key));
                        else
                                recorder_value(r, m, key, (double) (tick * key));
                }
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *) a, y = *(const double *) b;

        return (x > y) - (x < y);
}

int recorder_cost(unsigned n_objects, unsigned n_metrics, double *ret_usec)
{
        _cleanup_(catalogue_freep) struct catalogue *catalogue = NULL;
        _cleanup_(objects_freep) struct objects *objects = NULL;
        _cleanup_(store_freep) struct store *store = NULL;
        _cleanup_(recorder_freep) struct recorder *recorder = NULL;
        _cleanup_(bytes_clear) struct bytes out = {};
        double usec[TICKS];
        int r;

        r = catalogue_new(&catalogue);
        if (r >= 0)
                r = objects_new(&objects);
        if (r >= 0)
                r = store_new(catalogue, &store);
        if (r >= 0)
                r = add_all(catalogue, objects, n_objects, n_metrics);
        if (r >= 0)
                r = recorder_new(&(struct recording_facts) {}, &out, &recorder);

        for (uint64_t tick = 0; r >= 0 && tick < TICKS; tick++) {
                struct view view = { .catalogue = catalogue, .objects = objects, .store = store, .now_ns = tick * NSEC_PER_SEC };
                uint64_t begin_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);

                bytes_reset(&out);
                recorder_begin(recorder, true);
                tell(recorder, n_objects, n_metrics, tick);
                r = recorder_end(recorder, &view, &out);
                usec[tick] = (double) (clock_now_ns(CLOCK_PROCESS_CPUTIME_ID) - begin_ns) / 1e3;
        }
        if (r < 0)
                return r;
        qsort(usec, TICKS, sizeof(*usec), compare);
        *ret_usec = usec[TICKS / 2];
        return 0;
}
