/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/build-tree.h"

#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/str.h"

char *build_tree_plugins(void)
{
        _cleanup_free_ char *ninja = NULL;
        char path[PATH_MAX];
        const char *top;
        ssize_t n;

        n = readlink("/proc/self/exe", path, sizeof(path) - 1);
        if (n < 0)
                return NULL;
        path[n] = '\0';

        top = dirname(dirname(path));
        ninja = str_printf("%s/build.ninja", top);
        if (!ninja || access(ninja, F_OK) < 0)
                return NULL;
        return str_printf("%s/plugins", top);
}
