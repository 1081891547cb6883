/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/plugin.h"
#include "util/file.h"
#include "util/str.h"

static int set_reason(struct plugin *p, enum plugin_state state, const char *reason)
{
        char *text = str_escape(reason);

        if (!text)
                return -ENOMEM;

        free(p->reason);
        p->reason = text;
        p->state = state;
        return 0;
}

void plugin_set_state(struct plugin *p, enum plugin_state state, const char *format, ...)
{
        char text[256] = "";
        va_list ap;

        if (format) {
                va_start(ap, format);
                (void) vsnprintf(text, sizeof(text), format, ap);
                va_end(ap);
        }

        p->state = state;
        free(p->reason);
        p->reason = format ? str_escape(text) : NULL;

        for (uint32_t i = 0; format && p->metric_numbers && i < p->descriptor.plugin.n_metrics; i++)
                metric_set_unavailable(p, i, text);
}

/*
 * Through the very descriptor that was inspected. The dynamic loader knows what it has by name, too, and the
 * name is the descriptor's number: it must not be used again while the code is loaded, so the fd stays open
 * as long.
 */
static int load_code(struct plugin *p, struct inspection *found, const struct trimtab_plugin **ret)
{
        struct callback before;
        char name[64];

        (void) snprintf(name, sizeof(name), "/proc/self/fd/%d", p->fd);

        /* Constructors run now. */
        before = callback_enter(p, "load");
        p->dl = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        callback_leave(p, before);
        if (!p->dl)
                return inspection_refuse(found, -ENOEXEC, "%s", dlerror());

        *ret = dlsym(p->dl, "trimtab_plugin_v1");
        if (!*ret)
                return inspection_refuse(found, -ENOEXEC, "%s", dlerror());
        return 0;
}

/* The name is what rules, options and the catalogue go by: the first file that has it wins. */
static int check_name_is_free(const struct plugin *p, struct inspection *found)
{
        for (size_t i = 0; i < p->context->n; i++) {
                const struct plugin *other = p->context->all[i];

                if (other->dl && streq(other->name, p->name))
                        return inspection_refuse(found, -EEXIST, "%s is loaded under the name %s",
                                                 other->path, p->name);
        }
        return 0;
}

static int check_options(struct plugin *p, struct inspection *found)
{
        struct diag diag = {};
        int r;

        r = options_read(p->descriptor.options, p->descriptor.plugin.n_options, NULL, &diag, &p->options);
        if (r == -EINVAL)
                r = inspection_refuse(found, -ENOEXEC, "a default value: %s",
                                      diag.n > 0 ? diag.items[0].message : "not valid");
        diag_clear(&diag);
        return r;
}

/* Names that another plugin has: seen before anything goes into the catalogue, which gets all or nothing. */
static int check_clashes(const struct plugin *p, struct inspection *found)
{
        const struct catalogue *c = p->context->config.catalogue;

        for (uint32_t i = 0; i < p->descriptor.plugin.n_knobs; i++) {
                const char *name = p->descriptor.knobs[i].name;
                const struct knob *k = catalogue_knob(c, name, strlen(name));

                if (k && k->plugin && !streq(k->plugin, p->name))
                        return inspection_refuse(found, -ENOEXEC, "knob %s: plugin %s has one of that name",
                                                 name, k->plugin);
        }
        for (uint32_t i = 0; i < p->descriptor.plugin.n_sections; i++) {
                const char *kind = p->descriptor.sections[i].name, *owner = catalogue_kind_owner(c, kind);

                if (owner && !streq(owner, p->name))
                        return inspection_refuse(found, -ENOEXEC, "section %s: plugin %s has one of that name", kind, owner);
        }
        return 0;
}

static int scope_number(const struct plugin *p, const char *scope)
{
        return objects_scope_find(p->context->config.objects, scope, strlen(scope));
}

static int add_metrics(struct plugin *p)
{
        const struct trimtab_plugin *d = &p->descriptor.plugin;
        int r;

        p->metric_numbers = calloc(d->n_metrics + 1, sizeof(*p->metric_numbers));
        p->watchsets = calloc(d->n_metrics + 1, sizeof(*p->watchsets));
        if (!p->metric_numbers || !p->watchsets)
                return -ENOMEM;

        for (uint32_t i = 0; i < d->n_metrics; i++) {
                struct metric *m;

                r = catalogue_add_metric(p->context->config.catalogue, p->name, &d->metrics[i],
                                         (uint32_t) scope_number(p, d->metrics[i].scope), &m);
                if (r < 0)
                        return r;
                p->metric_numbers[i] = m->number;
        }
        return 0;
}

static int add_knobs(struct plugin *p)
{
        const struct trimtab_plugin *d = &p->descriptor.plugin;
        int r;

        p->knob_numbers = calloc(d->n_knobs + 1, sizeof(*p->knob_numbers));
        p->bindings = calloc(d->n_knobs + 1, sizeof(*p->bindings));
        if (!p->knob_numbers || !p->bindings)
                return -ENOMEM;

        for (uint32_t i = 0; i < d->n_knobs; i++) {
                struct trimtab_knob k = d->knobs[i];
                struct knob *added;

                k.read = k.read ? plugin_knob_read : NULL;
                k.check = k.check ? plugin_knob_check : NULL;
                k.apply = k.apply ? plugin_knob_apply : NULL;
                if (k.per_scope) {
                        p->knob_numbers[i] = UINT32_MAX;
                        r = catalogue_add_template(p->context->config.catalogue, p->name, &k,
                                                   (uint32_t) scope_number(p, k.scope),
                                                   (uint32_t) scope_number(p, k.per_scope));
                        if (r < 0)
                                return r;
                        continue;
                }
                r = catalogue_add_knob(p->context->config.catalogue, p->name, &k,
                                       (uint32_t) scope_number(p, k.scope), &added);
                if (r < 0)
                        return r;
                p->knob_numbers[i] = added->number;
                p->bindings[i] = (struct knob_binding) { p, i };
        }

        r = catalogue_follow(p->context->config.catalogue, p->context->config.objects);
        return r < 0 ? r : 0;
}

static int add_to_catalogue(struct plugin *p)
{
        const struct trimtab_plugin *d = &p->descriptor.plugin;
        int r = 0;

        for (uint32_t i = 0; i < d->n_scopes && r >= 0; i++)
                r = objects_scope_add(p->context->config.objects, d->scopes[i].name);
        if (r >= 0)
                r = add_metrics(p);
        if (r >= 0)
                r = add_knobs(p);
        for (uint32_t i = 0; i < d->n_sections && r >= 0; i++)
                r = catalogue_add_kind(p->context->config.catalogue, p->name, d->sections[i].name);
        if (r < 0)
                catalogue_drop_plugin(p->context->config.catalogue, p->name);
        return r;
}

/* Everything up to the catalogue. -ENOEXEC and the like: refused, found->reason says why. */
static int load(struct plugin *p, struct inspection *found)
{
        const struct trimtab_plugin *symbol;
        const char *function;
        int r;

        p->fd = inspect_open(p->path, geteuid(), found);
        if (p->fd < 0)
                return p->fd;
        r = inspect_fd(p->fd, found);
        if (r < 0)
                return r;
        memcpy(p->name, found->name, sizeof(p->name));
        r = check_name_is_free(p, found);
        if (r < 0)
                return r;

        if (breadcrumb_quarantined(p->context->crumb, p->name, &function) && streq(function, "load"))
                return inspection_refuse(found, -EOWNERDEAD, "crashed the daemon while it was loaded");

        r = load_code(p, found, &symbol);
        if (r < 0)
                return r;
        r = descriptor_read(symbol, found, &p->descriptor);
        if (r < 0)
                return r;
        r = descriptor_check(&p->descriptor, p->context->config.objects, found);
        if (r < 0)
                return r;
        r = check_options(p, found);
        if (r < 0)
                return r;
        r = check_clashes(p, found);
        if (r < 0)
                return r;

        return add_to_catalogue(p);
}

bool plugin_file_is_same(const struct plugin *p)
{
        struct file_identity now = file_identify(p->path);

        return file_identity_same(&now, &p->file);
}

/* What it is called until its note says better. */
static void name_after_file(struct plugin *p)
{
        const char *slash = strrchr(p->path, '/'), *file = slash ? slash + 1 : p->path;

        (void) snprintf(p->name, sizeof(p->name), "%.*s", (int) strcspn(file, "."), file);
}

/* The code, and all that was made by its descriptor. */
static void unload(struct plugin *p)
{
        const struct trimtab_plugin *d = &p->descriptor.plugin;

        for (uint32_t i = 0; p->watchsets && i < d->n_metrics; i++)
                watchset_clear(&p->watchsets[i]);
        free(p->watchsets);
        p->watchsets = NULL;
        free(p->metric_numbers);
        p->metric_numbers = NULL;
        free(p->knob_numbers);
        p->knob_numbers = NULL;
        free(p->bindings);
        p->bindings = NULL;
        option_values_free(p->options, d->n_options);
        p->options = NULL;

        descriptor_clear(&p->descriptor);
        if (p->dl)
                (void) dlclose(p->dl);
        p->dl = NULL;
        if (p->fd >= 0)
                (void) close(p->fd);
        p->fd = -1;
}

int plugin_load(struct plugin_context *context, const char *path, struct plugin **ret)
{
        _cleanup_(plugin_freep) struct plugin *p = NULL;
        struct inspection found = {};
        int r;

        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        p->context = context;
        p->fd = -1;
        p->path = strdup(path);
        if (!p->path)
                return -ENOMEM;
        p->file = file_identify(path);
        p->round = context->round;
        name_after_file(p);
        host_init(p);

        r = load(p, &found);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                unload(p);
                r = set_reason(p, r == -EOWNERDEAD ? PLUGIN_QUARANTINED : PLUGIN_REFUSED,
                               found.reason[0] ? found.reason : strerror(-r));
                if (r < 0)
                        return r;
        } else
                p->state = PLUGIN_LOADED;

        *ret = TAKE(p);
        return 0;
}

/* Whether another plugin makes objects of that scope, too. */
static bool is_shared(const struct plugin *p, const char *scope)
{
        for (size_t i = 0; i < p->context->n; i++) {
                const struct plugin *other = p->context->all[i];

                for (uint32_t j = 0; other != p && other->dl && j < other->descriptor.plugin.n_scopes; j++)
                        if (streq(other->descriptor.scopes[j].name, scope))
                                return true;
        }
        return false;
}

/* Of its own scopes: nobody else makes or ends them. */
static void forget_objects(struct plugin *p)
{
        const struct plugins_config *c = &p->context->config;

        for (uint32_t i = 0; i < p->descriptor.plugin.n_scopes; i++) {
                int scope = scope_number(p, p->descriptor.scopes[i].name);
                const struct object *const *objects;
                size_t n;

                if (is_shared(p, p->descriptor.scopes[i].name))
                        continue;
                while (scope >= 0 && (objects = objects_of_scope(c->objects, (uint32_t) scope, &n), n > 0)) {
                        struct oid id = objects[n - 1]->id;

                        if (c->store)
                                store_forget(c->store, id);
                        if (objects_remove(c->objects, id) < 0)
                                break;
                }
        }
}

struct plugin *plugin_free(struct plugin *p)
{
        if (!p)
                return NULL;

        plugin_close(p);
        callback_forget_lent(p);
        if (p->metric_numbers) {
                catalogue_drop_plugin(p->context->config.catalogue, p->name);
                forget_objects(p);
        }
        unload(p);
        free(p->path);
        free(p->reason);
        free(p->sections_reason);
        free(p);
        return NULL;
}
