/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DESCRIPTOR_H
#define TRIMTAB_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <trimtab/plugin.h>

#include "plugin/inspect.h"
#include "sense/objects.h"

/*
 * A plugin's descriptor in the layout of our own header, whatever size its structs had when it was built:
 * fields that it does not know read as zero, fields that we do not know are left out. And the judgement on
 * it.
 */

/* What version 1.0 of the header had: the least that a plugin may bring. Later members do not count. */
#define PLUGIN_SIZE_1_0 (offsetof(struct trimtab_plugin, on_object) + sizeof(void *))
#define METRIC_SIZE_1_0 (offsetof(struct trimtab_metric, flags) + sizeof(uint32_t))
#define KNOB_SIZE_1_0   (offsetof(struct trimtab_knob, apply) + sizeof(void *))
#define SCOPE_SIZE_1_0  (offsetof(struct trimtab_scope, help) + sizeof(void *))
#define OPTION_SIZE_1_0 (offsetof(struct trimtab_option, max) + sizeof(double))

/* Likewise of version 1.2, which brought sections. */
#define SECTION_SIZE_1_2 (offsetof(struct trimtab_section, check) + sizeof(void *))
#define KEY_SIZE_1_2     (offsetof(struct trimtab_key, check) + sizeof(void *))

/* Of version 1.4, which brought reports and deeds. */
#define REPORT_SIZE_1_4 (offsetof(struct trimtab_report, columns) + sizeof(void *))
#define DEED_SIZE_1_4   (offsetof(struct trimtab_deed, help) + sizeof(void *))

/* Past these a size is not a newer header but garbage. */
#define PLUGIN_SIZE_MAX  (64u * 1024)
#define ELEMENT_SIZE_MAX 4096u
#define ELEMENTS_MAX     4096u

struct descriptor {
        struct trimtab_plugin plugin; /* its arrays are those below */
        struct trimtab_metric *metrics;
        struct trimtab_knob *knobs;
        struct trimtab_scope *scopes;
        struct trimtab_option *options;
        struct trimtab_section *sections;
        struct trimtab_report *reports;
        struct trimtab_deed *deeds;
        struct trimtab_key **keys; /* one array a section; sections[i].keys is keys[i] */
};

/*
 * Reads the descriptor `from` of the file that `found` describes. -ENOEXEC: sizes, strides or the name are
 * wrong, found->reason says what was expected. The strings stay the plugin's: valid while it is loaded.
 */
int descriptor_read(const struct trimtab_plugin *from, struct inspection *found, struct descriptor *ret);
void descriptor_clear(struct descriptor *d);

/*
 * Whether every metric, knob, scope, option, section, report and deed is well-formed; scopes are those that `objects` knows or the
 * plugin's own. -ENOEXEC and why->reason, which names the entry and what was expected.
 */
int descriptor_check(const struct descriptor *d, const struct objects *objects, struct inspection *why);

/* A lower case word of letters, digits and dashes that fits a note. */
bool plugin_name_is_valid(const char *name);

/* Copies a struct of another version: what `to` has more is zeroed, what `from` has more is left out. */
void struct_copy(void *to, size_t to_size, const void *from, size_t from_size);

#endif
