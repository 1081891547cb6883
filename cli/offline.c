/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "offline.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "plugin/build-tree.h"
#include "terminal.h"
#include "util/cleanup.h"
#include "util/str.h"

static void complain_refused(const struct plugins *plugins)
{
        for (size_t i = 0; i < plugins_n(plugins); i++) {
                struct plugin_info info;

                plugins_info(plugins, i, &info);
                if (info.state == PLUGIN_REFUSED)
                        complain("plugin %s is refused, its metrics and knobs are unknown: %s", info.path,
                                 info.reason);
        }
}

static int describe(struct offline *o)
{
        const struct plugins_config config = {
                .catalogue = o->catalogue,
                .objects = o->objects,
                .options = &o->options,
                .log = &o->log,
        };

        return plugins_new(&config, &o->plugins);
}

int offline_load(struct offline *o, const char *dir)
{
        _cleanup_free_ char *found = NULL;
        bool given = dir != NULL;
        int r;

        /* What is worth saying of a plugin is in its entry. */
        log_init(&o->log, LOG_CRIT);

        r = options_init(&o->options);
        if (r >= 0)
                r = catalogue_new(&o->catalogue);
        if (r >= 0)
                r = objects_new(&o->objects);
        if (r >= 0)
                r = describe(o);
        if (r < 0) {
                complain("cannot prepare: %s", strerror(-r));
                return r;
        }

        if (!dir)
                dir = found = build_tree_plugins();
        if (!dir)
                dir = TRIMTAB_PLUGIN_DIR;

        r = plugins_describe_dir(o->plugins, dir);
        if (r < 0) {
                complain("no plugins at %s: %s", dir, strerror(-r));
                return given ? r : 0;
        }
        complain_refused(o->plugins);
        return 0;
}

void offline_clear(struct offline *o)
{
        plugins_free(o->plugins);
        catalogue_free(o->catalogue);
        objects_free(o->objects);
        options_clear(&o->options);
}
