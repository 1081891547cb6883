/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CATALOGUE_H
#define TRIMTAB_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "config/units.h"
#include "sense/objects.h"

/*
 * Every metric and knob that some loaded plugin offers, by number, and the kinds of section that they own. Numbers are stable for the life of the catalogue;
 * an entry whose plugin went away stays, without plugin. The strings are the catalogue's own copies.
 */

struct metric {
        uint32_t number;
        char *name, *unit, *help;
        char *plugin;        /* name of the plugin; NULL: gone */
        uint32_t scope;      /* number in the object registry */
        uint32_t kind;       /* TRIMTAB_GAUGE, … */
        uint32_t flags;      /* TRIMTAB_METRIC_… */
        double factor;       /* of its unit to the base of its dimension; 1 for an unknown unit */
        enum dimension dimension;
        char *unavailable;   /* why it cannot be had here; NULL: it can */
};

struct knob {
        uint32_t number;
        char *name, *unit, *help;
        char *plugin;
        uint32_t scope;
        uint32_t type, flags, form;
        double min, max;     /* in its unit */
        double factor;
        enum dimension dimension;
        char **choices;      /* NULL-terminated, or NULL */
        char *file, *key, *absent, *unit_property, *use_metric; /* or NULL */
        char *device;        /* made from a template: the name of the device it is for, "vda"; else NULL */
        /* For what is no file. `self` is the plugin's, NULL while it is not open. */
        void *self;
        int (*read)(void *self, uint64_t object, struct trimtab_value *ret);
        int (*check)(void *self, uint64_t object, const struct trimtab_value *want, struct trimtab_value *ret_exact);
        int (*apply)(void *self, uint64_t object, const struct trimtab_value *want);
};

struct catalogue;

int catalogue_new(struct catalogue **ret);
struct catalogue *catalogue_free(struct catalogue *c);

/* Takes copies of `from`; scope is its number. -EEXIST: another plugin has that name; the same plugin's is renewed. */
int catalogue_add_metric(struct catalogue *c, const char *plugin, const struct trimtab_metric *from, uint32_t scope,
                         struct metric **ret);
int catalogue_add_knob(struct catalogue *c, const char *plugin, const struct trimtab_knob *from, uint32_t scope,
                       struct knob **ret);

/*
 * A knob that comes once for each object of the scope from->per_scope, numbered per_scope: catalogue_follow makes them,
 * "io.max.wbps[vda]" with vda's MAJ:MIN in the key, as the registry's devices come, and takes them out as those go. A device
 * that comes under a known name gets that name's number again. 1: there is something new or gone.
 */
int catalogue_add_template(struct catalogue *c, const char *plugin, const struct trimtab_knob *from, uint32_t scope,
                           uint32_t per_scope);
int catalogue_follow(struct catalogue *c, const struct objects *objects);
/* Whether name, "io.max.wbps[sdx]", is that of such a knob, of whatever device; *ret_device is then within name. */
bool catalogue_is_per_device(const struct catalogue *c, const char *name, size_t length, const char **ret_device,
                             size_t *ret_device_length);

/* Kinds of section in the rule files that a plugin owns: the "filter" of [filter NAME]. -EEXIST: another plugin's. */
int catalogue_add_kind(struct catalogue *c, const char *plugin, const char *kind);
const char *catalogue_kind_owner(const struct catalogue *c, const char *kind); /* the plugin; NULL: no such */
size_t catalogue_n_kinds(const struct catalogue *c);
const char *catalogue_kind_at(const struct catalogue *c, size_t i);
/* Recordings do not tell which kinds there were: in a catalogue made of one any may be a plugin's. */
void catalogue_set_kinds_unknown(struct catalogue *c);
bool catalogue_kinds_unknown(const struct catalogue *c);

/* The plugin is gone, or about to go: its entries stay by number, not by name. A knob that is no file answers as
 * long as the plugin is open. */
void catalogue_drop_plugin(struct catalogue *c, const char *plugin);

/* By name; NULL: no such. */
const struct metric *catalogue_metric(const struct catalogue *c, const char *name, size_t length);
const struct knob *catalogue_knob(const struct catalogue *c, const char *name, size_t length);

/* By number, 0..n-1, never NULL below n. */
size_t catalogue_n_metrics(const struct catalogue *c);
size_t catalogue_n_knobs(const struct catalogue *c);
struct metric *catalogue_metric_at(const struct catalogue *c, uint32_t number);
struct knob *catalogue_knob_at(const struct catalogue *c, uint32_t number);

#endif
