/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRIMTAB_DAEMON_STATE_H
#define TRIMTAB_DAEMON_STATE_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "act/actor.h"
#include "act/ledger.h"
#include "config/options.h"
#include "daemon/advice.h"
#include "daemon/arguments.h"
#include "daemon/brakes.h"
#include "daemon/look.h"
#include "daemon/recordings.h"
#include "daemon/folder-watch.h"
#include "daemon/system-bus.h"
#include "daemon/tell.h"
#include "daemon/trial.h"
#include "decide/engine.h"
#include "plugin/plugins.h"
#include "plugin/rules-text.h"
#include "sense/cgroup-tree.h"
#include "sense/store.h"
#include "serve/bus.h"
#include "util/log.h"

/* Why an order was given, until its report comes. */
struct pending {
        uint64_t decision;
        char reason[sizeof(((struct decision *) NULL)->reason)];
        struct cause cause;
};

/* Everything the daemon owns, in the order in which it is made; daemon_free goes backwards. */
struct daemon {
        const struct arguments *arguments;
        struct options options;
        struct log log;
        char *plugin_dir;
        int lock_fd; /* -1: not held */

        sd_event *event;
        sd_event_source *timer;
        struct events *events;
        struct teller teller;

        struct objects *objects;
        struct cgroup_tree *cgroups; /* NULL: no cgroup v2 here */
        struct catalogue *catalogue;
        struct store *store;
        struct plugins *plugins;
        struct engine *engine;
        struct look *look;
        struct recordings *recordings;

        struct ledger *ledger;
        struct actor *actor;
        struct pending *pending;
        size_t n_pending;
        struct brakes brakes;
        struct advice advice;

        struct system_bus *system_bus;
        sd_bus *bus; /* the connection there is now; NULL: none */
        bool bus_lost; /* there was one, and it went */
        struct views views;
        struct bus_server *server;
        struct rules_text rules_text; /* of the rules in force */
        struct trial trial;
        struct folder_watch *rules_watch, *plugins_watch;
        uint64_t renew_at_tick; /* the plugin folder changed: look again at this tick; 0: it did not */

        bool ready;    /* READY=1 was sent: the first tick is done */
        bool stopping;
        uint64_t started_ns;
};

/* Makes everything above, and says on the log what it cannot (daemon/make.c). */
int daemon_make(struct daemon *d);

/* One tick, whatever brought it (daemon/tick.c). */
void daemon_tick(struct daemon *d);
/* An evaluation as soon as the loop is free, not before `after_ns` from now. */
int daemon_schedule(struct daemon *d, uint64_t after_ns);

/* Why an order was given, and forgets it; ret may be NULL. -ENOENT (daemon/requests.c). */
int daemon_take_reason(struct daemon *d, uint64_t decision, struct pending *ret);

/* Callbacks of actor and bus (daemon/requests.c). */
void daemon_report(void *userdata, const struct report *report);
bool daemon_may_contest(void *userdata, const struct knob *knob, struct oid object); /* daemon/tick.c */
void daemon_refresh(void *userdata);
void daemon_look(void *userdata, const char *name_glob, const char *object_glob);
int daemon_record(void *userdata, const char *name_glob, const char *object_glob);
/* for_usec 0: for good; else until then, unless daemon_confirm follows. */
int daemon_reload(void *userdata, uint64_t for_usec, char **ret_messages);
int daemon_confirm(void *userdata); /* -ENOENT: nothing is on trial */

/* What a plugin has put at tc's ingress, and taken off: by way of the ledger (daemon/tc-filter.c). */
int daemon_tc_filter_add(void *userdata, const char *plugin, int program_fd, uint32_t ifindex, uint32_t priority, uint32_t handle);
int daemon_tc_filter_remove(void *userdata, const char *plugin, uint32_t ifindex, uint32_t priority, uint32_t handle);

/* Whether the kernel takes writes of a knob at all (daemon/knob-file.c). */
int daemon_knob_takes_writes(void *userdata, const struct knob *knob, struct oid object);

/* What a person does to it (daemon/operate.c): callbacks of the bus, too. */
int daemon_revert(void *userdata, const char *what);
int daemon_pause(void *userdata, uint64_t for_usec);
int daemon_resume(void *userdata);
int daemon_set_mode(void *userdata, enum mode mode);
int daemon_deed(void *userdata, const char *plugin, const char *deed, const char *argument, const struct trimtab_rows *answer);
uint32_t daemon_mode_for_plugins(void *userdata); /* TRIMTAB_OBSERVE, … */
/* Too many changes: pauses, loudly, until a person resumes. */
void daemon_blow_fuse(struct daemon *d);

/* The world as the rules see it (daemon/tick.c). */
struct view daemon_view(struct daemon *d, uint64_t now_ns);

/* Feeds the service manager's watchdog between ticks that are further apart than it waits (daemon/watchdog.c). */
int daemon_watch_ticks(struct daemon *d);

/* runtime_dir made and locked: an fd, -EBUSY while another daemon has it, or -EPERM where somebody else could write into it. */
int runtime_dir_lock(const char *runtime_dir);
#define RUNTIME_DIR_NOT_OURS "%s: belongs to somebody else, or others may write there: choose another by --runtime-dir DIR"

/* For a person in front of the daemon: what the rules see, every few seconds. */
void daemon_show(struct daemon *d);

#endif
