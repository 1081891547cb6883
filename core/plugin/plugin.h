/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_PLUGIN_ROOM_H
#define TRIMTAB_PLUGIN_ROOM_H

#include <trimtab/plugin.h>

#include "plugin/breadcrumb.h"
#include "plugin/budget.h"
#include "plugin/descriptor.h"
#include "plugin/option.h"
#include "plugin/plugins.h"
#include "plugin/section-set.h"
#include "plugin/watchset.h"
#include "util/cleanup.h"
#include "util/file.h"

/*
 * One plugin, inside this room: load.c makes it from a file, plugin.c calls it, host.c is what it calls.
 */

/* The callback under way, for the crash note. */
struct callback {
        const char *plugin, *function; /* NULL: none */
};

/* What all plugins of a daemon share. */
struct plugin;
struct plugin_context {
        struct plugins_config config;
        struct breadcrumb *crumb; /* NULL: no runtime folder */
        struct callback now;
        struct self *self; /* what the daemon measures of itself */
        uint32_t *map_ids; /* BPF maps already accounted for */
        size_t n_map_ids;
        struct plugin **all; /* by name, then path */
        unsigned round;      /* looks at the folder so far */
        size_t n;
};

/* A descriptor that the plugin wants watched. */
struct plugin_io {
        struct plugin_io *next;
        struct plugin *plugin;
        int fd;
        int (*cb)(void *self, int32_t fd);
        sd_event_source *source;
};

/* What the catalogue has as `self` of a knob that is no file: calls go through us, for the crash note. */
struct knob_binding {
        struct plugin *plugin;
        uint32_t index;
};

struct plugin {
        struct plugin_context *context;
        char *path;
        struct file_identity file; /* as it was found */
        unsigned round;            /* in which look at the folder */
        char name[32];
        enum plugin_state state;
        char *reason;

        int fd;   /* of the file; stays open as long as the code is loaded, see load.c */
        void *dl; /* NULL: its code is not loaded */
        struct descriptor descriptor;
        uint32_t *metric_numbers; /* index in the descriptor -> number in the catalogue */
        uint32_t *knob_numbers;   /* likewise; UINT32_MAX: one for each device, files all */
        struct knob_binding *bindings; /* one a knob */
        struct watchset *watchsets;    /* one a metric */

        struct trimtab_host host;
        struct option_value *options; /* one a declared option; never NULL while loaded */
        void *self;                   /* what open() gave */
        bool opened;                  /* open() was called, close() is due */

        struct section_set *entries; /* of its sections, in force; NULL: none */
        char *sections_reason;       /* why none of those that there are is in force; NULL: they are, or there are none */
        bool offered;                /* its sections of the text in force were looked at, whatever came of it */

        uint64_t collect_at_ns; /* time of the collect() under way; 0: none */
        uint64_t collect_ns;    /* CPU time of the last */
        uint64_t spent_ns;      /* CPU time of all */
        struct budget budget;
        uint64_t key;           /* its object, in scope "plugin"; 0: it has none */
        uint64_t errors;
        unsigned failures; /* collect() in a row */
        int watch_error;   /* of the last watch(), so that a lasting one is said once */

        struct plugin_program *programs;
        size_t n_programs;
        struct plugin_io *io;
        char **lent; /* strings lent to the callback under way */
        size_t n_lent;
};

/* load.c */

/*
 * Inspects and loads path and puts what it offers into the catalogue. Always makes an entry, unless -ENOMEM:
 * one that is refused has its state and reason.
 */
int plugin_load(struct plugin_context *context, const char *path, struct plugin **ret);
struct plugin *plugin_free(struct plugin *p); /* closes it first; its scopes' objects go with it */
/* Whether path is still the file that was found there. */
bool plugin_file_is_same(const struct plugin *p);
DEFINE_CLEANUP(struct plugin *, plugin_free);

/* Sets state and reason; its metrics are then unavailable for that reason. */
void plugin_set_state(struct plugin *p, enum plugin_state state, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* plugins.c */
struct plugin_context *plugins_context(struct plugins *p);
struct plugin *plugins_find_open(const struct plugins *p, const char *name); /* NULL */

/* folder.c */

/* The *.so of a folder and its sub-folders one level down, sorted by path. *ret: new array of new strings. */
int plugin_files(const char *dir, char ***ret, size_t *ret_n);
void plugin_files_free(char **files, size_t n);

/* configure.c */

/* As plugins_check_options, for these plugins. */
void configure_check(const struct plugin_context *c, struct diag *diag);
/* The plugin's options as its section sets them, in the place of the defaults that load made. Silent: a bad
 * value is configure_check's to tell. -ENOMEM. */
int configure_plugin(struct plugin *p);

/* plugin.c: the calls, each with the crash note around it */

/* Around every call into a plugin. Calls may nest; lent strings end with the outermost. function: one word, for the crash note. */
struct callback callback_enter(struct plugin *p, const char *function);
void callback_leave(struct plugin *p, struct callback before);
void callback_forget_lent(struct plugin *p);

void plugin_open(struct plugin *p);  /* probe() and open(); the outcome is its state */
void plugin_close(struct plugin *p); /* close(); takes it out of the loop */
void plugin_watch(struct plugin *p); /* watch() for each changed set; one that fails is tried again */
void plugin_collect(struct plugin *p, uint64_t now_ns);
void plugin_object(struct plugin *p, struct oid id, bool came);

/* Trampolines of knobs without a file; self is a struct knob_binding. */
int plugin_knob_read(void *self, uint64_t object, struct trimtab_value *ret);
int plugin_knob_check(void *self, uint64_t object, const struct trimtab_value *want,
                      struct trimtab_value *ret_exact);
int plugin_knob_apply(void *self, uint64_t object, const struct trimtab_value *want);

/* host.c */

/* Fills in p->host. */
void host_init(struct plugin *p);
/* Why a metric cannot be had; NULL: it can. metric: index in the descriptor. */
void metric_set_unavailable(struct plugin *p, uint32_t metric, const char *reason);
/* io.c: takes all of a plugin's descriptors out of the loop. */
void io_clear(struct plugin *p);
int host_add_io(const struct trimtab_host *h, int32_t fd, int (*cb)(void *self, int32_t fd));
/* program.c */
void host_program(const struct trimtab_host *h, const char *name, int32_t fd, const char *reason);
void programs_clear(struct plugin *p);

#endif
