/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hierarchy.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool has_io(FILE *f)
{
        char word[32];

        while (fscanf(f, "%31s", word) == 1)
                if (strcmp(word, "io") == 0)
                        return true;
        return false;
}

const char *hierarchy_lacks_io(const char *root)
{
        char path[512];
        bool found;
        FILE *f;

        if (!root)
                return "no cgroup v2 hierarchy is mounted";
        (void) snprintf(path, sizeof(path), "%s/cgroup.controllers", root);
        f = fopen(path, "re");
        found = f && has_io(f);
        if (f)
                (void) fclose(f);
        return found ? NULL
                     : "the io controller is not on cgroup v2, so the kernel charges I/O to other cgroups (boot with "
                       "systemd.unified_cgroup_hierarchy=1, without cgroup_disable=io)";
}

bool hierarchy_is_off(const char *cgroup)
{
        char path[4096 + 16];

        (void) snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
        if (access(path, F_OK) < 0)
                return false; /* it is gone, which is another matter */
        (void) snprintf(path, sizeof(path), "%s/io.stat", cgroup);
        return access(path, F_OK) < 0;
}
