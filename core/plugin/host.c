/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trimtab/bpf/histogram.h>

#include "plugin/plugin.h"
#include "util/array.h"
#include "util/cleanup.h"
#include "util/str.h"

/*
 * The table of functions that a plugin gets. What comes in is checked: a wrong number is the plugin's error,
 * told by a negative errno, never ours.
 */

static struct plugin *plugin_of(const struct trimtab_host *h)
{
        return h->host;
}

__attribute__((format(printf, 3, 4))) static void host_log(const struct trimtab_host *h, int32_t level,
                                                           const char *format, ...)
{
        const struct plugin *p = plugin_of(h);
        _cleanup_free_ char *text = NULL, *safe = NULL;
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0) {
                text = NULL;
                return;
        }

        /* Plugins log names of processes and cgroups. */
        safe = str_escape(str_strip(text));
        if (level < LOG_ERR)
                level = LOG_ERR;
        if (level > LOG_DEBUG)
                level = LOG_DEBUG;
        if (safe)
                log_write(p->context->config.log, level, "%s: %s", p->name, safe);
}

static const struct option_value *find_option(const struct plugin *p, const char *name)
{
        for (uint32_t i = 0; i < p->descriptor.plugin.n_options; i++)
                if (streq(p->descriptor.options[i].name, name))
                        return &p->options[i];
        return NULL;
}

static int host_option_number(const struct trimtab_host *h, const char *name, double *ret)
{
        const struct option_value *v = find_option(plugin_of(h), name);

        if (!v)
                return -ENOENT;
        *ret = v->number;
        return 0;
}

static int host_option_text(const struct trimtab_host *h, const char *name, const char **ret)
{
        const struct option_value *v = find_option(plugin_of(h), name);

        if (!v)
                return -ENOENT;
        *ret = v->text;
        return 0;
}

/*
 * Whether a sample is welcome: 1 yes, 0 nobody asked for it. Only known objects, so that no plugin can fill
 * the memory with invented ones.
 */
static int check_sample(const struct plugin *p, uint32_t metric, uint64_t object, bool histogram)
{
        const struct metric *m;

        if (p->collect_at_ns == 0 || metric >= p->descriptor.plugin.n_metrics)
                return -EINVAL;

        m = catalogue_metric_at(p->context->config.catalogue, p->metric_numbers[metric]);
        if ((m->kind == TRIMTAB_HISTOGRAM) != histogram)
                return -EINVAL;

        if (p->descriptor.plugin.watch)
                return watchset_has(&p->watchsets[metric], object);
        if (!objects_get(p->context->config.objects, (struct oid) { m->scope, object }))
                return -ENOENT;
        return 1;
}

static int host_emit(const struct trimtab_host *h, uint32_t metric, uint64_t object, double value)
{
        const struct plugin *p = plugin_of(h);
        int r;

        r = check_sample(p, metric, object, false);
        if (r <= 0)
                return r;
        if (!isfinite(value))
                return -EINVAL;

        return store_put(p->context->config.store, p->metric_numbers[metric], object, p->collect_at_ns,
                         value);
}

static int host_emit_histogram(const struct trimtab_host *h, uint32_t metric, uint64_t object,
                               const uint64_t *slots, uint32_t n_slots, double sum)
{
        const struct plugin *p = plugin_of(h);
        int r;

        r = check_sample(p, metric, object, true);
        if (r <= 0)
                return r;
        if (n_slots > TRIMTAB_HIST_SLOTS || (!slots && n_slots > 0) || isinf(sum))
                return -EINVAL;

        return store_put_histogram(p->context->config.store, p->metric_numbers[metric], object,
                                   p->collect_at_ns, slots, n_slots, sum);
}

void metric_set_unavailable(struct plugin *p, uint32_t metric, const char *reason)
{
        struct metric *m = catalogue_metric_at(p->context->config.catalogue, p->metric_numbers[metric]);
        char *text = reason ? str_escape(reason) : NULL;

        free(m->unavailable);
        m->unavailable = text;
}

static void host_unavailable(const struct trimtab_host *h, uint32_t metric, const char *reason)
{
        struct plugin *p = plugin_of(h);

        if (metric < p->descriptor.plugin.n_metrics)
                metric_set_unavailable(p, metric, reason);
}

static void host_event(const struct trimtab_host *h, const char *text)
{
        const struct plugin *p = plugin_of(h);
        const struct plugins_config *c = &p->context->config;
        _cleanup_free_ char *safe = str_escape(text);

        if (safe && c->event_line)
                c->event_line(c->userdata, p->name, safe);
}

static void host_wake(const struct trimtab_host *h)
{
        const struct plugins_config *c = &plugin_of(h)->context->config;

        if (c->wake)
                c->wake(c->userdata);
}

static const struct object *find_object(const struct plugin *p, const char *scope, uint64_t key)
{
        int number = objects_scope_find(p->context->config.objects, scope, strlen(scope));

        if (number < 0)
                return NULL;
        return objects_get(p->context->config.objects, (struct oid) { (uint32_t) number, key });
}

static int host_object_key(const struct trimtab_host *h, const char *scope, const char *name, uint64_t *ret)
{
        const struct objects *objects = plugin_of(h)->context->config.objects;
        const struct object *object = NULL;
        int number = objects_scope_find(objects, scope, strlen(scope));

        if (number >= 0)
                object = objects_by_name(objects, (uint32_t) number, name);
        if (!object)
                return -ENOENT;

        *ret = object->id.key;
        return 0;
}

/* The registry's strings can move under a callback that adds objects: the plugin gets a copy of ours. */
static int lend(struct plugin *p, const char *text, const char **ret)
{
        char *copy;
        int r;

        if (!text)
                return -ENOENT;

        r = array_reserve(&p->lent, p->n_lent, sizeof(*p->lent));
        if (r < 0)
                return r;
        copy = strdup(text);
        if (!copy)
                return -ENOMEM;

        p->lent[p->n_lent++] = copy;
        *ret = copy;
        return 0;
}

static int host_object_name(const struct trimtab_host *h, const char *scope, uint64_t key, const char **ret)
{
        const struct object *object = find_object(plugin_of(h), scope, key);

        return object ? lend(plugin_of(h), object->name, ret) : -ENOENT;
}

static int host_object_path(const struct trimtab_host *h, const char *scope, uint64_t key, const char **ret)
{
        const struct object *object = find_object(plugin_of(h), scope, key);

        return object ? lend(plugin_of(h), object->path, ret) : -ENOENT;
}

/* The number of one of the plugin's own scopes. The others' objects are not its to make: -EPERM. */
static int own_scope(const struct plugin *p, const char *scope)
{
        for (uint32_t i = 0; i < p->descriptor.plugin.n_scopes; i++)
                if (streq(p->descriptor.scopes[i].name, scope))
                        return objects_scope_find(p->context->config.objects, scope, strlen(scope));
        return -EPERM;
}

static int host_object_add(const struct trimtab_host *h, const char *scope, uint64_t key, const char *name,
                           const char *path)
{
        const struct plugin *p = plugin_of(h);
        int number = own_scope(p, scope);

        if (number < 0)
                return number;
        if (!name || !*name)
                return -EINVAL;
        return objects_add(p->context->config.objects, (struct oid) { (uint32_t) number, key }, name, path);
}

static int host_object_remove(const struct trimtab_host *h, const char *scope, uint64_t key)
{
        const struct plugin *p = plugin_of(h);
        int number = own_scope(p, scope);
        struct oid id;

        if (number < 0)
                return number;

        id = (struct oid) { (uint32_t) number, key };
        store_forget(p->context->config.store, id);
        return objects_remove(p->context->config.objects, id);
}

/* What tc takes: 16 bits of priority, and neither of them 0, which would mean "any". */
static bool is_tc_place(uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        return ifindex > 0 && ifindex <= INT32_MAX && priority > 0 && priority <= UINT16_MAX && handle > 0;
}

static int host_tc_filter_add(const struct trimtab_host *h, int32_t program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        const struct plugin *p = plugin_of(h);
        const struct plugins_config *c = &p->context->config;

        if (program_fd < 0 || !is_tc_place(ifindex, priority, handle))
                return -EINVAL;
        return c->tc_filter_add ? c->tc_filter_add(c->userdata, p->name, program_fd, ifindex, priority, handle) : -EOPNOTSUPP;
}

static int host_tc_filter_remove(const struct trimtab_host *h, uint32_t ifindex, uint32_t priority, uint32_t handle)
{
        const struct plugin *p = plugin_of(h);
        const struct plugins_config *c = &p->context->config;

        if (!is_tc_place(ifindex, priority, handle))
                return -EINVAL;
        return c->tc_filter_remove ? c->tc_filter_remove(c->userdata, p->name, ifindex, priority, handle) : -ENOENT;
}

static int host_knob_takes_writes(const struct trimtab_host *h, uint32_t knob, uint64_t object)
{
        const struct plugin *p = plugin_of(h);
        const struct plugins_config *c = &p->context->config;
        const struct knob *k;

        /* UINT32_MAX: one for each device. */
        if (knob >= p->descriptor.plugin.n_knobs || p->knob_numbers[knob] == UINT32_MAX)
                return -EINVAL;
        k = catalogue_knob_at(c->catalogue, p->knob_numbers[knob]);
        if (!k->file || k->form == TRIMTAB_FORM_ETHTOOL)
                return -EINVAL;
        return c->knob_takes_writes ? c->knob_takes_writes(c->userdata, k, (struct oid){ k->scope, object }) : -EOPNOTSUPP;
}

static uint32_t host_daemon_mode(const struct trimtab_host *h)
{
        const struct plugins_config *c = &plugin_of(h)->context->config;

        return c->daemon_mode ? c->daemon_mode(c->userdata) : TRIMTAB_OBSERVE;
}

void host_init(struct plugin *p)
{
        p->host = (struct trimtab_host) {
                .size = sizeof(struct trimtab_host),
                .abi = TRIMTAB_ABI,
                .host = p,
                .log = host_log,
                .option_number = host_option_number,
                .option_text = host_option_text,
                .emit = host_emit,
                .emit_histogram = host_emit_histogram,
                .unavailable = host_unavailable,
                .program = host_program,
                .event = host_event,
                .wake = host_wake,
                .add_io = host_add_io,
                .object_key = host_object_key,
                .object_name = host_object_name,
                .object_path = host_object_path,
                .object_add = host_object_add,
                .object_remove = host_object_remove,
                .tc_filter_add = host_tc_filter_add,
                .tc_filter_remove = host_tc_filter_remove,
                .knob_takes_writes = host_knob_takes_writes,
                .daemon_mode = host_daemon_mode,
        };
}
