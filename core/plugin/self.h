/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PLUGIN_SELF_H
#define TRIMTAB_PLUGIN_SELF_H

#include "plugin/plugin.h"

/*
 * What the daemon measures of itself, as metrics like any other: trimtab.cpu_time and trimtab.memory of the host,
 * trimtab.collect_time, trimtab.bpf_time and trimtab.bpf_runs of each plugin, which is an object of scope "plugin".
 */
struct self;

/* Puts the metrics into the catalogue. */
int self_new(const struct plugins_config *config, struct self **ret);
struct self *self_free(struct self *s);

/* As plugins_want_begin, plugins_want (-ENOENT: not one of these), and plugins_want_apply. */
void self_want_begin(struct self *s);
int self_want(struct self *s, uint32_t metric, uint64_t object);
void self_want_apply(struct self *s);

/* Emits what is wanted. */
void self_collect(struct self *s, const struct plugin_context *c, uint64_t now_ns);

/* A plugin was opened (gets an object) or closed. */
int self_plugin_came(struct self *s, struct plugin *p);
void self_plugin_went(struct self *s, const struct plugin *p);

#endif
