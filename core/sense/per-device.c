/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "catalogue-room.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/* Knobs that there are once for each device: "io.max.wbps[vda]". */

int catalogue_add_template(struct catalogue *c, const char *plugin, const struct trimtab_knob *from,
                           uint32_t scope, uint32_t per_scope)
{
        struct template *t;
        int r;

        r = array_reserve(&c->templates, c->n_templates, sizeof(*c->templates));
        if (r < 0)
                return r;
        t = &c->templates[c->n_templates];
        t->per_scope = per_scope;
        r = knob_copy(plugin, from, scope, &t->knob);
        if (r < 0)
                return r;
        c->n_templates++;
        return 0;
}

/* The key with the device's MAJ:MIN in it. New string. */
static char *key_of_device(const char *key, uint64_t device)
{
        static const char place[] = "{device}";
        const char *at = strstr(key, place);

        if (!at)
                return strdup(key);
        return str_printf("%.*s%u:%u%s", (int) (at - key), key, major(device), minor(device),
                          at + strlen(place));
}

/* 1: it is new, or another device than before. */
static int follow_device(struct catalogue *c, const struct template *t, const struct object *device)
{
        _cleanup_free_ char *name = str_printf("%s[%s]", t->knob.name, device->name);
        _cleanup_free_ char *key = key_of_device(t->knob.key ?: "", device->id.key);
        const struct knob *known;
        struct knob *made;
        int r;

        if (!name || !key)
                return -ENOMEM;
        known = catalogue_knob(c, name, strlen(name));
        if (known && streq(known->key, key))
                return 0;

        r = catalogue_add_knob(c, t->knob.plugin,
                               &(struct trimtab_knob){
                                       .name = name,
                                       .unit = t->knob.unit,
                                       .help = t->knob.help,
                                       .type = t->knob.type,
                                       .flags = t->knob.flags,
                                       .form = t->knob.form,
                                       .min = t->knob.min,
                                       .max = t->knob.max,
                                       .choices = (const char *const *) t->knob.choices,
                                       .file = t->knob.file,
                                       .key = key,
                                       .absent = t->knob.absent,
                                       .unit_property = t->knob.unit_property,
                                       .use_metric = t->knob.use_metric,
                               },
                               t->knob.scope, &made);
        if (r < 0)
                return r;
        made->device = strdup(device->name);
        return made->device ? 1 : -ENOMEM;
}

bool catalogue_is_per_device(const struct catalogue *c, const char *name, size_t length,
                             const char **ret_device, size_t *ret_device_length)
{
        const char *open = memchr(name, '[', length);

        if (!open || name[length - 1] != ']')
                return false;

        for (size_t i = 0; i < c->n_templates; i++)
                if (strlen(c->templates[i].knob.name) == (size_t) (open - name) &&
                    memcmp(c->templates[i].knob.name, name, (size_t) (open - name)) == 0) {
                        *ret_device = open + 1;
                        *ret_device_length = length - (size_t) (open - name) - 2;
                        return true;
                }
        return false;
}

/* Those of devices that are there no longer. */
static int retire_gone(struct catalogue *c, const struct objects *objects)
{
        int changed = 0;

        for (size_t i = 0; i < c->n_knobs; i++) {
                struct knob *k = c->knobs[i];
                bool there = false;

                if (!k->device || !k->plugin)
                        continue;
                for (size_t j = 0; j < c->n_templates && !there; j++)
                        there = objects_by_name(objects, c->templates[j].per_scope, k->device);
                if (!there) {
                        /* Nobody offers it any more; its number stays. */
                        free(k->plugin);
                        k->plugin = NULL;
                        changed = 1;
                }
        }
        return changed;
}

int catalogue_follow(struct catalogue *c, const struct objects *objects)
{
        int changed = retire_gone(c, objects);

        for (size_t i = 0; i < c->n_templates; i++) {
                const struct object *const *devices;
                size_t n;

                devices = objects_of_scope(objects, c->templates[i].per_scope, &n);
                for (size_t j = 0; j < n; j++) {
                        int r = follow_device(c, &c->templates[i], devices[j]);

                        if (r < 0)
                                return r;
                        changed |= r;
                }
        }
        return changed;
}

void templates_drop_plugin(struct catalogue *c, const char *plugin)
{
        size_t n = 0;

        for (size_t i = 0; i < c->n_templates; i++) {
                if (streq(c->templates[i].knob.plugin, plugin))
                        knob_clear(&c->templates[i].knob);
                else
                        c->templates[n++] = c->templates[i];
        }
        c->n_templates = n;
}

void templates_clear(struct catalogue *c)
{
        for (size_t i = 0; i < c->n_templates; i++)
                knob_clear(&c->templates[i].knob);
        free(c->templates);
}
