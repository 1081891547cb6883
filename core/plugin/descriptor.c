/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/str.h"

void struct_copy(void *to, size_t to_size, const void *from, size_t from_size)
{
        size_t common = to_size < from_size ? to_size : from_size;

        memcpy(to, from, common);
        memset((char *) to + common, 0, to_size - common);
}

/* One of the descriptor's arrays: what the plugin says of it, and what we make of it. */
struct array {
        const char *what;
        const void *from;
        uint32_t n, stride;
        size_t stride_min, own_size;
        void **ret;
        const char *macro; /* what would have stated the stride */
};

static int read_array(const struct array *a, struct inspection *found)
{
        char *copy;

        *a->ret = NULL;
        if (a->n == 0)
                return 0;

        if (!a->from)
                return inspection_refuse(found, -ENOEXEC, "n_%ss is %u, but there is no array of them",
                                         a->what, a->n);
        if (a->n > ELEMENTS_MAX)
                return inspection_refuse(found, -ENOEXEC, "n_%ss is %u, expected at most %u", a->what, a->n,
                                         ELEMENTS_MAX);
        if (a->stride < a->stride_min || a->stride > ELEMENT_SIZE_MAX || a->stride % sizeof(void *) != 0)
                return inspection_refuse(found, -ENOEXEC,
                                         "%s_size is %u, expected at least %zu (use %s)",
                                         a->what, a->stride, a->stride_min, a->macro);

        copy = calloc(a->n, a->own_size);
        if (!copy)
                return -ENOMEM;
        for (uint32_t i = 0; i < a->n; i++)
                struct_copy(copy + i * a->own_size, a->own_size,
                            (const char *) a->from + (size_t) i * a->stride, a->stride);

        *a->ret = copy;
        return 0;
}

static int read_keys(struct descriptor *d, struct inspection *found)
{
        uint32_t n = d->plugin.n_sections;
        int r;

        d->keys = calloc(n + 1, sizeof(*d->keys));
        if (!d->keys)
                return -ENOMEM;

        for (uint32_t i = 0; i < n; i++) {
                struct trimtab_section *s = &d->sections[i];
                const struct array keys = { "key", s->keys, s->n_keys, s->key_size, KEY_SIZE_1_2, sizeof(*s->keys),
                                            (void **) &d->keys[i], "TRIMTAB_KEYS" };

                r = read_array(&keys, found);
                if (r < 0)
                        return r;
                s->keys = d->keys[i];
        }
        return 0;
}

static int read_arrays(struct descriptor *d, struct inspection *found)
{
        const struct trimtab_plugin *p = &d->plugin;
        const struct array arrays[] = {
                { "metric", p->metrics, p->n_metrics, p->metric_size, METRIC_SIZE_1_0, sizeof(*p->metrics),
                  (void **) &d->metrics, "TRIMTAB_PLUGIN_HEAD" },
                { "knob", p->knobs, p->n_knobs, p->knob_size, KNOB_SIZE_1_0, sizeof(*p->knobs),
                  (void **) &d->knobs, "TRIMTAB_PLUGIN_HEAD" },
                { "scope", p->scopes, p->n_scopes, p->scope_size, SCOPE_SIZE_1_0, sizeof(*p->scopes),
                  (void **) &d->scopes, "TRIMTAB_PLUGIN_HEAD" },
                { "option", p->options, p->n_options, p->option_size, OPTION_SIZE_1_0, sizeof(*p->options),
                  (void **) &d->options, "TRIMTAB_PLUGIN_HEAD" },
                { "section", p->sections, p->n_sections, p->section_size, SECTION_SIZE_1_2, sizeof(*p->sections),
                  (void **) &d->sections, "TRIMTAB_SECTIONS" },
                { "report", p->reports, p->n_reports, p->report_size, REPORT_SIZE_1_4, sizeof(*p->reports),
                  (void **) &d->reports, "TRIMTAB_REPORTS" },
                { "deed", p->deeds, p->n_deeds, p->deed_size, DEED_SIZE_1_4, sizeof(*p->deeds),
                  (void **) &d->deeds, "TRIMTAB_DEEDS" },
        };
        int r;

        for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
                r = read_array(&arrays[i], found);
                if (r < 0)
                        return r;
        }

        d->plugin.metrics = d->metrics;
        d->plugin.knobs = d->knobs;
        d->plugin.scopes = d->scopes;
        d->plugin.options = d->options;
        d->plugin.sections = d->sections;
        d->plugin.reports = d->reports;
        d->plugin.deeds = d->deeds;
        return read_keys(d, found);
}

int descriptor_read(const struct trimtab_plugin *from, struct inspection *found, struct descriptor *ret)
{
        int r;

        *ret = (struct descriptor) {};

        if (from->size < PLUGIN_SIZE_1_0 || from->size > found->symbol_size)
                return inspection_refuse(found, -ENOEXEC,
                                         "its size says %u, expected %zu to %llu (use TRIMTAB_PLUGIN_HEAD)",
                                         from->size, PLUGIN_SIZE_1_0,
                                         (unsigned long long) found->symbol_size);
        struct_copy(&ret->plugin, sizeof(ret->plugin), from, from->size);

        if (!ret->plugin.name || !streq(ret->plugin.name, found->name))
                return inspection_refuse(found, -ENOEXEC,
                                         "the descriptor's name is not that of the note, \"%s\"",
                                         found->name);

        r = read_arrays(ret, found);
        if (r < 0)
                descriptor_clear(ret);
        return r;
}

void descriptor_clear(struct descriptor *d)
{
        free(d->metrics);
        free(d->knobs);
        free(d->scopes);
        free(d->options);
        for (uint32_t i = 0; d->keys && i < d->plugin.n_sections; i++)
                free(d->keys[i]);
        free(d->keys);
        free(d->sections);
        free(d->reports);
        free(d->deeds);
        *d = (struct descriptor) {};
}
