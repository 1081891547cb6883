/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "catalogue-room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

int catalogue_new(struct catalogue **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

static void metric_clear(struct metric *m)
{
        free(m->name);
        free(m->unit);
        free(m->help);
        free(m->plugin);
        free(m->unavailable);
}

void knob_clear(struct knob *k)
{
        for (char **c = k->choices; c && *c; c++)
                free(*c);
        free(k->choices);
        free(k->name);
        free(k->unit);
        free(k->help);
        free(k->plugin);
        free(k->file);
        free(k->key);
        free(k->absent);
        free(k->unit_property);
        free(k->use_metric);
        free(k->device);
}

struct catalogue *catalogue_free(struct catalogue *c)
{
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_metrics; i++) {
                metric_clear(c->metrics[i]);
                free(c->metrics[i]);
        }
        for (size_t i = 0; i < c->n_knobs; i++) {
                knob_clear(c->knobs[i]);
                free(c->knobs[i]);
        }
        free(c->metrics);
        free(c->knobs);
        templates_clear(c);
        kinds_clear(c);
        free(c);
        return NULL;
}

/* strdup that keeps NULL and remembers failure. */
static char *copy(const char *s, int *error)
{
        char *ret = s ? strdup(s) : NULL;

        if (s && !ret)
                *error = -ENOMEM;
        return ret;
}

static char **copy_choices(const char *const *from, int *error)
{
        char **ret;
        size_t n = 0;

        if (!from)
                return NULL;
        while (from[n])
                n++;
        ret = calloc(n + 1, sizeof(*ret));
        if (!ret) {
                *error = -ENOMEM;
                return NULL;
        }
        for (size_t i = 0; i < n; i++)
                ret[i] = copy(from[i], error);
        return ret;
}

static void unit_of(const char *name, double *ret_factor, enum dimension *ret_dimension)
{
        const struct unit *u = name ? unit_find(name, strlen(name)) : NULL;

        *ret_factor = u ? u->factor : 1;
        *ret_dimension = u ? u->dimension : DIMENSION_NONE;
}

/* The entry of that name that some plugin offers or offered; a live one first. */
#define FIND(table, n_entries, wanted, length)                                                               \
        ({                                                                                                   \
                __typeof__(*(table)) found_ = NULL;                                                          \
                for (size_t i_ = 0; i_ < (n_entries); i_++)                                                  \
                        if (strlen((table)[i_]->name) == (length) &&                                         \
                            memcmp((table)[i_]->name, (wanted), (length)) == 0)                              \
                                found_ = (table)[i_];                                                        \
                found_;                                                                                      \
        })

int catalogue_add_metric(struct catalogue *c, const char *plugin, const struct trimtab_metric *from, uint32_t scope,
                         struct metric **ret)
{
        struct metric *m = FIND(c->metrics, c->n_metrics, from->name, strlen(from->name)), made = {};
        int r = 0;

        if (m && m->plugin && !streq(m->plugin, plugin))
                return -EEXIST;

        made = (struct metric) {
                .number = m ? m->number : (uint32_t) c->n_metrics,
                .name = copy(from->name, &r),
                .unit = copy(from->unit ?: "", &r),
                .help = copy(from->help ?: "", &r),
                .plugin = copy(plugin, &r),
                .scope = scope,
                .kind = from->kind,
                .flags = from->flags,
        };
        unit_of(made.unit, &made.factor, &made.dimension);

        if (r >= 0 && !m) {
                m = calloc(1, sizeof(*m));
                r = m ? array_reserve(&c->metrics, c->n_metrics, sizeof(*c->metrics)) : -ENOMEM;
                if (r < 0)
                        free(m);
                else
                        c->metrics[c->n_metrics++] = m;
        }
        if (r < 0) {
                metric_clear(&made);
                return r;
        }

        metric_clear(m);
        *m = made;
        if (ret)
                *ret = m;
        return 0;
}

int knob_copy(const char *plugin, const struct trimtab_knob *from, uint32_t scope, struct knob *ret)
{
        int r = 0;

        *ret = (struct knob) {
                .name = copy(from->name, &r),
                .unit = copy(from->unit ?: "", &r),
                .help = copy(from->help ?: "", &r),
                .plugin = copy(plugin, &r),
                .scope = scope,
                .type = from->type,
                .flags = from->flags,
                .form = from->form,
                .min = from->min,
                .max = from->max,
                .choices = copy_choices(from->choices, &r),
                .file = copy(from->file, &r),
                .key = copy(from->key, &r),
                .absent = copy(from->absent, &r),
                .unit_property = copy(from->unit_property, &r),
                .use_metric = copy(from->use_metric, &r),
                .read = from->read,
                .check = from->check,
                .apply = from->apply,
        };
        unit_of(ret->unit, &ret->factor, &ret->dimension);

        if (r < 0)
                knob_clear(ret);
        return r;
}

int catalogue_add_knob(struct catalogue *c, const char *plugin, const struct trimtab_knob *from, uint32_t scope,
                       struct knob **ret)
{
        struct knob *k = FIND(c->knobs, c->n_knobs, from->name, strlen(from->name)), made;
        int r;

        if (k && k->plugin && !streq(k->plugin, plugin))
                return -EEXIST;

        r = knob_copy(plugin, from, scope, &made);
        if (r < 0)
                return r;
        if (!k) {
                k = calloc(1, sizeof(*k));
                r = k ? array_reserve(&c->knobs, c->n_knobs, sizeof(*c->knobs)) : -ENOMEM;
                if (r < 0) {
                        free(k);
                        knob_clear(&made);
                        return r;
                }
                k->number = (uint32_t) c->n_knobs;
                c->knobs[c->n_knobs++] = k;
        }

        made.number = k->number;
        knob_clear(k);
        *k = made;
        if (ret)
                *ret = k;
        return 0;
}

void catalogue_drop_plugin(struct catalogue *c, const char *plugin)
{
        for (size_t i = 0; i < c->n_metrics; i++)
                if (c->metrics[i]->plugin && streq(c->metrics[i]->plugin, plugin)) {
                        free(c->metrics[i]->plugin);
                        c->metrics[i]->plugin = NULL;
                }

        for (size_t i = 0; i < c->n_knobs; i++)
                if (c->knobs[i]->plugin && streq(c->knobs[i]->plugin, plugin)) {
                        free(c->knobs[i]->plugin);
                        c->knobs[i]->plugin = NULL;
                }

        templates_drop_plugin(c, plugin);
        kinds_drop_plugin(c, plugin);
}

const struct metric *catalogue_metric(const struct catalogue *c, const char *name, size_t length)
{
        const struct metric *m = FIND(c->metrics, c->n_metrics, name, length);

        return m && m->plugin ? m : NULL;
}

const struct knob *catalogue_knob(const struct catalogue *c, const char *name, size_t length)
{
        const struct knob *k = FIND(c->knobs, c->n_knobs, name, length);

        return k && k->plugin ? k : NULL;
}

size_t catalogue_n_metrics(const struct catalogue *c)
{
        return c->n_metrics;
}

size_t catalogue_n_knobs(const struct catalogue *c)
{
        return c->n_knobs;
}

struct metric *catalogue_metric_at(const struct catalogue *c, uint32_t number)
{
        return c->metrics[number];
}

struct knob *catalogue_knob_at(const struct catalogue *c, uint32_t number)
{
        return c->knobs[number];
}
