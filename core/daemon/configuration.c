/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/configuration.h"

#include <errno.h>

#include "config/conf-files.h"
#include "util/cleanup.h"
#include "util/str.h"

DEFINE_CLEANUP(char **, conf_files_free);

int configuration_load(struct options *o, const char *path, bool required, struct diag *diag)
{
        _cleanup_(conf_files_freep) char **files = NULL;
        _cleanup_free_ char *dir = str_printf("%s.d", path);
        size_t n = 0;
        int r;

        if (!dir)
                return -ENOMEM;

        r = options_load(o, path, required, diag);
        if (r >= 0)
                r = conf_files((const char *const[]){ dir, NULL }, &files, &n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = options_load(o, files[i], false, diag);
        return r;
}
