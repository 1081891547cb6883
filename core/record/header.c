/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/header.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "util/ownership.h"

/* The document is the header: it is read where it is needed. */
struct header {
        json_t *root;
};

DEFINE_CLEANUP(struct header *, header_free);

/* Where definitions stand in it, in the order in which they need each other. */
static const struct {
        const char *name;
        enum item_kind kind;
} lists[] = {
        { "scopes", ITEM_SCOPE },
        { "metrics", ITEM_METRIC },
        { "knobs", ITEM_KNOB },
};

/* Metrics' kinds and knobs' types in words, as everywhere in the command's JSON. */
static const char *const kind_names[] = {
        [TRIMTAB_GAUGE] = "gauge", [TRIMTAB_COUNTER] = "counter", [TRIMTAB_HISTOGRAM] = "histogram",
};
static const char *const type_names[] = {
        [TRIMTAB_NUMBER] = "number", [TRIMTAB_CPULIST] = "cpulist", [TRIMTAB_CHOICE] = "choice", [TRIMTAB_TEXT] = "text",
};

struct header *header_free(struct header *h)
{
        if (!h)
                return NULL;
        json_decref(h->root);
        free(h);
        return NULL;
}

/* Help texts are whatever a plugin's author wrote: not worth failing for. */
static json_t *string_of(const char *s)
{
        return json_string(s ?: "") ?: json_string("?");
}

static json_t *strings_of(const char *const *strings)
{
        json_t *list = json_array();

        for (; strings && *strings; strings++)
                (void) json_array_append_new(list, string_of(*strings));
        return list;
}

int header_new(const struct recording_facts *facts, struct header **ret)
{
        _cleanup_(header_freep) struct header *h = calloc(1, sizeof(*h));

        if (!h)
                return -ENOMEM;
        h->root = json_pack("{s:s, s:o, s:o, s:{s:o, s:o}, s:{s:I, s:I}, s:I, s:o}",
                            "format", "trimtab-recording",
                            "trimtab", string_of(facts->version),
                            "mode", string_of(facts->mode),
                            "host", "kernel", string_of(facts->kernel), "boot_id", string_of(facts->boot_id),
                            "start", "realtime_usec", (json_int_t) facts->realtime_usec,
                            "monotonic_ns", (json_int_t) facts->monotonic_ns,
                            "tick_ns", (json_int_t) facts->tick_ns,
                            "protect", strings_of(facts->protect));
        if (!h->root)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                if (json_object_set_new(h->root, lists[i].name, json_array()) < 0)
                        return -ENOMEM;

        *ret = TAKE(h);
        return 0;
}

int header_parse(const char *text, size_t size, struct header **ret)
{
        _cleanup_(header_freep) struct header *h = calloc(1, sizeof(*h));
        const char *format = NULL;

        if (!h)
                return -ENOMEM;
        h->root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        if (!h->root || json_unpack(h->root, "{s:s}", "format", &format) < 0 ||
            strcmp(format, "trimtab-recording") != 0)
                return -EBADMSG;

        *ret = TAKE(h);
        return 0;
}

static json_t *of_metric(const struct item *item)
{
        const struct trimtab_metric *m = &item->metric.is;

        return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:I}",
                         "number", (json_int_t) item->metric.number,
                         "scope", (json_int_t) item->metric.scope,
                         "plugin", string_of(item->metric.plugin),
                         "name", string_of(m->name), "unit", string_of(m->unit), "help", string_of(m->help),
                         "kind", kind_names[m->kind], "flags", (json_int_t) m->flags);
}

/* JSON has no infinity: what has no bound has none here. */
static int set_bound(json_t *object, const char *name, double value)
{
        return isfinite(value) ? json_object_set_new(object, name, json_real(value)) : 0;
}

static json_t *of_knob(const struct item *item)
{
        const struct trimtab_knob *k = &item->knob.is;
        json_t *object;

        object = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:I, s:o, s:o}",
                           "number", (json_int_t) item->knob.number,
                           "scope", (json_int_t) item->knob.scope,
                           "plugin", string_of(item->knob.plugin),
                           "name", string_of(k->name), "unit", string_of(k->unit), "help", string_of(k->help),
                           "type", type_names[k->type], "flags", (json_int_t) k->flags,
                           "use_metric", string_of(k->use_metric), "choices", strings_of(k->choices));
        if (object && (set_bound(object, "min", k->min) < 0 || set_bound(object, "max", k->max) < 0)) {
                json_decref(object);
                return NULL;
        }
        return object;
}

int header_define(struct header *h, const struct item *item)
{
        json_t *object = NULL;
        const char *list = NULL;

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                if (lists[i].kind == item->kind)
                        list = lists[i].name;
        if (!list)
                return -EINVAL;

        if (item->kind == ITEM_SCOPE)
                object = json_pack("{s:I, s:o}", "number", (json_int_t) item->scope.number,
                                   "name", string_of(item->scope.name));
        else if (item->kind == ITEM_METRIC)
                object = of_metric(item);
        else
                object = of_knob(item);
        return json_array_append_new(json_object_get(h->root, list), object) < 0 ? -ENOMEM : 0;
}

char *header_text(const struct header *h)
{
        return json_dumps(h->root, JSON_INDENT(1));
}

static uint64_t uint_in(const json_t *object, const char *name)
{
        json_int_t value = json_integer_value(json_object_get(object, name));

        return value > 0 ? (uint64_t) value : 0;
}

static const char *string_in(const json_t *object, const char *name)
{
        return json_string_value(json_object_get(object, name)) ?: "";
}

/* At most n of them; ret has room for one more. */
static size_t strings_in(const json_t *object, const char *name, const char **ret, size_t n)
{
        const json_t *list = json_object_get(object, name);
        size_t found = 0;

        for (size_t i = 0; i < json_array_size(list) && found < n; i++) {
                const char *s = json_string_value(json_array_get(list, i));

                if (s)
                        ret[found++] = s;
        }
        ret[found] = NULL;
        return found;
}

void header_facts(const struct header *h, struct recording_facts *ret)
{
        const json_t *host = json_object_get(h->root, "host"), *start = json_object_get(h->root, "start");

        *ret = (struct recording_facts) {
                .version = string_in(h->root, "trimtab"),
                .mode = string_in(h->root, "mode"),
                .kernel = string_in(host, "kernel"),
                .boot_id = string_in(host, "boot_id"),
                .realtime_usec = uint_in(start, "realtime_usec"),
                .monotonic_ns = uint_in(start, "monotonic_ns"),
                .tick_ns = uint_in(h->root, "tick_ns"),
        };
        (void) strings_in(h->root, "protect", ret->protect, FACTS_PROTECT_MAX);
}

size_t header_n_definitions(const struct header *h)
{
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                n += json_array_size(json_object_get(h->root, lists[i].name));
        return n;
}

/* The number of a word; 0: none of them. */
static uint32_t word_in(const json_t *object, const char *name, const char *const *words, uint32_t n)
{
        const char *word = string_in(object, name);

        for (uint32_t i = 0; i < n; i++)
                if (words[i] && strcmp(words[i], word) == 0)
                        return i;
        return 0;
}

static double bound_in(const json_t *object, const char *name, double unbounded)
{
        const json_t *value = json_object_get(object, name);

        return json_is_number(value) ? json_number_value(value) : unbounded;
}

/* Numbers are small; one that is not is made one that nothing has. */
static uint32_t number_in(const json_t *object, const char *name)
{
        uint64_t value = uint_in(object, name);

        return value < UINT32_MAX ? (uint32_t) value : UINT32_MAX;
}

static int read_metric(const json_t *object, struct item *ret)
{
        ret->metric.number = number_in(object, "number");
        ret->metric.scope = number_in(object, "scope");
        ret->metric.plugin = string_in(object, "plugin");
        ret->metric.is = (struct trimtab_metric) {
                .name = string_in(object, "name"),
                .unit = string_in(object, "unit"),
                .help = string_in(object, "help"),
                .kind = word_in(object, "kind", kind_names, ELEMENTSOF(kind_names)),
                .flags = number_in(object, "flags"),
        };
        return *ret->metric.is.name && ret->metric.is.kind ? 0 : -EBADMSG;
}

static int read_knob(const json_t *object, struct item *ret)
{
        const char *use = string_in(object, "use_metric");

        ret->knob.number = number_in(object, "number");
        ret->knob.scope = number_in(object, "scope");
        ret->knob.plugin = string_in(object, "plugin");
        ret->knob.is = (struct trimtab_knob) {
                .name = string_in(object, "name"),
                .unit = string_in(object, "unit"),
                .help = string_in(object, "help"),
                .type = word_in(object, "type", type_names, ELEMENTSOF(type_names)),
                .flags = number_in(object, "flags"),
                .min = bound_in(object, "min", -INFINITY),
                .max = bound_in(object, "max", INFINITY),
                .use_metric = *use ? use : NULL,
        };
        if (strings_in(object, "choices", ret->knob.choices, ITEM_CHOICES_MAX) > 0)
                ret->knob.is.choices = ret->knob.choices;
        return *ret->knob.is.name && ret->knob.is.type ? 0 : -EBADMSG;
}

int header_definition(const struct header *h, size_t i, struct item *ret)
{
        for (size_t k = 0; k < ELEMENTSOF(lists); k++) {
                const json_t *list = json_object_get(h->root, lists[k].name), *object;

                if (i >= json_array_size(list)) {
                        i -= json_array_size(list);
                        continue;
                }

                object = json_array_get(list, i);
                *ret = (struct item) { .kind = lists[k].kind };
                if (ret->kind == ITEM_METRIC)
                        return read_metric(object, ret);
                if (ret->kind == ITEM_KNOB)
                        return read_knob(object, ret);
                ret->scope.number = number_in(object, "number");
                ret->scope.name = string_in(object, "name");
                return *ret->scope.name ? 0 : -EBADMSG;
        }
        return -EBADMSG;
}
