/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The guard: who may connect where.
 *
 * configure() makes a policy of the sections and puts it in force; the mode, which [egress] says and rules can move, decides whether
 * anything is attached, and whether it is learnt, told or refused. Nothing is loaded before there is a section, a mode, or a metric wanted.
 */

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kill.h"
#include "report.h"
#include "state.h"

enum metric {
        METRIC_DENIED,
        METRIC_WOULD_DENY,
        METRIC_CONNECTS,
        METRIC_EVENTS_LOST,
        METRIC_COVERED,
        _METRIC_MAX,
};
#define METRIC_BIT(m) (1u << (m))

static const struct trimtab_metric metrics[_METRIC_MAX] = {
        [METRIC_DENIED] = { "guard.denied", "", "connections, datagrams and sockets that were refused", "cgroup", TRIMTAB_COUNTER },
        [METRIC_WOULD_DENY] = { "guard.would_deny", "", "those that enforce would have refused", "cgroup", TRIMTAB_COUNTER },
        [METRIC_CONNECTS] = { "guard.connects", "", "connections that were asked for, and datagrams with an address", "cgroup", TRIMTAB_COUNTER },
        [METRIC_EVENTS_LOST] = { "guard.events_lost", "", "refusals that were to be told and found no room", "host", TRIMTAB_COUNTER },
        [METRIC_COVERED] = { "guard.covered", "", "1: as much as require-coverage asks was seen to have an effect", "host", TRIMTAB_GAUGE },
};

/* --- the knob --- */

static int mode_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        struct guard *g = self;

        *ret = (struct trimtab_value){ .size = sizeof(*ret), .type = TRIMTAB_CHOICE };
        (void) snprintf(ret->text, sizeof(ret->text), "%s", g->released ? "off" : guard_mode_names[guard_asked(g)]);
        return 0;
}

/* What it was when it was first moved is the base again, whatever that is by now. */
static int mode_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct guard *g = self;

        for (uint32_t mode = 0; mode < _GUARD_MODE_MAX; mode++) {
                int r = 0;

                if (strcmp(guard_mode_names[mode], want->text) != 0)
                        continue;
                if (mode != GUARD_OFF)
                        r = guard_load_programs(g);
                if (r < 0)
                        return r;
                if (g->override < 0) {
                        g->released_then = g->released;
                        g->base_then = g->released ? GUARD_OFF : g->base;
                }
                g->released = mode == g->base_then && g->released_then;
                g->override = mode == g->base_then ? -1 : (int) mode;
                return guard_settle(g);
        }
        return -EINVAL;
}

static const struct trimtab_knob knobs[] = {
        { .name = "guard.mode",
          .help = "what becomes of connections: nothing (off), they are written down (learn), judged (audit), or refused (enforce)",
          .unit = "",
          .scope = "host",
          .type = TRIMTAB_CHOICE,
          .choices = guard_mode_names,
          .read = mode_read,
          .apply = mode_apply },
        { .name = "guard.kill",
          .help = "ends the processes in the cgroup and below that were refused something, or would have been in mode audit (refused), or "
                  "all there are (all)",
          .unit = "",
          .scope = "cgroup",
          .type = TRIMTAB_CHOICE,
          .flags = TRIMTAB_KNOB_ACTION,
          .choices = guard_kill_choices,
          .apply = guard_kill_apply },
};

/* --- the life of the plugin --- */

/* They may do without each other: what has an effect is tried out. */
static const uint32_t uses[_METRIC_MAX] = { [METRIC_DENIED ... METRIC_CONNECTS] = 1u << GUARD_PROGRAM_CONNECT4 };

static void init_program(struct guard *g)
{
        int n_cpus = libbpf_num_possible_cpus();
        struct program_sizes sizes = {
                .n_groups = g->settings.n_groups,
                .n_shards = n_cpus > 0 ? (uint32_t) n_cpus : 1,
                .scope = g->settings.scope,
                .scope_level = g->settings.scope_level,
                .lsm = g->settings.lsm,
        };

        program_init(&g->program, &sizes);
}

static void unload(struct guard *g)
{
        events_close(&g->events);
        groups_done(&g->groups);
        program_done(&g->program);
}

int guard_load_programs(struct guard *g)
{
        uint32_t available = METRIC_BIT(_METRIC_MAX) - 1;
        int r;

        if (program_is_loaded(&g->program))
                return 0;
        r = program_load(&g->program);
        r = r < 0 ? r : groups_init(&g->groups, &g->program);
        r = r < 0 ? r : events_open(&g->events, &g->program, g->host);
        if (r < 0)
                g->host->log(g->host, TRIMTAB_LOG_ERROR, "the kernel refuses our BPF maps: %s", strerror(-r));
        else
                r = guard_set_rules(g, g->now.rules);
        if (r < 0) {
                unload(g);
                return r;
        }
        programs_tell(&g->program.programs, g->host, uses, _METRIC_MAX, &available);
        return 0;
}

static int guard_open(const struct trimtab_host *h, void **ret_self)
{
        struct guard *g = calloc(1, sizeof(*g));
        struct rules *none = NULL;
        int r;

        if (!g)
                return -ENOMEM;
        *ret_self = g;
        g->host = h;
        g->override = -1;
        r = settings_read(h, &g->settings);
        if (r < 0)
                return r;
        init_program(g);
        r = rules_read(NULL, 0, &none);
        if (r < 0)
                return r;
        r = guard_set_rules(g, none);
        if (r < 0)
                rules_free(none);
        return r;
}

static int guard_configure(void *self, const struct trimtab_entry *const *entries, uint32_t n)
{
        struct guard *g = self;
        struct rules *rules;
        int r = n ? guard_load_programs(g) : 0;

        r = r < 0 ? r : rules_read(entries, n, &rules);
        if (r < 0)
                return r;
        r = guard_set_rules(g, rules);
        if (r < 0) {
                rules_free(rules);
                return r;
        }
        g->base = rules->mode;
        g->configured = true;
        g->released = g->released_then = false;
        g->since_ns = guard_now_ns();
        return guard_settle(g);
}

static int guard_watch(void *self, uint32_t metric, const uint64_t *objects, uint32_t n)
{
        struct guard *g = self;
        int r;

        if (metric >= _METRIC_MAX)
                return -EINVAL;
        if (metric >= METRIC_EVENTS_LOST) {
                g->metrics = n ? g->metrics | METRIC_BIT(metric) : g->metrics & ~METRIC_BIT(metric);
                return 0;
        }
        r = n ? guard_load_programs(g) : 0;
        if (r < 0 || !program_is_loaded(&g->program))
                return r;
        r = watched_want(&g->groups.set, g->host, metric, objects, n);
        g->program.control->counting = !!(watched_metrics(&g->groups.set) & METRIC_BIT(METRIC_CONNECTS));
        return r;
}

static int emit(const struct guard *g)
{
        static const enum guard_count counts[] = {
                [METRIC_DENIED] = GUARD_DENIED, [METRIC_WOULD_DENY] = GUARD_WOULD_DENY, [METRIC_CONNECTS] = GUARD_CONNECTS
        };
        int r = 0;

        for (struct watched *w = g->groups.set.by_id; w; w = w->hh.next)
                for (uint32_t m = 0; m < METRIC_EVENTS_LOST; m++)
                        if (w->metrics & METRIC_BIT(m)) {
                                int k = g->host->emit(g->host, m, w->id, (double) group_of(w)->sum.n[counts[m]]);

                                r = r < 0 ? r : k;
                        }
        if (g->metrics & METRIC_BIT(METRIC_EVENTS_LOST))
                (void) g->host->emit(g->host, METRIC_EVENTS_LOST, TRIMTAB_HOST_OBJECT, (double) g->program.control->events_lost);
        if (g->metrics & METRIC_BIT(METRIC_COVERED))
                (void) g->host->emit(g->host, METRIC_COVERED, TRIMTAB_HOST_OBJECT, guard_is_covered(g));
        return r;
}

static void learn(struct guard *g)
{
        int r = learn_read(&g->learnt, &g->program, &g->cgroups);

        r = r < 0 ? r : learn_write(&g->learnt, g->settings.learnt);
        if (r < 0)
                g->host->log(g->host, TRIMTAB_LOG_WARNING, "%s: %s", g->settings.learnt, strerror(-r));
}

static int guard_collect(void *self, uint64_t now_ns)
{
        struct guard *g = self;

        events_read(&g->events, g->now.rules);
        if (guard_asked(g) == GUARD_LEARN)
                learn(g);
        guard_refresh(g);
        (void) guard_settle(g);
        groups_read(&g->groups);
        return emit(g);
}

/* A cgroup that matches globs is known to the kernel's side before the daemon does anything else. */
static void came(struct guard *g, uint64_t id)
{
        const char *path;
        struct guard_class class;

        if (g->host->object_name(g->host, "cgroup", id, &path) < 0 || cgroups_add(&g->cgroups, id, path) < 0 ||
            !policy_asks_user_space(&g->now.policy))
                return;
        policy_classify(&g->now.policy, g->now.rules, path, &class);
        (void) program_set_class(&g->program, id, &class);
}

static void guard_on_object(void *self, const char *scope, uint64_t object, uint32_t is_here)
{
        struct guard *g = self;

        if (strcmp(scope, "cgroup") != 0)
                return;
        if (program_is_loaded(&g->program))
                watched_on_object(&g->groups.set, g->host, object, is_here);
        if (is_here) {
                came(g, object);
                return;
        }
        if (guard_asked(g) == GUARD_LEARN)
                (void) learn_read(&g->learnt, &g->program, &g->cgroups);
        cgroups_remove(&g->cgroups, object);
        program_forget_class(&g->program, object);
}

static void guard_close(void *self)
{
        struct guard *g = self;

        if (!g)
                return;
        if (g->learnt.all)
                (void) learn_write(&g->learnt, g->settings.learnt);
        names_done(&g->names);
        unload(g);
        in_force_clear(&g->now);
        cgroups_clear(&g->cgroups);
        learn_clear(&g->learnt);
        settings_clear(&g->settings);
        free(g);
}

TRIMTAB_PLUGIN("guard") = {
        TRIMTAB_PLUGIN_HEAD,
        .name = "guard",
        .version = TRIMTAB_VERSION,
        .license = "LGPL-2.1-or-later",
        .help = "who may connect where",
        TRIMTAB_METRICS(metrics),
        TRIMTAB_KNOBS(knobs),
        .options = guard_options,
        .n_options = GUARD_N_OPTIONS,
        TRIMTAB_SECTIONS(guard_sections),
        TRIMTAB_REPORTS(guard_reports),
        TRIMTAB_DEEDS(guard_deeds),
        .report = guard_report,
        .deed = guard_deed,
        .open = guard_open,
        .watch = guard_watch,
        .collect = guard_collect,
        .close = guard_close,
        .on_object = guard_on_object,
        .configure = guard_configure,
};
