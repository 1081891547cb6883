/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "serve/strings.h"
#include "serve/views.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

static uint64_t count_metrics(const struct catalogue *c, const char *plugin)
{
        uint64_t n = 0;

        for (uint32_t i = 0; i < catalogue_n_metrics(c); i++) {
                const char *owner = catalogue_metric_at(c, i)->plugin;

                n += owner && streq(owner, plugin);
        }
        return n;
}

static uint64_t count_knobs(const struct catalogue *c, const char *plugin)
{
        uint64_t n = 0;

        for (uint32_t i = 0; i < catalogue_n_knobs(c); i++) {
                const char *owner = catalogue_knob_at(c, i)->plugin;

                n += owner && streq(owner, plugin);
        }
        return n;
}

/* "sched.cycles: no hardware counters here", for each metric that cannot be had. */
static int add_unavailable(const struct catalogue *c, const char *plugin, struct rows *ret)
{
        _cleanup_(strings_freep) char **lines = NULL;
        size_t n = 0;

        lines = calloc(catalogue_n_metrics(c) + 1, sizeof(*lines));
        if (!lines)
                return -ENOMEM;

        for (uint32_t i = 0; i < catalogue_n_metrics(c); i++) {
                const struct metric *m = catalogue_metric_at(c, i);

                if (!m->unavailable || !m->plugin || !streq(m->plugin, plugin))
                        continue;
                lines[n] = str_printf("%s: %s", m->name, m->unavailable);
                if (!lines[n++])
                        return -ENOMEM;
        }

        rows_strings(ret, "unavailable", (const char *const *) lines);
        return 0;
}

static int add_programs(const struct plugin_info *info, struct rows *ret)
{
        _cleanup_(strings_freep) char **lines = NULL;

        lines = calloc(info->n_programs + 1, sizeof(*lines));
        if (!lines)
                return -ENOMEM;

        for (size_t i = 0; i < info->n_programs; i++) {
                const struct plugin_program *p = &info->programs[i];

                lines[i] = p->reason ? str_printf("%s: refused: %s", p->name, p->reason) : strdup(p->name);
                if (!lines[i])
                        return -ENOMEM;
        }

        rows_strings(ret, "programs", (const char *const *) lines);
        return 0;
}

/* The kinds that it owns, and how many of them the rule files have. */
static int add_sections(const struct plugin_info *info, struct rows *ret)
{
        _cleanup_free_ const char **kinds = calloc(info->n_sections + 1, sizeof(*kinds));

        if (!kinds)
                return -ENOMEM;
        for (uint32_t i = 0; i < info->n_sections; i++)
                kinds[i] = info->sections[i].name;

        rows_strings(ret, "sections", kinds);
        rows_uint(ret, "entries", info->n_entries);
        rows_string(ret, "sections_reason", info->sections_reason);
        return 0;
}

/* What can be asked of it, and what it does when it is told to. */
static void add_offers(const struct plugin_info *info, struct rows *ret)
{
        struct rows reports = { 0 }, deeds = { 0 };

        for (uint32_t i = 0; i < info->n_reports; i++) {
                rows_begin(&reports);
                rows_string(&reports, "name", info->reports[i].name);
                rows_string(&reports, "help", info->reports[i].help);
                if (info->reports[i].columns)
                        rows_strings(&reports, "columns", info->reports[i].columns);
        }
        for (uint32_t i = 0; i < info->n_deeds; i++) {
                rows_begin(&deeds);
                rows_string(&deeds, "name", info->deeds[i].name);
                rows_string(&deeds, "help", info->deeds[i].help);
        }
        rows_rows(ret, "reports", &reports);
        rows_rows(ret, "deeds", &deeds);
}

static uint64_t map_bytes(const struct plugin_info *info)
{
        uint64_t bytes = 0;

        for (size_t i = 0; i < info->n_programs; i++)
                bytes += info->programs[i].map_bytes;
        return bytes;
}

static int add_plugin(const struct views *v, const struct plugin_info *info, struct rows *ret)
{
        int r;

        rows_begin(ret);
        rows_string(ret, "name", info->name);
        rows_string(ret, "version", info->version);
        rows_string(ret, "state", plugin_state_name(info->state));
        rows_string(ret, "reason", info->reason);
        rows_string(ret, "path", info->path);
        rows_string(ret, "license", info->license);
        rows_string(ret, "help", info->help);
        if (info->state != PLUGIN_OPEN)
                return 0;

        rows_uint(ret, "metrics", count_metrics(v->catalogue, info->name));
        rows_uint(ret, "knobs", count_knobs(v->catalogue, info->name));
        r = add_sections(info, ret);
        if (r < 0)
                return r;
        r = add_programs(info, ret);
        if (r < 0)
                return r;
        r = add_unavailable(v->catalogue, info->name, ret);
        if (r < 0)
                return r;
        add_offers(info, ret);
        rows_uint(ret, "map_bytes", map_bytes(info));
        rows_number(ret, "collect_us", (double) info->collect_ns / (double) NSEC_PER_USEC);
        rows_uint(ret, "errors", info->errors);
        return 0;
}

int view_plugins(const struct views *v, struct rows *ret)
{
        for (size_t i = 0; i < plugins_n(v->plugins); i++) {
                struct plugin_info info;
                int r;

                plugins_info(v->plugins, i, &info);
                r = add_plugin(v, &info, ret);
                if (r < 0)
                        return r;
        }

        return ret->error;
}
