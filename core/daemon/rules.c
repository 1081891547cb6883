/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rules.h"

#include <errno.h>

#include "config/conf-files.h"
#include "config/ini.h"
#include "util/cleanup.h"

DEFINE_CLEANUP(char **, conf_files_free);

int rules_load(const char *const *dirs, const struct catalogue *catalogue, const struct objects *objects,
               struct diag *diag, struct ruleset **ret)
{
        _cleanup_(conf_files_freep) char **files = NULL;
        _cleanup_(ini_clear) struct ini ini = {};
        size_t n = 0;
        int r;

        r = conf_files(dirs, &files, &n);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n; i++) {
                /* One that vanished since it was listed is as good as never there; others are in diag. */
                r = ini_load_file(&ini, files[i], diag);
                if (r == -ENOMEM)
                        return r;
        }
        return ruleset_parse(&ini, catalogue, objects, diag, ret);
}
