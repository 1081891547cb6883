/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PLUGINS_H
#define TRIMTAB_PLUGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <trimtab/plugin.h>

#include "config/diag.h"
#include "config/options.h"
#include "sense/store.h"
#include "util/log.h"

/*
 * The loaded plugins: found, inspected, opened, watched, collected, closed. Holds the host table that each one gets.
 */

enum plugin_state {
        PLUGIN_OPEN,
        PLUGIN_REFUSED,     /* inspection or ABI */
        PLUGIN_UNFIT,       /* probe() said 0 */
        PLUGIN_FAILED,      /* open() failed, or collect() too often */
        PLUGIN_QUARANTINED, /* crashed the daemon twice in ten minutes */
        PLUGIN_LOADED,      /* its descriptor is in the catalogue; not opened (yet, or only described) */
        PLUGIN_LEAVING,     /* its file is gone or another one; only its knobs still answer */
};
const char *plugin_state_name(enum plugin_state s);

struct plugin_program {
        char *name;
        char *reason;      /* refused by the kernel: why; NULL: loaded */
        uint32_t id;       /* the kernel's number of the program, 0: none */
        uint64_t map_bytes; /* memory of its maps as the kernel accounts them (fdinfo memlock); shared maps count once, with the first */
};

struct plugin_info {
        const char *name, *version, *license, *help, *path;
        enum plugin_state state;
        const char *reason; /* why not open, and what would help; NULL when open */
        const struct plugin_program *programs;
        size_t n_programs;
        const struct trimtab_section *sections; /* the kinds of section that it owns */
        uint32_t n_sections;
        size_t n_entries;      /* sections of these kinds in force */
        const char *sections_reason; /* none is, although there are some: why, and what would help; else NULL */
        const struct trimtab_report *reports;
        const struct trimtab_deed *deeds;
        uint32_t n_reports, n_deeds;
        uint64_t collect_ns;   /* user time of the last collect() */
        uint64_t errors;       /* collect() and watch() failures since start */
        bool newest;           /* came with the last look at the folder */
};

struct plugins_config {
        sd_event *event;               /* NULL: describe only (for `trimtab check`) */
        struct catalogue *catalogue;
        struct objects *objects;
        struct store *store;           /* NULL: describe only */
        const struct options *options; /* [plugin NAME] sections */
        const struct log *log;
        const char *runtime_dir;       /* for the crash note; NULL: none */
        void (*wake)(void *userdata);
        void (*event_line)(void *userdata, const char *plugin, const char *text);
        /* As of struct trimtab_host, the numbers being legal ones; NULL: there is no ledger that it could be in. */
        int (*tc_filter_add)(void *userdata, const char *plugin, int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle);
        int (*tc_filter_remove)(void *userdata, const char *plugin, uint32_t ifindex, uint32_t priority, uint32_t handle);
        /* The same; NULL: nothing can be said of files. */
        int (*knob_takes_writes)(void *userdata, const struct knob *knob, struct oid object);
        /* What the daemon may do, as of struct trimtab_host; NULL: it only measures. */
        uint32_t (*daemon_mode)(void *userdata);
        void *userdata;
};

struct plugins;

int plugins_new(const struct plugins_config *config, struct plugins **ret);
struct plugins *plugins_free(struct plugins *p); /* closes all */

/* Takes every *.so in dir, and in its sub-folders one level down (a build tree). Bad ones become entries with a reason; only
 * -errno of the folder itself comes back (-ENOENT: no such folder). */
int plugins_load_dir(struct plugins *p, const char *dir);
/* Fills the catalogue from the descriptors: no probe, no open. For check. */
int plugins_describe_dir(struct plugins *p, const char *dir);
/* probe and open all that were loaded. */
int plugins_open_all(struct plugins *p);

/*
 * The folder changed. First plugins_retire: every open plugin whose file is gone, or another one by now, is leaving: it measures
 * no more and its names are unknown, so that rules bound anew let go of its knobs. Returns how many. Once these are put back,
 * plugins_renew closes what is leaving, and loads and opens what has come; files that were refused are tried again.
 */
size_t plugins_retire(struct plugins *p);
int plugins_renew(struct plugins *p, const char *dir);

/*
 * The [plugin NAME] sections against what the plugins declare: unknown plugins (a warning: it may be installed later),
 * unknown keys and values out of range (errors; the default stands in), each with its place and the nearest name.
 * plugins_open_all logs the same.
 */
void plugins_check_options(const struct plugins *p, struct diag *diag);

/* What is to be measured from now on: begin, want for each, then apply calls watch() where the set changed. */
void plugins_want_begin(struct plugins *p);
int plugins_want(struct plugins *p, uint32_t metric, uint64_t object);
int plugins_want_apply(struct plugins *p);

/* collect() of all, in the order of their names; samples land in the store. */
void plugins_collect(struct plugins *p, uint64_t now_ns);
void plugins_object(struct plugins *p, struct oid id, bool came);

/*
 * What an open plugin reports, and a deed of it; `to` takes the rows, answer what came of it. -ENOPKG: no plugin of that name is open;
 * -ENOSYS: it has no such report or deed; else as the plugin says.
 */
int plugins_report(const struct plugins *p, const char *plugin, const char *report, const struct trimtab_rows *to);
int plugins_deed(const struct plugins *p, const char *plugin, const char *deed, const char *argument, const struct trimtab_rows *answer);

size_t plugins_n(const struct plugins *p);
void plugins_info(const struct plugins *p, size_t i, struct plugin_info *ret);

#endif
