/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/str.h"

uint64_t cpu_ns(void)
{
        return clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t now_ns(void)
{
        return monotonic_ns();
}

void world_raise_limit(void)
{
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_cgroup(void *userdata, struct oid id, bool came)
{
        struct world *w = userdata;

        w->came += came;
        w->went += !came;
        if (w->plugins)
                plugins_object(w->plugins, id, came);
        if (!came)
                store_forget(w->store, id);
}

static int read_options(struct world *w, bool triggers)
{
        char path[] = "/tmp/bench-cgroup-XXXXXX";
        struct diag diag = {};
        int fd = mkstemp(path), r;

        if (fd < 0)
                return -1;
        /* What is measured is what a collect costs: it is not to be spared. */
        (void) dprintf(fd, "[daemon]\nplugin-budget = 0%%\n[plugin cgroup]\npsi-stall = %s\n",
                       triggers ? "100" : "0");
        (void) close(fd);
        r = options_load(&w->options, path, true, &diag);
        (void) unlink(path);
        r = r < 0 || diag.n_errors > 0 ? -1 : 0;
        diag_clear(&diag);
        return r;
}

static bool open_plugin(struct world *w, const char *plugin_dir)
{
        const struct plugins_config config = {
                .event = w->event,
                .catalogue = w->catalogue,
                .objects = w->objects,
                .store = w->store,
                .options = &w->options,
                .log = &w->log,
        };
        struct plugin_info info;

        if (plugins_new(&config, &w->plugins) < 0 || plugins_load_dir(w->plugins, plugin_dir) < 0 ||
            plugins_open_all(w->plugins) < 0)
                return false;

        for (size_t i = 0; i < plugins_n(w->plugins); i++) {
                plugins_info(w->plugins, i, &info);
                if (info.name && streq(info.name, "cgroup") && info.state == PLUGIN_OPEN)
                        return true;
                (void) fprintf(stderr, "%s: %s: %s\n", info.path, plugin_state_name(info.state),
                               info.reason ?: "");
        }
        return false;
}

bool world_make(struct world *w, const char *plugin_dir, bool triggers)
{
        char *root;

        *w = (struct world){};
        log_init(&w->log, LOG_WARNING);
        if (sd_event_default(&w->event) < 0 || options_init(&w->options) < 0 ||
            read_options(w, triggers) < 0 || objects_new(&w->objects) < 0 ||
            catalogue_new(&w->catalogue) < 0 || store_new(w->catalogue, &w->store) < 0)
                return false;
        if (cgroup_find_mount("/proc/self/mountinfo", &root) < 0) {
                (void) fprintf(stderr, "no cgroup v2 here\n");
                return false;
        }
        (void) snprintf(w->root, sizeof(w->root), "%s", root);
        free(root);
        return cgroup_tree_new(w->root, w->objects, on_cgroup, w, &w->tree) >= 0 &&
               open_plugin(w, plugin_dir);
}

void world_clear(struct world *w)
{
        plugins_free(w->plugins);
        w->plugins = NULL;
        cgroup_tree_free(w->tree);
        store_free(w->store);
        catalogue_free(w->catalogue);
        objects_free(w->objects);
        options_clear(&w->options);
        sd_event_unref(w->event);
        *w = (struct world){};
}

size_t world_watch(struct world *w, const char *below, size_t max)
{
        const struct object *const *all;
        size_t n, watched = 0;

        plugins_want_begin(w->plugins);
        all = objects_of_scope(w->objects, SCOPE_CGROUP, &n);
        for (size_t i = 0; i < n && watched < max; i++) {
                const char *rest = startswith(all[i]->name, below);

                if (!rest || *rest != '/')
                        continue;
                for (uint32_t m = 0; m < catalogue_n_metrics(w->catalogue); m++)
                        (void) plugins_want(w->plugins, m, all[i]->id.key);
                watched++;
        }
        (void) plugins_want_apply(w->plugins);
        return watched;
}

void world_enable(const struct world *w, const char *folder)
{
        static const char *const controllers[] = { "+cpu", "+memory", "+io", "+pids" };
        char path[512];

        (void) snprintf(path, sizeof(path), "%s%s/cgroup.subtree_control", w->root, folder);
        for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++) {
                int fd = open(path, O_WRONLY | O_CLOEXEC);

                if (fd < 0)
                        continue;
                if (write(fd, controllers[i], strlen(controllers[i])) < 0)
                        (void) fprintf(stderr, "%s: %s is not to be had\n", path, controllers[i]);
                (void) close(fd);
        }
}
