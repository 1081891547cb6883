/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/kernel-switch.h"

#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/str.h"

/* What the kernel takes at most, on any architecture, is 4096. */
enum { LINE_MAX_SIZE = 16384 };

bool kernel_line_says_off(const char *line)
{
        _cleanup_free_ char *copy = strdup(line);
        bool off = false;
        char *state = NULL;

        for (char *w = copy ? strtok_r(copy, " \t\n", &state) : NULL; w;
             w = strtok_r(NULL, " \t\n", &state))
                off |= streq(w, "trimtab=off");
        return off;
}

bool kernel_says_off(void)
{
        const char *given = getenv("TRIMTAB_PROC_CMDLINE");
        _cleanup_free_ char *line = NULL;

        if (given)
                return kernel_line_says_off(given);
        return file_read("/proc/cmdline", LINE_MAX_SIZE, &line, NULL) >= 0 && kernel_line_says_off(line);
}
