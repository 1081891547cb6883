/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/plugin-folder.h"

#include <errno.h>
#include <string.h>

#include "daemon/rules.h"
#include "daemon/state.h"
#include "util/str.h"

/*
 * A plugin that leaves takes three steps. Its names go and the rules are bound anew: those that used it wait, and let go of its
 * knobs. The next ticks put them back; a knob that is no file can only be put back by the plugin. Then it is closed, and what is in
 * the folder by now is loaded.
 */

/* Ticks that a leaving plugin's knobs get, should one of them not go back. */
#define TICKS_MAX 30

static void bind(struct daemon *d)
{
        int r = daemon_bind_rules(d);

        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "the rules could not be bound anew: %s", strerror(-r));
}

static void on_folder(void *userdata)
{
        struct daemon *d = userdata;
        size_t n = plugins_retire(d->plugins);

        if (n > 0) {
                tell_line(&d->teller, LOG_NOTICE, "%zu plugins left the folder or were replaced: putting their knobs back", n);
                bind(d);
        }
        d->renew_at_tick = d->views.n_ticks + (n > 0 ? 2 : 1);
        (void) daemon_schedule(d, 0);
}

/* Puts back what only a plugin that is about to be closed can; true: nothing is left. */
static bool all_put_back(struct daemon *d)
{
        size_t n;
        const struct ledger_entry *const *entries = ledger_entries(d->ledger, &n);
        bool none = actor_idle(d->actor);

        for (size_t i = 0; i < n; i++) {
                const struct ledger_entry *e = entries[i];

                if (e->target.kind != TARGET_CALL || catalogue_knob(d->catalogue, e->knob, strlen(e->knob)))
                        continue;
                none = false;
                if (actor_idle(d->actor))
                        (void) actor_restore_entry(d->actor, e);
        }
        return none;
}

static void tell_what_came(struct daemon *d)
{
        for (size_t i = 0; i < plugins_n(d->plugins); i++) {
                struct plugin_info info;

                plugins_info(d->plugins, i, &info);
                if (!info.newest)
                        continue;
                tell_line(&d->teller, info.state == PLUGIN_OPEN ? LOG_INFO : LOG_WARNING, "plugin %s is %s%s%s",
                          info.state == PLUGIN_REFUSED ? info.path : info.name, plugin_state_name(info.state),
                          info.reason ? ": " : "", info.reason ?: "");
        }
}

void daemon_renew_plugins(struct daemon *d)
{
        int r;

        if (d->renew_at_tick == 0 || d->views.n_ticks < d->renew_at_tick)
                return;
        if (!all_put_back(d) && d->views.n_ticks < d->renew_at_tick + TICKS_MAX)
                return;

        d->renew_at_tick = 0;
        r = plugins_renew(d->plugins, d->plugin_dir);
        if (r < 0)
                tell_line(&d->teller, LOG_ERR, "%s: %s", d->plugin_dir, strerror(-r));
        tell_what_came(d);
        bind(d);
}

int daemon_watch_plugins(struct daemon *d)
{
        const char *const dirs[] = { d->plugin_dir, NULL };
        int r;

        r = folder_watch_new(d->event, dirs, ".so", on_folder, d, &d->plugins_watch);
        if (r < 0)
                tell_line(&d->teller, LOG_WARNING, "%s: %s: plugins that come or go will not be noticed", d->plugin_dir,
                          strerror(-r));
        return 0;
}
