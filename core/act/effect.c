/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "act/effect.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "act/beside.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

#define FILE_MAX 65536

static bool file_says(const char *path, const char *word)
{
        _cleanup_free_ char *text = NULL;

        return file_read(path, FILE_MAX, &text, NULL) >= 0 && strstr(text, word);
}

static bool some_disk_has_bfq(const char *sys_dir)
{
        _cleanup_free_ char *pattern = str_printf("%s/block/*/queue/scheduler", sys_dir);
        bool found = false;
        glob_t g;

        if (!pattern || glob(pattern, 0, NULL, &g) != 0)
                return false;

        for (size_t i = 0; i < g.gl_pathc && !found; i++)
                found = file_says(g.gl_pathv[i], "[bfq]");
        globfree(&g);
        return found;
}

/* Only the root of the cgroups has the file. */
static bool some_disk_has_cost(const char *path)
{
        _cleanup_free_ char *at = strdup(path);

        for (char *slash; at && (slash = strrchr(at, '/')); *slash = '\0') {
                _cleanup_free_ char *qos = beside(at, "io.cost.qos");

                if (qos && file_says(qos, "enable=1"))
                        return true;
        }

        return false;
}

void effect_say(struct order *o)
{
        if (!file_is(o->target.path, "io.weight") || some_disk_has_cost(o->target.path) ||
            some_disk_has_bfq(o->actor->config.sys_dir ?: "/sys"))
                return;

        order_say(o, "without effect: no disk here shares by weight, for want of io.cost and of the bfq "
                     "scheduler");
}
