/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/plugins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "plugin/self.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/str.h"

struct metric_owner {
        struct plugin *plugin; /* NULL: of none of ours */
        uint32_t index;        /* in its descriptor */
};

struct plugins {
        struct plugin_context context;
        struct metric_owner *owners; /* number in the catalogue -> whose it is */
        size_t n_owners;
};

struct plugin_context *plugins_context(struct plugins *p)
{
        return &p->context;
}

static const char *const state_names[] = {
        [PLUGIN_OPEN] = "open",     [PLUGIN_REFUSED] = "refused",         [PLUGIN_UNFIT] = "unfit",
        [PLUGIN_FAILED] = "failed", [PLUGIN_QUARANTINED] = "quarantined", [PLUGIN_LOADED] = "loaded",
        [PLUGIN_LEAVING] = "leaving",
};

const char *plugin_state_name(enum plugin_state s)
{
        return state_names[s];
}

static void begin_crash_note(struct plugin_context *c)
{
        struct crash found = {};
        int r;

        r = breadcrumb_open(c->config.runtime_dir, realtime_usec(), &c->crumb, &found);
        if (r < 0)
                log_write(c->config.log, LOG_WARNING,
                          "%s: %s; a plugin that crashes the daemon will not be found out",
                          c->config.runtime_dir, strerror(-r));
        else if (found.plugin[0])
                log_write(c->config.log, LOG_WARNING, "the daemon died in %s of plugin %s", found.function,
                          found.plugin);
}

int plugins_new(const struct plugins_config *config, struct plugins **ret)
{
        struct plugins *p;
        int r;

        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;

        p->context.config = *config;
        r = self_new(config, &p->context.self);
        if (r < 0) {
                free(p);
                return r;
        }
        if (config->runtime_dir && config->event)
                begin_crash_note(&p->context);

        *ret = p;
        return 0;
}

struct plugins *plugins_free(struct plugins *p)
{
        if (!p)
                return NULL;

        /* In reverse, as all that is taken is given back. */
        while (p->context.n > 0)
                plugin_free(p->context.all[--p->context.n]);
        free(p->context.all);
        free(p->owners);
        free(p->context.map_ids);
        breadcrumb_free(p->context.crumb);
        self_free(p->context.self);
        free(p);
        return NULL;
}

static int compare_plugins(const void *a, const void *b)
{
        const struct plugin *x = *(struct plugin *const *) a, *y = *(struct plugin *const *) b;

        return strcmp(x->name, y->name) ?: strcmp(x->path, y->path);
}

static int own_metrics(struct plugins *p, struct plugin *plugin)
{
        for (uint32_t i = 0; i < plugin->descriptor.plugin.n_metrics; i++) {
                uint32_t number = plugin->metric_numbers[i];
                int r;

                while (p->n_owners <= number) {
                        r = array_reserve(&p->owners, p->n_owners, sizeof(*p->owners));
                        if (r < 0)
                                return r;
                        p->owners[p->n_owners++] = (struct metric_owner) {};
                }
                p->owners[number] = (struct metric_owner) { plugin, i };
        }
        return 0;
}

static int add_file(struct plugins *p, const char *path)
{
        struct plugin_context *c = &p->context;
        _cleanup_(plugin_freep) struct plugin *plugin = NULL;
        int r;

        r = array_reserve(&c->all, c->n, sizeof(struct plugin *));
        if (r < 0)
                return r;
        r = plugin_load(c, path, &plugin);
        if (r < 0)
                return r;
        if (plugin->state == PLUGIN_LOADED) {
                r = own_metrics(p, plugin);
                if (r < 0)
                        return r;
        }

        c->all[c->n++] = TAKE(plugin);
        return 0;
}

static bool has_path(const struct plugins *p, const char *path)
{
        for (size_t i = 0; i < p->context.n; i++)
                if (streq(p->context.all[i]->path, path))
                        return true;
        return false;
}

int plugins_load_dir(struct plugins *p, const char *dir)
{
        char **files;
        size_t n;
        int r;

        r = plugin_files(dir, &files, &n);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n && r >= 0; i++)
                if (!has_path(p, files[i]))
                        r = add_file(p, files[i]);
        plugin_files_free(files, n);

        if (p->context.n > 0)
                qsort(p->context.all, p->context.n, sizeof(struct plugin *), compare_plugins);
        return r;
}

int plugins_describe_dir(struct plugins *p, const char *dir)
{
        return plugins_load_dir(p, dir);
}

void plugins_check_options(const struct plugins *p, struct diag *diag)
{
        configure_check(&p->context, diag);
}

static void log_options(const struct plugins *p)
{
        struct diag diag = {};

        plugins_check_options(p, &diag);
        for (size_t i = 0; i < diag.n; i++) {
                _cleanup_free_ char *text = diag_item_text(&diag.items[i]);

                if (text)
                        log_write(p->context.config.log,
                                  diag.items[i].severity == SEVERITY_ERROR ? LOG_ERR : LOG_WARNING, "%s",
                                  text);
        }
        diag_clear(&diag);
}

static int open_loaded(struct plugins *p)
{
        const char *function;
        int r;

        for (size_t i = 0; i < p->context.n; i++) {
                struct plugin *plugin = p->context.all[i];

                if (plugin->state != PLUGIN_LOADED)
                        continue;

                if (breadcrumb_quarantined(p->context.crumb, plugin->name, &function)) {
                        plugin_set_state(plugin, PLUGIN_QUARANTINED,
                                         "crashed the daemon %d times in ten minutes, at last in %s; restart "
                                         "the "
                                         "daemon to try it again",
                                         CRASHES_MAX, function);
                        continue;
                }

                r = configure_plugin(plugin);
                if (r < 0)
                        return r;
                plugin_open(plugin);
        }
        return 0;
}

int plugins_open_all(struct plugins *p)
{
        log_options(p);
        return open_loaded(p);
}

size_t plugins_retire(struct plugins *p)
{
        size_t n = 0;

        for (size_t i = 0; i < p->context.n; i++) {
                struct plugin *plugin = p->context.all[i];

                if (plugin->state != PLUGIN_OPEN || plugin_file_is_same(plugin))
                        continue;
                catalogue_drop_plugin(p->context.config.catalogue, plugin->name);
                plugin_set_state(plugin, PLUGIN_LEAVING, "its file is gone, or another one now");
                n++;
        }
        return n;
}

/* What was refused may have been half a file, or have lost to another one of its name. */
static bool has_to_go(const struct plugin *plugin)
{
        return plugin->state == PLUGIN_LEAVING || plugin->state == PLUGIN_REFUSED ||
               (plugin->state != PLUGIN_OPEN && !plugin_file_is_same(plugin));
}

static void drop(struct plugins *p, struct plugin *plugin)
{
        for (size_t i = 0; i < p->n_owners; i++)
                if (p->owners[i].plugin == plugin)
                        p->owners[i] = (struct metric_owner) {};
        plugin_free(plugin);
}

int plugins_renew(struct plugins *p, const char *dir)
{
        size_t n = 0;
        int r;

        for (size_t i = 0; i < p->context.n; i++) {
                struct plugin *plugin = p->context.all[i];

                if (has_to_go(plugin))
                        drop(p, plugin);
                else
                        p->context.all[n++] = plugin;
        }
        p->context.n = n;
        p->context.round++;

        r = plugins_load_dir(p, dir);
        if (r < 0)
                return r;
        return open_loaded(p);
}

void plugins_want_begin(struct plugins *p)
{
        self_want_begin(p->context.self);
        for (size_t i = 0; i < p->context.n; i++) {
                struct plugin *plugin = p->context.all[i];

                for (uint32_t j = 0; j < plugin->descriptor.plugin.n_metrics; j++)
                        watchset_begin(&plugin->watchsets[j]);
        }
}

int plugins_want(struct plugins *p, uint32_t metric, uint64_t object)
{
        const struct metric_owner *o = metric < p->n_owners ? &p->owners[metric] : NULL;

        if (!o || !o->plugin)
                return self_want(p->context.self, metric, object);
        if (o->plugin->state != PLUGIN_OPEN)
                return 0;

        return watchset_add(&o->plugin->watchsets[o->index], object);
}

int plugins_want_apply(struct plugins *p)
{
        self_want_apply(p->context.self);
        for (size_t i = 0; i < p->context.n; i++)
                if (p->context.all[i]->state == PLUGIN_OPEN)
                        plugin_watch(p->context.all[i]);
        return 0;
}

void plugins_collect(struct plugins *p, uint64_t now_ns)
{
        for (size_t i = 0; i < p->context.n; i++)
                if (p->context.all[i]->state == PLUGIN_OPEN)
                        plugin_collect(p->context.all[i], now_ns);
        self_collect(p->context.self, &p->context, now_ns);
}

void plugins_object(struct plugins *p, struct oid id, bool came)
{
        for (size_t i = 0; i < p->context.n; i++)
                if (p->context.all[i]->state == PLUGIN_OPEN)
                        plugin_object(p->context.all[i], id, came);
}

struct plugin *plugins_find_open(const struct plugins *p, const char *name)
{
        for (size_t i = 0; i < p->context.n; i++)
                if (p->context.all[i]->state == PLUGIN_OPEN && streq(p->context.all[i]->name, name))
                        return p->context.all[i];
        return NULL;
}

size_t plugins_n(const struct plugins *p)
{
        return p->context.n;
}

void plugins_info(const struct plugins *p, size_t i, struct plugin_info *ret)
{
        const struct plugin *plugin = p->context.all[i];
        const struct trimtab_plugin *d = &plugin->descriptor.plugin;

        *ret = (struct plugin_info) {
                .name = plugin->name,
                .version = d->version ?: "",
                .license = d->license ?: "",
                .help = d->help ?: "",
                .path = plugin->path,
                .state = plugin->state,
                .reason = plugin->reason,
                .programs = plugin->programs,
                .n_programs = plugin->n_programs,
                .sections = d->sections,
                .n_sections = d->n_sections,
                .n_entries = plugin->entries ? plugin->entries->n : 0,
                .sections_reason = plugin->sections_reason,
                .reports = d->reports,
                .n_reports = d->n_reports,
                .deeds = d->deeds,
                .n_deeds = d->n_deeds,
                .collect_ns = plugin->collect_ns,
                .errors = plugin->errors,
                .newest = plugin->round == p->context.round,
        };
}
