/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_CATALOGUE_ROOM_H
#define TRIMTAB_CATALOGUE_ROOM_H

#include "sense/catalogue.h"

/* Inside of the catalogue: catalogue.c keeps the entries, per-device.c makes those that come with devices, kinds.c has the kinds of
 * section. */

/* What the knobs of all devices are made from. */
struct template
{
        struct knob knob;   /* its name and key have no device yet */
        uint32_t per_scope; /* of the devices */
};

/* Of section. */
struct kind {
        char *name, *plugin;
};

/* Entries are allocated one by one: their addresses stay while the tables grow. */
struct catalogue {
        struct metric **metrics;
        size_t n_metrics;
        struct knob **knobs;
        size_t n_knobs;
        struct template *templates;
        size_t n_templates;
        struct kind *kinds;
        size_t n_kinds;
        bool kinds_unknown;
};

/* A copy of all that `from` has, without a number. On error *ret is empty. */
int knob_copy(const char *plugin, const struct trimtab_knob *from, uint32_t scope, struct knob *ret);
void knob_clear(struct knob *k);

/* Those that the plugin brought; their knobs are the catalogue's own. */
void templates_drop_plugin(struct catalogue *c, const char *plugin);
void templates_clear(struct catalogue *c);
void kinds_drop_plugin(struct catalogue *c, const char *plugin);
void kinds_clear(struct catalogue *c);

#endif
