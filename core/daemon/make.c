/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/devices.h"
#include "daemon/configuration.h"
#include "daemon/plugin-folder.h"
#include "daemon/rules.h"
#include "daemon/state.h"
#include "plugin/build-tree.h"
#include "sense/blocks.h"
#include "sense/ifaces.h"
#include "sense/machine.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/str.h"

/* How the daemon's objects are made and tied together, in the order in which they need each other. */

/* Enough of the past to answer "what happened in the last hour" on a busy machine; 40 KB. */
enum { EVENTS_KEPT = 512 };

static int on_cgroups(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct daemon *d = userdata;
        int r;

        r = cgroup_tree_process(d->cgroups);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "following the cgroup tree: %s", strerror(-r));
        return 0;
}

static void on_cgroup(void *userdata, struct oid id, bool came)
{
        struct daemon *d = userdata;

        if (d->plugins)
                plugins_object(d->plugins, id, came);
        if (!came && d->store)
                store_forget(d->store, id);
        if (!came && d->actor)
                actor_object_gone(d->actor, id);
}

static void on_bus(void *userdata, sd_bus *bus)
{
        struct daemon *d = userdata;

        if (d->bus && !bus)
                tell_line(&d->teller, LOG_WARNING, "the system bus went away; trying again");
        if (d->bus_lost && bus)
                tell_line(&d->teller, LOG_NOTICE, "the system bus is back");
        d->bus_lost = d->bus && !bus;
        d->bus = bus;
        advice_set_bus(&d->advice, sd_booted() > 0 ? bus : NULL);
        if (d->actor)
                (void) actor_set_bus(d->actor, sd_booted() > 0 ? bus : NULL);
        if (d->server)
                (void) bus_server_set_system_bus(d->server, bus, streq(d->arguments->runtime_dir, "/run/trimtab"));
}

/* A plugin that cries all the time gets twenty evaluations a second at most. */
#define WAKE_GAP_NS (50 * NSEC_PER_MSEC)

static void on_wake(void *userdata)
{
        struct daemon *d = userdata;
        uint64_t now_ns = monotonic_ns(), earliest_ns = d->views.last_tick_ns + WAKE_GAP_NS;

        (void) daemon_schedule(d, earliest_ns > now_ns ? earliest_ns - now_ns : 0);
}

static void on_plugin_event(void *userdata, const char *plugin, const char *text)
{
        struct daemon *d = userdata;

        tell_line(&d->teller, LOG_NOTICE, "%s: %s", plugin, text);
}

static void on_bus_problem(void *userdata, const char *message)
{
        struct daemon *d = userdata;

        tell_line(&d->teller, LOG_WARNING, "%s", message);
}

static void on_rules_changed(void *userdata)
{
        struct daemon *d = userdata;

        tell_line(&d->teller, LOG_NOTICE, "rule files changed: 'trimtab check' tells what is in them, 'trimtab reload' applies them");
}

static int load_options(struct daemon *d)
{
        _cleanup_(diag_clear) struct diag diag = {};
        const char *path = d->arguments->config ?: TRIMTAB_SYSCONF_DIR "/trimtab.conf";
        int r;

        r = options_init(&d->options);
        if (r < 0)
                return r;
        r = configuration_load(&d->options, path, d->arguments->config != NULL, &diag);
        diag_print(&diag, stderr, d->log.coloured);
        if (r >= 0 && diag.n_errors > 0)
                r = -EINVAL;
        if (r < 0) {
                log_write(&d->log, LOG_ERR, "%s: %s", path, strerror(-r));
                return r;
        }

        if (d->arguments->have_mode)
                d->options.mode = d->arguments->mode;
        return 0;
}

/* A watched cgroup keeps a few files open. */
static void raise_file_limit(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

static int make_basis(struct daemon *d)
{
        int r;

        raise_file_limit();
        r = brakes_init(&d->brakes, d->arguments->runtime_dir, d->options.writes_per_minute);
        if (r >= 0)
                r = sd_event_default(&d->event);
        if (r >= 0)
                r = events_new(EVENTS_KEPT, &d->events);
        if (r >= 0)
                r = objects_new(&d->objects);
        if (r >= 0)
                r = catalogue_new(&d->catalogue);
        if (r >= 0)
                r = store_new(d->catalogue, &d->store);
        if (r >= 0)
                r = engine_new(&d->engine);
        if (r >= 0)
                r = look_new(&d->look);
        if (r >= 0)
                r = recordings_new(d->event, d->store, &d->recordings);

        d->teller = (struct teller) { &d->log, d->events, d->catalogue, d->objects };
        d->advice.teller = &d->teller;
        return r;
}

static int make_objects(struct daemon *d)
{
        _cleanup_free_ char *root = NULL;
        int r;

        r = machine_scan_cpus(d->objects, "/sys/devices/system/cpu/online");
        if (r < 0)
                tell_line(&d->teller, LOG_WARNING, "cannot list the CPUs: %s", strerror(-r));
        r = blocks_scan(d->objects, "/sys/block", NULL, NULL);
        if (r < 0 && r != -ENOENT)
                tell_line(&d->teller, LOG_WARNING, "cannot list the block devices: %s", strerror(-r));
        r = ifaces_scan(d->objects, "/sys/class/net", NULL, NULL);
        if (r < 0)
                tell_line(&d->teller, LOG_WARNING, "cannot list the network interfaces: %s", strerror(-r));

        r = cgroup_find_mount("/proc/self/mountinfo", &root);
        if (r >= 0)
                r = cgroup_tree_new(root, d->objects, on_cgroup, d, &d->cgroups);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                tell_line(&d->teller, LOG_WARNING, "no cgroup v2 here (%s): everything per cgroup is off", strerror(-r));
                return 0;
        }
        return sd_event_add_io(d->event, NULL, cgroup_tree_fd(d->cgroups), EPOLLIN, on_cgroups, d);
}

static int make_plugins(struct daemon *d)
{
        const struct plugins_config config = {
                .event = d->event,
                .catalogue = d->catalogue,
                .objects = d->objects,
                .store = d->store,
                .options = &d->options,
                .log = &d->log,
                .runtime_dir = d->arguments->runtime_dir,
                .wake = on_wake,
                .event_line = on_plugin_event,
                .tc_filter_add = daemon_tc_filter_add,
                .tc_filter_remove = daemon_tc_filter_remove,
                .knob_takes_writes = daemon_knob_takes_writes,
                .daemon_mode = daemon_mode_for_plugins,
                .userdata = d,
        };
        int r;

        d->plugin_dir = d->arguments->plugins ? strdup(d->arguments->plugins) : build_tree_plugins();
        if (!d->plugin_dir)
                d->plugin_dir = strdup(TRIMTAB_PLUGIN_DIR);
        if (!d->plugin_dir)
                return -ENOMEM;

        r = plugins_new(&config, &d->plugins);
        if (r < 0)
                return r;
        r = plugins_load_dir(d->plugins, d->plugin_dir);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "%s: %s: no plugins, nothing is measured", d->plugin_dir, strerror(-r));
        r = plugins_open_all(d->plugins);
        if (r < 0)
                return r;

        for (size_t i = 0; i < plugins_n(d->plugins); i++) {
                struct plugin_info info;

                plugins_info(d->plugins, i, &info);
                if (info.state != PLUGIN_OPEN)
                        tell_line(&d->teller, LOG_WARNING, "plugin %s is %s: %s", info.name ?: info.path,
                                  plugin_state_name(info.state), info.reason ?: "");
        }
        return 0;
}

static int make_actor(struct daemon *d)
{
        _cleanup_free_ char *boot_id = NULL;
        unsigned skipped = 0;
        size_t left;
        int r;

        r = machine_boot_id(&boot_id);
        if (r >= 0)
                r = ledger_open(d->arguments->runtime_dir, boot_id, &d->ledger, &skipped);
        if (r < 0) {
                log_write(&d->log, LOG_ERR, "%s/ledger: %s: without it nothing may be changed", d->arguments->runtime_dir,
                          strerror(-r));
                return r;
        }
        if (skipped > 0)
                tell_line(&d->teller, LOG_WARNING, "%s/ledger: %u damaged records skipped", d->arguments->runtime_dir,
                          skipped);

        r = system_bus_new(d->event, on_bus, d, &d->system_bus);
        if (r < 0)
                return r;
        (void) system_bus_connect(d->system_bus);

        r = actor_new(&(struct actor_config) {
                              .event = d->event,
                              .ledger = d->ledger,
                              .system_bus = sd_booted() > 0 ? d->bus : NULL,
                              .systemd = sd_booted() > 0,
                              .objects = d->objects,
                              .systemd_run_dir = "/run/systemd",
                              .systemd_etc_dir = "/etc/systemd",
                              .watch = true,
                              .foreign_backoff_ns = d->options.foreign_backoff_ns,
                              .deadline_ns = 3 * NSEC_PER_SEC,
                              .report = daemon_report,
                              .may_contest = daemon_may_contest,
                              .userdata = d,
                      },
                      &d->actor);
        if (r < 0)
                return r;

        (void) ledger_entries(d->ledger, &left);
        if (left > 0)
                tell_line(&d->teller, LOG_NOTICE, "an earlier run left %zu changes: putting them back", left);
        return actor_restore_all(d->actor, false);
}

static int make_server(struct daemon *d)
{
        const struct bus_callbacks callbacks = {
                .refresh = daemon_refresh,
                .look = daemon_look,
                .record = daemon_record,
                .reload = daemon_reload,
                .confirm = daemon_confirm,
                .revert = daemon_revert,
                .pause = daemon_pause,
                .resume = daemon_resume,
                .set_mode = daemon_set_mode,
                .deed = daemon_deed,
                .problem = on_bus_problem,
                .userdata = d,
        };
        int r;

        d->views = (struct views) {
                .options = &d->options,
                .catalogue = d->catalogue,
                .objects = d->objects,
                .store = d->store,
                .engine = d->engine,
                .actor = d->actor,
                .ledger = d->ledger,
                .plugins = d->plugins,
                .lists = &d->rules_text.lists,
                .events = d->events,
                .runtime_dir = d->arguments->runtime_dir,
                .config = d->arguments->config ?: TRIMTAB_SYSCONF_DIR "/trimtab.conf",
                .started_ns = d->started_ns,
        };

        r = bus_server_new(d->event, d->arguments->runtime_dir, &d->views, &callbacks, &d->server);
        if (r < 0) {
                tell_line(&d->teller, LOG_WARNING, "%s/bus: %s: the trimtab command cannot reach this daemon there",
                          d->arguments->runtime_dir, strerror(-r));
                return 0;
        }
        on_bus(d, d->bus);
        return 0;
}

static int take_runtime_dir(struct daemon *d)
{
        const char *dir = d->arguments->runtime_dir;

        d->lock_fd = runtime_dir_lock(dir);
        if (d->lock_fd == -EBUSY)
                log_write(&d->log, LOG_ERR, "%s: another trimtabd runs there: stop it, or use --runtime-dir DIR", dir);
        else if (d->lock_fd == -EPERM)
                log_write(&d->log, LOG_ERR, RUNTIME_DIR_NOT_OURS, dir);
        else if (d->lock_fd < 0)
                log_write(&d->log, LOG_ERR, "%s: %s", dir, strerror(-d->lock_fd));
        return d->lock_fd < 0 ? d->lock_fd : 0;
}

/* One asked for by name was not meant to be empty; it may still come. */
static void warn_missing_rules(struct daemon *d)
{
        const struct arguments *a = d->arguments;

        for (size_t i = 0; a->rules_given && i < a->n_rules; i++)
                if (access(a->rules[i], F_OK) < 0)
                        tell_line(&d->teller, LOG_WARNING, "no rules from %s: %s", a->rules[i], strerror(errno));
}

static int make_rules(struct daemon *d)
{
        int r;

        warn_missing_rules(d);
        r = daemon_load_rules(d, false, NULL);
        if (r < 0) {
                log_write(&d->log, LOG_ERR, "cannot read the rules: %s", strerror(-r));
                return r;
        }

        r = folder_watch_new(d->event, d->arguments->rules, ".conf", on_rules_changed, d, &d->rules_watch);
        if (r < 0)
                tell_line(&d->teller, LOG_WARNING, "changes of rule files will not be announced: %s", strerror(-r));
        return 0;
}

int daemon_make(struct daemon *d)
{
        static int (*const steps[])(struct daemon *) = {
                load_options, take_runtime_dir, make_basis, make_objects, make_plugins, make_actor, make_server, make_rules,
                daemon_watch_plugins, daemon_watch_devices, daemon_watch_ticks,
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                r = steps[i](d);
                if (r < 0) {
                        log_write(&d->log, LOG_ERR, "cannot start: %s", strerror(-r));
                        return r;
                }
        }
        return 0;
}
