/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_TESTHOST_H
#define TRIMTAB_TESTHOST_H

/*
 * A host for one plugin, for tests: it loads the .so, answers from what the test told it, and keeps what the
 * plugin emits. No rules, no clock, no loop.
 *
 *     struct testhost *th = testhost_new("plugins/sched/sched.so");
 *     testhost_set_option(th, "max-cgroups", "16");
 *     testhost_add_object(th, "cgroup", id, "/web", "/sys/fs/cgroup/web");
 *     assert_int_equal(testhost_open(th), 0);
 *     testhost_watch(th, "sched.runtime", &id, 1);
 *     testhost_collect(th);
 *     const struct testhost_sample *s = testhost_sample(th, "sched.runtime", id);
 */

#include <stdbool.h>
#include <stdint.h>

#include <trimtab/plugin.h>

struct testhost;

/* The last sample of a metric for an object. */
struct testhost_sample {
        double value;          /* gauge, counter */
        const uint64_t *slots; /* histogram: n_slots of them */
        uint32_t n_slots;
        double sum; /* histogram; NAN: not known */
        uint32_t n; /* how often it has been emitted */
};

/* Loads the plugin file; NULL, after a line to stderr, if it cannot. Options have their defaults. */
struct testhost *testhost_new(const char *file);

/* Closes and unloads the plugin; accepts NULL. */
void testhost_free(struct testhost *th);

const struct trimtab_plugin *testhost_plugin(const struct testhost *th);

/* Before testhost_open(). The option must be declared. */
void testhost_set_option(struct testhost *th, const char *name, const char *value);

/* What carries out tc_filter_add() and tc_filter_remove(); without it they are refused. */
struct testhost_filters {
        int (*add)(int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle);
        int (*remove)(uint32_t ifindex, uint32_t priority, uint32_t handle);
};
void testhost_set_filters(struct testhost *th, const struct testhost_filters *filters);

/* What answers knob_takes_writes(); without it all files take them. */
void testhost_set_takes_writes(struct testhost *th, int (*takes_writes)(uint32_t knob, uint64_t object));

/* What the daemon may do; before that TRIMTAB_ENFORCE. */
void testhost_set_daemon_mode(struct testhost *th, uint32_t mode);

/* Makes an object known, and tells the plugin if it is open; `path` may be NULL. */
void testhost_add_object(struct testhost *th, const char *scope, uint64_t object, const char *name,
                         const char *path);
void testhost_remove_object(struct testhost *th, const char *scope, uint64_t object);

/* probe() and open(): 0, or a negative errno; -ENODEV if probe() says that it does not fit. */
int testhost_open(struct testhost *th);
void testhost_close(struct testhost *th);

/* What open() gave: for callbacks that have no function here. */
void *testhost_self(const struct testhost *th);
/* The path of an object, NULL: there is no such object, or it has none. */
const char *testhost_path(const struct testhost *th, const char *scope, uint64_t object);

/* The plugin's callbacks, by metric name. */
int testhost_watch(struct testhost *th, const char *metric, const uint64_t *objects, uint32_t n);
int testhost_collect(struct testhost *th);

/* Waits for what the plugin wants polled and calls it back once: how many that were, 0 or 1. */
int testhost_poll(struct testhost *th, int timeout_ms);
/* How often the plugin asked for an evaluation. */
uint32_t testhost_wakes(const struct testhost *th);
/* What it had to say by host->event, a line each. */
const char *testhost_events(const struct testhost *th);

/* The last sample, or NULL if there was none. Valid until the next testhost_collect(). */
const struct testhost_sample *testhost_sample(const struct testhost *th, const char *metric, uint64_t object);

/* Why the plugin said that a metric cannot be had; NULL: it did not. */
const char *testhost_unavailable(const struct testhost *th, const char *metric);

/* What the plugin reported of a program: its descriptor, or -1 and a reason; -ENOENT: nothing. */
int testhost_program(const struct testhost *th, const char *name, const char **ret_reason);

/* Lines logged at this level or graver so far. */
uint32_t testhost_logged(const struct testhost *th, int32_t level);

#endif
