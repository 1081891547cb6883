/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_BENCH_CGROUP_WORLD_H
#define TRIMTAB_BENCH_CGROUP_WORLD_H

#include <systemd/sd-event.h>

#include "plugin/plugins.h"
#include "sense/cgroup-tree.h"

/* The daemon's sensing, whole and without the rest: registry, cgroup tree, catalogue, store and the cgroup
 * plugin. */
struct world {
        char root[256]; /* of cgroup v2 */
        sd_event *event;
        struct log log;
        struct options options;
        struct objects *objects;
        struct catalogue *catalogue;
        struct store *store;
        struct cgroup_tree *tree;
        struct plugins *plugins;
        size_t came, went; /* cgroups, since the start */
};

/* The plugin is in plugin_dir. 0 after saying on stderr what is missing. PSI triggers are off when !triggers.
 */
bool world_make(struct world *w, const char *plugin_dir, bool triggers);
void world_clear(struct world *w);

/* Has every metric of the plugin measured on every cgroup below `below` (a name, "/bench"), `max` of them at
 * most: how many. */
size_t world_watch(struct world *w, const char *below, size_t max);

/* Switches cpu, memory, io and pids on for the children of a folder of the tree ("" is the root). What is not
 * there stays off. */
void world_enable(const struct world *w, const char *folder);

/* As many descriptors as may be. */
void world_raise_limit(void);

/* CPU time of this thread, and CLOCK_MONOTONIC. */
uint64_t cpu_ns(void);
uint64_t now_ns(void);

#endif
