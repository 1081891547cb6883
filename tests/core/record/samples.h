/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TEST_SAMPLES_H
#define TRIMTAB_TEST_SAMPLES_H

/* One item of every kind, with all that can be in it, and how to compare what came back. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "decide/value.h"
#include "record/item.h"
#include "util/ownership.h"

#define NUMBER(n)       { sizeof(struct trimtab_value), TRIMTAB_NUMBER, (n), "" }
#define TEXT(type_, t)  { sizeof(struct trimtab_value), (type_), 0, t }

static const char *const sample_choices[] = { "off", "low", "high", NULL };

static const struct item samples[] = {
        { .kind = ITEM_SCOPE, .scope = { 7, "plant" } },
        { .kind = ITEM_METRIC, .metric = { 3, 2, "sched", { "sched.runq_latency", "ns", "How long", NULL, TRIMTAB_HISTOGRAM, 0 } } },
        { .kind = ITEM_METRIC, .metric = { 4, 2, "cgroup", { "cgroup.cpu_some", "%", "", NULL, TRIMTAB_GAUGE, TRIMTAB_METRIC_SHARE } } },
        { .kind = ITEM_KNOB,
          .knob = { .number = 1, .scope = 2, .plugin = "cgroup",
                    .is = { .name = "cpu.max", .unit = "%", .help = "CPU time at most", .type = TRIMTAB_NUMBER,
                            .flags = TRIMTAB_KNOB_MAX, .min = 1, .max = 1e6, .use_metric = "cgroup.cpu_usage" } } },
        { .kind = ITEM_KNOB,
          .knob = { .number = 2, .scope = 5, .plugin = "irq",
                    .is = { .name = "irq.mode", .unit = "", .help = "", .type = TRIMTAB_CHOICE, .choices = sample_choices } } },
        { .kind = ITEM_OBJECT, .object = { { 2, UINT64_MAX }, "/system.slice/x y.service" } },
        { .kind = ITEM_GONE, .gone = { 2, 12345 } },
        { .kind = ITEM_SETTING, .setting = { 1, { 2, 9 }, 0, NUMBER((double) INFINITY) } },
        { .kind = ITEM_SETTING, .setting = { 1, { 2, 9 }, 0, TEXT(TRIMTAB_CPULIST, "0-3,8") } },
        { .kind = ITEM_SETTING, .setting = { 1, { 2, 9 }, -ENOENT, {} } },
        { .kind = ITEM_DECISION,
          .decision = { 42, VERB_SET, true, 1, { 2, 9 }, NUMBER(12.5), "web-first", "p99(x) = 7ms > 5ms" } },
        { .kind = ITEM_DECISION, .decision = { 43, VERB_RESTORE, false, 1, { 2, 9 }, {}, "web-first", "" } },
        { .kind = ITEM_DECISION, .decision = { 44, VERB_KEEP, false, 1, { 2, 9 }, {}, "r", "" } },
        { .kind = ITEM_OUTCOME, .outcome = { 42, 1, { 2, 9 }, "done", 0, true, true, NUMBER(1), NUMBER(12.5) } },
        { .kind = ITEM_OUTCOME, .outcome = { 43, 1, { 2, 9 }, "foreign", -EBUSY, false, true, {}, TEXT(TRIMTAB_TEXT, "mine") } },
};

/* Two items are the same when they are written the same. */
static inline void assert_items_equal(const struct item *a, const struct item *b)
{
        _cleanup_(bytes_clear) struct bytes x = {}, y = {};

        assert_int_equal(a->kind, b->kind);
        item_write(&x, a);
        item_write(&y, b);
        assert_int_equal(x.n, y.n);
        assert_memory_equal(x.data, y.data, x.n);
}

#endif
