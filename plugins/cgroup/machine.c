/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parse.h"

/* The beginning of a file, NUL-terminated; "" when it cannot be read. */
static void read_text(const char *path, char *ret, size_t size)
{
        size_t used = 0;
        ssize_t n = 0;
        int fd;

        fd = open(path, O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && used < size - 1 && (n = read(fd, ret + used, size - 1 - used)) > 0)
                used += (size_t) n;
        ret[used] = 0;
        if (fd >= 0)
                (void) close(fd);
}

static void read_below(const char *folder, const char *file, char *ret, size_t size)
{
        char path[PATH_MAX];

        (void) snprintf(path, sizeof(path), "%s/%s", folder, file);
        read_text(path, ret, size);
}

static bool some_file_has(const char *folder, const char *pattern, const char *text)
{
        char path[PATH_MAX], content[4096];
        bool found = false;
        glob_t g = {};

        (void) snprintf(path, sizeof(path), "%s/%s", folder, pattern);
        if (glob(path, GLOB_NOSORT, NULL, &g) == 0)
                for (size_t i = 0; i < g.gl_pathc && !found; i++) {
                        read_text(g.gl_pathv[i], content, sizeof(content));
                        found = strstr(content, text);
                }
        globfree(&g);
        return found;
}

static bool some_cgroup_has(const struct machine *m, const char *file)
{
        char pattern[PATH_MAX + 64];
        glob_t g = {};
        bool found;

        (void) snprintf(pattern, sizeof(pattern), "%s/*/%s", m->root, file);
        found = glob(pattern, GLOB_NOSORT, NULL, &g) == 0;
        globfree(&g);
        return found;
}

bool machine_lacks_file(const struct machine *m, const char *file, const char *sign)
{
        return some_cgroup_has(m, sign) && !some_cgroup_has(m, file);
}

bool machine_lacks_root_file(const struct machine *m, const char *file)
{
        char path[PATH_MAX + 64];

        (void) snprintf(path, sizeof(path), "%s/%s", m->root, file);
        return access(path, F_OK) < 0;
}

void machine_look(const char *root, const char *proc, const char *sys, struct machine *ret)
{
        char text[1024];

        *ret = (struct machine) {};
        (void) snprintf(ret->root, sizeof(ret->root), "%s", root);
        read_below(root, "cgroup.controllers", ret->controllers, sizeof(ret->controllers));
        read_below(proc, "self/mounts", ret->mounts, sizeof(ret->mounts));

        read_below(proc, "pressure/cpu", text, sizeof(text));
        ret->has_pressure = strstr(text, "some ");
        ret->has_cpu_full = strstr(text, "full ");

        ret->weighs_io = some_file_has(root, "io.cost.qos", "enable=1") ||
                         some_file_has(sys, "block/*/queue/scheduler", "[bfq]");
}

/* Version 1 had another name for one of them. */
static const char *v1_name(const char *controller)
{
        return strcmp(controller, "io") == 0 ? "blkio" : controller;
}

/* The v1 mount that holds the controller: "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0". */
static bool find_v1_mount(const struct machine *m, const char *controller, char *ret_path, size_t size)
{
        for (const char *line = m->mounts; *line; line += strcspn(line, "\n"), line += *line == '\n') {
                char path[256], type[32], options[512];

                if (sscanf(line, "%*s %255s %31s %511s", path, type, options) == 3 &&
                    strcmp(type, "cgroup") == 0 && has_word(options, v1_name(controller))) {
                        (void) snprintf(ret_path, size, "%s", path);
                        return true;
                }
        }
        return false;
}

bool machine_lacks_controller(const struct machine *m, const char *controller, char *reason, size_t size)
{
        char mount[256];

        if (has_word(m->controllers, controller))
                return false;

        if (find_v1_mount(m, controller, mount, sizeof(mount)))
                (void) snprintf(reason, size,
                                "the %s controller sits on a cgroup v1 mount, %s (boot with "
                                "systemd.unified_cgroup_hierarchy=1)",
                                controller, mount);
        else
                (void) snprintf(reason, size, "the kernel offers no %s controller on cgroup v2", controller);
        return true;
}

bool machine_lacks_metric(const struct machine *m, enum metric metric, char *reason, size_t size)
{
        const struct source *s = &sources[metric];

        if (s->form == FORM_PRESSURE && !m->has_pressure) {
                (void) snprintf(reason, size,
                                "the kernel keeps no pressure stall information (boot with psi=1)");
                return true;
        }
        if (metric == CPU_FULL && !m->has_cpu_full) {
                (void) snprintf(reason, size, "the kernel keeps it from Linux 5.13 on");
                return true;
        }
        return s->controller && machine_lacks_controller(m, s->controller, reason, size);
}
