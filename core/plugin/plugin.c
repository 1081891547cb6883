/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/self.h"
#include "util/clock.h"
#include "util/str.h"

/* A plugin whose every collect() fails for so many ticks will not recover by itself. */
#define FAILURES_MAX 10

struct callback callback_enter(struct plugin *p, const char *function)
{
        struct callback before = p->context->now;

        p->context->now = (struct callback) { p->name, function };
        breadcrumb_set(p->context->crumb, p->name, function);
        return before;
}

void callback_leave(struct plugin *p, struct callback before)
{
        p->context->now = before;
        breadcrumb_set(p->context->crumb, before.plugin, before.function);

        if (!before.plugin)
                callback_forget_lent(p);
}

void callback_forget_lent(struct plugin *p)
{
        while (p->n_lent > 0)
                free(p->lent[--p->n_lent]);
        free(p->lent);
        p->lent = NULL;
}

static int probe(struct plugin *p)
{
        struct callback before;
        int r;

        if (!p->descriptor.plugin.probe)
                return 1;

        before = callback_enter(p, "probe");
        r = p->descriptor.plugin.probe(&p->host);
        callback_leave(p, before);
        return r;
}

/* Knobs without a file can be called while their plugin is open. */
static void bind_knobs(struct plugin *p, bool open)
{
        for (uint32_t i = 0; i < p->descriptor.plugin.n_knobs; i++)
                if (p->knob_numbers[i] != UINT32_MAX)
                        catalogue_knob_at(p->context->config.catalogue, p->knob_numbers[i])->self =
                                open ? &p->bindings[i] : NULL;
}

static bool measures(const struct plugin *p, const char *scope)
{
        for (uint32_t i = 0; i < p->descriptor.plugin.n_metrics; i++)
                if (streq(p->descriptor.metrics[i].scope, scope))
                        return true;
        return false;
}

void plugin_object(struct plugin *p, struct oid id, bool came)
{
        const char *scope = objects_scope_name(p->context->config.objects, id.scope);
        struct callback before;

        if (!p->descriptor.plugin.on_object || !scope || !measures(p, scope))
                return;

        before = callback_enter(p, "on_object");
        p->descriptor.plugin.on_object(p->self, scope, id.key, came);
        callback_leave(p, before);
}

/* What came before the plugin did; the host is always there. */
static void tell_objects(struct plugin *p)
{
        const struct objects *all = p->context->config.objects;

        if (!p->descriptor.plugin.on_object)
                return;

        for (uint32_t scope = SCOPE_HOST + 1; scope < SCOPE_BUILTIN_MAX; scope++) {
                size_t n;
                const struct object *const *list = objects_of_scope(all, scope, &n);

                /* Plugins add to scopes of their own only: this list does not change meanwhile. */
                for (size_t i = 0; i < n; i++)
                        plugin_object(p, list[i]->id, true);
        }
}

void plugin_open(struct plugin *p)
{
        struct callback before;
        int r;

        for (uint32_t i = 0; i < p->descriptor.plugin.n_metrics; i++)
                metric_set_unavailable(p, i, NULL);

        r = probe(p);
        if (r < 0) {
                plugin_set_state(p, PLUGIN_FAILED, "could not tell whether it fits: %s", strerror(-r));
                return;
        }
        if (r == 0) {
                plugin_set_state(p, PLUGIN_UNFIT, "does not fit this machine; the log says why");
                return;
        }

        if (p->descriptor.plugin.open) {
                before = callback_enter(p, "open");
                r = p->descriptor.plugin.open(&p->host, &p->self);
                callback_leave(p, before);
        }
        p->opened = true;
        if (r < 0) {
                plugin_close(p);
                plugin_set_state(p, PLUGIN_FAILED, "open: %s; the log may say more", strerror(-r));
                return;
        }

        r = self_plugin_came(p->context->self, p);
        if (r < 0)
                log_write(p->context->config.log, LOG_WARNING, "%s: what it costs is not measured: %s", p->name,
                          strerror(-r));
        bind_knobs(p, true);
        plugin_set_state(p, PLUGIN_OPEN, NULL);
        tell_objects(p);
}

void plugin_close(struct plugin *p)
{
        struct callback before;

        io_clear(p);
        if (!p->opened)
                return;
        p->opened = false;

        self_plugin_went(p->context->self, p);
        bind_knobs(p, false);
        if (p->descriptor.plugin.close) {
                before = callback_enter(p, "close");
                p->descriptor.plugin.close(p->self);
                callback_leave(p, before);
        }
        p->self = NULL;
        p->entries = section_set_free(p->entries);

        for (uint32_t i = 0; i < p->descriptor.plugin.n_metrics; i++)
                watchset_clear(&p->watchsets[i]);
        programs_clear(p);
}

void plugin_watch(struct plugin *p)
{
        struct callback before;
        int first = 0, r;

        for (uint32_t i = 0; i < p->descriptor.plugin.n_metrics; i++) {
                struct watchset *w = &p->watchsets[i];

                if (!watchset_differs(w) && !w->retry)
                        continue;
                w->retry = false;

                if (p->descriptor.plugin.watch) {
                        before = callback_enter(p, "watch");
                        r = p->descriptor.plugin.watch(p->self, i, w->next, (uint32_t) w->n_next);
                        callback_leave(p, before);
                        if (r < 0) {
                                p->errors++;
                                first = first ?: r;
                                w->retry = true;
                        }
                }
                /* Also of a failure: one object too many for the plugin is no reason to drop the samples of all others. */
                watchset_commit(w);
        }

        if (first < 0 && first != p->watch_error)
                log_write(p->context->config.log, LOG_WARNING, "%s: watch: %s", p->name, strerror(-first));
        p->watch_error = first;
}

/* A plugin that costs too much is asked less often, and that is said. */
static void heed_budget(struct plugin *p, uint64_t now_ns)
{
        const struct plugins_config *c = &p->context->config;
        enum budget_change change =
                budget_account(&p->budget, now_ns, p->collect_ns, c->options ? c->options->plugin_budget : 0);

        if (change == BUDGET_SAME)
                return;
        log_write(c->log, change == BUDGET_SLOWED ? LOG_WARNING : LOG_NOTICE,
                  "%s: %s: collecting took %.1f ms of CPU time; asked every %u ticks from now on", p->name,
                  change == BUDGET_SLOWED ? "over its plugin-budget" : "within its plugin-budget again",
                  (double) p->collect_ns / 1e6, 1u << p->budget.shift);
}

void plugin_collect(struct plugin *p, uint64_t now_ns)
{
        struct callback before;
        uint64_t start_ns;
        int r;

        if (!p->descriptor.plugin.collect || !budget_due(&p->budget))
                return;

        start_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
        p->collect_at_ns = now_ns;
        before = callback_enter(p, "collect");
        r = p->descriptor.plugin.collect(p->self, now_ns);
        callback_leave(p, before);
        p->collect_at_ns = 0;
        p->collect_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns;
        p->spent_ns += p->collect_ns;
        heed_budget(p, now_ns);

        if (r >= 0) {
                p->failures = 0;
                return;
        }

        p->errors++;
        if (p->failures++ == 0)
                log_write(p->context->config.log, LOG_WARNING, "%s: collect: %s", p->name, strerror(-r));
        if (p->failures >= FAILURES_MAX) {
                plugin_close(p);
                plugin_set_state(p, PLUGIN_FAILED, "collect failed %d times in a row, at last: %s",
                                 FAILURES_MAX, strerror(-r));
        }
}

int plugin_knob_read(void *self, uint64_t object, struct trimtab_value *ret)
{
        struct knob_binding *b = self;
        struct callback before = callback_enter(b->plugin, "read");
        int r = b->plugin->descriptor.knobs[b->index].read(b->plugin->self, object, ret);

        callback_leave(b->plugin, before);
        return r;
}

int plugin_knob_check(void *self, uint64_t object, const struct trimtab_value *want,
                      struct trimtab_value *ret_exact)
{
        struct knob_binding *b = self;
        struct callback before = callback_enter(b->plugin, "check");
        int r = b->plugin->descriptor.knobs[b->index].check(b->plugin->self, object, want, ret_exact);

        callback_leave(b->plugin, before);
        return r;
}

int plugin_knob_apply(void *self, uint64_t object, const struct trimtab_value *want)
{
        struct knob_binding *b = self;
        struct callback before = callback_enter(b->plugin, "apply");
        int r = b->plugin->descriptor.knobs[b->index].apply(b->plugin->self, object, want);

        callback_leave(b->plugin, before);
        return r;
}
