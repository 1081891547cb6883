/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "plugin/plugin.h"
#include "util/str.h"

static const struct ini_section *find_section(const struct plugin_context *c, const char *name)
{
        const struct options *o = c->config.options;

        for (size_t i = 0; o && i < o->ini.n_sections; i++)
                if (streq(o->ini.sections[i].kind, "plugin") && streq(o->ini.sections[i].name, name))
                        return &o->ini.sections[i];
        return NULL;
}

static void check_sections(const struct plugin_context *c, struct diag *diag)
{
        const struct options *o = c->config.options;
        _cleanup_free_ const char **names = calloc(c->n + 1, sizeof(*names));

        for (size_t i = 0; names && i < c->n; i++)
                names[i] = c->all[i]->name;

        for (size_t i = 0; names && o && i < o->ini.n_sections; i++) {
                const struct ini_section *s = &o->ini.sections[i];
                const char *nearest;

                if (!streq(s->kind, "plugin"))
                        continue;
                nearest = str_nearest(s->name, names, c->n);
                if (!nearest || !streq(nearest, s->name))
                        diag_add(diag, SEVERITY_WARNING, &s->place, "no plugin '%s' is installed%s%s%s",
                                 s->name, nearest ? ", did you mean '" : "", nearest ?: "",
                                 nearest ? "'?" : "");
        }
}

void configure_check(const struct plugin_context *c, struct diag *diag)
{
        for (size_t i = 0; i < c->n; i++) {
                const struct plugin *plugin = c->all[i];
                const struct trimtab_plugin *d = &plugin->descriptor.plugin;
                struct option_value *values;

                if (plugin->dl &&
                    options_read(d->options, d->n_options, find_section(c, plugin->name), diag, &values) >= 0)
                        option_values_free(values, d->n_options);
        }
        check_sections(c, diag);
}

int configure_plugin(struct plugin *p)
{
        const struct trimtab_plugin *d = &p->descriptor.plugin;
        struct option_value *values;
        struct diag ignored = {};
        int r;

        r = options_read(d->options, d->n_options, find_section(p->context, p->name), &ignored, &values);
        diag_clear(&ignored);
        if (r < 0)
                return r;

        option_values_free(p->options, d->n_options);
        p->options = values;
        return 0;
}
